"""A dump's chunks -> tables, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from pageowner_sql.dump.formats import START
from pageowner_sql.dump.record_reader import Chunk, RecordStream
from pageowner_sql.dump.refusals import no_record
from pageowner_sql.dump.regions import Leftover
from pageowner_sql.dump.source import Source
from pageowner_sql.errors import InputError, RejectedRecordsError
from pageowner_sql.store.arrow import table
from pageowner_sql.store.c_records import keep_c_records
from pageowner_sql.store.database import Database, statement
from pageowner_sql.store.dumps import DumpProperties
from pageowner_sql.store.owners import keep_owners
from pageowner_sql.store.record_rows import RecordRows
from pageowner_sql.store.texts import LayoutTable, TextIds, TextTables, known_fields

if TYPE_CHECKING:
    from pageowner_sql.store.original import Original

# DuckDB takes 2048 rows at a time, so that longer pieces of a huge reject would need its memory.
PIECE = 1 << 11


@dataclass(frozen=True)
class Keep:
    """What to keep beside the records; a report on a temporary database does without some.

    `sha256`: the hash of the text, without which nothing tells that it was loaded before;
    `c_records`: the parts that page_owner_sort reads differently; `owners`: the owners of stacks.
    """

    sha256: bool = True
    c_records: bool = True
    owners: bool = True


@dataclass(frozen=True)
class LoadOptions(DumpProperties):
    """How a dump is loaded; `original`: what it was before it was read."""

    label: str
    strict: bool = False
    keep: Keep = Keep()
    original: Original | None = None


@dataclass(frozen=True)
class Loaded:
    """What a load did. `known`: these bytes were in the database already, as `label`."""

    dump_id: int
    label: str
    records: int
    rejected: int
    pages: int
    bytes: int
    known: bool = False


# Records that are inserted together, 56 bytes each: a call costs as much as ten thousand of them.
TOGETHER = 1 << 20
# The same of a dump with more texts than are held, which take the memory.
FEW_TOGETHER = 1 << 17

Progress = Callable[[int, int], None]


class _RejectRow(NamedTuple):
    """A row of table rejects."""

    ord: int
    number: int
    offset: int
    line: int
    reason: str
    raw: bytes


class _DumpLoader:
    def __init__(self, database: Database, stream: RecordStream, options: LoadOptions) -> None:
        self.database = database
        self.options = options
        self.stream = stream
        self.dump_id = int(database.value("SELECT coalesce(max(dump_id), 0) + 1 FROM dumps"))
        self.texts = TextTables(database, self.dump_id)
        self.layouts = LayoutTable(database, self.dump_id)
        self.rows = RecordRows()
        # The ids of the plain records' texts, by the numbers that their reader gives.
        self.ids = TextIds(self.texts)
        self.records = 0
        self.rejected = 0
        self.truncated: int | None = None
        self._next_piece = 0
        # The line of the first reject that begins as a record, and why it is none.
        self._first_reject: tuple[int, str] | None = None

    def run(self, progress: Progress) -> Loaded:
        with self.database.one_thread():
            for chunk in self.stream:
                self._store(chunk)
                progress(self.stream.source.consumed, self.records)
            if len(self.rows):
                self._insert()
        stop_if_known(self.database, self._file()["sha256"])
        return self._finish()

    def _store(self, chunk: Chunk) -> None:
        base = self.layouts.base
        if chunk.begins:
            self.ids = TextIds(self.texts)
        self.ids.add(chunk.texts)
        if chunk.plain is not None:
            self.rows.add_plain(chunk.plain, self.ids.columns, base)
            self.records += len(chunk.plain)
        if chunk.irregular:
            texts = list(zip(*(each.texts for each in chunk.irregular), strict=True))
            self.rows.add_irregular(chunk.irregular, self.texts.ids(texts), base)
            self.records += len(chunk.irregular)
        if len(self.rows) > (FEW_TOGETHER if self.texts.spilled else TOGETHER):
            self._insert()
        self._reject(chunk.leftovers)
        if chunk.truncated is not None:
            self.truncated = chunk.truncated

    def _insert(self) -> None:
        self.database.feed("batch", self.rows.take())
        self.database.run(statement("load/records_new"), {"dump_id": self.dump_id})

    def _reject(self, leftovers: Iterable[Leftover]) -> None:
        found = list(leftovers)
        gaps = [left for left in found if not left.reason]
        if gaps:
            self._append(
                "gaps",
                {
                    "dump_id": ("int", [self.dump_id] * len(gaps)),
                    "ord": ("int", [left.ord for left in gaps]),
                    "raw": ("bytes", [left.raw for left in gaps]),
                },
            )
        rejects = [left for left in found if left.reason]
        if self._first_reject is None:
            begun = (left for left in rejects if left.raw.startswith(START))
            self._first_reject = next(((left.line, left.reason) for left in begun), None)
        self.rejected += sum(not left.continues for left in rejects)
        pieces = [piece for left in rejects for piece in self._pieces(left)]
        if pieces:
            self._append(
                "rejects",
                {
                    "dump_id": ("int", [self.dump_id] * len(pieces)),
                    "ord": ("int", [piece.ord for piece in pieces]),
                    "piece": ("int", [piece.number for piece in pieces]),
                    "byte_offset": ("int", [piece.offset for piece in pieces]),
                    "line": ("int", [piece.line for piece in pieces]),
                    "reason": ("text", [piece.reason for piece in pieces]),
                    "raw": ("bytes", [piece.raw for piece in pieces]),
                },
            )

    def _pieces(self, left: Leftover) -> Iterator[_RejectRow]:
        """A reject in pieces; their numbers go on where it belongs to the one before."""
        if not left.continues:
            self._next_piece = 0
        line = left.line
        for at in range(0, len(left.raw), PIECE):
            raw = left.raw[at : at + PIECE]
            offset = left.offset + at
            if self.options.original is not None:
                line, offset = self.options.original.place(line)
            yield _RejectRow(left.ord, self._next_piece, offset, line, left.reason, raw)
            self._next_piece += 1
            line += raw.count(b"\n")

    def _append(self, name: str, columns: Mapping[str, tuple[str, list[object]]]) -> None:
        self.database.append(name, table(columns))

    def _finish(self) -> Loaded:
        stream = self.stream
        if not self.records:
            raise InputError(no_record(stream.source.name, stream.bytes, self._first_reject))
        self.texts.finish()
        self.layouts.keep(self.stream.reader.layouts)
        if self.options.keep.c_records:
            keep_c_records(self.database, self.dump_id)
        if self.options.keep.owners:
            keep_owners(self.database)
            keep_oldest(self.database, self.dump_id)
        pages = int(self.database.value(statement("load/pages"), {"dump_id": self.dump_id}))
        self._append_dump(pages)
        if self.options.original is not None:
            self.options.original.keep(self.database, self.dump_id)
        refuse_rejects(stream.source.name, self.rejected, self.options)
        return Loaded(
            self.dump_id, self.options.label, self.records, self.rejected, pages, stream.bytes
        )

    def _file(self) -> dict[str, object]:
        """What the file was, and what was done to its text."""
        if self.options.original is not None:
            return self.options.original.described()
        stream = self.stream
        return {
            "sha256": stream.sha256,
            "head_sha256": stream.head_sha256,
            "bytes": stream.bytes,
            "repairs": [],
        }

    def _append_dump(self, pages: int) -> None:
        [(newest, timed)] = self.database.rows(statement("load/times"), {"dump_id": self.dump_id})
        facts = {
            "dump_id": self.dump_id,
            "kind": "page_owner",
            "source": self.stream.source.name,
            **self._file(),
            "records": self.records,
            "rejected": self.rejected,
            "pages": pages,
            "truncated_ord": self.truncated,
            "newest_alloc_ts": newest,
            "fields": known_fields(self.database, self.dump_id, timed),
        }
        keep_dump(self.database, facts, self.options)


class KnownDumpError(Exception):
    """Ends the transaction of a dump that was there already."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__(loaded.label)
        self.loaded = loaded


