"""Files that page_owner_sort reads in its own way, and the arguments it may get with them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from tests.support.synth import NAMES

# One record that is like the kernel's in all, since a file without any is refused.
SURE = (
    b"Page allocated via order 1, mask 0xcc0(GFP_KERNEL), pid 2, tgid 2 (cat), ts 7 ns\n"
    b"PFN 0x9 type Movable Block 0 type Movable Flags 0x1(lru|node=0|zone=1)\n"
    b" post_alloc_hook+0x1/0x2\n unix_dgram_sendmsg+0x1/0x2\n\n"
)

_FRAMES = (
    *(b" post_alloc_hook+0x1/0x2", b" __alloc_pages+0x1/0x2", b" new_slab+0x12/0x20"),
    *(b" __vmalloc_node_range+0x1/0x2", b" __vmalloc_node_range_noprof+0x1/0x2"),
    *(b" alloc_pages_bulk_noprof+0x1/0x2", b" alloc_pages__vmalloc_node_range+0x1/0x2"),
    *(b" kmalloc+0x1/0x2 [ext4]", b"0xffffffffc0a1b2c3", b" \xe6\xbc\xa2\xff"),
)
_CONFUSING = (
    *(b"PFN again CMA", b"PFN", b" PFN 0x1 slab", b"ts 5 ns", b"ts  ns,", b"free_ts 0 ns"),
    *(b"order 5, pid 3, tgid 3 (x), ts 4 ns, free_ts 9 ns", b"pid ,", b"tgid 4 ", b"a\0b", b"\0"),
    *(b"\0PFN", b"x\0\0y", b"\r", b"ts\t3\v\fns"),
)
_TRAILERS = (
    *(b"Charged to memcg app.slice", b"Charged (via objcg) to offline memcg ts 7 ns"),
    *(b"Page has been migrated, last migrate reason: compaction", b"Slab cache page"),
    *(b"handle: 12", b"handle: 13"),
)
_SMALL = st.sampled_from([0, 1, 1, 2, 3, 7])
_TIMES = st.one_of(
    _SMALL.map(lambda number: b"%d" % number),
    st.sampled_from(
        [b"", b"007", b"%d" % 2**63, b"%d" % (2**63 - 1), b"%d" % 2**64, b"%d" % (2**64 - 1)]
    ),
)
_ORDERS = st.sampled_from([b"0"] * 6 + [b"1", b"2", b"3", b"9", b"10", b"01", b"", b"99"])
_PIDS = st.sampled_from(
    [b"1", b"2", b"3", b"7"] * 4
    + [b"", b"-1", b"-5", b"2147483647", b"4294967297", b"4294967295", b"9223372036854775808"]
)
_GFPS = st.sampled_from(
    [
        b"0x0()",
        b"0xcc0(GFP_KERNEL)",
        b"0xcc0(GFP_KERNEL|__GFP_COMP)",
        b"0x1",
        b"0x2(\xff, ts 3 ns,)",
    ]
)
_BETWEEN = st.sampled_from(
    [b""] * 8
    + [b"SLAB_PAGE slab_name:kmalloc-32\n", b"FILE_PAGE dev 253:0 ino:1 index:0x1 ts 2 ns\n"]
)


@st.composite
def _headers(draw: st.DrawFn) -> bytes:
    """A first line of any era, between its parts sometimes what is not the kernel's."""
    head = b"Page allocated via order %b, mask %b" % (draw(_ORDERS), draw(_GFPS))
    era = draw(st.sampled_from(["4.6", "5.11", "5.13", "5.18", "5.18", "6.7", "6.7", "odd"]))
    pid = b", pid %b" % draw(_PIDS) if era not in {"4.6", "odd"} else b""
    task = b", tgid %b (%b)" % (draw(_PIDS), draw(NAMES)) if era in {"5.18", "6.7", "odd"} else b""
    ts = b", ts %b ns" % draw(_TIMES) if era not in {"4.6", "odd"} else b""
    free = b", free_ts %b ns" % draw(_TIMES) if era in {"5.13", "5.18", "odd"} else b""
    return head + pid + task + ts + free + b"\n"


