"""A Selection -> the SQL of one page_owner_sort report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pageowner_sql.compile.query import Query
from pageowner_sql.compile.render import sql_environment
from pageowner_sql.compile.selection import Compat, CullKey, Selection, SortKey
from pageowner_sql.dump.texts import escape
from pageowner_sql.errors import MissingFieldError

_NOT_FOUND = "18446744073709551615::UBIGINT"

_COLUMN = {
    SortKey.PID: "pid",
    SortKey.TGID: "tgid",
    SortKey.NAME: "name_rank",
    SortKey.STACKTRACE: "body_rank",
    SortKey.FREE_TS: "free_ts",
    SortKey.ALLOC_TS: "alloc_ts",
    SortKey.ALLOCATOR: "allocator",
    SortKey.TIMES: "times",
    SortKey.PAGES: "pages",
}
# The parts of a record's text: its first line up to the first timestamp, the timestamps and the
# text between them (a number; bytes in a record that the tool reads otherwise), what is below.
_TEXT = ("line_rank", "text_ts", "text_free_ts", "mid", "odd_middle", "body_rank")
_CULL = {
    CullKey.STACKTRACE: "body_rank",
    CullKey.PID: "pid",
    CullKey.TGID: "tgid",
    CullKey.NAME: "name_rank",
    CullKey.FREE: "released",
    CullKey.ALLOCATOR: "allocator",
}
# The field of a dump that a key cannot do without.
_NEEDS = {
    "pid": "pid",
    "tgid": "tgid",
    "name_rank": "comm",
    "alloc_ts": "alloc_ts",
    "free_ts": "free_ts",
    "released": "free_ts",
}
_FIELD_NAMES = {"comm": "process name", "alloc_ts": "allocation time", "free_ts": "free_ts"}


@dataclass(frozen=True)
class Fields:
    """The fields that a dump's format has, as dumps.fields names them."""

    names: frozenset[str]

    def __contains__(self, name: str) -> bool:
        return name in self.names


