"""The distinct texts of a load: numbered by DuckDB, read once by Python, kept in their tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pageowner_sql.dump.records import PIECES, Batch, Leftover
from pageowner_sql.dump.texts import (
    Header,
    PageState,
    Rest,
    read_frames,
    read_header,
    read_page_state,
    read_rest,
)
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database, statement

HEADER, PAGE_STATE, REST = 1, 3, 4

_FRAME_COLUMNS = ("function", "offset", "size", "module", "address")


class TextTables:
    """headers, page_states, rests, stacks and frames of the dump being loaded."""

    def __init__(self, database: Database, dump_id: int) -> None:
        self.database = database
        self.dump_id = dump_id
        database.script("load/begin")
        self.bases: dict[str, int] = {
            f"{name}_base": int(
                database.value(f"SELECT coalesce(max({name}_id), 0) FROM {name}s")  # noqa: S608  # closed set
            )
            for name in ("header", "page_state", "rest")
        }
        self._seen = 0
        self._stacks: dict[str, int] = dict(database.rows("SELECT text, stack_id FROM stacks"))
        self._last_stack = max(self._stacks.values(), default=0)

    def learn(self) -> bool:
        """Number and keep the texts of `batch` that are new; False where some are no good."""
        added = int(self.database.value(statement("load/texts_new")))
        if not added:
            return not self._bad
        new = self.database.rows(statement("load/texts_read"), {"seen": self._seen})
        self._seen += added
        self._match()
        self._headers([(i, raw) for kind, i, raw in new if kind == HEADER])
        self._page_states([(i, raw) for kind, i, raw in new if kind == PAGE_STATE])
        self._rests([(i, raw) for kind, i, raw in new if kind == REST])
        return not self._bad

    _bad = False
    _matching = ""

    def _match(self) -> None:
        """Join a batch's records with their texts: by hash, until two texts share one."""
        unique = self.database.value(statement("load/texts_unique"))
        matching = "load/matched_by_hash" if unique else "load/matched_by_text"
        if matching != self._matching:
            self.database.run(statement(matching))
            self._matching = matching

    def _refuse(self, kind: int, numbers: Sequence[int]) -> None:
        if numbers:
            self._bad = True
            self.database.run(
                "UPDATE load_texts SET good = false WHERE kind = $kind AND id IN $ids",
                {"kind": kind, "ids": list(numbers)},
            )

    def _headers(self, new: Sequence[tuple[int, bytes]]) -> None:
        read = [(number, raw, read_header(raw)) for number, raw in new]
        self._refuse(HEADER, [number for number, _, header in read if header is None])
        good: list[tuple[int, bytes, Header]] = [(n, raw, h) for n, raw, h in read if h is not None]
        if good:
            self.database.append(
                "headers",
                table(
                    {
                        "header_id": ("int", [self.bases["header_base"] + n for n, _, _ in good]),
                        "dump_id": ("int", [self.dump_id] * len(good)),
                        "raw": ("bytes", [raw for _, raw, _ in good]),
                        "order": ("int", [h.order for _, _, h in good]),
                        "gfp_mask": ("int", [h.gfp_mask for _, _, h in good]),
                        "gfp": ("text", [h.gfp for _, _, h in good]),
                        "pid": ("int", [h.pid for _, _, h in good]),
                        "tgid": ("int", [h.tgid for _, _, h in good]),
                        "comm": ("text", [h.comm for _, _, h in good]),
                        "plain": ("bool", [h.plain for _, _, h in good]),
                    }
                ),
            )

    def _page_states(self, new: Sequence[tuple[int, bytes]]) -> None:
        read = [(number, raw, read_page_state(raw)) for number, raw in new]
        self._refuse(PAGE_STATE, [number for number, _, state in read if state is None])
        good: list[tuple[int, bytes, PageState]] = [
            (n, raw, s) for n, raw, s in read if s is not None
        ]
        if good:
            self.database.append(
                "page_states",
                table(
                    {
                        "page_state_id": (
                            "int",
                            [self.bases["page_state_base"] + n for n, _, _ in good],
                        ),
                        "dump_id": ("int", [self.dump_id] * len(good)),
                        "raw": ("bytes", [raw for _, raw, _ in good]),
                        "pageblock_migratetype": (
                            "text",
                            [s.pageblock_migratetype for _, _, s in good],
                        ),
                        "flags_mask": ("uint", [s.flags_mask for _, _, s in good]),
                        "flags": ("text", [s.flags for _, _, s in good]),
                        "node": ("int", [s.node for _, _, s in good]),
                        "zone": ("int", [s.zone for _, _, s in good]),
                        "lastcpupid": ("int", [s.lastcpupid for _, _, s in good]),
                    }
                ),
            )

    def _rests(self, new: Sequence[tuple[int, bytes]]) -> None:
        tried = [(number, raw, read_rest(raw)) for number, raw in new]
        self._refuse(REST, [number for number, _, rest in tried if rest is None])
        read: list[tuple[int, bytes, Rest]] = [(n, raw, r) for n, raw, r in tried if r is not None]
        if not read:
            return
        stacks = self._new_stacks([rest.stack for _, _, rest in read])
        self.database.append(
            "rests",
            table(
                {
                    "rest_id": ("int", [self.bases["rest_base"] + n for n, _, _ in read]),
                    "dump_id": ("int", [self.dump_id] * len(read)),
                    "raw": ("bytes", [raw for _, raw, _ in read]),
                    "stack_id": ("int", [self._stacks[r.stack] for _, _, r in read]),
                    "handle": ("int", [r.handle for _, _, r in read]),
                    "migrate_reason": ("text", [r.migrate_reason for _, _, r in read]),
                    "slab": ("bool", [r.slab for _, _, r in read]),
                    "memcg": ("text", [r.memcg for _, _, r in read]),
                    "memcg_offline": ("bool", [r.memcg_offline for _, _, r in read]),
                    "memcg_objcg": ("bool", [r.memcg_objcg for _, _, r in read]),
                    "extra": ("text", [r.extra for _, _, r in read]),
                    "plain": ("bool", [r.plain for _, _, r in read]),
                    "c_vmalloc": ("bool", [r.c_vmalloc for _, _, r in read]),
                }
            ),
        )
        if stacks:
            self._append_stacks(stacks)

    def _new_stacks(self, texts: Sequence[str]) -> list[str]:
        new = []
        for text in texts:
            if text not in self._stacks:
                self._last_stack += 1
                self._stacks[text] = self._last_stack
                new.append(text)
        return new

    def _append_stacks(self, stacks: Sequence[str]) -> None:
        frames = [
            (self._stacks[text], pos, frame)
            for text in stacks
            for pos, frame in enumerate(read_frames(text))
        ]
        columns: dict[str, tuple[str, Sequence[Any]]] = {
            "stack_id": ("int", [stack for stack, _, _ in frames]),
            "pos": ("int", [pos for _, pos, _ in frames]),
        }
        for name in _FRAME_COLUMNS:
            kind = {"address": "uint", "function": "text", "module": "text"}.get(name, "int")
            columns[name] = (kind, [getattr(frame, name) for _, _, frame in frames])
        connection = self.database.connection
        if frames:
            connection.register("new_frames", table(columns))
            self.database.run(statement("load/frames"))
            connection.unregister("new_frames")
        connection.register(
            "new_stacks",
            table(
                {
                    "stack_id": ("int", [self._stacks[text] for text in stacks]),
                    "text": ("text", list(stacks)),
                }
            ),
        )
        self.database.run(statement("load/stacks"))
        connection.unregister("new_stacks")

    def refused(self, batch: Batch) -> list[Leftover]:
        """The records of `batch` that stayed out because one of their texts is no good."""
        rows = self.database.rows(statement("load/records_refused"))
        index = {int(ord_): at for at, ord_ in enumerate(batch.ord)}
        return [self._leftover(batch, index[ord_], ord_, reason) for ord_, reason in rows]

    @staticmethod
    def _leftover(batch: Batch, at: int, ord_: int, reason: str) -> Leftover:
        start, end = (int(batch.offsets[at * PIECES + k]) for k in (0, PIECES - 1))
        raw = batch.data[start:end].tobytes()
        line = batch.line + int(np.count_nonzero(batch.data[:start] == ord("\n")))
        return Leftover(ord_, batch.offset + start, line, reason, raw)

    def finish(self) -> None:
        """Drop what only the load needed."""
        self.database.run("DROP VIEW load_matched")
        self.database.run("DROP TABLE load_texts")
