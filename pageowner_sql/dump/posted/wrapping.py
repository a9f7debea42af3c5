"""Lines that a mail program or a screen broke, joined again."""

from __future__ import annotations

import re
from collections.abc import Sequence

# A line of the kernel is broken into so many at most: 4096 bytes of flags at 72 columns.
MOST_PARTS = 60
# Longer than any line of a record; nothing is gained by joining further.
LONGEST = 1 << 13


def join(
    texts: Sequence[bytes],
    whole: re.Pattern[bytes],
    stops: re.Pattern[bytes],
    *,
    longest: bool = False,
) -> tuple[bytes, int] | None:
    """Join as many of `texts` as it takes to be `whole`; the line and how many it took.

    Mail programs break lines at blanks, which they take away, screens anywhere. None where the
    lines do not become whole before one that `stops`. `longest`: what is whole may go on.
    """
    partial = [texts[0].rstrip(b" \t")]
    found = (partial[0], 1) if whole.fullmatch(partial[0]) else None
    for used, text in enumerate(texts[1:MOST_PARTS], 2):
        part = text.strip(b" \t")
        if found and (not longest or used > found[1] + 1):
            break
        if not part or stops.match(part) or len(partial[0]) + len(part) > LONGEST:
            break
        ways = [joined for each in partial for joined in _ways(each, part)]
        if wholes := [joined for joined in ways if whole.fullmatch(joined)]:
            found = wholes[0], used
            ways = wholes
        partial = ways[:2]
    return found


def _ways(text: bytes, part: bytes) -> tuple[bytes, bytes]:
    """Both ways to go on, the likelier first; a list of flags is never broken at a blank."""
    if text.endswith((b"|", b"(", b"_", b"=")) or part.startswith((b"|", b")", b"_")):
        return text + part, text + b" " + part
    return text + b" " + part, text + part
