"""Files that say less than a dump does (show_stacks, page_owner_sort's output, …) -> tables."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pageowner_sql.dump.kinds import Kind
from pageowner_sql.dump.lines import Reject, Span
from pageowner_sql.dump.page_reports import PageReport
from pageowner_sql.dump.pipeline import HEAD
from pageowner_sql.dump.sorted_rows import SortedRow
from pageowner_sql.dump.source import Source
from pageowner_sql.dump.stack_counts import StackCount
from pageowner_sql.dump.summaries import parse_summary
from pageowner_sql.errors import InputError
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database, statement
from pageowner_sql.store.load import (
    KnownDumpError,
    Loaded,
    LoadOptions,
    Progress,
    keep_dump,
    refuse_rejects,
    silent,
    stop_if_known,
)
from pageowner_sql.store.original import Original
from pageowner_sql.store.owners import keep_owners
from pageowner_sql.store.stacks import StackTables
from pageowner_sql.store.summary_rows import (
    COLUMNS,
    IMPOSSIBLE,
    STACKS,
    SummaryCells,
    SummaryRow,
    read_row,
)

PIECE = 1 << 20
# Rows and rejects that are kept back before they are written.
BATCH = 4096


# What an arm64 kernel logs of a fault, and what ppc's does of itself.
_PAGE_SIZE = re.compile(rb"(?:user|swapper) pgtable: (4|16|64)k pages|[BL]E PAGE_SIZE=(4|16|64)K ")


class _Pieces:
    """The text on its way to the parser, kept as it is in file_pieces."""

    def __init__(
        self, database: Database, source: Source, dump_id: int, original: Original | None
    ) -> None:
        self._original = original
        self._page_size: re.Match[bytes] | None = None
        if original is not None:
            original.keep(database, dump_id)
        self.source = source
        self.bytes = 0
        self._database = database
        self._dump_id = dump_id
        self._whole = hashlib.sha256()
        self._head = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        buffer = memoryview(bytearray(PIECE))
        while count := self.source.fill(buffer):
            piece = bytes(buffer[:count])
            self._whole.update(piece)
            self._head.update(piece[: max(0, HEAD - self.bytes)])
            self._keep(piece)
            self._page_size = self._page_size or _PAGE_SIZE.search(piece)
            self.bytes += count
            yield piece

    @property
    def page_size(self) -> int | None:
        """Bytes of a base page, where the kernel's log says it."""
        return int(self._page_size[1] or self._page_size[2]) << 10 if self._page_size else None

    def _keep(self, piece: bytes) -> None:
        if self._original is not None:
            return
        row = {"dump_id": self._dump_id, "byte_offset": self.bytes, "raw": piece}
        self._database.run("INSERT INTO file_pieces VALUES ($dump_id, $byte_offset, $raw)", row)

    def place(self, span: Span) -> tuple[int, int]:
        """The line and the byte offset at which a stretch stands in the file."""
        if self._original is not None:
            return self._original.place(span.line)
        return span.line, span.offset

    def at(self, span: Span) -> bytes:
        """The bytes of a stretch that was read before; of a posted text those of its line."""
        if self._original is not None:
            return self._original.line_at(span.line)
        rows = self._database.rows(
            statement("load/pieces_of"),
            {"dump_id": self._dump_id, "start": span.offset, "stop": span.offset + span.size},
        )
        start = span.offset - rows[0][0]
        return b"".join(raw for _, raw in rows)[start : start + span.size]

    def described(self) -> dict[str, object]:
        """The columns of dumps that tell of the file."""
        if self._original is not None:
            return self._original.described()
        return {
            "sha256": self._whole.hexdigest(),
            "head_sha256": self._head.hexdigest(),
            "bytes": self.bytes,
            "repairs": [],
        }


