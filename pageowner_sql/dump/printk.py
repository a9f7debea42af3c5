"""A line of a kernel log -> what the kernel said, freed of what the log put in front."""

from __future__ import annotations

import re
from typing import NamedTuple

_MONTH_DAY = rb"[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}"
_ISO = rb"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,18}(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
_DATE = rb"\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}\] "
_SINCE_BOOT = rb"\[ *(?P<s>[0-9]{1,9})\.(?P<us>[0-9]{6})\](?:\[ *[TC] *[0-9]+\])? "

_SYSLOG = rb"(?:" + _MONTH_DAY + rb"|" + _ISO + rb") (?:\S{1,255} )?kernel(?:\[[0-9]+\])?: "

_PREFIX = re.compile(
    b"".join(
        (
            rb"(?P<quote>(?:[>|] ?)*)",
            rb"(?P<syslog>" + _SYSLOG + rb"|" + _ISO + rb" )?",
            rb"(?P<facility>[a-z0-9]{3,8} *:[a-z]{3,6} *: )?",
            rb"(?P<level><[0-9]{1,3}>)?",
            rb"(?P<time>" + _SINCE_BOOT + rb"|" + _DATE + rb")?",
        )
    )
)
_PARTS = ("syslog", "facility", "level", "time")


class Message(NamedTuple):
    """What the kernel said in one line.

    `since_boot` is the log's own time in microseconds since boot. `shape` is equal for lines with
    prefixes of the same make, so that a line cannot pass part of its text off as prefix.
    """

    text: bytes
    since_boot: int | None
    shape: tuple[bytes | bool, ...]


def read_message(line: bytes) -> Message:
    """Take the prefix off a line of dmesg, journal, syslog or a mail that quotes one."""
    match = _PREFIX.match(line)
    if not match:
        return Message(line, None, ())
    seconds = match["s"]
    since_boot = int(seconds) * 1_000_000 + int(match["us"]) if seconds else None
    shape = (match["quote"], *(match[part] is not None for part in _PARTS))
    return Message(line[match.end() :], since_boot, shape)
