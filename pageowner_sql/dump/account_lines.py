"""meminfo, allocinfo, slabinfo, vmallocinfo and buddyinfo: every line stands for itself."""

from __future__ import annotations

import re

from pageowner_sql.dump.account_rows import (
    AllocinfoTag,
    BuddyZone,
    MeminfoField,
    SlabCache,
    VmallocArea,
)
from pageowner_sql.dump.lines import CUT_SHORT, Filler, Line, Reject

# A signed 64-bit number holds every count the kernel prints; 18 digits always fit into one.
_N = rb"([0-9]{1,18})"

_MEMINFO = re.compile(rb"(?:Node ([0-9]{1,5}) )?([A-Za-z_][\w()]{0,60}): *" + _N + rb"( kB)? *")
_ALLOCINFO = re.compile(
    rb" *(-?[0-9]{1,18}) +" + _N + rb" ([!-~]{1,400}?):([0-9]{1,9}) (?:\[([!-~]{1,100})\] )?"
    rb"func:([!-~]{1,200}) ?(accurate:no)? *"
)
_SLABINFO = re.compile(
    rb"(\S(?:.{0,200}\S)?) +" + rb" +".join([_N] * 5) + rb" : tunables +.{1,80}? : slabdata +"
    rb"" + _N + rb" +" + _N + rb" +[0-9]+ *(?:: .*)?"
)
_BUDDYINFO = re.compile(rb"Node ([0-9]{1,5}), zone +([A-Za-z0-9]{1,16})((?: +[0-9]{1,18})+)[ \r]*")
_VMALLOC = re.compile(
    rb"(0x[0-9a-f_()ptrval]{1,20}-0x[0-9a-f_()ptrval]{1,20}) +" + _N + rb"((?: [!-~]+)*) *"
)
_CALLER = re.compile(rb" ([\w.$]+\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[[^\]]+\])?|0x[0-9a-f]+)")
_NODE = re.compile(r"N([0-9]{1,5})=([0-9]{1,18})")
_PAGES = re.compile(r"pages=([0-9]{1,18})")
_PHYS = re.compile(r"phys=0?x?([0-9a-f]{1,16})")

_HEADINGS = (b"allocinfo - version: ", b"slabinfo - version: ", b"#")


def read_meminfo(line: Line, ord_: int) -> MeminfoField | Filler | Reject:
    """Read `Name:   N kB` or `Name:   N`."""
    match = _MEMINFO.fullmatch(line.text)
    if not match or not line.ended:
        return _no_row(line)
    amount, kilobytes = int(match[3]), match[4] is not None
    if kilobytes and amount >= 1 << 53:
        return line.reject("more memory than 64 bits can count")
    return MeminfoField(
        at=line.at,
        ord=ord_,
        node=_number(match[1]),
        field=match[2].decode(),
        bytes=amount * 1024 if kilobytes else None,
        count=None if kilobytes else amount,
    )


def read_allocinfo(line: Line, ord_: int) -> AllocinfoTag | Filler | Reject:
    """Read `bytes calls file:line [module] func:name`."""
    match = _ALLOCINFO.fullmatch(line.text)
    if not match or not line.ended:
        return _no_row(line)
    return AllocinfoTag(
        at=line.at,
        ord=ord_,
        bytes=int(match[1]),
        calls=int(match[2]),
        file=match[3].decode(),
        line=int(match[4]),
        module=match[5].decode() if match[5] else None,
        function=match[6].decode(),
        accurate=match[7] is None,
    )


def read_slabinfo(line: Line, ord_: int) -> SlabCache | Filler | Reject:
    """Read one cache; its name may hold spaces, so the numbers are counted from behind it."""
    match = _SLABINFO.fullmatch(line.text)
    if not match or not line.ended:
        return _no_row(line)
    active, objects, size, per_slab, pages, active_slabs, slabs = map(int, match.groups()[1:])
    return SlabCache(
        at=line.at,
        ord=ord_,
        cache=match[1],
        active_objects=active,
        objects=objects,
        object_bytes=size,
        objects_per_slab=per_slab,
        pages_per_slab=pages,
        active_slabs=active_slabs,
        slabs=slabs,
    )


def read_buddyinfo(line: Line, _ord: int) -> BuddyZone | Filler | Reject:
    """Read the free blocks of one zone."""
    match = _BUDDYINFO.fullmatch(line.text)
    if not match or not line.ended:
        return _no_row(line)
    blocks = tuple(map(int, match[3].split()))
    return BuddyZone(line.at, node=int(match[1]), zone=match[2].decode(), free_blocks=blocks)


def read_vmallocinfo(line: Line, ord_: int) -> VmallocArea | Filler | Reject:
    """Read one area: addresses, size, caller, then words and `name=number` in any order."""
    match = _VMALLOC.fullmatch(line.text)
    if not match or not line.ended:
        return _no_row(line)
    caller = _CALLER.match(match[3])
    words = match[3][caller.end() if caller else 0 :].decode().split()
    return VmallocArea(
        at=line.at,
        ord=ord_,
        addresses=match[1].decode(),
        bytes=int(match[2]),
        caller=caller[1].decode() if caller else None,
        pages=next((int(found[1]) for found in map(_PAGES.fullmatch, words) if found), None),
        phys=next((int(found[1], 16) for found in map(_PHYS.fullmatch, words) if found), None),
        uses=tuple(word for word in words if "=" not in word),
        nodes=tuple(
            (int(found[1]), int(found[2])) for found in map(_NODE.fullmatch, words) if found
        ),
    )


def _no_row(line: Line) -> Filler | Reject:
    if not line.text.strip() or line.text.startswith(_HEADINGS):
        return Filler(line.at)
    return line.reject("a line of another format" if line.ended else CUT_SHORT)


def _number(text: bytes | None) -> int | None:
    return None if text is None else int(text)
