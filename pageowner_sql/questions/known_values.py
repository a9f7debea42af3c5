"""Checks that the values of filters occur in the dumps, and suggests near ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pageowner_sql.errors import InputError
from pageowner_sql.output.plain import printable
from pageowner_sql.questions.answerable import check_where, source_of
from pageowner_sql.questions.expression import check_expression
from pageowner_sql.questions.prepare import prepare_owners
from pageowner_sql.sql.grouping import Filter, RowSource, Where
from pageowner_sql.sql.query import render
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump

# Where a key has no more values than these, all of them are named.
_FEW = 10
_ALIKE = 0.8

_Ids = Mapping[RowSource, list[int]]


def check_filters(database: Database, dumps: Sequence[Dump], where: Where) -> Where:
    """`where`, its values looked for in `dumps`; it need not be checked again.

    `where.tell` gets a line about each value that nothing has. Raises MissingFieldError where a
    dump cannot be asked that, InputError where nothing has any value of a filter, UsageError for
    an expression that is wrong.
    """
    if not where.is_checked:
        where = check_expression(database, where)
    check_where(dumps, where)
    if where.is_checked:
        return where
    if where.needs_owners:
        prepare_owners(database)
    ids: dict[RowSource, list[int]] = {}
    for dump in dumps:
        ids.setdefault(source_of(dump), []).append(dump.dump_id)
    labels = ", ".join(dict.fromkeys(printable(dump.label) for dump in dumps))
    for each in where.filters if dumps else ():
        unknown = list(_unknown(database, ids, each))
        lines = [f"{line} in {labels}{hint}" for line, hint in unknown]
        if len(lines) == len(list(each.single())) and not each.negated:
            raise InputError("; ".join(lines))
        for line in lines:
            where.tell(line)
    return replace(where, is_checked=True)


def _unknown(database: Database, ids: _Ids, asked: Filter) -> Iterator[tuple[str, str]]:
    """A message for each value that does not occur, with near values that do."""
    option = f"--not-{asked.key}" if asked.negated else f"--{asked.key}"
    for word, one in asked.single():
        if not any(_is_known(database, one, source, ids[source]) for source in ids):
            yield f"{option} {printable(word)}: nothing has this", _hint(database, ids, one, word)


def _is_known(database: Database, one: Filter, source: RowSource, ids: list[int]) -> bool:
    query = render("filter_any", {**one.parameters, "dump_ids": ids}, filter=one, source=source)
    return bool(database.value(query.sql, query.parameters))


def _hint(database: Database, ids: _Ids, one: Filter, word: str) -> str:
    found: dict[str, float] = {}
    values = 0
    for source in ids:
        parameters = {"dump_ids": ids[source], "text": word.replace("*", ""), "limit": _FEW}
        query = render("filter_near", parameters, filter=one, source=source)
        for value, likeness, n in database.rows(query.sql, query.parameters):
            found[value], values = likeness, max(values, n)
    near = sorted(found, key=lambda value: (-found[value], value))
    if near and found[near[0]] >= _ALIKE:
        return f"; did you mean {_shown(near[0])}?"
    return f"; there is {', '.join(map(_shown, near))}" if near and values <= _FEW else ""


def _shown(value: str) -> str:
    first, newline, _ = value.partition("\n")
    return f"{printable(first)}…" if newline else printable(first)
