"""Kernel text made to measure, and the names that processes give themselves to disturb it."""

from dataclasses import dataclass

from hypothesis import strategies as st

STACK = b" post_alloc_hook+0x61/0x82\n unix_dgram_sendmsg+0x11d/0x50e [unix]\n"

NASTY_NAMES = (
    # ends and beginnings of page_owner_sort's rows
    *(b"", b"\n", b"\n\n", b":", b"a:", b"a:\n", b":\n\n", b"a:\n f+0x1/0x2", b"a\n f+0x1/0x2:"),
    *(b" (RELEASED)", b"x (UNRELEASED)", b"(RELEASED):", b"\n1 times:\n", b"1 times, 1 page"),
    *(b", allocated by ", b"PID 1", b"x, PID 1"),
    # ends of a record's header
    *(b"), ts 1 ns\n", b"), ts 1 ns\n\nab", b"), ts  ns\n f+1", b"a), ts 1 ns", b"ns,ts 5 ns"),
    # what a log puts in front of its lines
    *(b"), ts 1\n", b"\n[1.000000] b", b"\n<4>b", b"\n> b", b"\\x0a", b"a\r\nb", b"\r"),
    # those of the real dumps
    *(
        b"two\nlines",
        b"\nPage allo",
        b"\xff\xfe bad",
        b"tab\there",
        b"\x1b[31mred\x1b[0m",
        b"x) ts (",
    ),
    b"\nhandle: 1\n",
)
assert max(map(len, NASTY_NAMES)) == 15

# Up to 15 bytes, any but NUL; the hard ones come often.
NAMES = st.one_of(
    st.sampled_from(NASTY_NAMES),
    st.binary(max_size=15).map(lambda name: name.replace(b"\0", b"")),
    st.lists(st.sampled_from([b"\n", b":", b" ", b")", b", ts 1 ns", b"1", b"a"]), max_size=9).map(
        lambda parts: b"".join(parts)[:15]
    ),
)


def record_text(name: bytes | None, ts: bytes = b"") -> bytes:
    """Return a record as page_owner_sort prints it: without its PFN line, ts cut out or not."""
    who = b", pid 7, tgid 6 (%s), ts %s ns" % (name, ts) if name is not None else b""
    return b"Page allocated via order 3, mask 0xd20c0(__GFP_IO|__GFP_FS)" + who + b"\n" + STACK


@dataclass(frozen=True)
class Shape:
    """Which fields a culled row prints; every row of a run prints the same."""

    pid: bool
    allocator: bool
    state: bool
    stack: bool

    def render(self, times: int, name: bytes) -> bytes:
        """Return a row of `times` records, twice as many pages, and this name, as it is."""
        line = b"%d times, %d pages" % (times, times * 2)
        line += b", PID 9, TGID 8" if self.pid else b""
        line += b", task_comm_name: " + name
        line += b", allocated by CMA SLAB " if self.allocator else b""
        line += b" (UNRELEASED)" if self.state else b""
        return line + (b":\n" + STACK if self.stack else b"") + b"\n"


SHAPES = st.builds(Shape, st.booleans(), st.booleans(), st.booleans(), st.booleans())

LOG_PREFIXES = (
    b"",
    b"[   12.345678] ",
    b"<1>[   12.345678] ",
    b"[   12.345678][ T4502] ",
    b"<4>",
    b"> > ",
    b"Nov 23 21:42:01 host kernel: [   12.345678] ",
    b"2026-11-23T21:42:01.123456+00:00 host kernel: ",
    b"kern  :alert : [   12.345678] ",
    b"[Mon Nov 23 21:42:01 2026] ",
)


def page_report(name: bytes, *, free: bool = True) -> list[bytes]:
    """Return the lines of one dump_page() report; a newline in a name starts another line."""
    owner = (
        b"page last allocated via order 1, migratetype Unmovable, gfp_mask 0xcc0(GFP_KERNEL), "
        b"pid 5, tgid 4 (%s), ts 123456789, free_ts 99" % name
    )
    lines = [
        b"page: refcount:1 mapcount:0 mapping:0000000000000000 index:0x0 pfn:0x21b28",
        b"page dumped because: kasan: bad access detected",
        b"page_owner tracks the page as allocated",
        *owner.split(b"\n"),
        b" post_alloc_hook+0x1e6/0x210",
        b" set_page_owner include/linux/page_owner.h:31 [inline]",
    ]
    if free:
        lines += [b"page last free pid 3 tgid 2 stack trace:", b" free_unref_page+0x1/0x2"]
    return [*lines, b"page has been migrated, last migrate reason: compaction"]


def log_of(lines: list[bytes], prefix: bytes = b"") -> bytes:
    """Return a log of these lines."""
    return b"".join(prefix + line + b"\n" for line in lines)
