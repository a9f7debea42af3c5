"""A Selection -> the SQL of one page_owner_sort report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pageowner_sql.dump.fields import escape
from pageowner_sql.sort.options import Selection
from pageowner_sql.sort.plan import EVERY_FIELD, Fields, Plan
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


def sort_query(
    selection: Selection, dump_id: int, fields: frozenset[str], *, alike: bool = False
) -> Query:
    """The report's SQL: one BLOB column `text`, a row an output row, in order.

    `alike`: the records are one of each that are alike, and table alike tells how many.
    Raises MissingFieldError where the report needs a field that the dump lacks.
    """
    plan = Plan(selection, Fields(fields), alike=alike)
    return _query("sort", plan, _parameters(selection, dump_id))


def count_query(selection: Selection, dump_id: int, fields: frozenset[str]) -> Query:
    """About how many records a report that is not culled lets pass."""
    return _query("sort_count", Plan(selection, Fields(fields)), _parameters(selection, dump_id))


_TEXTS = (
    (("lines",), "sort_lines"),
    (("mids_1", "mids_2"), "sort_mids"),
    (("bodies",), "sort_bodies"),
    (("allocators",), "sort_allocators"),
)


def gathered_sort(selection: Selection, dump_id: int, fields: frozenset[str]) -> GatheredReport:
    """The same report in parts, for one that is not culled and so may be large."""
    plan = Plan(selection, Fields(fields))
    parameters = _parameters(selection, dump_id)
    texts = tuple((names, _query(template, plan, parameters)) for names, template in _TEXTS)
    return GatheredReport(_query("sort_rows", plan, parameters), texts, tuple(RowText(plan).pieces))


def warm_up(selection: Selection) -> None:
    """Compile the templates of its `sort_query`, which takes a while, before they are needed."""
    plan = Plan(selection, Fields(EVERY_FIELD), alike=True)
    _query("sort", plan, _parameters(selection, 0))


def _query(name: str, plan: Plan, parameters: dict[str, Any]) -> Query:
    sql = sql_environment().get_template(f"{name}.sql.j2").render(q=plan, row=RowText(plan))
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