def stop_if_known(database: Database, sha256: object) -> None:
    """Raise KnownDumpError where the database has a dump of these bytes."""
    sql = "SELECT dump_id, label, records, rejected, pages, bytes FROM dumps WHERE sha256 = $sha"
    for row in database.rows(sql, {"sha": sha256}):
        raise KnownDumpError(replace(Loaded(*row), known=True))


def refuse_rejects(name: str, rejected: int, options: LoadOptions) -> None:
    """Raise RejectedRecordsError where no record may be rejected."""
    if options.strict and rejected:
        raise RejectedRecordsError(
            f"{name}: {rejected:,} records could not be parsed; nothing was loaded (--strict)"
        )


def keep_dump(
    database: Database,
    facts: Mapping[str, object],
    options: LoadOptions,
    page_size: int | None = None,
) -> None:
    """Add the row of table dumps: `facts` of the file, and what people say of it.

    `page_size`: what the file tells, where people do not.
    """
    known_size = options.page_size or page_size
    said = {
        "label": options.label,
        "captured_at": options.captured_at,
        "loaded_at": datetime.now(UTC).replace(tzinfo=None),
        "host": options.host,
        "kernel": options.kernel,
        "boot_id": options.boot_id,
        "page_size": known_size or 4096,
        "page_size_given": known_size is not None,
        "tag_keys": list(options.tags),
        "tag_values": list(options.tags.values()),
    }
    database.run(statement("load/dump"), {**facts, **said})


def keep_oldest(database: Database, dump_id: int) -> None:
    """Keep what tells the boot of a dump just loaded, if it has handles."""
    sql = "SELECT count(handle) FROM rests WHERE dump_id = $dump_id"
    if database.value(sql, {"dump_id": dump_id}):
        database.run(statement("load/oldest"), {"dump_id": dump_id})


def silent(done: int, records: int) -> None:
    """Progress that nobody asked for."""
    del done, records


def load(
    database: Database,
    source: Source,
    options: LoadOptions,
    progress: Progress | None = None,
) -> Loaded:
    """Load one dump, all or nothing. `progress` gets bytes read of the file and records so far.

    Raises InputError where the text cannot be read or holds no record, RejectedRecordsError
    under `strict`, DatabaseError where the database will not take it.
    """
    return load_stream(
        database, RecordStream(source, hashed=options.keep.sha256), options, progress
    )


def load_stream(
    database: Database,
    stream: RecordStream,
    options: LoadOptions,
    progress: Progress | None = None,
) -> Loaded:
    """As `load`, of a dump whose reading may have begun."""
    try:
        with database.transaction():
            return _DumpLoader(database, stream, options).run(progress or silent)
    except KnownDumpError as known:
        return known.loaded
