"""Words of the command line -> values. Each raises UsageError that says how to write it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypedDict

from pageowner_sql.errors import UsageError


class PropertyOptions(TypedDict):
    """What people say of dumps, as `Session.load`, `Session.change` and `Lake.add` take it."""

    host: str | None
    kernel: str | None
    captured_at: datetime | None
    boot_id: str | None
    page_size: int | None
    tags: dict[str, str]


def dump_properties(given: Mapping[str, Any]) -> PropertyOptions:
    """The values of the options that `load`, `dumps set` and `lake add` share."""
    captured_at, page_size = given["captured_at"], given["page_size"]
    return {
        "host": given["host"],
        "kernel": given["kernel"],
        "captured_at": moment(captured_at, "--captured-at") if captured_at else None,
        "boot_id": given["boot"],
        "page_size": read_page_size(page_size, "--page-size") if page_size else None,
        "tags": pairs(given["tag"] or (), "--tag"),
    }


def size(text: str, option: str) -> int:
    """Bytes of `64K`, `1.5GiB`, `4096`."""
    from pageowner_sql.sql import sizes

    return sizes.size(text, option)


def read_page_size(text: str, option: str) -> int:
    """Bytes of a base page: a power of two from 1 KiB to 1 MiB."""
    value = size(text, option)
    if value & (value - 1) or not 1 << 10 <= value <= 1 << 20:
        raise UsageError(
            f"{option}: not a page size: {text!r} (use a power of two, such as 4096 or 64K)"
        )
    return value


def moment(text: str, option: str) -> datetime:
    """A UTC time without zone from ISO 8601; a text without zone is UTC."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option}: not a time: {text!r} (use 2026-11-23T22:20:00Z)") from error
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def pairs(words: Iterable[str], option: str) -> dict[str, str]:
    """A mapping from words of the form K=V."""
    found = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f"{option}: not a KEY=VALUE: {word!r}")
        found[key] = value
    return found
