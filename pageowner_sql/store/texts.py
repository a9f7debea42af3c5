"""The distinct texts of a load: numbered by DuckDB, read once by Python, kept in their tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pageowner_sql.dump.records import PIECES, Batch, Leftover
from pageowner_sql.dump.texts import (
    Header,
    PageState,
    Rest,
    read_header,
    read_page_state,
    read_rest,
)
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database, statement
from pageowner_sql.store.stacks import StackTables, stack_text

HEADER, PAGE_STATE, REST = 1, 3, 4


def _leftovers(batch: Batch, reasons: Mapping[int, str]) -> Iterator[Leftover]:
    """The records of `batch` that are in `reasons`, by ord, as rejects."""
    newlines = np.flatnonzero(batch.data == ord("\n"))
    for at, ord_ in enumerate(batch.ord.tolist()):
        if ord_ in reasons:
            start, end = (int(batch.offsets[at * PIECES + k]) for k in (0, PIECES - 1))
            line = batch.line + int(np.searchsorted(newlines, start))
            raw = batch.data[start:end].tobytes()
            yield Leftover(ord_, batch.offset + start, line, reasons[ord_], raw)


def known_fields(database: Database, dump_id: int, timed: Sequence[str]) -> list[str]:
    """The fields that a dump's format has, as dumps.fields names them; `timed` are timestamps."""
    parameters = {"dump_id": dump_id, "timed": list(timed)}
    return list(database.value(statement("load/fields"), parameters))


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
        self._counts = {HEADER: 0, PAGE_STATE: 0, REST: 0}
        self._bad = False
        self._learn_by("hash")
        self.stacks = StackTables(database)

    def compare_texts(self) -> None:
        """From now on tell texts apart by themselves: slower, and right where two share a hash."""
        self._learn_by("text")

    def _learn_by(self, key: str) -> None:
        self._new = "load/texts_new" if key == "hash" else "load/texts_new_exact"
        self._matching = f"load/matched_by_{key}"

    def learn(self) -> None:
        """Number and keep the new texts of load_groups; load_matched is its rows with numbers."""
        found = self.database.rows(statement(self._new))
        rows: list[tuple[int, int | None, int, bytes]] = []
        for kind, keep in (
            (HEADER, self._headers),
            (PAGE_STATE, self._page_states),
            (REST, self._rests),
        ):
            new = [(h, raw) for of, h, raw in found if of == kind]
            first = self._counts[kind] + 1
            self._counts[kind] += len(new)
            texts = [(number, raw) for number, (_, raw) in enumerate(new, first)]
            bad = keep(texts)
            self._bad = self._bad or bool(bad)
            rows += [
                (kind, None if number in bad else number, h, raw)
                for number, (h, raw) in enumerate(new, first)
            ]
        if rows:
            self._append_texts(rows)
        self.database.feed_result("load_matched", statement(self._matching))

    def _append_texts(self, rows: Sequence[tuple[int, int | None, int, bytes]]) -> None:
        self.database.append(
            "load_texts",
            table(
                {
                    "kind": ("int", [kind for kind, _, _, _ in rows]),
                    "id": ("int", [number for _, number, _, _ in rows]),
                    "h": ("uint", [h for _, _, h, _ in rows]),
                    "raw": ("bytes", [raw for _, _, _, raw in rows]),
                }
            ),
        )

    def _headers(self, new: Sequence[tuple[int, bytes]]) -> set[int]:
        """Keep headers; the numbers of those that are none."""
        read = [(number, raw, read_header(raw)) for number, raw in new]
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

        return {number for number, _, header in read if header is None}

    def _page_states(self, new: Sequence[tuple[int, bytes]]) -> set[int]:
        """Keep the ends of PFN lines; the numbers of those that are none."""
        read = [(number, raw, read_page_state(raw)) for number, raw in new]
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
        return {number for number, _, state in read if state is None}

    def _rests(self, new: Sequence[tuple[int, bytes]]) -> set[int]:
        """Keep what stands below PFN lines; the numbers of those that are no record's."""
        tried = [(number, raw, read_rest(raw)) for number, raw in new]
        read: list[tuple[int, bytes, Rest]] = [(n, raw, r) for n, raw, r in tried if r is not None]
        if read:
            self._keep_rests(read)
        return {number for number, _, rest in tried if rest is None}

    def _keep_rests(self, read: Sequence[tuple[int, bytes, Rest]]) -> None:
        stacks = self.stacks.ids([stack_text(rest.stack, rest.handle) for _, _, rest in read])
        self.database.append(
            "rests",
            table(
                {
                    "rest_id": ("int", [self.bases["rest_base"] + n for n, _, _ in read]),
                    "dump_id": ("int", [self.dump_id] * len(read)),
                    "raw": ("bytes", [raw for _, raw, _ in read]),
                    "stack_id": ("int", stacks),
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

    def refused(self, batches: Sequence[Batch]) -> list[Leftover]:
        """The records of `batch` that stayed out because one of their texts is no good."""
        if not self._bad:
            return []
        rows = self.database.rows(statement("load/records_refused"))
        reasons = {int(ord_): str(reason) for ord_, reason in rows}
        return [left for batch in batches for left in _leftovers(batch, reasons)]

    def finish(self) -> None:
        """Drop what only the load needed."""
        self.database.script("load/finish")