class Plan:
    """The choices that the template makes, each from a closed set."""

    def __init__(self, selection: Selection, fields: Fields, *, alike: bool = False) -> None:
        self.selection = selection
        self.alike = alike
        self.fields = fields
        self.compat = selection.compat
        self.cull = [key for key in CullKey if key in selection.cull]
        self.pids = selection.pids is not None
        self.tgids = selection.tgids is not None
        self.names = selection.names is not None
        self.unreleased_only = selection.unreleased_only
        self.sort = selection.sort
        self.text_keys = self._text_keys()
        self.keys = [_CULL[key] for key in self.cull] or self.text_keys
        by = {column for item in self.sort for column in self._sort_columns(item.key)}
        self.runs = self.compat is Compat.V6_1 and CullKey.ALLOCATOR in self.cull
        used = {*self.keys, *by, *self._printed(), *(self.text_keys if self.runs else ())}
        self.firsts = sorted(used - set(self.keys) - {"times", "pages"} - self._only_runs(by))
        self.columns = [name for name in _ALL if name in used]
        self.use_line, self.use_name = "line_rank" in used, "name_rank" in used
        self.use_body = "body_rank" in used
        self.use_state = "allocator" in used
        self.use_layout = "allocator" in used or "mid" in used or self.compat is not None
        if self.compat is None:
            self._require(used)

    def _only_runs(self, by: set[str]) -> set[str]:
        """Columns that only tell where a run ends, and are in no row."""
        return set(self.text_keys) - by - set(self._printed()) if self.runs else set()

    def _sort_columns(self, key: SortKey) -> tuple[str, ...]:
        return tuple(self.text_keys) if key is SortKey.TXT else (_COLUMN[key],)

    def _ordered(self, keys: Sequence[str]) -> list[str]:
        """`keys` as they are compared: those of the text together, as one text."""
        if "line_rank" not in keys:
            return [f"r.{key}" for key in keys]
        return ["r.line_rank", *self._middle_order, "r.body_rank"]

    @property
    def _middle_order(self) -> list[str]:
        # Where rows are sorted by their timestamp first, it need not be compared as text again.
        if self._times_first:
            return ["r.mid"]
        return (
            [self._middle] if not (self.cuts and self.cuts_free and not self.compat) else ["r.mid"]
        )

    @property
    def _times_first(self) -> bool:
        first = bool(self.sort) and self.sort[0].key is SortKey.ALLOC_TS
        return first and not self.compat and (self.cuts_free or "free_ts" not in self.fields)

    @property
    def middle_in_order(self) -> bool:
        """The order needs the text between the timestamps."""
        return any("m.text_1" in key for key in self.order)

    @property
    def _middle(self) -> str:
        """What stands between header and body of a row's text, a BLOB."""
        ts = "" if self.cuts else "coalesce(encode(r.text_ts::VARCHAR), ''::BLOB) || "
        free = "" if self.cuts_free else "coalesce(encode(r.text_free_ts::VARCHAR), ''::BLOB) || "
        plain = f"{ts}m.text_1 || {free}m.text_2"
        return f"coalesce(r.odd_middle, {plain})" if self.compat else f"({plain})"

    def _text_keys(self) -> list[str]:
        left_out = {"text_ts"} if self.cuts else set()
        left_out |= {"text_free_ts"} if self.cuts_free else set()
        left_out |= set() if self.compat else {"odd_middle"}
        return [key for key in _TEXT if key not in left_out]

    def _printed(self) -> list[str]:
        """Columns that rows show without being culled by them."""
        if not self.cull:
            return [] if self.compat is Compat.V5_10 else ["allocator"]
        shown = {"pid": self.pids, "tgid": self.tgids, "name_rank": self.names}
        return [column for column, filtered in shown.items() if filtered]

    def _require(self, used: set[str]) -> None:
        needed = {_NEEDS[column] for column in used if column in _NEEDS}
        needed |= {"pid"} if self.pids else set()
        needed |= {"tgid"} if self.tgids else set()
        needed |= {"comm"} if self.names else set()
        needed |= {"free_ts", "alloc_ts"} if self.unreleased_only else set()
        missing = [_FIELD_NAMES.get(name, name) for name in sorted(needed - self.fields.names)]
        if missing:
            raise MissingFieldError(
                f"this dump's format has no {' and no '.join(missing)}; "
                f"it has: {', '.join(sorted(self.fields.names))}"
            )

    # --- timestamps -------------------------------------------------------------------------

    @property
    def cuts(self) -> bool:
        """The digits of the allocation time are left out of the text."""
        if self.compat is None:
            return all(item.key is not SortKey.ALLOC_TS for item in self.sort)
        return self.compat is Compat.V7_3 and self.sort[0].key is not SortKey.ALLOC_TS

    @property
    def cuts_free(self) -> bool:
        """The digits of free_ts are left out of the text."""
        return self.compat is None and all(item.key is not SortKey.FREE_TS for item in self.sort)

    @property
    def plain_middle(self) -> str:
        """A pattern for what stands behind a plain header, as DuckDB writes a BLOB."""
        number = "0|[1-9][0-9]{0,18}"
        ts = "()" if self.cuts else f"({number})"
        return rf"(?:{ts}( ns)(?:(, free_ts )({number}) ns)?)?\\x0A"

    @property
    def odd_ts(self) -> str:
        """The timestamp that this tool finds in an odd record."""
        return "alloc_ts_comma" if self.compat is Compat.V6_1 else "alloc_ts"

    @property
    def alloc_ts(self) -> str:
        """A plain record's allocation time as a sort key."""
        if self.compat is None:
            return "r.alloc_ts"
        found = f"coalesce(r.alloc_ts::UBIGINT, {_NOT_FOUND})"
        if self.compat is not Compat.V6_1:
            return found
        # That tool wants a comma behind it.
        return f"CASE WHEN r.free_ts IS NULL THEN {_NOT_FOUND} ELSE {found} END"

    @property
    def free_ts(self) -> str:
        """A plain record's free_ts as a sort key."""
        return (
            "r.free_ts" if self.compat is None else (f"coalesce(r.free_ts::UBIGINT, {_NOT_FOUND})")
        )

    @property
    def released(self) -> str:
        """Whether the page was released; the old tool only asks whether it ever was."""
        if self.compat is None:
            return "(r.free_ts <> 0 AND r.alloc_ts < r.free_ts) IS TRUE"
        return f"{self.free_ts} <> 0"

    def _first(self, value: str) -> str:
        return value if self.per_record else f"arg_min({value}, r.ord)"

    # --- columns ----------------------------------------------------------------------------

    @property
    def per_record(self) -> bool:
        """Records hardly ever agree in what is picked of them: to group them first is in vain."""
        return not self.cull and "text_ts" in self.columns

    @property
    def picked(self) -> list[tuple[str, str]]:
        """What the first grouping keeps of a record beside its texts."""
        columns: dict[str, str] = {}
        if self.use_layout:
            columns["layout_id"] = "r.layout_id"
        if self.use_state:
            columns["page_state_id"] = "r.page_state_id"
        values = {
            "text_ts": "r.alloc_ts",
            "text_free_ts": "r.free_ts",
            "alloc_ts": self._first(self.alloc_ts),
            "free_ts": self._first(self.free_ts),
            "released": self.released,
        }
        columns |= {name: value for name, value in values.items() if name in self.columns}
        if self.runs:
            columns["ord"] = "r.ord"
        return list(columns.items())

    @property
    def plain_fields(self) -> list[str]:
        """The columns of `fields` for a plain record."""
        values = {
            "pid": "coalesce(h.pid, -1) AS pid",
            "tgid": "coalesce(h.tgid, -1) AS tgid",
            "name_rank": "names.name_rank",
            "line_rank": "lines.line_rank",
            "text_ts": "p.text_ts",
            "text_free_ts": "p.text_free_ts",
            "mid": "l.mid",
            "odd_middle": "NULL::BLOB AS odd_middle",
            "body_rank": "bodies.body_rank",
            "released": "p.released",
            "alloc_ts": "p.alloc_ts",
            "free_ts": "p.free_ts",
            "allocator": f"{self._allocator} AS allocator",
        }
        return [
            "p.pos",
            "p.times",
            'p.times << h."order" AS pages',
            *(values[name] for name in self.columns if name in values),
        ]

    @property
    def _allocator(self) -> str:
        cma = "(l.cma OR (l.goes_on AND s.cma))"
        slab = "(l.slab OR (l.goes_on AND s.slab) OR b.is_slab)"
        return (
            f"(CASE WHEN {cma} THEN 2 ELSE 0 END) + (CASE WHEN {slab} THEN 4 ELSE 0 END)"
            f" + (CASE WHEN b.is_vmalloc THEN 8 WHEN {cma} OR {slab} THEN 0 ELSE 16 END)"
        )

    @property
    def odd_fields(self) -> list[str]:
        """The columns of `fields` for a record that the tool reads otherwise."""
        values = {
            "pid": "o.pid",
            "tgid": "o.tgid",
            "name_rank": "name_texts.name_rank",
            "line_rank": "lines.line_rank",
            "text_ts": "lines.text_ts",
            "text_free_ts": "lines.text_free_ts",
            "mid": "lines.mid",
            "odd_middle": "lines.odd_middle",
            "body_rank": "body_texts.body_rank",
            "released": "o.free_ts <> 0",
            "alloc_ts": "o.alloc_ts",
            "free_ts": "o.free_ts",
            "allocator": "o.allocator",
        }
        counts = ["o.pos", "o.times", "o.times * o.pages"]
        return [*counts, *(values[name] for name in self.columns if name in values)]

    # --- order and text ---------------------------------------------------------------------

    @property
    def order(self) -> list[str]:
        """The sort keys, then the keys of the grouping: a total order."""
        keys: list[str] = []
        for item in self.sort:
            direction = " DESC" if item.descending else ""
            keys += [key + direction for key in self._ordered(self._sort_columns(item.key))]
            if self.compat is Compat.V6_1 and item.key in (SortKey.ALLOC_TS, SortKey.FREE_TS):
                # Its comparison of times is never equal: what is, comes reversed, or as it was.
                back = "" if item.descending else " DESC"
                return keys + [key + back for key in self._ordered(self.keys)]
        return keys + self._ordered(self.keys)

    @property
    def text(self) -> list[str]:
        """The pieces of a row's text, BLOBs."""
        if self.compat is Compat.V5_10:
            counts = "r.times || ' times'"
        else:
            counts = "r.times || ' times, ' || r.pages || ' pages'"
        pieces = [counts]
        if not self.cull:
            if self.compat is not Compat.V5_10:
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
        culled = set(self.cull)
        blobs: list[str] = []
        if CullKey.PID in culled or self.pids:
            pieces.append("', PID ' || r.pid")
        if CullKey.TGID in culled or self.tgids:
            pieces.append("', TGID ' || r.tgid")
        if CullKey.NAME in culled or self.names:
            pieces.append("', task_comm_name: '")
            blobs = [f"encode({' || '.join(pieces)})", "name_texts.raw"]
            pieces = ["''"]
        if CullKey.ALLOCATOR in culled:
            pieces.append(f"', ' || {_ALLOCATED_BY}")
        if CullKey.FREE in culled:
            right, wrong = ("RELEASED", "UNRELEASED")
            if self.compat:
                right, wrong = wrong, right
            pieces.append(f"CASE WHEN r.released THEN ' ({right})' ELSE ' ({wrong})' END")
        if CullKey.STACKTRACE in culled:
            blobs += [f"encode({' || '.join(pieces)} || ':' || chr(10))", "body_texts.raw"]
            pieces = ["''"]
        return [*blobs, f"encode({' || '.join(pieces)} || chr(10))"]

    @property
    def sliced_columns(self) -> list[str]:
        """What a row of a report without cull is made of, once it has its place."""
        return ["n", "times", "pages", *self._printed(), *self.text_keys]

    @property
    def line_text(self) -> bool:
        """The text needs first lines."""
        return not self.cull

    @property
    def name_text(self) -> bool:
        """The text needs process names."""
        return bool(self.cull) and (CullKey.NAME in self.cull or self.names)

    @property
    def body_text(self) -> bool:
        """The text needs what stands below the first line."""
        return not self.cull or CullKey.STACKTRACE in self.cull


