"""What native/sort_tool.c vouches for, the exact reading of page_owner_sort finds plain too."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pageowner_sql.dump.fields import READERS
from pageowner_sql.dump.sort_tool import BUFFER, read_fields
from pageowner_sql.native.library import library
from tests.oracle import records
from tests.support.synth import NAMES

HEADER, STATE, REST = range(3)

_WORDS = st.sampled_from(
    [
        *(
            b"Page allocated via order ",
            b"0",
            b"30",
            b"31",
            b"07",
            b", mask 0x",
            b"cc0",
            b"(GFP|A_1)",
        ),
        *(
            b", pid ",
            b"7",
            b"4294967295",
            b", tgid ",
            b" (",
            b"cat",
            b"ts 5 ns",
            b"), ts ",
            b", ts ",
        ),
        *(
            b"ts",
            b"ns",
            b" ",
            b"\t",
            b"\n",
            b"\0",
            b"PFN",
            b"pid",
            b"tgid",
            b"order",
            b",",
            b"(",
            b")",
        ),
        *(
            b" type Movable",
            b" Fallback",
            b"        ",
            b" Flags ",
            b" f+0x1/0x2\n",
            b"\n\n",
            b"\xff",
        ),
    ]
)
TEXTS = st.lists(_WORDS, max_size=14).map(b"".join)


def vouches(kind: int, text: bytes) -> bool:
    found = library()
    assert found is not None
    return bool(found.sort_tool_reads_alike(kind, text, len(text)))


_CONFUSING = re.compile(
    rb"(?:\A|\n)PFN|\0|pid\s*[0-9]*,|tgid\s*[0-9]* |tgid\s*+[0-9]*+\s*+\(|ts\s*+[0-9]*+\s*+ns"
    rb"|order\s*[0-9]*,"
)


def is_plain(kind: int, text: bytes) -> bool:
    if kind == REST:
        whole = text == b"\n" or text.endswith(b"\n\n")
        return whole and len(text) <= BUFFER // 4 and _CONFUSING.search(text) is None
    fields = READERS[kind](text)
    return fields is not None and (kind == STATE or bool(fields.plain))


def header(order: bytes, pid: bytes, name: bytes) -> bytes:
    return b"Page allocated via order %b, mask 0x1(A), pid %b, tgid 1 (%b), ts " % (
        order,
        pid,
        name,
    )


@given(kind=st.sampled_from([HEADER, STATE, REST]), text=TEXTS)
@example(kind=HEADER, text=header(b"31", b"1", b"cat"))
@example(kind=HEADER, text=header(b"1", b"4294967295", b"cat"))
@example(kind=HEADER, text=header(b"1", b"1", b"), ts"))
@example(kind=STATE, text=b" type X Fallback Flags ")
@example(kind=REST, text=b"\n\n")
@example(kind=REST, text=b" tgid  x\n\n")
@example(kind=REST, text=b" pid\t,\n\n")
def test_what_is_vouched_for_is_plain(kind: int, text: bytes) -> None:
    assert vouches(kind, text) <= is_plain(kind, text)


@given(order=st.sampled_from([b"0", b"9", b"30", b"31", b"7 "]), name=NAMES)
def test_headers_with_all_names(order: bytes, name: bytes) -> None:
    text = header(order, b"1", name)
    assert vouches(HEADER, text) <= is_plain(HEADER, text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (HEADER, header(b"10", b"12", b"k/0:1-events")),
        (HEADER, b"Page allocated via order 0, mask 0x0"),
        (HEADER, b"Page allocated via order 0, mask 0x1(A), pid 1, ts "),
        (STATE, b" type Movable Flags 0x1(lru|node=0)\n"),
        (STATE, b" type Movable          Flags RS\n"),
        (REST, b" do_wait_pid+0x1/0x2\n ext4_put_order+0x1/0x2\n__vmalloc+0x1/0x2 [tgid]\n\n"),
        (REST, b"\n"),
    ],
)
def test_ordinary_texts_are_vouched_for(kind: int, text: bytes) -> None:
    assert vouches(kind, text)
    assert is_plain(kind, text)


_PLAIN_HEAD = re.compile(
    rb"Page allocated via order [0-9]{1,2}, mask 0x[0-9a-f]+(?:\([A-Za-z0-9_|]*\))?"
    rb"(?:(?=\n)|, pid [0-9]+(?:, tgid [0-9]+ \([^\n\0]{0,15}?\))?, ts )"
)
_PIECES = st.sampled_from(
    [
        b"Page allocated via order 0, mask 0x1(A), pid 1, tgid 1 (",
        *(b"), ts 5 ns", b" ns", b",", b"), ", b"), \n ts", b"tgid (", b"tgid\n", b"free_ts "),
        *(b"18446744073709551615", b"18446744073709551616", b"9223372036854775808", b"2147483648"),
        *(b"64", b"65", b"__vmalloc_node_range\n", b" alloc_pages\n", b"\v", b"\r", b"x" * 15),
    ]
)


def _head_end(line: bytes) -> int:
    found = _PLAIN_HEAD.match(line)
    return found.end() if found else 0


@given(texts=st.lists(st.lists(st.one_of(_WORDS, _PIECES), max_size=14).map(b"".join), max_size=9))
@example(texts=[b""])
@example(texts=[b"tgid (a tgid\n(b), ts", b"Page allocated via order 0, mask 0x1\n"])
def test_fields_as_the_whole_patterns_find_them(texts: list[bytes]) -> None:
    found = read_fields(texts)
    for at, text in enumerate(texts):
        fields = {name: column[at] for name, column in found.items()}
        wanted = records._record(text, b"", records._TIME)
        for name in ("pages", "pid", "tgid", "name", "alloc_ts", "free_ts"):
            assert fields[name] == getattr(wanted, name), name
        assert fields["alloc_ts_comma"] == records._record(text, b"", records._TIME_OLD).alloc_ts
        assert bool(fields["vmalloc"]) == bool(wanted.allocator & records.VMALLOC)
        ts = records._TIME.search(text)
        assert (fields["cut_at"], fields["cut_end"]) == (ts.span(1) if ts else (0, 0))
        end = text.find(b"\n") + 1 or len(text)
        assert (fields["line_end"], fields["head_end"]) == (end, _head_end(text[:end]))
        # What is cut behind the header changes nothing in it.
        cut = records.cut_time(text[:end]) if fields["cut_at"] < end else text[:end]
        assert fields["cut_head_end"] == _head_end(cut)
