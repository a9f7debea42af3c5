"""Rules of `watch --when`: how much somebody may hold, or gain in an hour."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pageowner_sql.errors import UsageError
from pageowner_sql.sql.sizes import size

_RULE = re.compile(
    r"(?:(?P<leak>leak of)\s+)?(?:(?P<key>owner|subsystem|stack)\s*=\s*(?P<name>\S.*?)|any)"
    r"\s*>\s*(?P<size>[^/\s]+)\s*(?P<rate>/\s*h)?",
)


@dataclass(frozen=True)
class WatchRow:
    """An owner or a stack: bytes now, bytes an hour, and what it held in the last samples."""

    owner: str
    subsystem: str
    stack: str | None
    bytes: int
    rate: float | None
    history: tuple[int, ...]


@dataclass(frozen=True)
class WatchRule:
    """A limit in bytes, or in bytes an hour, on those named, or on each (`name` None)."""

    text: str
    key: str | None
    name: str | None
    limit: int
    hourly: bool

    def breaks(self, row: WatchRow) -> bool:
        """Whether a row is above the limit."""
        if self.key is not None and not self._means(row):
            return False
        held = row.rate if self.hourly else row.bytes
        return held is not None and held > self.limit

    def _means(self, row: WatchRow) -> bool:
        value = {"owner": row.owner, "subsystem": row.subsystem, "stack": row.stack or ""}
        found, name = value[str(self.key)], str(self.name)
        return name in found if self.key == "stack" else name in (found, row.subsystem)


def read_rule(text: str) -> WatchRule:
    """A rule as people write it. Raises UsageError that says how."""
    found = _RULE.fullmatch(text.strip())
    if found is None or (found["leak"] and not found["rate"]):
        raise UsageError(
            f"--when: not a rule: {text!r} (use 'owner=NAME > 500M', 'subsystem=NAME > 50M/h', "
            f"'any > 1G' or 'leak of any > 50M/h')"
        )
    limit = size(found["size"], "--when")
    return WatchRule(text.strip(), found["key"], found["name"], limit, bool(found["rate"]))
