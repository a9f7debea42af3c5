"""The columns by which the SQL of one page_owner_sort report groups, sorts and prints."""

from __future__ import annotations

from dataclasses import dataclass

from pageowner_sql.errors import MissingFieldError
from pageowner_sql.sort.options import Compat, CullKey, Selection, SortKey

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
# text between them, what is below.
_TEXT = ("line_rank", "text_ts", "text_free_ts", "mid", "body_rank")
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


class SortPlan:
    """The choices that the template makes, each from a closed set."""

    def __init__(self, selection: Selection, fields: Fields, *, grouped: bool = False) -> None:
        self.selection = selection
        self.grouped = grouped
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
        by = {column for item in self.sort for column in self.sort_columns(item.key)}
        self.runs = self.compat is Compat.V6_1 and CullKey.ALLOCATOR in self.cull
        used = {*self.keys, *by, *self.printed(), *(self.text_keys if self.runs else ())}
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
        return set(self.text_keys) - by - set(self.printed()) if self.runs else set()

    def sort_columns(self, key: SortKey) -> tuple[str, ...]:
        """The columns that a sort key stands for."""
        return tuple(self.text_keys) if key is SortKey.TXT else (_COLUMN[key],)

    def _text_keys(self) -> list[str]:
        left_out = {"text_ts"} if self.cuts else set()
        left_out |= {"text_free_ts"} if self.cuts_free else set()
        return [key for key in _TEXT if key not in left_out]

    def printed(self) -> list[str]:
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
    def irregular_ts(self) -> str:
        """The timestamp that this tool finds in an irregular record."""
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
        """Hardly two records have the same picked values, so grouping them first gains nothing."""
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
    def irregular_fields(self) -> list[str]:
        """The columns of `fields` for a record that the tool reads differently."""
        values = {
            "pid": "o.pid",
            "tgid": "o.tgid",
            "name_rank": "name_texts.name_rank",
            "line_rank": "lines.line_rank",
            "text_ts": "lines.text_ts",
            "text_free_ts": "lines.text_free_ts",
            "mid": "lines.mid",
            "body_rank": "body_texts.body_rank",
            "released": "o.free_ts <> 0",
            "alloc_ts": "o.alloc_ts",
            "free_ts": "o.free_ts",
            "allocator": "o.allocator",
        }
        counts = ["o.pos", "o.times", "o.times * o.pages"]
        return [*counts, *(values[name] for name in self.columns if name in values)]


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
