"""A stack's line, however a tool decoded or a mail bent it -> the line in one form.

That form is the kernel's own (`f+0x1/0x2 [mod]`), with what a tool added behind the function:
`f+0x1/0x2 mm/a.c:9 [inline] [mod]`.
"""

from __future__ import annotations

import re

from pageowner_sql.dump.posted.lines import BLANKS

# Brackets around an address: the kernel's [<…>], ppc's [sp] [ip], the [0x…] of before 3.19.
_ADDRESS = rb"(?:\[<\(?(?:0x)?(?P<at>[0-9a-f]{1,16}|_*ptrval_*)\)?>\]|"
_ADDRESS += rb"(?:\[[0-9a-f]{8,16}\] +)?\[(?:0x)?(?P<in_brackets>[0-9a-f]{8,16})\])[ \t]*"
_STRONG = re.compile(
    rb"(?P<guessed>\?[ \t]+)?(?:\(?" + _ADDRESS + rb")?(?P<guess>\?[ \t]+)?"
    rb"(?P<function>[^\s+()<>,;\"']{1,512})"
    rb"\+(?:0x(?P<offset>[0-9a-f]{1,15})|(?P<decimal>[0-9]{1,9}))"
    rb"(?:/(?:0x(?P<size>[0-9a-f]{1,15})|(?P<decimal_size>[0-9]{1,9})))?(?![^\s()\[])"
)
_BARE = re.compile(
    rb"(?P<guessed>\?[ \t]+)?(?:" + _ADDRESS + rb")?(?P<guess>\?[ \t]+)?"
    rb"(?P<function>[A-Za-z_][\w.$]{0,511})(?![^\s()\[])"
)
_UNNAMED = re.compile(rb"(?:" + _ADDRESS + rb")?0x(?P<bare>[0-9a-f]{8,16})")
# gdb's `info symbol`, with the instruction behind it.
_GDB = re.compile(
    rb"0x(?P<at>[0-9a-f]{8,16}) <(?P<function>[\w.$]{1,512})(?:\+(?P<decimal>[0-9]{1,9}))?>:?"
)
_ARM = re.compile(
    rb"(?:\[<\(?(?:[0-9a-f]{1,16}|_*ptrval_*)\)?>\] )?\(?(?P<callee>[A-Za-z_][\w.$]{0,511})"
    rb"(?:\+0x[0-9a-f]+/0x[0-9a-f]+)?(?: \[[\w-]+\])?\)? from (?P<caller>.{1,600})"
)

# A time of day is none.
_PLACE = rb"(?P<file>(?=[^\s:]*[A-Za-z])[^\s:()\[\]]{1,400}):(?P<line>[0-9]{1,9})(?::[0-9]{1,9})?"
_PLACE += rb"(?: \(discriminator [0-9]+\))?"
# Possessive, so that a run of letters is not divided into places in every way there is.
_PLACES = re.compile(
    rb"[ \t]*\((?P<places>(?:[^\s()]++(?: \(discriminator [0-9]+\))?[ \t]*+){1,64})\)"
)
_ONE_PLACE = re.compile(rb"[ \t]+(?:at )?" + _PLACE)
_LAST_PLACE = re.compile(_PLACE + rb"[ \t]*\Z")
_INLINED = re.compile(rb"[ \t]*\[inline\]|[ \t]+\(inlined by\)")
_MODULE = re.compile(rb"[ \t]*\[(?P<module>[A-Za-z_][\w-]{0,63})(?:[ \t]+[0-9a-f]{8,64})?\]")
_BARE_MODULE = re.compile(rb"[ \t]+(?P<module>[A-Za-z_][\w-]{0,63})(?=[ \t]*\Z)")
_REMARK = re.compile(rb"[ \t]*\((?:unreliable|[A-Z]{1,20})\)")

LONGEST = 2048

