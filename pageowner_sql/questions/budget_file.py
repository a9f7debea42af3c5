"""A budget file: limits for what memory may hold, and the failures that are known, from TOML."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from pageowner_sql.errors import InputError, UsageError
from pageowner_sql.open_files import protect_input
from pageowner_sql.output.gate.model import Suppression
from pageowner_sql.sql.filters import where
from pageowner_sql.sql.grouping import Filter, Key, Where
from pageowner_sql.sql.sizes import size
from pageowner_sql.toml_text import parse_toml, read_text

Allowed: TypeAlias = "int | float | tuple[str, ...]"


class Limit(StrEnum):
    """What a budget limits, by its name in the file."""

    MAX_BYTES = "max_bytes"
    MAX_PAGES = "max_pages"
    MAX_RECORDS = "max_records"
    MAX_SHARE = "max_share"
    MAX_GROWTH = "max_growth"
    MAX_GROWTH_SHARE = "max_growth_share"
    MAX_NEW = "max_new"
    VERDICTS = "verdicts"
    MAX_MIXED_PAGEBLOCKS = "max_mixed_pageblocks"


# The verdicts of `leaks` that a budget can refuse.
VERDICTS = (
    *("leak", "growing", "one-time growth", "page cache filling", "reader's own"),
    *("churn", "shrinking", "steady"),
)


@dataclass(frozen=True)
class Budget:
    """Limits for each group of the records that `where` selects.

    Groups that hold less than `ignore_below` bytes are not looked at. `line` is where the budget
    stands in its file.
    """

    name: str
    keys: tuple[Key, ...]
    where: Where
    limits: tuple[tuple[Limit, Allowed], ...]
    ignore_below: int = 0
    line: int = 1


@dataclass(frozen=True)
class KnownFailure:
    """Groups that may break a budget, or any where `budget` is empty."""

    budget: str
    filters: tuple[Filter, ...]
    suppression: Suppression


@dataclass(frozen=True)
class BudgetFile:
    """The budgets of a file, in its order, and the failures that are known."""

    path: str
    budgets: tuple[Budget, ...]
    known: tuple[KnownFailure, ...]


def read_budgets(path: str | Path) -> BudgetFile:
    """Read a budget file. Raises InputError where it cannot be read, or says what no budget can."""
    protect_input(path)
    try:
        text = read_text(path)
        content = parse_toml(text)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path}: not TOML: {error}") from error
    return parse_budgets(str(path), content, text)


def parse_budgets(path: str, content: Mapping[str, Any], text: str = "") -> BudgetFile:
    """The budgets that `content` says; `text` is what it was read from. Raises InputError."""
    try:
        _check_names(content, ("budget", "suppression"), "the file")
        lines = [n for n, line in enumerate(text.split("\n"), 1) if _HEADING.match(line)]
        tables = list(_tables(content, "budget"))
        budgets = tuple(
            _budget(table, lines[at] if at < len(lines) else 1) for at, table in enumerate(tables)
        )
        known = tuple(_known(table, budgets) for table in _tables(content, "suppression"))
        if not budgets:
            raise UsageError("holds no [[budget]]")
        [(name, times)] = Counter(each.name for each in budgets).most_common(1)
        if times > 1:
            raise UsageError(f"two budgets are called {name!r}")
    except UsageError as error:
        raise InputError(f"{path}: {error}") from error
    return BudgetFile(path, budgets, known)


_HEADING = re.compile(r"[ \t]*\[\[[ \t]*budget[ \t]*\]\]")


def _tables(content: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    tables = content.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise UsageError(f"{name}: write each as [[{name}]]")
    return tables


def _check_names(table: Mapping[str, Any], names: tuple[str, ...], what: str) -> None:
    if unknown := sorted(set(table) - set(names)):
        raise UsageError(f"{what}: nothing is called {unknown[0]!r}; there is {', '.join(names)}")


def _budget(table: Mapping[str, Any], line: int) -> Budget:
    name = _text(table.get("name"), "budget: name")
    _check_names(table, ("name", "by", "select", "ignore_below", *Limit), name)
    limits = tuple(
        (limit, _ALLOWED[limit](table[limit], f"{name}: {limit}"))
        for limit in Limit
        if limit in table
    )
    if not limits:
        raise UsageError(f"{name}: limits nothing; give one of {', '.join(Limit)}")
    keys = tuple(_key(word, name) for word in _texts(table.get("by", []), f"{name}: by"))
    if not keys and any(limit is not Limit.MAX_MIXED_PAGEBLOCKS for limit, _ in limits):
        raise UsageError(f"{name}: say what is limited: by = {str(Key.SUBSYSTEM)!r}, …")
    return Budget(
        name=name,
        keys=keys,
        where=where(**_selection(table.get("select", {}), f"{name}: select")),
        limits=limits,
        ignore_below=_bytes(table.get("ignore_below", 0), f"{name}: ignore_below"),
        line=line,
    )


def _known(table: Mapping[str, Any], budgets: tuple[Budget, ...]) -> KnownFailure:
    _check_names(table, ("budget", "match", "reason", "until"), "suppression")
    reason = _text(table.get("reason"), "suppression: reason")
    until = table.get("until")
    if type(until) is not date:
        raise UsageError(f"suppression ({reason}): until: give a date: until = 2027-01-31")
    budget = str(table.get("budget", ""))
    if budget and budget not in {each.name for each in budgets}:
        raise UsageError(f"suppression ({reason}): no budget is called {budget!r}")
    match = where(**_selection(table.get("match", {}), f"suppression ({reason}): match"))
    if match.expression or match.since or match.until:
        raise UsageError(f"suppression ({reason}): match: takes keys")
    return KnownFailure(budget, match.filters, Suppression(reason, until))


def _key(word: str, name: str) -> Key:
    try:
        return Key(word)
    except ValueError as error:
        raise UsageError(f"{name}: by: {error}; keys are {', '.join(Key)}") from error


def _selection(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{what}: write it as {{ owner = 'NAME' }}")
    for key, values in value.items():
        for each in values if isinstance(values, list) else [values]:
            if type(each) not in (str, int):
                raise UsageError(f"{what}: {key}: not a text or a number: {each!r}")
    return {key.replace("-", "_"): values for key, values in value.items()}


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{what}: give a text")
    return value


def _texts(value: Any, what: str) -> tuple[str, ...]:
    return tuple(_text(each, what) for each in (value if isinstance(value, list) else [value]))


def _bytes(value: Any, what: str) -> int:
    return size(value, what) if isinstance(value, str) else _number(value, what)


def _number(value: Any, what: str) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise UsageError(f"{what}: not a number from 0: {value!r}")
    return value


def _share(value: Any, what: str) -> float:
    """A share from `0.25`, or from `25%`."""
    if isinstance(value, str) and (found := re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", value)):
        return float(found[1]) / 100
    if type(value) not in (int, float) or not 0 <= value < float("inf"):
        raise UsageError(f"{what}: not a share: {value!r} (use 0.25 or '25%')")
    return float(value)


def _verdicts(value: Any, what: str) -> tuple[str, ...]:
    words = _texts(value, what)
    for word in words:
        if word not in VERDICTS:
            raise UsageError(f"{what}: not a verdict: {word!r}; there is {', '.join(VERDICTS)}")
    if not words:
        raise UsageError(f"{what}: names no verdict that is refused")
    return words


_ALLOWED: Mapping[Limit, Callable[[Any, str], Allowed]] = {
    Limit.MAX_BYTES: _bytes,
    Limit.MAX_PAGES: _number,
    Limit.MAX_RECORDS: _number,
    Limit.MAX_SHARE: _share,
    Limit.MAX_GROWTH: _bytes,
    Limit.MAX_GROWTH_SHARE: _share,
    Limit.MAX_NEW: _bytes,
    Limit.VERDICTS: _verdicts,
    Limit.MAX_MIXED_PAGEBLOCKS: _number,
}
