"""Text in, text out: whatever the bytes, wherever a chunk ends, whatever a process is called."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pageowner_sql.dump import regions
from pageowner_sql.dump.exact_parser import MOST_GAP
from pageowner_sql.dump.formats import START
from pageowner_sql.errors import InputError
from tests.support.synth import ERAS, FORGERIES, NAMES, Era, Seen, read

ERA = st.sampled_from(ERAS)


@given(era=ERA, names=st.lists(NAMES, min_size=1, max_size=12))
@example(era=ERAS[2], names=list(FORGERIES))
@example(era=ERAS[0], names=list(FORGERIES))
@example(era=ERAS[4], names=list(FORGERIES))
def test_every_record_has_the_name_it_was_made_with(era: Era, names: list[bytes]) -> None:
    records = [era.record(name, number) for number, name in enumerate(names)]
    seen = read(b"".join(records))
    assert [each.raw for each in seen] == records
    assert [each.comm for each in seen] == names
    assert [each.pid for each in seen] == list(range(len(names)))


# What happens to a dump on its way: bytes put in somewhere, and bytes taken out.
JUNK = st.one_of(
    st.sampled_from(
        [
            *(
                b"\n",
                b"\n\n",
                b"\n\n\n",
                b"\0",
                b"\0\n\n",
                b"\r\n",
                b"junk\n",
                b" ",
                b"9",
                b"0",
                b")",
            ),
            *(b"Page allocated via order ", b"\n\nPage allocated via order ", b"\nPFN ", b"PFN 1"),
            *(b", ts 99999999999999999999 ns", b"9" * 30, b"handle: 99999999999\n", b"|node=1f|"),
            *(b"node=99999999999", b"\n\nPage allocated via order 0, mask 0x0()\nPFN 1 "),
        ]
    ),
    st.binary(max_size=30),
)
DAMAGE = st.lists(
    st.tuples(st.integers(0, 10_000), st.integers(0, 10_000), JUNK), min_size=0, max_size=6
)


def damaged(text: bytes, damage: list[tuple[int, int, bytes]]) -> bytes:
    for where, size, junk in damage:
        at = where % (len(text) + 1)
        taken = size % 60 if size % 3 else 0
        text = text[:at] + junk + text[at + taken :]
    return text


@st.composite
def dumps(draw: st.DrawFn) -> bytes:
    era = draw(ERA)
    names = draw(st.lists(NAMES, min_size=0, max_size=8))
    text = b"".join(era.record(name, number) for number, name in enumerate(names))
    text = damaged(text, draw(DAMAGE))
    return text[: draw(st.integers(0, len(text)))] if draw(st.booleans()) else text


def parts(seen: list[Seen]) -> list[tuple[str, bytes]]:
    """Kind and bytes of every part, a reject that was longer than a chunk as one."""
    whole: list[tuple[str, bytes]] = []
    for each in seen:
        if each.kind == "more":
            kind, raw = whole.pop()
            whole.append((kind, raw + each.raw))
        else:
            whole.append((each.kind, each.raw))
    return whole


@given(text=dumps())
def test_nothing_is_lost_whatever_the_bytes(text: bytes) -> None:
    try:
        seen = read(text)
    except InputError:
        assert b"\r\n" in text or not text.startswith(START)
        return
    assert b"".join(each.raw for each in seen) == text
    assert [each.ord for each in seen] == list(range(len(seen)))


@given(
    text=dumps(),
    chunk=st.integers(20, 3000),
    room=st.integers(64, 2000),
    budget=st.sampled_from([1, 999, 1 << 17]),
)
def test_a_chunk_may_end_anywhere(text: bytes, chunk: int, room: int, budget: int) -> None:
    try:
        whole = read(text)
    except InputError:
        return
    cut = read(text, chunk, room, budget=budget)
    assert b"".join(each.raw for each in cut) == text
    firsts = [each for each in cut if each.kind != "more"]
    assert [each.ord for each in firsts] == list(range(len(firsts)))
    if room > max((len(raw) for _, raw in parts(whole)), default=0) + 64:
        assert parts(cut) == parts(whole)


@given(text=dumps(), chunk=st.integers(300, 3000), portion=st.integers(1, 3))
def test_regions_are_read_some_at_a_time(text: bytes, chunk: int, portion: int) -> None:
    try:
        whole = read(text, chunk)
    except InputError:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regions, "PORTION", portion)
        assert read(text, chunk) == whole


def test_empty_lines_are_kept_in_pieces() -> None:
    gaps = [
        each for each in read(ERAS[2].record(b"x") + b"\n" * 3 * MOST_GAP) if each.kind == "gap"
    ]
    assert [len(each.raw) for each in gaps] == [MOST_GAP] * 3