ELIDED = re.compile(
    rb"[ \t>|]*+(?:\.{2,}|\[?\(?\.{3,}\)?\]?|\xe2\x80\xa6|\(null\)"
    rb"|[<\[(]?-*\s*(?:snip|cut|skipped|trimmed)\s*-*[>\])]?)[ \t]*",
    re.IGNORECASE,
)


def read_frame(text: bytes, *, bare: bool = False) -> list[bytes]:
    """Return the frames of a line in the kernel's form, [] where the line is not a frame.

    `bare`: a name alone will do. arm's `f from g+0x1/0x2` gives both, innermost first.
    """
    bare = bare and (text[:1] in b" \t" or b"_" in text or text.islower())
    text = text.strip(BLANKS)
    if not text or len(text) > LONGEST:
        return []
    if b" from " in text and (found := _ARM.fullmatch(text)):
        caller = found["caller"].strip(b"()")
        address, _, rest = caller.partition(b"] (")
        outer = read_frame(rest if rest and address.startswith(b"[<") else caller)
        return [found["callee"], *outer] if outer else []
    if found := _GDB.match(text):
        return [_form(found, b"")]
    if found := _STRONG.match(text):
        frame = _form(found, text[found.end() :].removeprefix(b")"))
        return [frame] if frame else []
    if found := _UNNAMED.fullmatch(text):
        at = found["at"] or found["in_brackets"]
        return [(b"[<%s>] " % at if at else b"") + b"0x" + found["bare"]]
    return _read_bare(text, alone=bare)


def _read_bare(text: bytes, *, alone: bool) -> list[bytes]:
    found = _BARE.match(text)
    if not found:
        return []
    rest = text[found.end() :]
    frame = _form(found, rest)
    sure = bool(rest.strip()) or bool(found["at"] or found["in_brackets"])
    return [frame] if frame and (alone or (sure and b":" in frame)) else []


def _form(found: re.Match[bytes], rest: bytes) -> bytes:
    """Write a frame in the one form; empty where `rest` is not what follows a frame."""
    fields = found.groupdict()
    behind = {"place": b"", "inlined": b"", "module": b""}
    while rest.strip(BLANKS):
        size = _read_part(rest, behind)
        if not size:
            return b""
        rest = rest[size:]
    at = fields.get("at") or fields.get("in_brackets")
    guessed = b"? " if fields.get("guessed") or fields.get("guess") else b""
    address = b"[<%s>] " % at if at and b"ptrval" not in at else b""
    return b"".join((address, guessed, fields["function"], _offset(fields), *behind.values()))


def _read_part(rest: bytes, behind: dict[str, bytes]) -> int:
    """Read the next thing that stands behind a function; its size, 0 where it is none of these."""
    part = _REMARK.match(rest)
    if part is None and (part := _INLINED.match(rest)):
        behind["inlined"] = b" [inline]"
    if part is None and (part := _MODULE.match(rest) or _bare_module(rest, behind)):
        behind["module"] = b" [" + part["module"] + b"]"
    if part is None and (part := _ONE_PLACE.match(rest)):
        behind["place"] = b" %s:%s" % (part["file"], part["line"])
    if part is None and (part := _PLACES.match(rest)):
        # Of a function with inlined ones in it the last place is its own.
        if last := _LAST_PLACE.search(part["places"]):
            behind["place"] = b" %s:%s" % (last["file"], last["line"])
        elif b"?" not in part["places"]:
            return 0
    return part.end() if part else 0


def _bare_module(rest: bytes, behind: dict[str, bytes]) -> re.Match[bytes] | None:
    return _BARE_MODULE.match(rest) if behind["place"] else None


def _offset(fields: dict[str, bytes]) -> bytes:
    """`+0x1/0x2` as far as it is known; tools of their own write decimal numbers."""
    number, decimal = fields.get("offset"), fields.get("decimal")
    if number is None and decimal is None:
        return b""
    offset = number or b"%x" % int(decimal or b"0")
    size = fields.get("size") or (
        b"%x" % int(fields["decimal_size"]) if fields.get("decimal_size") else None
    )
    return b"+0x" + offset + (b"/0x" + size if size else b"")
