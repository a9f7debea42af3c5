"""The distinct texts of a dump -> fields. Each text is read once, however many records hold it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

from pageowner_sql.dump import sort_tool
from pageowner_sql.dump.exact_parser import MOST_NUMBER, MOST_ORDER, has_pfn_line
from pageowner_sql.dump.formats import HEADER, PFN_TAIL

_END_OF_TASK = re.compile(rb"\)(?:, (?:free_)?ts )?")


def escape(text: bytes) -> str:
    r"""Bytes as text, injectively: what is not UTF-8 as `\xNN`, a backslash as `\\`."""
    return text.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


_ESCAPED = re.compile(r"\\\\|\\x([0-9a-f]{2})")


def unescape(text: str) -> bytes:
    """The bytes that `escape` was given; a backslash that begins no escape stands for itself."""
    out = bytearray()
    at = 0
    for found in _ESCAPED.finditer(text):
        out += text[at : found.start()].encode("utf-8", "surrogateescape")
        out += bytes([int(found[1], 16)]) if found[1] else b"\\"
        at = found.end()
    return bytes(out + text[at:].encode("utf-8", "surrogateescape"))


class Header(NamedTuple):
    """The fields of a header that repeat. `gfp_mask` as the kernel's bits; None: not in the text.

    `plain`: page_owner_sort finds the same.
    """

    order: int
    gfp_mask: int
    gfp: str | None
    pid: int | None
    tgid: int | None
    comm: str | None
    plain: bool


def read_header(text: bytes, *, compared: bool = True) -> Header | None:
    """The fields of a header's text up to its first timestamp; None where it is not a header.

    Unless `compared`, nobody asks what page_owner_sort reads, and its `plain` is False.
    """
    head = HEADER.match(text)
    if head is None:
        return None
    order, mask, gfp, pid, task, tgid, tgid_only = head.groups()
    asked = _allocation(order, mask, gfp)
    rest = text[head.end() :]
    name = None
    if task is not None and task.endswith(b"("):
        end = rest.rfind(b")")
        if end < 0 or _END_OF_TASK.fullmatch(rest, end) is None:
            return None
        name = escape(rest[:end])
    elif rest not in (b"", b", ts ", b", free_ts "):
        return None
    number = _int32(pid)
    group = _int32(tgid_only if tgid is None else tgid)
    if asked is None or number is _WIDE or group is _WIDE:
        return None
    plain = compared and sort_tool.plain_header(text, asked[0])
    return Header(*asked, number, group, name, plain)


# A dump has some dozens of them.
@lru_cache(256)
def _allocation(order: bytes, mask: bytes, gfp: bytes | None) -> tuple[int, int, str | None] | None:
    """Order, mask and the mask's names; None where one is out of range or in another form."""
    if len(order) > 2 or (len(order) > 1 and order.startswith(b"0")) or int(order) > MOST_ORDER:
        return None
    bits = int(mask, 16)
    if bits > MOST_NUMBER:
        return None
    return int(order), bits, None if gfp is None else gfp.decode("ascii", "backslashreplace")


_WIDE = 1 << 40


def _int32(text: bytes | None) -> int | None:
    if text is None:
        return None
    value = int(text) if len(text) <= 11 else _WIDE
    return value if -(1 << 31) <= value < 1 << 31 else _WIDE


class PageState(NamedTuple):
    """What stands behind the block number: the block's type and the page's flags.

    `node`, `zone`, `lastcpupid`: from the flags' names, None where the kernel prints none.
    """

    pageblock_migratetype: str
    flags_mask: int | None
    flags: str
    node: int | None
    zone: int | None
    lastcpupid: int | None


_PLACE = re.compile(rb"(node|zone|lastcpupid)=(?:0x([0-9a-f]{1,8})|([0-9]{1,10}))")


def _place(word: bytes) -> tuple[str, int] | None:
    """One of node, zone and lastcpupid with its number, None for any other word."""
    found = _PLACE.fullmatch(word)
    if found is None:
        return None
    value = int(found[2], 16) if found[2] else int(found[3])
    return (found[1].decode(), value) if value <= _MOST_PLACE else None


_MOST_PLACE = (1 << 31) - 1


def read_page_state(text: bytes) -> PageState | None:
    """The fields of the PFN line's rest; None where it is not one.

    Kernels before 4.6 print the pageblock's type as a number whose meaning differs between them.
    """
    found = PFN_TAIL.fullmatch(text)
    if found is None:
        return None
    name = escape(found["type"])
    if found["mask"] is None:
        return PageState(name, None, escape(found["letters"]).strip(), None, None, None)
    flags: list[bytes] = []
    places: dict[str, int] = {}
    for word in found["names"].split(b"|"):
        if place := _place(word):
            places[place[0]] = place[1]
        else:
            flags.append(word)
    mask = int(found["mask"], 16) if len(found["mask"]) <= 18 else None
    node, zone, cpu = (places.get(key) for key in ("node", "zone", "lastcpupid"))
    return PageState(name, mask, escape(b"|".join(flags)), node, zone, cpu)


class Rest(NamedTuple):
    """What stands below the PFN line.

    `stack`: its stack lines joined by newlines, without the leading space ('' for none);
    `extra`: lines of a kind not known here, escaped; `plain`, `c_vmalloc`: page_owner_sort
    reads it as we do, and counts it as VMALLOC.
    """

    stack: str
    extra: str | None
    plain: bool
    c_vmalloc: bool
    handle: int | None = None
    migrate_reason: str | None = None
    slab: bool = False
    memcg: str | None = None
    memcg_offline: bool = False
    memcg_objcg: bool = False
    by_module: str | None = None


