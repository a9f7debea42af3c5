"""What the path of a dump says of it, for fleets that keep a folder a host or a day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pageowner_sql.errors import InputError, UsageError

if TYPE_CHECKING:
    from pageowner_sql.store.load import LoadOptions

_FIELDS = ("host", "kernel", "captured_at", "boot_id")


class PathFacts:
    """A regular expression whose named groups are facts; those of other names are tags."""

    def __init__(self, pattern: str) -> None:
        try:
            self._pattern = re.compile(pattern)
        except re.error as error:
            raise UsageError(f"--from-path: not a regular expression: {error}") from error
        if not self._pattern.groupindex:
            raise UsageError("--from-path: names nothing; write (?P<host>…), (?P<captured_at>…)")

    def options(self, path: str, given: LoadOptions) -> LoadOptions:
        """The options of a dump: `given`, and what its path says. Raises InputError."""
        found = self._pattern.search(path)
        if found is None:
            raise InputError(f"{path}: --from-path {self._pattern.pattern} does not match it")
        said = {name: value for name, value in found.groupdict().items() if value is not None}
        fields = {name: said.pop(name) for name in _FIELDS if name in said}
        return replace(
            given,
            host=fields.get("host", given.host),
            kernel=fields.get("kernel", given.kernel),
            boot_id=fields.get("boot_id", given.boot_id),
            captured_at=_moment(path, fields) or given.captured_at,
            tags={**given.tags, **said},
        )


def _moment(path: str, fields: Mapping[str, str]) -> datetime | None:
    text = fields.get("captured_at")
    if text is None:
        return None
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{path}: not a time: {text!r} (use 2026-11-23T22:20:00Z)") from error
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
