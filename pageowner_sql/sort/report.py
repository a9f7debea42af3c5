"""One page_owner_sort report, of a loaded dump or of a file (through a temporary database)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pageowner_sql.sort.options import Selection, needs_stacks, takes_groups

if TYPE_CHECKING:
    from pageowner_sql.dump.pipeline import Pipeline
    from pageowner_sql.dump.record_groups import RecordGroups
    from pageowner_sql.dump.source import Source
    from pageowner_sql.sort.queries import SortQueries
    from pageowner_sql.store.database import Database

# A report of this many records may be too large to be sorted with its texts.
MANY = 300_000
# A report of at most this many groups is made faster by one thread than by several, and while a
# dump is read the other processors are busy.
FEW_GROUPS = 30_000
ALONE: Mapping[str, str | int] = {"threads": 1, "async_threads": 0}
# Bytes of distinct texts that fit into memory beside their numbers; DuckDB takes care of more.
MOST_TEXTS = 256 << 20
# The share of DuckDB's memory that they may take, where that is less.
TEXTS_SHARE = 8


Tell = Callable[[str], None]


def silent(line: str) -> None:
    """Tell nobody."""
    del line


def write_report(database: Database, dump_id: int, selection: Selection, output: str) -> int:
    """Write the report of a dump in `database` to `output` (`-` is stdout), whole or not at all.

    Returns how many rejected records are left out; under --compat none is, since page_owner_sort
    reads them in its own way.
    """
    from pageowner_sql.native.library import keep_memory

    keep_memory()
    fields, records, rejected = database.rows(
        "SELECT fields, records, rejected FROM dumps WHERE dump_id = $d", {"d": dump_id}
    )[0]
    _write(output, _pieces(database, dump_id, selection, frozenset(fields), records))
    return 0 if selection.compat else int(rejected)


def _write(output: str, pieces: Iterable[memoryview]) -> None:
    from pageowner_sql.output.files import open_output

    with open_output(output) as file:
        for piece in pieces:
            file.write(piece)


def _pieces(
    database: Database, dump_id: int, selection: Selection, fields: frozenset[str], records: int
) -> Iterator[memoryview]:
    from pageowner_sql.sort.queries import SortQueries

    queries = SortQueries(selection, dump_id, fields)
    if not _is_gathered(database, dump_id, selection, queries, records):
        from pageowner_sql.store.blobs import stream_many_blobs

        query = queries.report
        return stream_many_blobs(database, query.sql, query.parameters)
    from pageowner_sql.store.report_rows import stream_rows

    report = queries.gathered
    texts = {names: (query.sql, query.parameters) for names, query in report.texts}
    rows = (report.rows.sql, report.rows.parameters)
    return stream_rows(database, rows, texts, report.pieces)


def _is_gathered(
    database: Database, dump_id: int, selection: Selection, queries: SortQueries, records: int
) -> bool:
    """Whether the report has so many rows that their texts are put together outside of SQL."""
    from pageowner_sql.sql.sizes import size
    from pageowner_sql.store.database import statement

    if selection.cull or records <= MANY:
        return False
    if selection.is_filtered:
        query = queries.count
        if database.value(query.sql, query.parameters) <= MANY:
            return False
    limit = size(database.value("SELECT current_setting('memory_limit')"), "memory_limit")
    texts = int(database.value(statement("text_bytes"), {"dump_id": dump_id}))
    return texts <= min(MOST_TEXTS, limit // TEXTS_SHARE)


def report_sql(database: Database, dump_id: int, selection: Selection) -> str:
    """The report's SQL, runnable as it stands on a database with the dump.

    Which number the dump has there is not known, so it is found by its content.
    """
    from pageowner_sql.sort.queries import SortQueries
    from pageowner_sql.sql.literals import literal
    from pageowner_sql.sql.query import computed, runnable

    fields, sha256 = database.rows(
        "SELECT fields, sha256 FROM dumps WHERE dump_id = $d", {"d": dump_id}
    )[0]
    query = SortQueries(selection, dump_id, frozenset(fields)).report
    its_number = f"(SELECT dump_id FROM dumps WHERE sha256 = {literal(sha256)})"  # noqa: S608  # a literal
    return runnable(computed(query, "dump_id", its_number))


def report_on_file(
    path: str,
    selection: Selection,
    output: str,
    settings: Mapping[str, str | int] | None = None,
    tell: Tell = silent,
) -> int:
    """Write the report of the dump at `path` to `output`, reading no more of it than it needs.

    Returns how many rejected records are left out, as `write_report` does. `tell` gets what was
    done to a posted dump.
    """
    if takes_groups(selection):
        rejected = _report_on_groups(path, selection, output, settings, tell)
        if rejected is not None:
            return rejected
    with loaded(path, selection, settings=settings, tell=tell) as (database, dump_id):
        return write_report(database, dump_id, selection, output)


@contextmanager
def _dump_source(path: str, selection: Selection, tell: Tell) -> Iterator[Source]:
    """The dump at `path`; where it is posted text, what the kernel printed.

    The kernel's own tool reads what is there, so a report that follows it to the byte does too.
    """
    from pageowner_sql.dump.kernel_form import has_kernel_form
    from pageowner_sql.dump.kinds import Kind
    from pageowner_sql.dump.source import open_source

    with open_source(path) as source:
        if selection.compat or has_kernel_form(source):
            yield source
            return
        from pageowner_sql.dump.posted.text import find_posted

        posted = find_posted(source)
        if posted is None or posted.kind is not Kind.PAGE_OWNER:
            yield source
            return
        tell(f"{source.name}: read as posted text: {posted.done}")
        with posted.source(source.name) as text:
            yield text


def _report_on_groups(
    path: str,
    selection: Selection,
    output: str,
    settings: Mapping[str, str | int] | None,
    tell: Tell,
) -> int | None:
    """As `report_on_file`; None where the report needs single records."""
    from pageowner_sql.dump.group_stream import open_group_stream
    from pageowner_sql.store.limits import processors

    compared = selection.compat is not None
    with _dump_source(path, selection, tell) as source:
        # The tool's PFN line may lie before a part, and all of it may be read once more.
        if compared and (path == "-" or not source.is_plain):
            return None
        threads = int((settings or {}).get("threads", 0)) or processors()
        with open_group_stream(source, compared=compared, threads=threads) as stream:
            # Read the dump while the modules that ask about it are still imported.
            stream.start()
            return _report_on_counted(stream, selection, output, settings, threads)


def _report_on_counted(
    stream: Pipeline[RecordGroups],
    selection: Selection,
    output: str,
    settings: Mapping[str, str | int] | None,
    threads: int,
) -> int | None:
    from pageowner_sql.sort.queries import SortQueries, warm_up
    from pageowner_sql.store.blobs import stream_many_blobs
    from pageowner_sql.store.database import Database, Mode
    from pageowner_sql.store.tally import DUMP_ID, ToolStoppedError, tally

    with Database.open("", Mode.REPORT, settings={**(settings or {}), **ALONE}) as database:
        warm_up()
        try:
            found = tally(database, stream, rests=needs_stacks(selection))
        except ToolStoppedError:
            return None
        if found.groups > FEW_GROUPS:
            database.run("SET threads = $threads", {"threads": threads})
        query = SortQueries(selection, DUMP_ID, found.fields, grouped=True).report
        _write(output, stream_many_blobs(database, query.sql, query.parameters))
    return 0 if selection.compat else found.rejected


@contextmanager
def loaded(
    path: str,
    selection: Selection,
    *,
    settings: Mapping[str, str | int] | None = None,
    sha256: bool = False,
    tell: Tell = silent,
) -> Iterator[tuple[Database, int]]:
    """A temporary database that holds the dump at `path`, and the dump's id.

    It keeps only what a report of `selection` needs; with `sha256` the hash of the dump too.
    """
    from pageowner_sql.dump.record_reader import RecordStream
    from pageowner_sql.dump.source import stem
    from pageowner_sql.native.library import keep_memory

    keep_memory()
    with (
        _dump_source(path, selection, tell) as source,
        RecordStream(source, hashed=sha256) as stream,
    ):
        stream.start()
        from pageowner_sql.store.database import Database, Mode
        from pageowner_sql.store.load import Keep, LoadOptions, load_stream

        keep = Keep(sha256=sha256, c_records=selection.compat is not None, owners=False)
        with Database.open("", Mode.REPORT, settings=settings) as database:
            done = load_stream(database, stream, LoadOptions(stem(path), keep=keep))
            yield database, done.dump_id
