"""What a log, a mail or a CI system put in front of every line: its shape is learnt from the text.

Lines that surely are the kernel's show what stands in front of them; runs of letters and digits
in it vary from line to line, the marks between them do not.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from pageowner_sql.dump.posted.lines import PostedLine
from pageowner_sql.dump.posted.repairs import Repairs

# Where the kernel's own text begins in a line; nothing of it stands in prose by chance.
ANCHOR = re.compile(
    rb"Page (?:last )?allocated via order [0-9]"
    rb"|PFN:? (?:0x)?[0-9a-f]+(?: type | Block |\(0x|, Flags)"
    rb"|page (?:last )?allocated via order [0-9]|page dumped because: |page_owner tracks the page "
    rb"|page: ?(?:[0-9a-f]{8,16} |\([_ptrval]+\) )?(?:ref)?count:|page last free "
    rb"|BUG: Bad page state in process "
    rb"|[0-9]+ times(?:, [0-9]+ pages|:$)"
    rb"|(?:nr_base_pages|stack_count|handle): -?[0-9]+$"
    rb"|(?:Node [0-9]+ )?MemTotal: +[0-9]+ kB|MemFree: +[0-9]+ kB|Slab: +[0-9]+ kB"
    rb"|allocinfo - version: |slabinfo - version: |Page block order: [0-9]"
    rb"|Node [0-9]+, zone +[A-Z]|0x[0-9a-f]{8,16}-0x[0-9a-f]{8,16} +[0-9]"
)
LONGEST = 256
_HEADER = re.compile(rb"(?P<before>.{0,256}?)Page allocated via order [0-9]+, mask 0x")
_PFN = re.compile(rb"(?:.{0,256}\n){0,2}?.{0,256}?PFN (?:0x)?[0-9a-f]+ ")
MOST_SHAPES = 16

_TOKEN = re.compile(rb"[0-9A-Za-z_\x80-\xff]+|[ \t]+|.", re.DOTALL)
_WORD = rb"[0-9A-Za-z_\x80-\xff]+"
_CALLER = re.compile(rb"(?:\[ *|caller=)([CT][0-9]{1,10})(?=[\];,])")
_TIME = re.compile(rb"\[ *([0-9]{1,9})\.([0-9]{6})[\] ]")


class Prefix(NamedTuple):
    """A shape of prefix, and the pattern that finds it at the start of a line."""

    shape: bytes
    pattern: re.Pattern[bytes]


def take_off(lines: list[PostedLine], repairs: Repairs) -> list[PostedLine]:
    """Return the lines without their prefix; those without one are `bare`, if others have it."""
    lines = _freed(lines, repairs)
    prefixes, some_have_none = _learn(lines)
    if not prefixes:
        return lines
    sizes: Counter[int] = Counter()
    done = [_without(line, prefixes, sizes, some_have_none=some_have_none) for line in lines]
    if sizes:
        least, most = min(sizes), max(sizes)
        size = f"{least} bytes" if least == most else f"{least} to {most} bytes"
        size = "1 byte" if least == most == 1 else size
        repairs.count(f"a prefix of {size} taken off {{}} line(s)", sizes.total())
    return done


def _freed(lines: list[PostedLine], repairs: Repairs) -> list[PostedLine]:
    """Take off what runs into the first line of a text: a prompt, a tag, a terminal's code."""
    at = next((at for at, line in enumerate(lines) if ANCHOR.search(line.text)), None)
    found = None if at is None else _HEADER.match(lines[at].text)
    if at is None or found is None or not found["before"]:
        return lines
    shape = _pattern(_shape(found["before"]))
    following = [line.text for line in lines[at + 1 : at + 4]]
    if any(shape.match(text) for text in following if text) or not _PFN.match(
        b"\n".join(following)
    ):
        return lines
    repairs.count("text before {} header(s) taken off")
    return [
        *lines[:at],
        lines[at]._replace(text=lines[at].text[found.end("before") :]),
        *lines[at + 1 :],
    ]


def _learn(lines: list[PostedLine]) -> tuple[list[Prefix], bool]:
    """Find the shapes of prefix, the most frequent first, and whether some lines have none."""
    votes: Counter[bytes] = Counter()
    for line in lines:
        found = ANCHOR.search(line.text[: LONGEST + 64].rstrip())
        if found and found.start() <= LONGEST:
            votes[_shape(line.text[: found.start()])] += 1
    bare = votes.pop(b"", 0)
    prefixes = [Prefix(shape, _pattern(shape)) for shape, _ in votes.most_common(MOST_SHAPES)]
    # A single anchor can stand in a sentence; a prefix is in front of other lines too.
    sure = [each for each in prefixes if votes[each.shape] > 1 or _is_common(each, lines)]
    return sure, bool(bare)


def _is_common(prefix: Prefix, lines: list[PostedLine]) -> bool:
    matching = sum(bool(prefix.pattern.match(line.text)) for line in lines[:100_000])
    return matching > 2 or matching * 2 >= sum(bool(line.text) for line in lines[:100_000])


def _shape(prefix: bytes) -> bytes:
    """The marks of a prefix: words as `w`, blanks between words as one, the last blanks exactly."""
    if not prefix.strip(b" \t"):
        return prefix
    body = prefix.rstrip(b" \t")
    parts: list[bytes] = []
    tokens = _TOKEN.findall(body.lstrip(b" \t"))
    for at, token in enumerate(tokens):
        if token[:1] in b" \t":
            if _is_word(tokens[at - 1]) and _is_word(tokens[at + 1]):
                parts.append(b" ")
        else:
            parts.append(b"w" if _is_word(token) and token != b"kernel" else token)
    return b"".join(parts) + prefix[len(body) :]


def _is_word(token: bytes) -> bool:
    return token[:1].isalnum() or token[:1] == b"_" or token[0] >= 0x80


def _pattern(shape: bytes) -> re.Pattern[bytes]:
    """Match lines of a shape; what is only the prefix may have lost its last blanks."""
    if not shape.strip(b" \t"):
        return re.compile(re.escape(shape) + rb"|[ \t]*\Z")
    body = shape.rstrip(b" \t")
    last = shape[len(body) :]
    parts = [rb"[ \t]*"]
    tokens = re.findall(rb"kernel|w| |.", body, re.DOTALL)
    for at, token in enumerate(tokens):
        if token == b" ":
            parts.append(rb"[ \t]+")
            continue
        if at and tokens[at - 1] != b" ":
            parts.append(rb"[ \t]*")
        parts.append(_WORD if token == b"w" else re.escape(token))
    pattern = b"".join(parts)
    end = rb"(?:" + re.escape(last) + rb"|\Z)" if last else b""
    return re.compile(pattern + end)


def _without(
    line: PostedLine, prefixes: list[Prefix], sizes: Counter[int], *, some_have_none: bool
) -> PostedLine:
    text = line.text
    if some_have_none and ANCHOR.match(text):
        return line
    for prefix in prefixes:
        if found := prefix.pattern.match(text):
            if not text:
                return line
            sizes[found.end()] += 1
            return _taken(line, text[: found.end()], text[found.end() :])
    return line._replace(bare=not some_have_none)


def _taken(line: PostedLine, prefix: bytes, text: bytes) -> PostedLine:
    caller = _CALLER.search(prefix)
    time = _TIME.search(prefix)
    return PostedLine(
        line.number,
        text,
        caller[1] if caller else b"",
        int(time[1]) * 1_000_000 + int(time[2]) if time else line.time,
    )
