"""Export of a dump: its own text, or its allocations as rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pageowner_sql.errors import MissingFieldError
from pageowner_sql.output.plain import printable
from pageowner_sql.questions.answerable import parts_of, source_of, unknown_of
from pageowner_sql.questions.known_values import check_filters
from pageowner_sql.questions.plan import Plan, run
from pageowner_sql.questions.prepare import prepare_owners, selection
from pageowner_sql.sql.grouping import Key, RowSource, Where
from pageowner_sql.sql.query import render, render_both
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.export_text import dump_text, selected_text


def text_plan(database: Database, dump: Dump, where: Where) -> Plan:
    """One column `raw`, in order: together the bytes that were loaded.

    Of a selection only the records, without what could not be parsed.
    """
    where = check_filters(database, [dump], where)
    of_dump = replace(where, labels=(dump.label,))
    parameters = {**of_dump.parameters(), "label": dump.label}
    query = render_both("export_text", parameters, where=of_dump)
    return Plan(query, tuple(selection(database, where)))


def text(database: Database, dump: Dump, where: Where) -> Iterator[memoryview]:
    """The bytes of `text_plan`, in pieces; each is valid until the next one is asked for."""
    for query in text_plan(database, dump, where).before:
        database.run(query.sql, query.parameters)
    read = selected_text if where.selects else dump_text
    return read(database, dump.dump_id)


def show_stacks_plan(database: Database, dump: Dump, where: Where) -> Plan:
    """One column `raw`: what the kernel's show_stacks would print of the dump, a row a stack.

    Raises MissingFieldError where the dump has no stacks or no pages.
    """
    parts_of(database, [dump], [Key.STACK], where)
    if "pages" in unknown_of([dump]):
        raise MissingFieldError(f"{printable(dump.label)}: counts allocations, not their pages")
    where = check_filters(database, [dump], where)
    of_dump = replace(where, labels=(dump.label,))
    parameters = {**of_dump.parameters(), "label": dump.label}
    query = render("export_show_stacks", parameters, where=of_dump, shown=False)
    if where.selects and source_of(dump) is RowSource.RECORDS:
        query = render_both("export_show_stacks", parameters, where=of_dump)
    return Plan(query, tuple(selection(database, where)))


def show_stacks(database: Database, dump: Dump, where: Where) -> Iterator[bytes]:
    """The bytes of `show_stacks_plan`, a stack at a time."""
    for (raw,) in run(database, show_stacks_plan(database, dump, where)).rows():
        yield raw


def rows_plan(database: Database, dump: Dump, where: Where, limit: int | None = None) -> Plan:
    """The rows of `live_allocations` for one dump, in its order.

    Sorting them would hold them all: the records are sorted while they are but numbers. With
    a limit few are left then, which are sorted once more.
    """
    where = check_filters(database, [dump], where)
    prepare_owners(database)
    where = replace(where, labels=(dump.label,))
    parameters = {**where.parameters(), "limit": limit}
    query = render_both("export_rows", parameters, where=where, limit=limit)
    return Plan(query, tuple(selection(database, where, ordered=limit is None, most=limit)))
