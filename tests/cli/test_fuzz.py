"""Mutations of real records: each is loaded or rejected, comes back, and ends no command."""

import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import FIXTURES
from tests.support.synth import ERAS, NAMES
from tests.support.tool import Tool

REAL = [path.read_bytes() for path in sorted((FIXTURES / "dialects").glob("*.txt"))]
MADE = st.builds(
    lambda era, name, number: era.record(name, number),
    st.sampled_from(ERAS),
    NAMES,
    st.integers(0, 1 << 64),
)
NUMBERS = st.one_of(
    st.sampled_from([31, 32, 63, 64]).flatmap(lambda bits: st.integers(-2, 2).map(_beside(bits))),
    st.sampled_from([b"", b"-1", b"00", b"0x", b"9" * 5000, b"0" * 5000, b"f" * 5000]),
)


def _beside(bits: int) -> Callable[[int], bytes]:
    return lambda step: b"%d" % ((1 << bits) + step)


def cut(text: bytes, at: int, size: int, _: bytes) -> bytes:
    return text[:at] + text[at + size :]


def double(text: bytes, at: int, size: int, _: bytes) -> bytes:
    return text[: at + size] + text[at:]


def swap(text: bytes, at: int, size: int, _: bytes) -> bytes:
    return (
        text[:at] + text[at + size : at + 2 * size] + text[at : at + size] + text[at + 2 * size :]
    )


def flip(text: bytes, at: int, size: int, _: bytes) -> bytes:
    return text[:at] + bytes([text[at] ^ (1 << size % 8)]) + text[at + 1 :] if text[at:] else text


def renumber(text: bytes, at: int, _: int, number: bytes) -> bytes:
    return text[:at] + re.sub(rb"[0-9]+", lambda _: number, text[at:], count=1)


def without_line(text: bytes, at: int, _: int, number: bytes) -> bytes:
    del number
    start = text.rfind(b"\n", 0, at) + 1
    return text[:start] + text[start:].partition(b"\n")[2]


def with_line_again(text: bytes, at: int, _: int, number: bytes) -> bytes:
    del number
    start = text.rfind(b"\n", 0, at) + 1
    line, newline, rest = text[start:].partition(b"\n")
    return text[:start] + (line + newline) * 2 + rest


MUTATIONS = (cut, double, swap, flip, renumber, without_line, with_line_again)
STEPS = st.lists(
    st.tuples(st.sampled_from(MUTATIONS), st.integers(0), st.integers(1, 200), NUMBERS), max_size=5
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A dump of a few records, of which the first is left whole."""
    records = draw(st.lists(st.one_of(st.sampled_from(REAL), MADE), min_size=1, max_size=4))
    text = b"".join(records)
    for mutate, where, size, number in draw(STEPS):
        text = mutate(text, where % (len(text) + 1), size, number)
    return ERAS[2].record(b"whole") + text


def check(tool: Tool, text: bytes, compat: str) -> None:
    tool.db.unlink(missing_ok=True)
    path, out = tool.folder / "mutated.txt", tool.folder / "out.txt"
    path.write_bytes(text)
    done = tool.run("load", path, "--label", "mutated")
    if done.code:
        # Text that was mangled as a whole is refused, with what mends it.
        assert done.code == 1, done.err
        assert "unexpected" not in done.err
        assert not tool.db.exists()
        return
    [(records, rejected)] = tool.rows("SELECT records, rejected FROM dumps")
    [parts] = tool.rows(
        """
        SELECT
            (SELECT count(*) FROM records), (SELECT count(DISTINCT ord) FROM rejects),
            (SELECT count(*) FROM gaps)
        """
    )
    assert parts[:2] == (records, rejected)
    sql = "SELECT count(DISTINCT ord), max(ord) + 1 FROM dump_texts"
    posted = tool.rows("SELECT repairs FROM dumps") != [([],)]
    assert posted or tool.rows(sql) == [(sum(map(int, map(str, parts))),) * 2]
    tool.ok("export", "mutated", "-o", out)
    assert out.read_bytes() == text
    told = tool.ok("sort", path, out).err
    assert (f"left out {rejected} record" in told.replace(",", "")) == (rejected != 0)
    times = re.findall(rb"^(\d+) times, \d+ pages", out.read_bytes(), re.MULTILINE)
    assert sum(map(int, times)) == records
    tool.ok("sort", "--compat", compat, path, out)


COMPAT = st.sampled_from(["5.10", "6.1", "7.3"])
FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.thorough
@given(text=mutated(), compat=COMPAT)
@settings(FUZZ, max_examples=5)
def test_some_mutated_records(tool: Tool, text: bytes, compat: str) -> None:
    check(tool, text, compat)


@pytest.mark.thorough
@given(text=mutated(), compat=COMPAT)
@settings(FUZZ, max_examples=100)
def test_many_mutated_records(tool: Tool, text: bytes, compat: str) -> None:
    check(tool, text, compat)
