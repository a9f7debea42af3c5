"""A line of a kernel log -> what the kernel said, freed of what the log put in front."""

from __future__ import annotations

import re
from typing import NamedTuple

_MONTH_DAY = rb"[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}"
_ISO = rb"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,18}(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
_DATE = rb"\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}\] "
_SINCE_BOOT = rb"\[ *(?P<s>[0-9]{1,9})\.(?P<us>[0-9]{6})\](?:\[ *[TC] *[0-9]+\])? "

_QUOTE = rb"(?:[>|] ?)*"
_SYSLOG = rb"(?:" + _MONTH_DAY + rb"|" + _ISO + rb") (?:\S{1,255} )?kernel(?:\[[0-9]+\])?: "
_FACILITY = rb"(?:[a-z0-9]{3,8} *:[a-z]{3,6} *: )?"
_LEVEL = rb"(?:<[0-9]{1,3}>)?"

_PREFIX = re.compile(
    b"".join(
        (
            _QUOTE,
            rb"(?:" + _SYSLOG + rb"|" + _ISO + rb" )?",
            _FACILITY,
            _LEVEL,
            rb"(?:" + _SINCE_BOOT + rb"|" + _DATE + rb")?",
        )
    )
)


class Message(NamedTuple):
    """What the kernel said in one line.

    `since_boot` is the log's own time in microseconds since boot, `prefixed` tells whether the
    log put anything in front.
    """

    text: bytes
    since_boot: int | None
    prefixed: bool


def read_message(line: bytes) -> Message:
    """Take the prefix off a line of dmesg, journal, syslog or a mail that quotes one."""
    match = _PREFIX.match(line)
    if not match:
        return Message(line, None, prefixed=False)
    seconds = match["s"]
    since_boot = int(seconds) * 1_000_000 + int(match["us"]) if seconds else None
    return Message(line[match.end() :], since_boot, prefixed=match.end() > 0)
