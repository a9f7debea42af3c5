"""What a gate found: frozen data from SQL, independent of the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

Cell: TypeAlias = "str | int | float | None"
Cells: TypeAlias = tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a source file, with the function that it is in."""

    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Suppression:
    """The reason that a failure is suppressed, and the last day of that."""

    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Failure:
    """A group that breaks a limit.

    `keys` and `evidence` are the columns of its row, names in the tables' escape. `stack` holds the
    frames of its largest stack, innermost first; `place` is where its owner stands in the source.
    """

    keys: Cells
    evidence: Cells
    stack: tuple[str, ...] = ()
    stack_id: int | None = None
    place: Place | None = None
    suppression: Suppression | None = None

    @property
    def row(self) -> dict[str, Cell]:
        """All columns by name."""
        return dict(self.keys + self.evidence)


@dataclass(frozen=True, slots=True)
class Check:
    """One limit of a budget: what it allows, what broke it, and the SQL that gives these rows.

    `broken` and `suppressed` count all groups; `failures` holds the first of them. `line` is where
    the budget stands in its file.
    """

    budget: str
    limit: str
    allowed: int | float | tuple[str, ...]
    sql: str
    line: int = 1
    broken: int = 0
    suppressed: int = 0
    failures: tuple[Failure, ...] = ()

    @property
    def name(self) -> str:
        """The name of the budget and of its limit."""
        return f"{self.budget}: {self.limit}"


@dataclass(frozen=True, slots=True)
class GateReport:
    """Every limit that was checked for a dump, against its baselines, and notes for people."""

    dump: str
    baselines: tuple[str, ...]
    file: str
    checks: tuple[Check, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def broken(self) -> tuple[Check, ...]:
        """The limits that are broken."""
        return tuple(check for check in self.checks if check.broken)
