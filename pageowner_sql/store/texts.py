"""The distinct texts of a load: numbered once, kept in their tables."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from pageowner_sql.dump.fields import BESIDE, KINDS, ReadText
from pageowner_sql.dump.formats import Layout
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database, statement
from pageowner_sql.store.stacks import StackTables, stack_text

# What is kept at hand of a load's texts, in bytes; more than any real dump has.
HELD = 12 << 20
# What a text that is at hand takes beside its bytes.
AT_HAND = 200
# How much of new texts is gathered before it is written, first and in the end: little, since the
# thread that writes waits otherwise, but more where there are many, which have lines in common.
UNWRITTEN = 1 << 20
MOST_UNWRITTEN = 4 << 20

Columns = Mapping[str, tuple[str, Sequence[Any]]]

# The tables of texts, without their s, in the order of digest.READERS: the columns that bear a
# field's name, and what they hold.
_FIELDS: Mapping[str, Mapping[str, str]] = {
    "header": {
        "order": "int",
        "gfp_mask": "int",
        "gfp": "text",
        "pid": "int",
        "tgid": "int",
        "comm": "text",
        "plain": "bool",
    },
    "page_state": {
        "pageblock_migratetype": "text",
        "flags_mask": "uint",
        "flags": "text",
        "node": "int",
        "zone": "int",
        "lastcpupid": "int",
    },
    "rest": {
        "handle": "int",
        "migrate_reason": "text",
        "slab": "bool",
        "memcg": "text",
        "memcg_offline": "bool",
        "memcg_objcg": "bool",
        "extra": "text",
        "by_module": "text",
        "plain": "bool",
        "c_vmalloc": "bool",
    },
}


def known_fields(database: Database, dump_id: int, timed: Sequence[str]) -> list[str]:
    """The fields that a dump's format has, as dumps.fields names them; `timed` are timestamps."""
    parameters = {"dump_id": dump_id, "timed": list(timed)}
    return list(database.value(statement("load/fields"), parameters))


@dataclass
class _Kind:
    """The texts of one kind: those at hand with their ids, and what of them is not written yet.

    `last` is the last id given; a text that cannot be read has 0.
    """

    number: int
    name: str
    last: int
    known: dict[bytes, int] = field(default_factory=dict)
    unwritten: list[tuple[int, bytes, Any]] = field(default_factory=list)

    def learn(self, text: bytes, fields: Any) -> int:
        """Number a new text."""
        if fields is None:
            return 0
        self.last += 1
        self.unwritten.append((self.last, text, fields))
        return self.last


