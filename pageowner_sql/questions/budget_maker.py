"""A budget file from what dumps hold now, with headroom."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from pageowner_sql.errors import UsageError
from pageowner_sql.output.units import size
from pageowner_sql.questions.plan import run
from pageowner_sql.questions.top import top_plan
from pageowner_sql.sql.grouping import Key, Where, grouping
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump

# Groups that get a budget of their own; one more is for all others.
_GROUPS = 20
_KIB = 1024


def budget_text(database: Database, dumps: Sequence[Dump], key: Key, headroom: float) -> str:
    """A budget for each large group of `key`, one for all others, and one against leaks.

    A budget allows the most that a group holds in one of the dumps, and `headroom` (a share) more.
    Raises UsageError for a key without single values.
    """
    if key in (Key.STACK, Key.FUNCTION_STACK, Key.FUNCTION):
        raise UsageError(
            f"--by {key}: a budget for each would be too many; use owner, subsystem, …"
        )
    held = _most_held(database, dumps, key)
    named = [value for value in held if value is not None][:_GROUPS]
    rest = max((amount for value, amount in held.items() if value not in named), default=0)
    return "\n".join(_lines(key, dumps, {value: held[value] for value in named}, rest, headroom))


def _most_held(database: Database, dumps: Sequence[Dump], key: Key) -> dict[str | int | None, int]:
    """Each value with the most bytes that it holds in one of the dumps, the largest first."""
    held: dict[str | int | None, int] = {}
    name = grouping([key]).result_names[0]
    for dump in dumps:
        stream = run(database, top_plan(database, [dump], [key], Where()))
        columns = [column.name for column in stream.columns]
        at, of_bytes = columns.index(name), columns.index("bytes")
        for row in stream.rows():
            held[row[at]] = max(held.get(row[at], 0), row[of_bytes] or 0)
    return dict(sorted(held.items(), key=lambda each: (-each[1], str(each[0]))))


def _lines(
    key: Key,
    dumps: Sequence[Dump],
    named: dict[str | int, int],
    rest: int,
    headroom: float,
) -> Iterator[str]:
    labels = ", ".join(_text(dump.label) for dump in dumps)
    yield f"# What these dumps hold by {key}, and {headroom:.0%} more: {labels}"
    for value, amount in named.items():
        yield from _budget(f"{key} {value}", key, amount, headroom)
        yield f"select = {{ {key} = {_quoted(value)} }}"
    yield from _budget(f"any other {key}", key, rest, headroom)
    if named:
        yield f"select = {{ not-{key} = [{', '.join(map(_quoted, named))}] }}"
    yield from (
        "",
        "[[budget]]",
        'name = "no leak"',
        f"by = {_text(key)}",
        'verdicts = ["leak"]',
        "",
    )


def _budget(name: str, key: Key, amount: int, headroom: float) -> Iterator[str]:
    allowed = -(-int(amount * (1 + headroom)) // _KIB)
    yield from ("", "[[budget]]", f"name = {_text(name)}", f"by = {_text(key)}")
    yield f'max_bytes = "{allowed}K" # it holds {size(amount)}'


def _quoted(value: str | int) -> str:
    """A value as a filter takes it."""
    return str(value) if isinstance(value, int) else _text(value.replace("*", "\\*"))


def _text(text: str) -> str:
    """A TOML string: that of JSON, which leaves one control character as it is."""
    return json.dumps(text).replace("\x7f", "\\u007f")