# Nothing but a stack, which most of them are.
_STACK = re.compile(rb"(?: [^\n]*+\n)++\n")
_FUNCTION = re.compile(rb"\S+\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[[^\]]*\])?$")
_CHARGED = re.compile(
    rb"Charged (?P<objcg>\(via objcg\) )?to (?P<offline>offlined? )?memcg (?P<name>.*)", re.DOTALL
)
_MIGRATED = b"Page has been migrated, last migrate reason: "
_BY_MODULE = b"Page allocated by module "
_HANDLE = re.compile(rb"handle: (-?[0-9]{1,10})")


def _handle(line: bytes) -> int | None:
    """The number in a handle's line, as unsigned 32 bits; None for any other line."""
    found = _HANDLE.fullmatch(line)
    value = int(found[1]) if found else 1 << 32
    return value & 0xFFFFFFFF if -(1 << 31) <= value < 1 << 32 else None


def _trailer(line: bytes) -> dict[str, Any]:
    """The fields of `Rest` that a line behind the stack tells; none for a line of another kind."""
    if line.startswith(_MIGRATED):
        return {"migrate_reason": escape(line[len(_MIGRATED) :])}
    if line.startswith(_BY_MODULE):
        return {"by_module": escape(line[len(_BY_MODULE) :].strip())}
    if line == b"Slab cache page":
        return {"slab": True}
    if (handle := _handle(line)) is not None:
        return {"handle": handle}
    if found := _CHARGED.match(line):
        name = found["name"]
        if found["offline"] == b"offlined ":
            # The wording of an RFC, which ends in a full stop.
            name = name.removesuffix(b".")
        return {
            "memcg": escape(name),
            "memcg_offline": found["offline"] is not None,
            "memcg_objcg": found["objcg"] is not None,
        }
    return {}


def read_rest(text: bytes, *, compared: bool = True) -> Rest | None:
    """The fields of a record below its PFN line; None with a NUL, or where another record begins.

    `compared`: as in `read_header`; without, `plain` and `c_vmalloc` are False.
    """
    if b"\0" in text or has_pfn_line(text):
        return None
    if _STACK.fullmatch(text):
        return Rest(
            stack=escape(text[1:-2].replace(b"\n ", b"\n")),
            extra=None,
            plain=compared and sort_tool.plain_rest(text),
            c_vmalloc=compared and sort_tool.vmalloc(b"\n" + text),
        )
    stack: list[bytes] = []
    extra: list[bytes] = []
    fields: dict[str, Any] = {}
    for line in text.split(b"\n"):
        if line.startswith(b" "):
            stack.append(line[1:])
        elif line.startswith((b"0x", b"[<")) or _FUNCTION.match(line):
            stack.append(line)
        elif told := _trailer(line):
            fields.update(told)
        elif line:
            extra.append(line)
    return Rest(
        stack=escape(b"\n".join(stack)),
        extra=escape(b"\n".join(extra)) if extra else None,
        plain=compared and sort_tool.plain_rest(text),
        c_vmalloc=compared and sort_tool.vmalloc(b"\n" + text),
        **fields,
    )


# A text and its fields: a Header, PageState or Rest; None where the text cannot be read.
ReadText = tuple[bytes, Any]

# How each kind of text is read: a record's header, page state and rest.
READERS: tuple[Callable[[bytes], Any], ...] = (read_header, read_page_state, read_rest)
KINDS = range(len(READERS))
# The same where nobody asks what page_owner_sort reads.
OWN_READERS: tuple[Callable[[bytes], Any], ...] = (
    partial(read_header, compared=False),
    read_page_state,
    partial(read_rest, compared=False),
)

# What Python takes for a text and its fields beside the bytes.
BESIDE = 600


class Frame(NamedTuple):
    """One line of a stack. `function` is None for a bare address; offset and size in bytes.

    `file` and `line`: the place in the source, where a tool decoded the address; `inlined`: the
    compiler put the function into the next one; `guessed`: the kernel found the address on the
    stack and does not know whether it was a return address.
    """

    function: str | None
    offset: int | None = None
    size: int | None = None
    module: str | None = None
    address: int | None = None
    file: str | None = None
    line: int | None = None
    inlined: bool = False
    guessed: bool = False


_FRAME = re.compile(
    r"(?:\[<(?P<at>[0-9a-f]{1,16})>\] )?(?P<guessed>\? )?"
    r"(?:0x(?P<bare>[0-9a-f]{1,16})|(?P<function>\S+?)"
    r"(?:\+0x(?P<offset>[0-9a-f]{1,15})(?:/0x(?P<size>[0-9a-f]{1,15}))?)?)"
    r"(?: (?P<file>[^\s:()\[\]]{1,400}):(?P<line>[0-9]{1,9}))?(?P<inlined> \[inline\])?"
    r"(?: \[(?P<module>[^\] ]++)[^\]]*+\])?"
)


def read_frames(stack: str) -> list[Frame]:
    """The frames of a stack as `Rest.stack` has it, innermost first.

    The terminator `[<ffffffffffffffff>] 0xffffffffffffffff` of old kernels is not a frame.
    """
    lines = stack.split("\n") if stack else ()
    return [frame for frame in map(read_frame, lines) if frame is not None]


def read_frame(line: str) -> Frame | None:
    """One line of a stack; None for the terminator."""
    found = _FRAME.fullmatch(line)
    if found is None:
        return Frame(line)
    bare = found["bare"]
    if bare == "f" * 16:
        return None
    address = bare or found["at"]
    return Frame(
        function=found["function"],
        offset=int(found["offset"], 16) if found["offset"] else None,
        size=int(found["size"], 16) if found["size"] else None,
        module=found["module"],
        address=int(address, 16) if address else None,
        file=found["file"],
        line=int(found["line"]) if found["line"] else None,
        inlined=found["inlined"] is not None,
        guessed=found["guessed"] is not None,
    )
