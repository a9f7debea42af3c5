"""Lines that a mail program or a screen broke, joined again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from pageowner_sql.dump.posted.frames import read_frame
from pageowner_sql.dump.posted.lines import BLANKS, PostedLine
from pageowner_sql.dump.posted.prefixes import ANCHOR
from pageowner_sql.dump.posted.repairs import Repairs

# Where a line was broken at a blank, which is lost: a mail program did that, and no screen.
_LOST = re.compile(
    rb"[0-9]\(|,[a-z]|[0-9](?:ns|type|Block)\b|(?:via|order|pid|ts|mask|migratetype)[0-9A-Zo]"
    rb"|(?:type|Block|Flags|PFN)[0-9A-Z]|(?:allocated)via"
)
# No screen or page is narrower.
NARROWEST = 60

# Most lines that one line of the kernel is wrapped into: 4096 bytes of flags at 72 columns.
MOST_PARTS = 60
# What was broken into more than a few parts has long ones; anything else is not worth a try.
FEW_PARTS = 6
SHORTEST_PARTS = 16
# Longer than any line of a record; nothing is gained by joining further.
LONGEST = 1 << 13


def join_screen_lines(lines: list[PostedLine], repairs: Repairs) -> list[PostedLine]:
    """Join lines that all broke at the same column, as those copied from a screen do."""
    width = max((len(line.text) for line in lines), default=0)
    full = [at for at, line in enumerate(lines) if len(line.text) == width]
    if width < NARROWEST or len(full) < 2 or not all(_is_rest(lines, at + 1) for at in full):
        return lines
    ends = (lines[at].text[-12:] + lines[at + 1].text[:12] for at in full)
    if any(_LOST.search(end) for end in ends):
        return lines
    joined: list[PostedLine] = []
    first, parts = lines[0], [lines[0].text]
    for line in lines[1:]:
        if len(parts[-1]) == width:
            parts.append(line.text)
        else:
            joined.append(first._replace(text=b"".join(parts)))
            first, parts = line, [line.text]
    joined.append(first._replace(text=b"".join(parts)))
    repairs.count(f"{{}} line(s) joined that broke after {width} characters", len(full))
    return joined


def _is_rest(lines: list[PostedLine], at: int) -> bool:
    """Whether a line can be what was broken off another: it is nothing that stands for itself."""
    text = lines[at].text if at < len(lines) else b""
    return bool(text.strip()) and not ANCHOR.match(text.strip()) and not read_frame(text)


def join(
    texts: Iterable[bytes],
    whole: re.Pattern[bytes],
    stops: re.Pattern[bytes],
    *,
    longest: bool = False,
) -> tuple[bytes, int] | None:
    """Join as many of `texts` as it takes to be `whole`; the line and how many it took.

    Mail programs break lines at blanks, which they take away, screens anywhere. None where the
    lines do not become whole before one that `stops`. `longest`: what is whole may go on.
    """
    ahead = iter(texts)
    partial = [next(ahead).rstrip(BLANKS)]
    found = (partial[0], 1) if whole.fullmatch(partial[0]) else None
    for used, text in enumerate(islice(ahead, MOST_PARTS - 1), 2):
        part = text.strip(BLANKS)
        if found and (not longest or used > found[1] + 1):
            break
        size = len(partial[0]) + len(part)
        if not part or stops.match(part) or size > LONGEST:
            break
        if used > FEW_PARTS and size < used * SHORTEST_PARTS:
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