class _SummaryLoader:
    def __init__(
        self, database: Database, source: Source, kind: Kind, options: LoadOptions
    ) -> None:
        self.database = database
        self.kind = kind
        self.options = options
        self.dump_id = int(database.value("SELECT coalesce(max(dump_id), 0) + 1 FROM dumps"))
        self.pieces = _Pieces(database, source, self.dump_id, options.original)
        self.stacks = StackTables(database)
        self.records = self.rejected = self.pages = 0
        self.truncated: int | None = None
        self.newest: int | None = None
        self.fields: set[str] = set()
        self._rows: list[tuple[type, SummaryCells]] = []
        self._rejects: list[tuple[int, Reject]] = []
        # The line of the first reject, and why it is not a row.
        self._first_reject: tuple[int, str] | None = None

    def run(self, progress: Progress) -> Loaded:
        for item in parse_summary(self.kind, self.pieces):
            if isinstance(item, Reject):
                self._reject(item)
            elif isinstance(item, StackCount | SortedRow | PageReport):
                self._take(item)
            if len(self._rows) + len(self._rejects) >= BATCH:
                self._flush()
                progress(self.pieces.source.consumed, self.records)
        self._flush()
        stop_if_known(self.database, self.pieces.described()["sha256"])
        return self._finish()

    def _take(self, item: SummaryRow) -> None:
        row = read_row(item)
        if row is None:
            self._reject(Reject(item.at, IMPOSSIBLE, self.pieces.at(item.at)))
            return
        if getattr(item, "truncated", False):
            self.truncated = item.ord
        if isinstance(item, PageReport) and item.alloc_ts is not None:
            self.newest = max(self.newest or 0, item.alloc_ts)
        self._rows.append((type(item), row))
        self.records += 1
        self.pages += row.pages
        self.fields |= row.fields

    def _reject(self, item: Reject) -> None:
        if self._first_reject is None:
            self._first_reject = self.pieces.place(item.at)[0], item.reason
        self._rejects.append((self.records + self.rejected, item))
        self.rejected += 1

    def _flush(self) -> None:
        """Write what was kept back. All rows of a file belong to one table."""
        if self._rows:
            name, kinds = COLUMNS[self._rows[0][0]]
            rows = [row.cells for _, row in self._rows]
            columns: dict[str, tuple[str, Sequence[Any]]] = {
                column: (kind, [row[column] for row in rows]) for column, kind in kinds.items()
            }
            for column in columns.keys() & set(STACKS):
                columns[column] = ("int", self._stack_ids(columns[column][1]))
            columns["dump_id"] = ("int", [self.dump_id] * len(rows))
            self.database.append(name, table(columns))
        if self._rejects:
            self._keep_rejects()
        self._rows, self._rejects = [], []

    def _stack_ids(self, texts: Sequence[str | None]) -> list[int | None]:
        known = [text for text in texts if text is not None]
        ids = dict(zip(known, self.stacks.ids(known), strict=True))
        return [None if text is None else ids[text] for text in texts]

    def _keep_rejects(self) -> None:
        items = [item for _, item in self._rejects]
        places = [self.pieces.place(item.at) for item in items]
        columns: dict[str, tuple[str, Sequence[Any]]] = {
            "dump_id": ("int", [self.dump_id] * len(items)),
            "ord": ("int", [ord_ for ord_, _ in self._rejects]),
            "piece": ("int", [0] * len(items)),
            "byte_offset": ("int", [offset for _, offset in places]),
            "line": ("int", [line for line, _ in places]),
            "reason": ("text", [item.reason for item in items]),
            "raw": ("bytes", [item.raw for item in items]),
        }
        self.database.append("rejects", table(columns))

    def _finish(self) -> Loaded:
        name = self.pieces.source.name
        if not self.records:
            raise InputError(f"{name}: holds {self._nothing()}")
        refuse_rejects(name, self.rejected, self.options)
        self.stacks.finish()
        keep_owners(self.database)
        logged = self.pieces.page_size if self.kind is Kind.DMESG else None
        keep_dump(self.database, self._facts, self.options, logged)
        return Loaded(
            *(self.dump_id, self.options.label, self.records, self.rejected, self.pages),
            self.pieces.bytes,
        )

    def _nothing(self) -> str:
        """What is not in the file, or where something of it is there, why it cannot be read."""
        if self._first_reject is None:
            return _NOTHING[self.kind]
        line, reason = self._first_reject
        what = _NOTHING[self.kind].partition("; ")[0]
        return f"{what} that can be read; line {line:,}: {reason}"

    @property
    def _facts(self) -> dict[str, object]:
        return {
            "dump_id": self.dump_id,
            "kind": self.kind.value,
            "source": self.pieces.source.name,
            **self.pieces.described(),
            "records": self.records,
            "rejected": self.rejected,
            "pages": self.pages,
            "truncated_ord": self.truncated,
            "newest_alloc_ts": self.newest,
            "fields": sorted(self.fields),
        }


_NO_PAGE = "no page with its owner"
_NOTHING = {
    Kind.GDB: _NO_PAGE,
    Kind.CRASH: _NO_PAGE,
    Kind.PAGE_TRACKING: _NO_PAGE,
    Kind.PAGE_FREQUENCY: "no stack with its count",
    Kind.PAGEOWNER_DUMP: "no stack with its count",
    Kind.MINIDUMP: "no handle with its count",
    Kind.SHOW_STACKS: "no stack with its count",
    Kind.SHOW_HANDLES: "no handle with its count",
    Kind.SHOW_STACKS_HANDLES: "no stack with its handle",
    Kind.SORTED: "no row of page_owner_sort",
    Kind.DMESG: "no page report; the kernel prints such with 'page last allocated via order'",
}


def load_summary(
    database: Database,
    source: Source,
    kind: Kind,
    options: LoadOptions,
    progress: Progress | None = None,
) -> Loaded:
    """Load a file of one of SUMMARY_KINDS as a dump of its kind, all or nothing.

    Raises InputError where it cannot be read or holds no row, RejectedRecordsError under `strict`,
    DatabaseError where the database will not take it.
    """
    try:
        with database.transaction():
            return _SummaryLoader(database, source, kind, options).run(progress or silent)
    except KnownDumpError as known:
        return known.loaded
