"""Make one page_owner_sort report: from a file by way of a temporary database, or from a label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pageowner_sql.compile.selection import Selection

if TYPE_CHECKING:
    from pageowner_sql.store.database import Database

# From so many records on a report may be too large to be sorted with its texts.
MANY = 300_000


def write_report(database: Database, dump_id: int, selection: Selection, output: str) -> None:
    """Write the report of a dump in `database` to `output` (`-` is stdout), whole or not at all."""
    from pageowner_sql.output.files import open_output

    fields, records = database.rows(
        "SELECT fields, records FROM dumps WHERE dump_id = $d", {"d": dump_id}
    )[0]
    with open_output(output) as file:
        for piece in _pieces(database, dump_id, selection, frozenset(fields), records):
            file.write(piece)


def _pieces(
    database: Database, dump_id: int, selection: Selection, fields: frozenset[str], records: int
) -> Iterator[memoryview]:
    from pageowner_sql.compile.sort import sliced_sort, sort_query
    from pageowner_sql.store.blobs import stream_blobs, stream_slices

    sliced = sliced_sort(selection, dump_id, fields) if records > MANY else None
    if sliced is None:
        query = sort_query(selection, dump_id, fields)
        return stream_blobs(database, query.sql, query.parameters)
    for query in sliced.prepare:
        database.run(query.sql, query.parameters)
    return stream_slices(database, sliced.rows.sql, "sort_rows")


def show_report(database: Database, dump_id: int, selection: Selection) -> None:
    """Print the report's SQL, runnable as it stands on the dump's database."""
    from pageowner_sql.compile.query import runnable
    from pageowner_sql.compile.sort import sort_query

    fields = database.value("SELECT fields FROM dumps WHERE dump_id = $d", {"d": dump_id})
    print(runnable(sort_query(selection, dump_id, frozenset(fields))), end="")  # noqa: T201  # what was asked for


@contextmanager
def loaded(
    path: str, selection: Selection, *, settings: Mapping[str, str | int] | None = None
) -> Iterator[tuple[Database, int]]:
    """A temporary database that holds the dump at `path`, and the dump's id.

    It keeps what a report of `selection` needs, no more.
    """
    from pageowner_sql.dump.source import open_source, stem
    from pageowner_sql.store.database import Database, Mode
    from pageowner_sql.store.load import Keep, LoadOptions, load

    keep = Keep(sha256=False, c_records=selection.compat is not None, owners=False)
    with Database.open("", Mode.MEMORY, settings=settings) as database, open_source(path) as source:
        done = load(database, source, LoadOptions(stem(path), keep=keep))
        yield database, done.dump_id