_ALL = (
    "pid",
    "tgid",
    "name_rank",
    *_TEXT,
    "released",
    "alloc_ts",
    "free_ts",
    "allocator",
)

_ALLOCATED_BY = (
    "'allocated by ' || (CASE WHEN r.allocator & 2 <> 0 THEN 'CMA ' ELSE '' END)"
    " || (CASE WHEN r.allocator & 4 <> 0 THEN 'SLAB ' ELSE '' END)"
    " || (CASE WHEN r.allocator & 8 <> 0 THEN 'VMALLOC ' ELSE '' END)"
    " || (CASE WHEN r.allocator = 16 THEN 'OTHERS ' ELSE '' END)"
)


@dataclass(frozen=True)
class SlicedReport:
    """A report with a row a record, made in slices so that its texts are never in memory at once.

    Run `prepare` in order; table sort_rows then has as many rows as the report. `rows` gives the
    text of those from $first to $last, counted from 1.
    """

    prepare: tuple[Query, ...]
    rows: Query


def takes_alike(selection: Selection) -> bool:
    """Whether the report can be made of one of each records that are alike in all their texts."""
    per_record = selection.unreleased_only or CullKey.FREE in selection.cull
    return bool(selection.cull) and selection.compat is None and not per_record


def sort_query(
    selection: Selection, dump_id: int, fields: frozenset[str], *, alike: bool = False
) -> Query:
    """The report's SQL: one BLOB column `text`, a row an output row, in order.

    `alike`: the records are one of each that are alike, and table alike tells how many.
    Raises MissingFieldError where the report needs a field that the dump lacks.
    """
    plan = Plan(selection, Fields(fields), alike=alike)
    return _query("sort", plan, _parameters(selection, dump_id))


def sliced_sort(selection: Selection, dump_id: int, fields: frozenset[str]) -> SlicedReport:
    """The same report in slices, for one that is not culled and so may be large."""
    plan = Plan(selection, Fields(fields))
    parameters = _parameters(selection, dump_id)
    prepare = tuple(
        _query(name, plan, parameters)
        for name in ("sort_rows", "sort_lines", "sort_mids", "sort_bodies")
    )
    return SlicedReport(prepare, _query("sort_slice", plan, {}))


def _query(name: str, plan: Plan, parameters: dict[str, Any]) -> Query:
    sql = sql_environment().get_template(f"{name}.sql.j2").render(q=plan)
    # DuckDB refuses a parameter that the statement does not name.
    named = {key: value for key, value in parameters.items() if f"${key}" in sql}
    return Query(sql, named)


def _parameters(selection: Selection, dump_id: int) -> dict[str, Any]:
    parameters: dict[str, Any] = {"dump_id": dump_id}
    if selection.pids is not None:
        parameters["pids"] = list(selection.pids)
    if selection.tgids is not None:
        parameters["tgids"] = list(selection.tgids)
    if selection.names is not None:
        parameters["names"] = [escape(name) for name in selection.names]
    return parameters