class TextTables:
    """headers, page_states, rests, stacks and frames of the dump being loaded.

    `spilled`: there are more of them than are held in memory.
    """

    def __init__(self, database: Database, dump_id: int) -> None:
        self.database = database
        self.stacks = StackTables(database)
        self._kinds = [_Kind(at, name, self._last_id(name)) for at, name in enumerate(_FIELDS)]
        self._dump_id = dump_id
        # New texts that are not in load_texts, and how much of texts is at hand.
        self._fresh: list[tuple[int, bytes, int]] = []
        self._held = 0
        self._unwritten = 0
        self._gathered = UNWRITTEN
        self.spilled = False

    def _last_id(self, name: str) -> int:
        sql = f"SELECT coalesce(max({name}_id), 0) FROM {name}s"  # noqa: S608  # a closed set
        return int(self.database.value(sql))

    def ids(self, texts: Sequence[Sequence[ReadText]]) -> list[list[int]]:
        """The ids of texts, a list of them for each kind; new texts are numbered."""
        found = [self._ids(kind, of_kind) for kind, of_kind in zip(self._kinds, texts, strict=True)]
        if self._unwritten > self._gathered:
            self.write()
            self._gathered = min(2 * self._gathered, MOST_UNWRITTEN)
        if self._held > HELD:
            self._spill()
        return found

    def _ids(self, kind: _Kind, texts: Sequence[ReadText]) -> list[int]:
        known = kind.known
        missing = {text: fields for text, fields in texts if text not in known}
        if missing and self.spilled:
            self._recall(kind, list(missing))
            missing = {text: fields for text, fields in missing.items() if text not in known}
        for text, fields in missing.items():
            known[text] = number = kind.learn(text, fields)
            self._fresh.append((kind.number, text, number))
        size = sum(map(len, missing))
        self._held += size + AT_HAND * len(missing)
        self._unwritten += size + BESIDE * len(missing)
        return [known[text] for text, _ in texts]

    def _hold(self, kind: _Kind, text: bytes, number: int) -> None:
        kind.known[text] = number
        self._held += len(text) + AT_HAND

    def write(self) -> None:
        """Put what was read since the last time into the tables."""
        for kind in self._kinds:
            if kind.unwritten:
                self.database.append(f"{kind.name}s", table(self._columns(kind)))
                kind.unwritten.clear()
        self.stacks.write()
        self._unwritten = 0

    def _spill(self) -> None:
        """Put digests of the texts into a table, which DuckDB can put on disk."""
        if not self.spilled:
            self.database.script("load/begin")
            self.spilled = True
        self.database.append(
            "load_texts",
            table(
                {
                    "kind": ("int", [kind for kind, _, _ in self._fresh]),
                    "digest": ("bytes", [_digest(text) for _, text, _ in self._fresh]),
                    "id": ("int", [number for _, _, number in self._fresh]),
                }
            ),
        )
        self._fresh.clear()
        self._held = 0
        for kind in self._kinds:
            kind.known.clear()

    def _recall(self, kind: _Kind, texts: Sequence[bytes]) -> None:
        """Bring the numbers of those of the texts back to hand that are in the table."""
        digests = {_digest(text): text for text in texts}
        self.database.feed("asked", table({"digest": ("bytes", list(digests))}))
        for digest, number in self.database.rows(statement("load/recall"), {"kind": kind.number}):
            self._hold(kind, digests[digest], number)

    def _columns(self, kind: _Kind) -> Columns:
        rows = kind.unwritten
        columns: dict[str, tuple[str, Sequence[Any]]] = {
            f"{kind.name}_id": ("int", [number for number, _, _ in rows]),
            "dump_id": ("int", [self._dump_id] * len(rows)),
            "raw": ("bytes", [raw for _, raw, _ in rows]),
        }
        fields = zip(*(fields for _, _, fields in rows), strict=True)
        read = dict(zip(type(rows[0][2])._fields, fields, strict=True))
        columns |= {name: (of, read[name]) for name, of in _FIELDS[kind.name].items()}
        if kind.name == "rest":
            texts = [stack_text(rest.stack, rest.handle) for _, _, rest in rows]
            columns["stack_id"] = ("int", self.stacks.number(texts))
        return columns

    def finish(self) -> None:
        """Write the rest, and drop what only the load needed."""
        self.write()
        self.stacks.finish()
        if self.spilled:
            self.database.script("load/finish")


class TextIds:
    """The ids of a reader's texts by their numbers, a column a kind."""

    def __init__(self, tables: TextTables) -> None:
        self._tables = tables
        self.columns = [array("i") for _ in KINDS]

    def add(self, texts: Sequence[Sequence[ReadText]]) -> None:
        """Take the next texts of each kind."""
        for ids, more in zip(self.columns, self._tables.ids(texts), strict=True):
            ids.extend(more)


class LayoutTable:
    """Table layouts while a dump is loaded; `base` is the number of the dump's first one."""

    def __init__(self, database: Database, dump_id: int) -> None:
        self._database = database
        self._dump_id = dump_id
        self.base = int(database.value("SELECT coalesce(max(layout_id), 0) + 1 FROM layouts"))

    def keep(self, layouts: Iterable[Layout]) -> None:
        """Keep the layouts that RecordReader met, in its order."""
        kept = list(layouts)
        vendor = [layout.vendor for layout in kept]
        self._database.append(
            "layouts",
            table(
                {
                    "layout_id": ("int", [self.base + index for index in range(len(kept))]),
                    "dump_id": ("int", [self._dump_id] * len(kept)),
                    "after_ts": ("bytes", [layout.after_ts for layout in kept]),
                    "after_free_ts": ("bytes", [layout.after_free_ts for layout in kept]),
                    "hex_pfn": ("bool", [layout.hex_pfn for layout in kept]),
                    "after_pfn": ("bytes", [layout.after_pfn for layout in kept]),
                    "migratetype": ("text", [layout.migratetype for layout in kept]),
                    "plain": ("bool", [layout.plain for layout in kept]),
                    "text_1": ("bytes", [layout.text_1 for layout in kept]),
                    "text_2": ("bytes", [layout.text_2 for layout in kept]),
                    "slab_name": ("text", [each.slab_name for each in vendor]),
                    "file_dev": ("text", [each.file_dev for each in vendor]),
                    "file_ino": ("uint", [each.file_ino for each in vendor]),
                    "file_index": ("uint", [each.file_index for each in vendor]),
                    "anon_address": ("uint", [each.anon_address for each in vendor]),
                }
            ),
        )


def _digest(text: bytes) -> bytes:
    """128 bits: nobody can make two texts of one."""
    return blake2b(text, digest_size=16).digest()
