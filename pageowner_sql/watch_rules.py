"""Rules of `watch --when`: how much somebody may hold, or gain in an hour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pageowner_sql.errors import UsageError
from pageowner_sql.sql.sizes import size

# Looks that a sparkline shows, and a rate is taken over.
HISTORY = 30

_RULE = re.compile(
    r"(?:(?P<leak>leak of)\s+)?(?:(?P<key>owner|subsystem|stack)\s*=\s*(?P<name>\S.*?)|any)"
    r"\s*>\s*(?P<size>[^/>\s]+(?: [a-zA-Z]+)?)\s*(?P<rate>/\s*h)?",
)


@dataclass(frozen=True)
class WatchRow:
    """An owner or a stack: what it held in the last looks, which took so many seconds."""

    owner: str
    subsystem: str
    stack: str | None
    history: tuple[int, ...]
    seconds: float

    @property
    def bytes(self) -> int:
        """Bytes now."""
        return self.history[-1]

    @property
    def rate(self) -> float | None:
        """Bytes an hour, from the first of these looks to the last."""
        if self.seconds <= 0:
            return None
        return (self.history[-1] - self.history[0]) / self.seconds * 3600

    @property
    def leak(self) -> float | None:
        """Bytes an hour by which the least of the later half of HISTORY looks is the larger one.

        A spike is none. None until there are so many looks.
        """
        if self.seconds <= 0 or len(self.history) < HISTORY:
            return None
        half = HISTORY // 2
        apart = self.seconds * half / (HISTORY - 1)
        return (min(self.history[half:]) - min(self.history[:half])) / apart * 3600


@dataclass(frozen=True)
class WatchRule:
    """A limit in bytes, or in bytes an hour, on those named together, or on each (`name` None)."""

    text: str
    key: str | None
    name: str | None
    limit: int
    hourly: bool
    leak: bool

    def broken_by(self, rows: Sequence[WatchRow]) -> list[WatchRow]:
        """Rows above the limit; those that the rule names count as one."""
        if self.key is not None:
            rows = _together(str(self.name), [row for row in rows if self.names(row)])
        return [row for row in rows if (self.measure(row) or 0) > self.limit]

    def measure(self, row: WatchRow) -> float | None:
        """What the limit is on; None where that is not known yet."""
        if self.leak:
            return row.leak
        return row.rate if self.hourly else row.bytes

    def names(self, row: WatchRow) -> bool:
        """Whether a row is one of those named."""
        if self.key is None:
            return False
        value = {"owner": row.owner, "subsystem": row.subsystem, "stack": row.stack or ""}
        found, name = value[self.key], str(self.name)
        return name in found if self.key == "stack" else name in (found, row.subsystem)


def _together(name: str, rows: Sequence[WatchRow]) -> Sequence[WatchRow]:
    """Rows as one of that name, unless there are fewer than two."""
    if len(rows) < 2:
        return rows
    history = tuple(map(sum, zip(*(row.history for row in rows), strict=True)))
    return [WatchRow(name, rows[0].subsystem, None, history, rows[0].seconds)]


def read_rule(text: str, by: str = "stack") -> WatchRule:
    """A rule as people write it, for rows that are owners or stacks.

    Raises UsageError that says how.
    """
    found = _RULE.fullmatch(text.strip())
    if found is None or (found["leak"] and not found["rate"]):
        raise UsageError(
            f"--when: not a rule: {text!r} (use 'owner=NAME > 500M', 'subsystem=NAME > 50M/h', "
            f"'any > 1G' or 'leak of any > 50M/h')"
        )
    if found["key"] == "stack" and by != "stack":
        raise UsageError(f"--when: {text.strip()!r} is about stacks; say --by stack, too")
    limit = size(found["size"], "--when")
    rate, leak = bool(found["rate"]), bool(found["leak"])
    return WatchRule(text.strip(), found["key"], found["name"], limit, rate, leak)
