"""Lines that a mail program or a screen broke, joined again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pageowner_sql.dump.posted.frames import read_frame
from pageowner_sql.dump.posted.lines import PostedLine, Repairs
from pageowner_sql.dump.posted.prefixes import ANCHOR

# No screen or page is narrower.
NARROWEST = 60

# A line of the kernel is broken into so many at most: 4096 bytes of flags at 72 columns.
MOST_PARTS = 60
# Longer than any line of a record; nothing is gained by joining further.
LONGEST = 1 << 13


def unscreened(lines: list[PostedLine], repairs: Repairs) -> list[PostedLine]:
    """Join lines that all broke at the same column, as those copied from a screen do."""
    width = max((len(line.text) for line in lines), default=0)
    full = [at for at, line in enumerate(lines) if len(line.text) == width]
    if width < NARROWEST or len(full) < 2 or not all(_is_rest(lines, at + 1) for at in full):
        return lines
    joined: list[PostedLine] = []
    for line in lines:
        last = joined[-1].text if joined else b""
        if last and len(last) % width == 0:
            joined[-1] = joined[-1]._replace(text=last + line.text)
        else:
            joined.append(line)
    repairs.count(f"{{}} line(s) joined that broke after {width} characters", len(full))
    return joined


def _is_rest(lines: list[PostedLine], at: int) -> bool:
    """Whether a line can be what was broken off another: it is nothing that stands for itself."""
    text = lines[at].text if at < len(lines) else b""
    return bool(text.strip()) and not ANCHOR.match(text.strip()) and not read_frame(text)


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
