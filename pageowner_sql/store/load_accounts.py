"""The kernel's other accounts of memory (meminfo, slabinfo, …) -> tables, beside their dump."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from pageowner_sql.dump.account_tables import ACCOUNT_TABLES, Cell, account_cells
from pageowner_sql.dump.accounts import parse_account
from pageowner_sql.dump.fields import escape
from pageowner_sql.dump.kinds import ACCOUNT_KINDS, Kind
from pageowner_sql.dump.lines import Item, Reject
from pageowner_sql.dump.sniff import HEAD, sniff_kind
from pageowner_sql.dump.source import Source
from pageowner_sql.errors import InputError, RejectedRecordsError
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database

if TYPE_CHECKING:
    from pageowner_sql.dump.posted.accounts import PostedAccount

PIECE = 1 << 20

# The columns that are not numbers; `phys` does not fit a signed one.
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("field", "file", "module", "function", "cache", "zone", "migratetype"), "text"
    ),
    **dict.fromkeys(("addresses", "caller", "uses", "nodes", "section"), "text"),
    **dict.fromkeys(("accurate", "capped", "mixed"), "bool"),
    "phys": "uint",
}
# Which tables a kind fills, where that is not the one of its name.
_TABLES = {Kind.PAGETYPEINFO: ("pagetype_free", "pagetype_blocks")}


class AccountOutcome(Enum):
    """What became of a file: taken in, in there already, or another of its kind was there."""

    LOADED = "loaded"
    KNOWN = "known"
    KEPT = "kept"


@dataclass(frozen=True)
class Account:
    """What loading one file did: its kind, the lines that were not understood, the outcome."""

    kind: Kind
    rejected: int
    outcome: AccountOutcome
    repairs: tuple[str, ...] = ()


def load_account(
    database: Database, dump_id: int, source: Source, *, replace: bool, strict: bool = False
) -> Account:
    """Load a file of one of ACCOUNT_KINDS to a dump, all or nothing.

    A dump has one of a kind: another one that is there goes if `replace`, else stays. Raises
    InputError where the file is not such an account, RejectedRecordsError under `strict`.
    """
    posted = _posted(source)
    kind = posted.kind if posted else account_kind(source)
    if posted and strict:
        raise RejectedRecordsError(
            f"{source.name}: is not as the kernel printed it ({'; '.join(posted.repairs)}); "
            f"it was not loaded (--strict)"
        )
    if not replace and _sha256_of(database, dump_id, kind):
        return Account(kind, 0, AccountOutcome.KEPT)
    with database.transaction():
        return _AccountLoader(database, dump_id, source, kind, posted).run(strict=strict)


def _posted(source: Source) -> PostedAccount | None:
    """The account that a posted text holds, None where the file is as the kernel printed it."""
    from pageowner_sql.dump.posted.accounts import LARGEST, read_posted_account

    raw = source.peek(LARGEST + 1)
    return read_posted_account(raw) if len(raw) <= LARGEST else None


def account_kind(source: Source) -> Kind:
    """The kind of account that a file is, by its text. Raises InputError for other files."""
    kind = sniff_kind(source.peek(HEAD))
    if kind not in ACCOUNT_KINDS and (posted := _posted(source)):
        return posted.kind
    if kind not in ACCOUNT_KINDS:
        what = "no account of memory" if kind is Kind.UNKNOWN else f"a {kind} file"
        kinds = ", ".join(sorted(ACCOUNT_KINDS))
        raise InputError(f"{source.name}: is {what}; what lies beside a dump is {kinds}")
    return kind


def _sha256_of(database: Database, dump_id: int, kind: Kind) -> str | None:
    sql = "SELECT sha256 FROM account_files WHERE dump_id = $dump_id AND kind = $kind"
    found = database.value(sql, {"dump_id": dump_id, "kind": kind.value})
    return None if found is None else str(found)


class _AccountLoader:
    def __init__(
        self,
        database: Database,
        dump_id: int,
        source: Source,
        kind: Kind,
        posted: PostedAccount | None = None,
    ) -> None:
        self.database = database
        self.dump_id = dump_id
        self.source = source
        self.kind = kind
        self.posted = posted
        self.repairs = posted.repairs if posted else ()
        self.bytes = 0
        self._hash = hashlib.sha256()
        self._rejects: list[Reject] = []

    def run(self, *, strict: bool) -> Account:
        rows: dict[str, list[tuple[Cell, ...]]] = {}
        for name, cells in account_cells(self._items()):
            rows.setdefault(name, []).append(cells)
        if not rows:
            raise InputError(f"{self.source.name}: no line of it is one of {self.kind}")
        if strict and self._rejects:
            raise RejectedRecordsError(
                f"{self.source.name}: {len(self._rejects):,} lines could not be parsed; "
                f"it was not loaded (--strict)"
            )
        if _sha256_of(self.database, self.dump_id, self.kind) == self._hash.hexdigest():
            return Account(self.kind, len(self._rejects), AccountOutcome.KNOWN, self.repairs)
        self._remove()
        for name, lines in rows.items():
            self._append(name, ACCOUNT_TABLES[name], lines)
        self._keep_rejects()
        self._keep_file()
        return Account(self.kind, len(self._rejects), AccountOutcome.LOADED, self.repairs)

    def _chunks(self) -> Iterator[bytes]:
        buffer = memoryview(bytearray(PIECE))
        while count := self.source.fill(buffer):
            self._hash.update(buffer[:count])
            self.bytes += count
            yield bytes(buffer[:count])

    def _text(self) -> Iterable[bytes]:
        if self.posted is None:
            return self._chunks()
        # The digest and the size are of the file as it came.
        deque(self._chunks(), maxlen=0)
        return [self.posted.text]

    def _items(self) -> Iterator[Item]:
        for item in parse_account(self.kind, self._text()):
            if isinstance(item, Reject):
                self._rejects.append(item)
            yield item

    def _remove(self) -> None:
        for name in _TABLES.get(self.kind, (self.kind.value,)):
            self.database.run(f"DELETE FROM {name} WHERE dump_id = $id", {"id": self.dump_id})  # noqa: S608  # a closed set
        for name in ("account_files", "account_rejects"):
            self.database.run(
                f"DELETE FROM {name} WHERE dump_id = $id AND kind = $kind",  # noqa: S608  # a closed set
                {"id": self.dump_id, "kind": self.kind.value},
            )

    def _append(self, name: str, columns: Sequence[str], rows: Sequence[tuple[Cell, ...]]) -> None:
        cells: dict[str, tuple[str, Sequence[Any]]] = {
            "dump_id": ("int", [self.dump_id] * len(rows))
        }
        for at, column in enumerate(columns):
            cells[column] = (_KINDS.get(column, "int"), [_value(row[at]) for row in rows])
        self.database.append(name, table(cells))

    def _keep_rejects(self) -> None:
        if self._rejects:
            cells: dict[str, tuple[str, Sequence[Any]]] = {
                "dump_id": ("int", [self.dump_id] * len(self._rejects)),
                "kind": ("text", [self.kind.value] * len(self._rejects)),
                "byte_offset": ("int", [item.at.offset for item in self._rejects]),
                "line": ("int", [item.at.line for item in self._rejects]),
                "reason": ("text", [item.reason for item in self._rejects]),
                "raw": ("bytes", [item.raw for item in self._rejects]),
            }
            self.database.append("account_rejects", table(cells))

    def _keep_file(self) -> None:
        self.database.run(
            "INSERT INTO account_files VALUES "
            "($dump_id, $kind, $source, $sha256, $bytes, $rejected, $repairs)",
            {
                "dump_id": self.dump_id,
                "kind": self.kind.value,
                "source": self.source.name,
                "sha256": self._hash.hexdigest(),
                "bytes": self.bytes,
                "rejected": len(self._rejects),
                "repairs": list(self.repairs),
            },
        )


def _value(cell: Cell) -> Cell:
    return escape(cell) if isinstance(cell, bytes) else cell
