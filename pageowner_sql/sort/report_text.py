"""Order and text of the rows of one page_owner_sort report."""

from __future__ import annotations

from collections.abc import Sequence

from pageowner_sql.sort.options import Compat, CullKey, SortKey
from pageowner_sql.sort.plan import SortPlan
from pageowner_sql.store.report_rows import Constant, Number, Piece, TextColumn

_ALLOCATED_BY = (
    "'allocated by ' || (CASE WHEN r.allocator & 2 <> 0 THEN 'CMA ' ELSE '' END)"
    " || (CASE WHEN r.allocator & 4 <> 0 THEN 'SLAB ' ELSE '' END)"
    " || (CASE WHEN r.allocator & 8 <> 0 THEN 'VMALLOC ' ELSE '' END)"
    " || (CASE WHEN r.allocator = 16 THEN 'OTHERS ' ELSE '' END)"
)


def _digits(column: str) -> str:
    return f"coalesce(encode(r.{column}::VARCHAR), ''::BLOB) || "


class RowText:
    """Order and text of the rows that a SortPlan asks for, as SQL over its columns."""

    def __init__(self, plan: SortPlan) -> None:
        self._plan = plan

    def _ordered(self, keys: Sequence[str]) -> list[str]:
        """`keys` as they are compared: those of the text together, as one text."""
        if "line_rank" not in keys:
            return [f"r.{key}" for key in keys]
        return ["r.line_rank", *self._middle_order, "r.body_rank"]

    @property
    def _middle_order(self) -> list[str]:
        # Where rows are sorted by their timestamp first, it need not be compared as text again.
        plan = self._plan
        cut = plan.cuts and plan.cuts_free and not plan.compat
        return ["r.mid"] if cut or self._times_first else [self._middle]

    @property
    def _times_first(self) -> bool:
        plan = self._plan
        first = bool(plan.sort) and plan.sort[0].key is SortKey.ALLOC_TS
        return first and not plan.compat and (plan.cuts_free or "free_ts" not in plan.fields)

    @property
    def middle_in_order(self) -> bool:
        """The order needs the text between the timestamps."""
        return any("m.text_1" in key for key in self.order)

    @property
    def _middle(self) -> str:
        """What stands between header and body of a row's text, a BLOB."""
        plan = self._plan
        ts = "" if plan.cuts else _digits("text_ts")
        free = "" if plan.cuts_free else _digits("text_free_ts")
        return f"({ts}m.text_1 || {free}m.text_2)"

    @property
    def order(self) -> list[str]:
        """The sort keys, then the keys of the grouping: a total order."""
        keys: list[str] = []
        for item in self._plan.sort:
            direction = " DESC" if item.descending else ""
            keys += [key + direction for key in self._ordered(self._plan.sort_columns(item.key))]
            if self._plan.compat is Compat.V6_1 and item.key in (SortKey.ALLOC_TS, SortKey.FREE_TS):
                # Its comparison of times is never equal: what is, comes reversed, or as it was.
                back = "" if item.descending else " DESC"
                return keys + [key + back for key in self._ordered(self._plan.keys)]
        return keys + self._ordered(self._plan.keys)

    @property
    def text(self) -> list[str]:
        """The pieces of a row's text, BLOBs."""
        if self._plan.compat is Compat.V5_10:
            counts = "r.times || ' times'"
        else:
            counts = "r.times || ' times, ' || r.pages || ' pages'"
        pieces = [counts]
        if not self._plan.cull:
            if self._plan.compat is not Compat.V5_10:
                pieces.append(f"', ' || {_ALLOCATED_BY}")
            return [
                f"encode({' || '.join(pieces)} || ':' || chr(10))",
                "line_texts.raw",
                self._middle,
                "body_texts.raw",
                "encode(chr(10))",
            ]
        return self._culled_text(pieces)

    def _culled_text(self, pieces: list[str]) -> list[str]:
        culled = set(self._plan.cull)
        blobs: list[str] = []
        if CullKey.PID in culled or self._plan.pids:
            pieces.append("', PID ' || r.pid")
        if CullKey.TGID in culled or self._plan.tgids:
            pieces.append("', TGID ' || r.tgid")
        if CullKey.NAME in culled or self._plan.names:
            pieces.append("', task_comm_name: '")
            blobs = [f"encode({' || '.join(pieces)})", "name_texts.raw"]
            pieces = ["''"]
        if CullKey.ALLOCATOR in culled:
            pieces.append(f"', ' || {_ALLOCATED_BY}")
        if CullKey.FREE in culled:
            right, wrong = ("RELEASED", "UNRELEASED")
            if self._plan.compat:
                right, wrong = wrong, right
            pieces.append(f"CASE WHEN r.released THEN ' ({right})' ELSE ' ({wrong})' END")
        if CullKey.STACKTRACE in culled:
            blobs += [f"encode({' || '.join(pieces)} || ':' || chr(10))", "body_texts.raw"]
            pieces = ["''"]
        return [*blobs, f"encode({' || '.join(pieces)} || chr(10))"]

    @property
    def columns(self) -> list[str]:
        """The numbers that a row of a report without cull is made of."""
        return ["times", "pages", *self._plan.printed(), *self._plan.text_keys]

    @property
    def allocated_by(self) -> str:
        """The allocators' names as the report has them."""
        return _ALLOCATED_BY

    @property
    def pieces(self) -> list[Piece]:
        """As `text`, of a report without cull: what its rows are put together of."""
        plan = self._plan
        pieces: list[Piece] = [Number("times"), Constant(b" times")]
        if plan.compat is not Compat.V5_10:
            pieces += [Constant(b", "), Number("pages"), Constant(b" pages, ")]
            pieces.append(TextColumn("allocator", "allocators"))
        pieces += [Constant(b":\n"), TextColumn("line_rank", "lines")]
        pieces += [] if plan.cuts else [Number("text_ts")]
        pieces.append(TextColumn("mid", "mids_1"))
        pieces += [] if plan.cuts_free else [Number("text_free_ts")]
        pieces += [TextColumn("mid", "mids_2"), TextColumn("body_rank", "bodies"), Constant(b"\n")]
        return pieces

    @property
    def line_text(self) -> bool:
        """The text needs first lines."""
        return not self._plan.cull

    @property
    def name_text(self) -> bool:
        """The text needs process names."""
        return bool(self._plan.cull) and (CullKey.NAME in self._plan.cull or self._plan.names)

    @property
    def body_text(self) -> bool:
        """The text needs what stands below the first line."""
        return not self._plan.cull or CullKey.STACKTRACE in self._plan.cull
