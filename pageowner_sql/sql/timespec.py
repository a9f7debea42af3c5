"""Points in time, from words: `90s` before a dump, `boot+90s`, ISO 8601, `@12:30` of samples."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from pageowner_sql.errors import UsageError

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "min": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
    "w": 604_800_000_000_000,
}
_PART = re.compile(r"(\d{1,19}+(?:\.\d{1,19}+)?)(ns|us|ms|s|min|m|h|d|w)")
_PARTS = re.compile(rf"(?:{_PART.pattern})+")
_MOST = 1 << 62
# A time of day, which only samples have.
TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


class Clock(StrEnum):
    """What a moment is counted by. DUMP counts back from the dump's own time.

    SAMPLE is a time at which a sample was taken, as it stands behind `@`.
    """

    DUMP = "dump"
    BOOT = "boot"
    WALL = "wall"
    SAMPLE = "sample"


@dataclass(frozen=True)
class TimePoint:
    """A point in time: nanoseconds for DUMP and BOOT, a UTC time without zone for WALL.

    For SAMPLE it is the text.
    """

    clock: Clock
    value: int | datetime | str


def duration(text: str, option: str) -> int:
    """Nanoseconds from `90s`, `3h`, `1h30m`, `1.5d`. Raises UsageError."""
    parts = _PART.findall(text) if _PARTS.fullmatch(text) else []
    total = sum(_nanoseconds(number, unit) for number, unit in parts)
    if not parts or total > _MOST:
        raise UsageError(f"{option}: not a time: {text!r} (use 90s, 3h or 1h30m)")
    return total


def _nanoseconds(number: str, unit: str) -> int:
    """Exact for any length: a float would lose nanoseconds of a long uptime."""
    whole, _, part = number.partition(".")
    scale = 10 ** len(part)
    return int(int(whole + part) * _UNITS[unit] // scale)


def moment(text: str, option: str) -> TimePoint:
    """Parse a point in time. Raises UsageError with the accepted forms."""
    if text.startswith("@") or TIME_OF_DAY.fullmatch(text):
        return TimePoint(Clock.SAMPLE, text.removeprefix("@"))
    if text.startswith("boot+"):
        return TimePoint(Clock.BOOT, duration(text.removeprefix("boot+"), option))
    if _PART.match(text):
        return TimePoint(Clock.DUMP, duration(text, option))
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{option}: not a time: {text!r} (use 90s before the dump, boot+90s, or "
            f"2026-11-23T22:20:00Z)"
        ) from error
    return TimePoint(
        Clock.WALL, value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    )
