"""`top`: who holds the memory of a dump."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pageowner_sql.cli.options import giving_rows, selecting
from pageowner_sql.cli.shared import say, shared
from pageowner_sql.output.formats import Format
from pageowner_sql.output.plain import printable
from pageowner_sql.output.rows import Output
from pageowner_sql.output.units import count, size
from pageowner_sql.sql.grouping import Key, Where

if TYPE_CHECKING:
    from pageowner_sql.questions.top import Totals
    from pageowner_sql.store.dumps import Dump

# What fits a screen or two; other formats give everything.
TABLE_LIMIT = 20

Label = Annotated[
    str | None, typer.Argument(metavar="[LABEL]", help="A dump, or its file [the one loaded last]")
]
By = Annotated[
    list[Key] | None, typer.Option("--by", metavar="KEY", help=f"{', '.join(Key)}; repeats [stack]")
]


@giving_rows
@selecting
def top(
    context: typer.Context,
    label: Label = None,
    *,
    by: By = None,
    where: Where,
    output: Output,
    show_sql: bool,
) -> None:
    """Who holds the memory: records, pages, bytes and share of each KEY, the largest first.

    A table has 20 rows unless --limit says otherwise; other formats have all. On a terminal a
    sparkline shows the bytes of each row in the dumps of the same boot, up to this one.
    """
    from pageowner_sql.cli.answers import answer, is_seen
    from pageowner_sql.cli.labels import resolve
    from pageowner_sql.questions.caveats import to_know
    from pageowner_sql.questions.top import top_plan, totals
    from pageowner_sql.questions.trend import trend_until

    keys = by or [Key.STACK]
    database, dump = resolve(shared(context).db, label, show_sql=show_sql)
    with database:
        plan = top_plan(database, [dump], keys, where, row_limit(output))
        caption = None if show_sql else _total(dump, totals(database, [dump], where), where)
        drawn = is_seen(output, show_sql=show_sql)
        trend = trend_until(database, dump, keys, where) if drawn else None
        seen = answer(database, plan, output, show_sql=show_sql, caption=caption, trend=trend)
        if seen == TABLE_LIMIT and output.limit is None and output.chosen is Format.TABLE:
            say(f"the first {seen} rows; --limit 0 gives all")
        if Key.FUNCTION in keys and not show_sql:
            say("function: each record counts for every function in its stack")
        for line in () if show_sql else to_know(database, [dump], keys, where):
            say(line)


def row_limit(output: Output) -> int | None:
    """How many rows to ask for: what was given, else 20 for a table; None for all."""
    if output.limit is None:
        return TABLE_LIMIT if output.chosen is Format.TABLE else None
    return output.limit or None


def _total(dump: Dump, total: Totals, where: Where) -> str:
    what = "selected" if where.selects else "total"
    assumed = "" if dump.page_size_given else " (assumed)"
    counted = [] if total.records is None else [f"{count(total.records)} records"]
    if total.pages is not None and total.bytes is not None:
        pages = f"{count(total.pages)} pages of {dump.page_size} bytes{assumed}"
        counted += [pages, size(total.bytes)]
    return f"{printable(dump.label)}: {what} {', '.join(counted)}"
