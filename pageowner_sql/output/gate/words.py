"""A gate's findings in words, the same in every format."""

from __future__ import annotations

from pageowner_sql.output.gate.model import Cell, Check, Failure, GateReport, Suppression
from pageowner_sql.output.plain import printable
from pageowner_sql.output.units import count, share, size

# SQL that people read beside a failure.
_SQL_LINES = 20

# For each limit: the column that it limits, and how its numbers are written.
_LIMITED = {
    "max_bytes": ("bytes", size),
    "max_pages": ("pages", count),
    "max_records": ("records", count),
    "max_share": ("share", share),
    "max_growth": ("delta_bytes", size),
    "max_growth_share": ("delta_bytes", share),
    "max_new": ("new_bytes", size),
    "max_mixed_pageblocks": ("mixed_blocks", count),
}
_SAID = {
    "max_bytes": "holds {}",
    "max_pages": "holds {} pages",
    "max_records": "holds {} records",
    "max_share": "holds {}",
    "max_growth": "grew by {}",
    "max_growth_share": "grew by {}",
    "max_new": "is new and holds {}",
    "max_mixed_pageblocks": "has {} mixed pageblocks",
}


def group(failure: Failure) -> str:
    """The keys of a group in a line: `subsystem net/unix`; of a stack only its number."""
    shown = [
        f"{name} {_value(value)}"
        for name, value in failure.keys
        if name not in ("stack", "function_stack") and (name, value) != ("zone_name", None)
    ]
    for name, value in failure.keys:
        if name == "function_stack":
            shown.append(f"function stack through {_innermost(str(value))}")
    return ", ".join(shown)


def _innermost(stack: str) -> str:
    return printable(" < ".join(stack.split("\n")[-3:]))


def _value(value: Cell) -> str:
    return "(none)" if value is None else printable(str(value))


def message(check: Check, failure: Failure) -> str:
    """What broke which limit, in a line."""
    row = failure.row
    if check.limit == "verdicts":
        return (
            f"{group(failure)}: {row['verdict']} ({printable(str(row['why']))}); "
            f"{check.budget} allows no {' or '.join(allowed_verdicts(check))}"
        )
    said = _SAID[check.limit].format(describe_value(check, failure))
    before = ""
    if "old_bytes" in row and row["old_bytes"] is not None and row["new_bytes"] is not None:
        before = f" (from {size(_number(row['old_bytes']))} to {size(_number(row['new_bytes']))})"
    return f"{group(failure)} {said}{before}; {check.budget} allows {describe_limit(check)}"


def describe_value(check: Check, failure: Failure) -> str:
    """The value that was compared with the limit."""
    row = failure.row
    if check.limit == "verdicts":
        return str(row["verdict"])
    column, write = _LIMITED[check.limit]
    number = _number(row[column])
    if check.limit == "max_growth_share":
        number /= _number(row["old_bytes"])
    return write(number)  # type: ignore[arg-type]  # counts are whole numbers


def describe_limit(check: Check) -> str:
    """What the limit allows."""
    if isinstance(check.allowed, tuple):
        return f"no {' or '.join(check.allowed)}"
    return _LIMITED[check.limit][1](check.allowed)  # type: ignore[arg-type]  # counts are whole


def allowed_verdicts(check: Check) -> tuple[str, ...]:
    """The verdicts that a limit refuses."""
    return check.allowed if isinstance(check.allowed, tuple) else ()


def describe_suppression(suppression: Suppression) -> str:
    """The reason that a failure is suppressed."""
    return f"known until {suppression.until}: {printable(suppression.reason)}"


def verdict(report: GateReport) -> str:
    """How the gate ended, in a line."""
    against = f" against {', '.join(map(printable, report.baselines))}" if report.baselines else ""
    return (
        f"{printable(report.dump)}{against}: broke {len(report.broken)} of {len(report.checks)} "
        f"limits"
    )


def evidence(failure: Failure) -> list[str]:
    """The columns of a failure's row, `name = value`."""
    return [f"{name} = {_value(value)}" for name, value in failure.evidence if value is not None]


def stack(failure: Failure) -> list[str]:
    """The frames of its stack, innermost first."""
    return [printable(frame) for frame in failure.stack]


def details(failure: Failure) -> list[str]:
    """The evidence and the stack of a failure."""
    lines = ["evidence:", *(f"  {line}" for line in evidence(failure))]
    if failure.stack:
        lines += [f"stack {failure.stack_id}:", *(f"  {frame}" for frame in stack(failure))]
    return lines


def short_sql(check: Check) -> list[str]:
    """The SQL of a limit, or how to have it where it would bury the rest."""
    lines = check.sql.rstrip("\n").split("\n")
    if len(lines) <= _SQL_LINES:
        return [printable(line) for line in lines]
    return [f"({len(lines)} lines; --show-sql prints them, --format json has them)"]


def _number(value: Cell) -> float:
    return value if isinstance(value, int | float) else 0
