"""A selection from the words that people use for it: on the command line, in Python."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import TypeAlias

from pageowner_sql.dump.fields import escape, unescape
from pageowner_sql.errors import UsageError
from pageowner_sql.sql.grouping import Filter, Key, Pattern, Where
from pageowner_sql.sql.query import Query, render
from pageowner_sql.sql.timespec import TimePoint, moment

# One value of a key, or several.
Values: TypeAlias = "str | int | Iterable[str | int]"

NOT = "not_"
# `class` is a word of Python itself.
_ALIASES = {"name": Key.COMM, "class_": Key.CLASS}
_KEYS = {**{key.column: key for key in Key}, **_ALIASES}

# A backslash takes the character behind it along, so that `\\*` ends in a `*` that means anything.
_PARTS = re.compile(r"(?P<star>\*)|(?:\\.|[^*\\]|\\\Z)+", re.DOTALL)
_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")


def where(
    *,
    since: str | TimePoint | None = None,
    until: str | TimePoint | None = None,
    where: str | None = None,
    **keys: Values,
) -> Where:
    r"""Which records count: those that fit every part that is given.

    `keys` are the keys of `top` (`pid=`, `owner=`, `memcg=`, …; `name=` is `comm=`), each with one
    value or several, of which a record has one; `not_pid=` and so on, of which it has none. In a
    text `*` means any characters, and `\*` itself; a byte that is not UTF-8 is written `\xNN`.
    `function` stands anywhere in the stack; `stack` is its text or its number; `module` is the
    innermost one, vmlinux for none; `owner` is the function that the memory is for. `since` and
    `until`: `90s` before the dump was taken, `boot+90s` after boot, or a date, for dumps loaded
    with `captured_at`. `where` is an SQL expression over a row of live_allocations.
    Raises UsageError for an unknown key, and a number or a time that cannot be read.
    """
    if where is not None and not where.strip():
        raise UsageError("--where: give an expression, as it stands behind WHERE")
    given: dict[tuple[Key, bool], list[str | int]] = {}
    for name, values in keys.items():
        key = _key(name)
        several = [values] if isinstance(values, str | int) else list(values)
        given.setdefault((key, name.startswith(NOT)), []).extend(several)
    return Where(
        filters=tuple(
            _filter(key, values, negated=negated)
            for (key, negated), values in sorted(given.items())
            if values
        ),
        since=moment(since, "since") if isinstance(since, str) else since,
        until=moment(until, "until") if isinstance(until, str) else until,
        expression=where or "",
    )


def _key(name: str) -> Key:
    plain = name.removeprefix(NOT)
    if plain not in _KEYS:
        near = get_close_matches(plain, _KEYS, n=1)
        meant = f"did you mean {near[0]}?" if near else f"there is {', '.join(_KEYS)}"
        raise UsageError(f"where: {name}: not a key; {meant}")
    return _KEYS[plain]


def _filter(key: Key, values: Iterable[str | int], *, negated: bool) -> Filter:
    texts: list[str] = []
    numbers: list[int] = []
    patterns: list[Pattern] = []
    for value in values:
        if number := _number(key, value):
            numbers.append(int(number))
            continue
        parts = list(_parts(str(value)))
        if None in parts:
            regex = "".join(".*" if part is None else _quoted(part) for part in parts)
            patterns.append(Pattern(str(value), regex))
        elif key.is_number:
            raise UsageError(f"{key}: not a number: {value!r}")
        else:
            texts.append("".join(part for part in parts if part is not None))
    return Filter(key, tuple(texts), tuple(numbers), tuple(patterns), negated)


def _number(key: Key, value: str | int) -> str:
    """The value where it is a number and the key has those; a stack's number is one too."""
    is_one = re.fullmatch(r"-?[0-9]{1,18}", str(value)) is not None
    return str(value) if is_one and (key.is_number or key is Key.STACK) else ""


def _parts(value: str) -> Iterator[str | None]:
    """The texts between the `*`, in the tables' escape, and None for each `*`."""
    for found in _PARTS.finditer(value):
        yield (
            None
            if found["star"]
            else escaped(re.sub(r"\\(.)", _unstarred, found.group(), flags=re.DOTALL))
        )


def _unstarred(found: re.Match[str]) -> str:
    return "*" if found[1] == "*" else found.group()


def _quoted(text: str) -> str:
    """A regular expression that matches only `text`."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def escaped(name: str) -> str:
    """A name as people type it, or copy it from a table, in the tables' escape."""
    return escape(unescape(name))


# With these a join keeps the order of its first table: one thread, and no other to start from.
KEEP_ORDER = (
    Query("SET threads = 1"),
    Query("SET disabled_optimizers = 'join_order,build_side_probe_side'"),
)


def selection_queries(
    where: Where, database: str, *, ordered: bool = False, most: int | None = None
) -> Sequence[Query]:
    """Statements after which every view of the connection shows only what `where` selects.

    `ordered`: and shows it in the dump's order, without sorting rows that are wide by then.
    `most`: and only the first records, in no order.
    `database` is the name that DuckDB gives the open file (current_database()).
    """
    if not where.given:
        return ()
    prefix = "selected_"
    variables = [
        Query(f"SET VARIABLE {name} = ${name}", {name: value})
        for name, value in sorted(replace(where, expression="").parameters(prefix).items())
    ]
    table = f"{quoted(database)}.main.records"
    if most is not None:
        variables.append(Query("SET VARIABLE selected_most = $most", {"most": most}))
    selection = render("selection", {}, where=where, records=table, ordered=ordered, most=most)
    fitting = (
        (render("selection_fitting", where.parameters(), where=where),) if where.expression else ()
    )
    return (*(KEEP_ORDER if ordered else ()), *variables, *fitting, selection)


def quoted(name: str) -> str:
    """An identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'
