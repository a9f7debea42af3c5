"""Make one page_owner_sort report: from a file by way of a temporary database, or from a label."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pageowner_sql.compile.selection import Selection

if TYPE_CHECKING:
    from pageowner_sql.store.database import Database


def write_report(database: Database, dump_id: int, selection: Selection, output: str) -> None:
    """Write the report of a dump in `database` to `output` (`-` is stdout), whole or not at all."""
    from pageowner_sql.compile.sort import sort_query
    from pageowner_sql.output.files import open_output
    from pageowner_sql.store.blobs import stream_blobs

    fields = database.value("SELECT fields FROM dumps WHERE dump_id = $d", {"d": dump_id})
    query = sort_query(selection, dump_id, frozenset(fields))
    with open_output(output) as file:
        for piece in stream_blobs(database, query.sql, query.parameters):
            file.write(piece)


def show_report(database: Database, dump_id: int, selection: Selection) -> None:
    """Print the report's SQL, runnable as it stands on the dump's database."""
    from pageowner_sql.compile.query import inline
    from pageowner_sql.compile.sort import sort_query

    fields = database.value("SELECT fields FROM dumps WHERE dump_id = $d", {"d": dump_id})
    print(inline(sort_query(selection, dump_id, frozenset(fields))))  # noqa: T201  # what was asked for


@contextmanager
def loaded(
    path: str, *, settings: dict[str, str | int] | None = None
) -> Iterator[tuple[Database, int]]:
    """A temporary database that holds the dump at `path`, and the dump's id."""
    from pageowner_sql.dump.source import open_source, stem
    from pageowner_sql.store.database import Database, Mode
    from pageowner_sql.store.load import LoadOptions, load

    with Database.open("", Mode.MEMORY, settings=settings) as database, open_source(path) as source:
        done = load(database, source, LoadOptions(label=stem(path)))
        yield database, done.dump_id
