"""Posted bytes -> lines in UTF-8 without what editors, mailers and terminals add to every line."""

from __future__ import annotations

import json
import quopri
import re
from itertools import pairwise
from typing import NamedTuple

from pageowner_sql.dump.posted.documents import unpack
from pageowner_sql.dump.posted.repairs import Repairs

# A text of more lines than this share with a NUL in every second byte is UTF-16.
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# What stands around a line and is none of it, unless it is in a name.
BLANKS = b" \t\r\f\0"
# What `cat -A` and the frames of terminals put at the end of every line.
_EDGES = (b"^M$", b"$", "│".encode())
_SAID = re.compile(rb"^[^\n]", re.MULTILINE)
_COLORED = re.compile(rb"^[^\n]*\x1b\[[0-9;]*m", re.MULTILINE)
_COLOR = re.compile(rb"\x1b\[[0-9;]*[mK]")
# No-break spaces in UTF-8, and the narrow ones that web pages use for columns.
_SPACES = re.compile(rb"\xc2\xa0|\xe2\x80[\x80-\x8a\xaf]|\xe3\x80\x80")
_INVISIBLE = re.compile(rb"\xe2\x80[\x8b-\x8f]|\xef\xbb\xbf|\xc2\xad")
_LATIN_1_SPACE = re.compile(rb"\xa0")
_IRREGULAR = (
    (_SPACES, b" ", "{} no-break space(s) made plain"),
    (_INVISIBLE, b"", "{} invisible character(s) taken out"),
)
_ENTITIES = ((b"&lt;", b"<"), (b"&gt;", b">"), (b"&nbsp;", b" "), (b"&quot;", b'"'))
_QUOTED_PRINTABLE = re.compile(rb"=\r?\n|=(?:3D|20|1B|C2=A0|EF=BB=BF)")
_ESCAPE = re.compile(rb"=(?![0-9A-F]{2}|\r?\n)")


class PostedLine(NamedTuple):
    """A line: its number in the file (from 1) and its text, freed of what stood before and after.

    `caller` and `time` (microseconds since boot) are what the prefix told; `bare`: it lacks the
    prefix that other lines have.
    """

    number: int
    text: bytes
    caller: bytes = b""
    time: int | None = None
    bare: bool = False


def decode(raw: bytes, repairs: Repairs) -> bytes:
    """Return the text in UTF-8 with LF line ends, or unchanged where it is that already."""
    text = unpack(_utf_8(raw, repairs), repairs)
    signs = len(_QUOTED_PRINTABLE.findall(text)) + text.startswith(b"=EF=BB=BF")
    if signs > 1 and not _ESCAPE.search(text):
        text = quopri.decodestring(text)
        repairs.say("quoted-printable decoded")
    if 2 * len(_COLORED.findall(text)) > len(_SAID.findall(text)):
        text, count = _COLOR.subn(b"", text)
        repairs.count("{} terminal code(s) taken out", count)
    text = _unified(text.removeprefix(b"\xef\xbb\xbf"), repairs)
    for irregular, plain, what in _IRREGULAR:
        if _outside_names(irregular, text):
            text, count = irregular.subn(plain, text)
            repairs.count(what, count)
    if b"&gt;" in text or b"&lt;" in text or b"&nbsp;" in text:
        for entity, char in _ENTITIES:
            text = text.replace(entity, char)
        text = text.replace(b"&amp;", b"&")
        repairs.say("HTML entities decoded")
    return text


def _outside_names(irregular: re.Pattern[bytes], text: bytes) -> bool:
    """Whether such characters stand in lines without a name, or before what the kernel printed."""
    if not irregular.search(text):
        return False
    lines = (line.partition(b"allocated via order ")[0] for line in text.split(b"\n"))
    return sum(bool(irregular.search(line)) for line in lines) > 1


def _unified(text: bytes, repairs: Repairs) -> bytes:
    if 2 * text.count(b"\r\n") > text.count(b"\n"):
        repairs.say("CR LF at the ends of lines made LF")
        return re.sub(rb"\r+\n", b"\n", text)
    if b"\n" not in text and text.count(b"\r") > 1:
        repairs.say("CR at the ends of lines made LF")
        return text.replace(b"\r", b"\n")
    return text


def _utf_8(raw: bytes, repairs: Repairs) -> bytes:
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            repairs.say(f"byte order mark of {encoding.upper()}")
            body = raw.removeprefix(mark)
            return body if encoding == "utf-8" else _from_utf_16(body, encoding)
    head = raw[:4096]
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(head) > 8 and head[first::2].count(0) > 0.45 * len(head) * 0.9:
            repairs.say(f"{encoding.upper()} decoded")
            return _from_utf_16(raw, encoding)
    if _outside_names(_LATIN_1_SPACE, raw) and not _is_utf_8(raw):
        repairs.count("{} no-break space(s) made plain", raw.count(b"\xa0"))
        return raw.replace(b"\xa0", b" ")
    return raw


def _from_utf_16(body: bytes, encoding: str) -> bytes:
    return body.decode(encoding, "replace").encode("utf-8", "replace")


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def split(text: bytes, repairs: Repairs) -> list[PostedLine]:
    """Cut a text into lines. Blanks at their ends stay: a name can have them."""
    lines = text.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    if messages := _journal(lines):
        repairs.say("messages taken from the journal's fields")
        return messages
    for edge in _EDGES:
        if sum(line.endswith(edge) for line in lines) * 10 > 9 * len(lines):
            repairs.count("the end of {} line(s) taken off", len(lines))
            lines = [line.removesuffix(edge).rstrip(BLANKS) for line in lines]
    trailing = sum(line != line.rstrip(BLANKS) for line in lines)
    repairs.count("blanks at the end of {} line(s)", trailing)
    return [PostedLine(number, line) for number, line in enumerate(lines, 1)]


def remove_double_spacing(lines: list[PostedLine], repairs: Repairs) -> list[PostedLine]:
    """Take out the empty lines of a text that has one behind every line, as some web pages give."""
    said = [bool(line.text.strip()) for line in lines]
    together = sum(one and other for one, other in pairwise(said))
    if sum(said) < 4 or together * 4 > sum(said):
        return lines
    kept: list[PostedLine] = []
    skip = False
    for line, is_said in zip(lines, said, strict=True):
        if is_said or not skip:
            kept.append(line)
            skip = True
        else:
            skip = False
    repairs.count("{} empty line(s) between others taken out", len(lines) - len(kept))
    return kept


_FIELD = re.compile(rb'^ *(?:MESSAGE=|\{.*"MESSAGE" ?: ?)')
_MONOTONIC = ("_SOURCE_MONOTONIC_TIMESTAMP", "__MONOTONIC_TIMESTAMP")


def _journal(lines: list[bytes]) -> list[PostedLine]:
    """Take the messages of journalctl -o verbose, export and json; none of another text."""
    found = [(number, line) for number, line in enumerate(lines, 1) if _FIELD.match(line)]
    if len(found) < 2:
        return []
    messages: list[PostedLine] = []
    for number, line in found:
        text, time = _message(line.strip())
        messages += [PostedLine(number, part.rstrip(), time=time) for part in text.split(b"\n")]
    return messages


def _message(line: bytes) -> tuple[bytes, int | None]:
    if not line.startswith(b"{"):
        return line.partition(b"=")[2], None
    try:
        entry = json.loads(line)
        said = entry["MESSAGE"]
        text = bytes(said) if isinstance(said, list) else str(said).encode()
        time = next((int(entry[key]) for key in _MONOTONIC if key in entry), None)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return b"", None
    return text, time
