"""A lake on one page: what it covers, what changed, what stands out, and the SQL behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pageowner_sql import __version__
from pageowner_sql.output.model import (
    CellKind,
    DumpFacts,
    Fact,
    Facts,
    Report,
    ReportColumn,
    Section,
    Table,
    Value,
    Weights,
)
from pageowner_sql.sql.catalog import NamedQuery

Rows = list[dict[str, Any]]
Ask = Callable[[NamedQuery, Mapping[str, Any]], Rows]
_ROWS: Final = 50
_SHARES: Final = frozenset({"share", "low", "high", "rejected_share", "median_growth", "chance"})


@dataclass(frozen=True)
class _QuerySection:
    """A section: its query, title and introduction; rows with the verdict `quiet` are left out."""

    query: str
    title: str
    intro: str
    quiet: str = ""


_SECTIONS: Final = (
    _QuerySection(
        "fleet/regression",
        "Changed between kernels",
        "All intervals hold together; rows whose interval leaves it open are left out.",
        "undecided",
    ),
    _QuerySection(
        "fleet/growth",
        "Growing day by day",
        "Everywhere: most hosts rise. Some hosts: the rise of some is beyond chance.",
        "none",
    ),
    _QuerySection(
        "fleet/growing_hosts", "Hosts that grow", "Growth of the host itself, beyond chance."
    ),
    _QuerySection("fleet/outliers", "Hosts that stand out", "Far from the median host, by owner."),
    _QuerySection("fleet/first_seen", "New stacks", "Stacks that no earlier dump has."),
    _QuerySection("fleet/percentiles", "Owners over hosts", "What a host holds, by owner."),
    _QuerySection("fleet/silent_hosts", "Silent hosts", "Hosts that have sent no dump lately."),
)


def lake_report(
    location: str, find: Callable[[str], NamedQuery], ask: Ask, title: str | None
) -> Report:
    """The report of a lake whose questions `ask` answers."""
    coverage = find("fleet/coverage")
    kernels = ask(coverage, {})
    total = Weights(sum(row["records"] for row in kernels), 0, sum(row["bytes"] for row in kernels))
    sections = [
        Section("coverage", "What the lake covers", (_facts(kernels), _table(coverage, kernels)))
    ]
    for each in _SECTIONS:
        params = _cohorts(kernels) if each.query == "fleet/regression" else {}
        if params is None:
            continue
        query = find(each.query)
        rows = [row for row in ask(query, params) if not each.quiet or row["verdict"] != each.quiet]
        compared = f" {params['new']} against {params['old']}." if params else ""
        if rows:
            name = each.query.rpartition("/")[2]
            sections.append(
                Section(name, each.title, (_table(query, rows),), f"{each.intro}{compared}")
            )
    return Report(
        title or f"Fleet in {location}",
        DumpFacts(location, total, kind="lake"),
        tuple(sections),
        made_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        version=__version__,
    )


def _cohorts(kernels: Rows) -> dict[str, str] | None:
    """The kernel that came last, and of the others the one with most hosts."""
    named = [row for row in kernels if row["kernel"]]
    if len(named) < 2:
        return None
    new = max(named, key=lambda row: (row["first_day"], row["last_day"], row["kernel"]))
    old = max(
        (row for row in named if row is not new), key=lambda row: (row["hosts"], row["kernel"])
    )
    return {"old": old["kernel"], "new": new["kernel"]}


def _facts(kernels: Rows) -> Facts:
    def total(name: str) -> int:
        return sum(int(row[name]) for row in kernels)

    days = [(row["first_day"], row["last_day"]) for row in kernels]
    span = (
        f"{min(first for first, _ in days)} to {max(last for _, last in days)}" if days else "none"
    )
    return Facts(
        (
            Fact("Dumps", total("dumps"), "count"),
            Fact("Days", span),
            Fact("Kernels", len(kernels), "count"),
            Fact(
                "Dumps without a host", total("without_host"), "count", "left out of most questions"
            ),
            Fact(
                "Dumps without a time",
                total("without_time"),
                "count",
                "their day is that of adding",
            ),
        )
    )


def _table(query: NamedQuery, rows: Rows) -> Table:
    columns = tuple(
        ReportColumn(
            each.name, each.name.replace("_", " "), _kind(each.name, each.type), each.meaning
        )
        for each in query.columns
    )
    shown = tuple(_cells(columns, row) for row in rows[:_ROWS])
    return Table(query.theme, query.title, columns, shown, sql=query.sql)


def _kind(name: str, kind: str) -> CellKind:
    if name == "verdict":
        return "status"
    if name == "function_stack":
        return "stack"
    if name in _SHARES:
        return "share"
    if "bytes" in name:
        return "bytes"
    return "count" if kind == "BIGINT" else "text"


def _cells(columns: Iterable[ReportColumn], row: Mapping[str, Any]) -> tuple[Value, ...]:
    return tuple(_cell(row[column.name], column.kind) for column in columns)


def _cell(value: object, kind: CellKind) -> Value:
    if value is None:
        return None
    if kind == "stack":
        return tuple(str(value).split("\n"))
    if isinstance(value, float):
        return round(value) if kind == "bytes" else f"{value:.4g}" if kind == "text" else value
    return value if isinstance(value, int) else str(value)
