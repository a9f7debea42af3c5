"""Posted text is read as what the kernel printed, whatever happened to it on the way."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pageowner_sql.dump.kernel_form import is_kernel_form
from pageowner_sql.dump.kinds import Kind
from pageowner_sql.dump.lines import Filler, Reject, Span
from pageowner_sql.dump.posted.text import read_posted
from pageowner_sql.dump.summaries import parse_summary
from tests.conftest import DumpPath
from tests.support import PAGE_OWNER_DUMPS
from tests.support.kernel_text import NAMES, log_of, page_report
from tests.support.mangling import MANGLINGS, PREFIXES, mangle, pair_of
from tests.support.synth import ERAS

STACK = b"""\
 post_alloc_hook+0x11/0x22
 get_page_from_freelist+0x33/0x44
 __alloc_pages+0x55/0x66
 ext4_bread+0x77/0x88 [ext4]
"""
SHORT = STACK.partition(b"\n")[2]
NOWHERE = Span(0, 0, 0, 0)
RECORD = (
    b"Page allocated via order 1, mask 0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), pid 70, tgid 60 "
    b"(probe), ts 91000000 ns\n"
    b"PFN 0x4b2d type Unmovable Block 37 type Unmovable Flags 0xfff0000008003c(referenced|uptodate|"
    b"dirty|lru|swapbacked|node=0|zone=1|lastcpupid=0x7ff)\n" + STACK
)
TEXTS: dict[Kind, bytes] = {
    Kind.PAGE_OWNER: (
        RECORD + b"\n" + RECORD.replace(b"0x4b2d", b"0x4b40") + b"Slab cache page\n\n"
    ),
    Kind.SORTED: b"5 times, 10 pages:\nPage allocated via order 1, mask 0xcc0(GFP_KERNEL)\n"
    + STACK
    + b"\n3 times, 3 pages:\nPage allocated via order 0, mask 0xcc0(GFP_KERNEL)\n"
    + STACK
    + b"\n",
    Kind.SHOW_STACKS: STACK + b"nr_base_pages: 12\n\n" + SHORT + b"nr_base_pages: 7\n\n",
    Kind.SHOW_STACKS_HANDLES: STACK + b"handle: 12\n\n" + SHORT + b"handle: 7\n\n",
    Kind.SHOW_HANDLES: b"handle: 12\nnr_base_pages: 3\n\nhandle: 13\nnr_base_pages: 4\n\n",
    Kind.DMESG: log_of([*page_report(b"probe"), b"", *page_report(b"other", free=False), b""]),
}


def told(kind: Kind, text: bytes) -> object:
    """What the strict reading makes of a text; of a record its bytes, frames with no blank too."""
    if kind is Kind.PAGE_OWNER:
        return re.sub(rb"(?m)^ ", b"", text.rstrip(b"\n"))
    items: list[Any] = list(parse_summary(kind, [text]))
    assert not [item for item in items if isinstance(item, Reject)]
    rows = [item for item in items if not isinstance(item, Filler)]
    changed: dict[str, Any] = {"at": NOWHERE, "truncated": False}
    if kind is Kind.DMESG:
        changed["logged_at"] = None
    return [
        replace(row, **{name: of for name, of in changed.items() if hasattr(row, name)})
        for row in rows
    ]


def read(kind: Kind, text: bytes) -> object:
    """What is read of a posted text."""
    posted = read_posted(text)
    if posted is None:
        return told(kind, text)
    assert posted.kind is kind
    assert posted.repairs
    assert posted.raw == text
    assert len(posted.lines) >= posted.text.count(b"\n")
    return told(kind, posted.text)


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("name", MANGLINGS)
def test_a_mangled_text_is_read_as_it_was(kind: Kind, name: str) -> None:
    assert read(kind, mangle(TEXTS[kind], name)) == told(kind, TEXTS[kind])


@given(*[st.sampled_from(sorted(MANGLINGS))] * 2, st.sampled_from(sorted(TEXTS)))
def test_a_text_mangled_twice_is_read_as_it_was(first: str, second: str, kind: Kind) -> None:
    if first != second and pair_of(first, second):
        text = mangle(TEXTS[kind], first, second)
        assert read(kind, text) == told(kind, TEXTS[kind]), text.decode("utf-8", "replace")


@given(st.lists(NAMES, min_size=1, max_size=6), st.sampled_from(ERAS), st.integers(0, 40))
def test_no_name_takes_the_strict_reading_from_a_dump(
    names: list[bytes], era: Any, missing: int
) -> None:
    text = b"".join(era.record(name, at) for at, name in enumerate(names))
    assert is_kernel_form(text, whole=True)
    assert is_kernel_form(text + text, whole=False)
    whole = era.record(b"first", 99) + text
    assert is_kernel_form(whole[: len(whole) - missing], whole=True) or missing


@given(st.lists(NAMES, min_size=1, max_size=6), st.sampled_from(sorted(PREFIXES)))
def test_hostile_names_are_right_behind_a_prefix(names: list[bytes], prefix: str) -> None:
    """The records themselves are read by the strict rule, once nothing stands in front of them."""
    era = ERAS[2]
    text = b"".join(era.record(name, at) for at, name in enumerate(names))
    posted = read_posted(mangle(text, prefix))
    assert posted is not None
    assert posted.text == text


@pytest.mark.parametrize("name", PAGE_OWNER_DUMPS)
def test_a_real_dump_is_in_the_kernels_own_form(dump: DumpPath, name: str) -> None:
    with dump(name).open("rb") as file:
        assert is_kernel_form(file.read(1 << 16), whole=False)


@pytest.mark.parametrize("kind", ["show_stacks", "show_handles", "show_stacks_handles"])
def test_a_real_summary_is_in_the_kernels_own_form(dump: DumpPath, kind: str) -> None:
    assert read_posted(dump(f"linux-7.3/{kind}.txt").read_bytes()) is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n\n\n",
        b"hello\n" * 9,
        b"Page allocated via order " * 9,
        b"page last allocated via order " * 9 + b"\n",
        bytes(range(256)) * 9,
        b"\xff\xfe",
        b"1 times:",
        b'{"MESSAGE": 7}\n' * 3,
        b'{"MESSAGE": "7", "__MONOTONIC_TIMESTAMP": 1e999}\n' * 3,
    ],
)
def test_what_holds_nothing_is_no_posted_text(text: bytes) -> None:
    posted = read_posted(text)
    assert posted is None or not told_rows(posted.kind, posted.text)


def told_rows(kind: Kind, text: bytes) -> list[object]:
    if kind is Kind.PAGE_OWNER:
        return []
    return [item for item in parse_summary(kind, [text]) if not isinstance(item, Filler | Reject)]


@given(st.binary(max_size=400), st.sampled_from(sorted(TEXTS)), st.integers(0, 999))
def test_anything_within_a_text_costs_no_more_than_that(junk: bytes, kind: Kind, at: int) -> None:
    text = TEXTS[kind]
    read_posted(text[: at % len(text)] + junk + text[at % len(text) :])