_PFN_LINES = st.builds(
    lambda pfn, kind, block, flags: (
        b"PFN %b type %b Block 1 type %b Flags %b\n" % (pfn, kind, block, flags)
    ),
    st.sampled_from([b"17", b"0x11"]),
    st.sampled_from([b"Movable", b"Movable", b"CMA"]),
    st.sampled_from([b"Movable", b"Unmovable", b"CMA"]),
    st.sampled_from(
        [b"0x1(lru|node=0|zone=1)", b"0x2(slab)", b"0x3(xslaby|CMA)", b"0x1(", b"0x1(a\0slab)"]
    ),
)


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """One record, most often as a kernel prints it."""
    pfn_line = draw(_PFN_LINES) if draw(st.integers(0, 9)) else b""
    lines = draw(st.lists(st.sampled_from(_FRAMES), max_size=4))
    lines += draw(st.lists(st.sampled_from(_TRAILERS), max_size=1))
    if not draw(st.integers(0, 7)):
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(_CONFUSING)))
    body = b"".join(line + b"\n" for line in lines)
    return draw(_headers()) + draw(_BETWEEN) + pfn_line + body + b"\n"


_JUNK = st.one_of(
    st.sampled_from([b"\n", b"\n\n\n", b"hello\n\n", b"PFN CMA slab\n\n", b"x\n", b"\0\n", b"\0"]),
    st.binary(max_size=30),
)


@st.composite
def _huge(draw: st.DrawFn) -> bytes:
    """A record about as large as the tool's buffer."""
    size = 131072 - draw(st.integers(0, 6))
    first = draw(st.sampled_from([b"A", b"h\n", b"PFN CMA\nh\n", b"Page allocated via order 0"]))
    filler = draw(st.sampled_from([b"B", b"BBBBBB\n", b"PFN slab", b"ts 5 ns"]))
    body = first + filler * (size // len(filler))
    return body[: size - draw(st.integers(0, 40))] + draw(
        st.sampled_from([b"\n\n", b"\nPFN CMA\n\n", b"\n\0\0\0\n\n", b"\n"])
    )


@st.composite
def dumps(draw: st.DrawFn) -> bytes:
    """A file: records from a small pool, so that they repeat, junk between them, cut anywhere."""
    pool = draw(st.lists(records(), min_size=1, max_size=5))
    part = st.one_of(*[st.sampled_from([*pool, SURE])] * 5, _JUNK)
    parts = draw(st.lists(part, max_size=12))
    if not draw(st.integers(0, 19)):
        parts.insert(draw(st.integers(0, len(parts))), draw(_huge()))
    text = b"".join(parts)
    if not draw(st.integers(0, 3)):
        text = text[: draw(st.integers(0, len(text)))]
    return SURE + text if draw(st.booleans()) else text + b"\n\n" + SURE


_OLD_SORTS = ("p", "pid", "tg", "n", "name", "st", "stacktrace", "T", "txt", "at", "ator", "ft")
_CULLS = ("p", "pid", "tg", "n", "name", "st", "stacktrace", "ator", "allocator")


def _joined(words: Sequence[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=3).map(",".join)


def arguments(version: str) -> st.SearchStrategy[list[str]]:
    """Arguments without mistakes for the tool of `version`."""
    if version == "5.10":
        return st.just([])
    old = version == "6.1"
    signed = [sign + word for sign in ("", "+", "-") for word in _OLD_SORTS[: None if old else -1]]
    flags = [f"-{flag}" for flag in ("ampPnstrf" if old else "ampPnst")]
    filters = [
        _joined(["0", "1", "2", "3", "-1", "7"]).map("--pid={}".format),
        _joined(["1", "2", "3", "-1"]).map("--tgid={}".format),
        _joined(["cat", "", "(((", "x) ts (", "a), ts 1 ns", "na"]).map("--name={}".format),
    ]
    culls = _joined([*_CULLS, *(["f", "free"] if old else [])]).map("--cull={}".format)
    sorts = _joined(signed).map("--sort={}".format)
    first = st.lists(st.one_of(st.sampled_from(flags), sorts), max_size=2 if old else 1)
    rest = st.lists(st.one_of(culls, culls, *filters), max_size=2)
    return st.tuples(first, rest).map(lambda both: [*both[0], *both[1]])
