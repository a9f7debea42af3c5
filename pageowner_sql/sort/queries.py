"""A Selection -> the SQL of one page_owner_sort report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pageowner_sql.dump.fields import escape
from pageowner_sql.sort.options import Selection
from pageowner_sql.sort.plan import Fields, SortPlan
from pageowner_sql.sort.report_text import RowText
from pageowner_sql.sql.query import Query
from pageowner_sql.sql.render import sql_environment
from pageowner_sql.store.report_rows import Piece


@dataclass(frozen=True)
class GatheredReport:
    """A report with a row a record, whose texts are put together outside of SQL.

    `rows` gives the rows in order, as numbers; each of `texts` gives, under the names it stands
    for, a number and its BLOBs; `pieces` tell how the two make up a row's text.
    """

    rows: Query
    texts: tuple[tuple[tuple[str, ...], Query], ...]
    pieces: tuple[Piece, ...]


_TEXTS = (
    (("lines",), "sort_lines"),
    (("mids_1", "mids_2"), "sort_mids"),
    (("bodies",), "sort_bodies"),
    (("allocators",), "sort_allocators"),
)


class SortQueries:
    """The SQL of one report, planned once.

    `grouped`: the records are in table record_groups, one row for those with the same texts.
    Raises MissingFieldError where the report needs a field that the dump lacks.
    """

    def __init__(
        self, selection: Selection, dump_id: int, fields: frozenset[str], *, grouped: bool = False
    ) -> None:
        self._plan = SortPlan(selection, Fields(fields), grouped=grouped)
        self._row = RowText(self._plan)
        self._parameters = _parameters(selection, dump_id)

    @property
    def report(self) -> Query:
        """One BLOB column `text`, a row an output row, in order."""
        return self._query("sort")

    @property
    def count(self) -> Query:
        """About how many records a report that is not culled lets pass."""
        return self._query("sort_count")

    @property
    def gathered(self) -> GatheredReport:
        """The same report in parts, for one that is not culled and so may be large."""
        texts = tuple((names, self._query(template)) for names, template in _TEXTS)
        return GatheredReport(self._query("sort_rows"), texts, tuple(self._row.pieces))

    def _query(self, name: str) -> Query:
        template = sql_environment().get_template(f"{name}.sql.j2")
        sql = template.render(q=self._plan, row=self._row)
        # DuckDB refuses a parameter that the statement does not name.
        named = {key: value for key, value in self._parameters.items() if f"${key}" in sql}
        return Query(sql, named)


def warm_up() -> None:
    """Compile the templates of `report`, which takes a while, before they are needed."""
    for name in ("sort", "_sort", "_sort_filter", "_sort_texts"):
        sql_environment().get_template(f"{name}.sql.j2")


def _parameters(selection: Selection, dump_id: int) -> dict[str, Any]:
    parameters: dict[str, Any] = {"dump_id": dump_id}
    if selection.pids is not None:
        parameters["pids"] = list(selection.pids)
    if selection.tgids is not None:
        parameters["tgids"] = list(selection.tgids)
    if selection.names is not None:
        parameters["names"] = [escape(name) for name in selection.names]
    return parameters
