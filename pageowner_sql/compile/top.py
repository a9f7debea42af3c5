"""Questions about records -> queries: who holds the memory, and how much there is of it."""

from __future__ import annotations

from collections.abc import Sequence

from pageowner_sql.compile.query import Query, render
from pageowner_sql.compile.rows import Grouping, Source, Where, grouping


def top_query(keys: Grouping, where: Where, limit: int | None = None) -> Query:
    """One row a group: its keys, records, pages, bytes, share (0 to 1 of the bytes selected).

    A group by function counts a record once for each function in its stack; shares then add up to
    more than 1.
    """
    parameters = {**where.parameters(), "limit": limit}
    return render("top", parameters, keys=keys, where=where, limit=limit)


def totals_query(where: Where, source: Source = Source.RECORDS) -> Query:
    """One row: records, pages and bytes of all that is selected."""
    return render("totals", where.parameters(), keys=grouping((), source), where=where)


# With these a join keeps the order of its first table: one thread, and no other to start from.
KEEP_ORDER = (
    Query("SET threads = 1"),
    Query("SET disabled_optimizers = 'join_order,build_side_probe_side'"),
)


def selection_queries(where: Where, database: str, *, ordered: bool = False) -> Sequence[Query]:
    """Statements after which every view of the connection shows only what `where` selects.

    `ordered`: and shows it in the dump's order, without sorting rows that are wide by then.
    `database` is the name that DuckDB gives the open file (current_database()).
    """
    if not where.given:
        return ()
    prefix = "selected_"
    variables = [
        Query(f"SET VARIABLE {name} = ${name}", {name: value})
        for name, value in sorted(where.parameters(prefix).items())
    ]
    table = f"{quoted(database)}.main.records"
    selection = render("selection", {}, where=where, records=table, ordered=ordered)
    return (*(KEEP_ORDER if ordered else ()), *variables, selection)


def quoted(name: str) -> str:
    """An identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'
