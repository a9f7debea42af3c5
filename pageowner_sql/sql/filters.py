"""A selection from the words that people use for it: on the command line, in Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pageowner_sql.dump.texts import escape, unescape
from pageowner_sql.sql.grouping import Where
from pageowner_sql.sql.query import Query, render
from pageowner_sql.sql.timespec import Moment, moment


def where(  # noqa: PLR0913  # as many as there are ways to select
    *,
    pid: int | Iterable[int] = (),
    tgid: int | Iterable[int] = (),
    name: str | Sequence[str] = (),
    memcg: str | Sequence[str] = (),
    module: str | Sequence[str] = (),
    function: str | Sequence[str] = (),
    owner: str | Sequence[str] = (),
    since: str | Moment | None = None,
    until: str | Moment | None = None,
) -> Where:
    r"""Which records count: those that fit every part that is given, one value or several.

    `name` is a thread's exact name, `memcg` a cgroup's; a byte that is not UTF-8 is written `\xNN`.
    `function` stands anywhere in the stack; `module` is the innermost one, vmlinux for none;
    `owner` is the function that the memory is for. `since` and `until`: `90s` before the dump was
    taken, `boot+90s` after boot, or a date, for dumps loaded with `captured_at`.
    Raises UsageError for a time that cannot be read.
    """
    return Where(
        pids=(pid,) if isinstance(pid, int) else tuple(pid),
        tgids=(tgid,) if isinstance(tgid, int) else tuple(tgid),
        names=tuple(map(escaped, _several(name))),
        memcgs=tuple(map(escaped, _several(memcg))),
        modules=_several(module),
        functions=_several(function),
        owners=_several(owner),
        since=moment(since, "since") if isinstance(since, str) else since,
        until=moment(until, "until") if isinstance(until, str) else until,
    )


def escaped(name: str) -> str:
    """A name as people type it, or copy it from a table, in the tables' escape."""
    return escape(unescape(name))


def _several(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


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
