"""scan.c reads what the array operations read, on any bytes; where it is missing, they do."""

import itertools
import lzma
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pageowner_sql.dump.dialects import START, Shape
from pageowner_sql.dump.plain import Plain
from pageowner_sql.dump.reading import PADDING
from pageowner_sql.dump.scan import ArrayScanner, CompiledScanner
from pageowner_sql.native.library import PATH, load
from tests.conftest import DumpPath
from tests.support import FIXTURES, PAGE_OWNER_DUMPS, ROOT
from tests.synth import ERAS, FORGERIES
from tests.test_reader import dumps
from tests.tool import environment

# No kernel prints free_ts alone.
SHAPES = [
    Shape(comm, ts, free_ts, hex_pfn)
    for comm, ts, free_ts, hex_pfn in itertools.product((False, True), repeat=4)
    if ts or not free_ts
]
FORGED = b"".join(ERAS[2].record(comm) for comm in FORGERIES)
LONG = b"Page allocated via order 0, mask 0x0(), pid 1, tgid 1 (x), ts %d ns\nPFN 0x%s type Movable"
EDGES = b"".join(
    LONG % (ts, pfn) + b" Block %d type Movable Flags 0x0()\n f+0x1/0x2\n\n" % block
    for ts in (0, 1, 10**18, 2**63 - 1, 2**63, 10**19, 10**30)
    for pfn in (b"0", b"01", b"", b"f" * 15, b"7" + b"f" * 15, b"8" + b"0" * 15, b"f" * 17)
    for block in (0, 2**63 - 1, 2**63)
)


@pytest.fixture(scope="module")
def fast() -> CompiledScanner:
    found = load()
    if found is None:
        pytest.skip("scan.c was not compiled here: no C compiler when this was installed")
    return CompiledScanner(found)


def same(a: Plain, b: Plain) -> None:
    """Every array of the two is the same, to the last number."""
    assert a.shape == b.shape
    for name in ("good", "borders", "alloc_ts", "free_ts", "pfn", "block", "before_block"):
        left, right = getattr(a, name), getattr(b, name)
        assert (left is None) == (right is None)
        assert left is None or np.array_equal(left, right), name
    for name in ("group", "first", "times"):
        assert np.array_equal(getattr(a.alike, name), getattr(b.alike, name)), name
    for one, other in zip(a.alike.texts, b.alike.texts, strict=True):
        assert all(map(np.array_equal, astuple(one), astuple(other)))


def compare(fast: CompiledScanner, text: bytes, *, last: bool, fresh: bool) -> None:
    storage = np.frombuffer(text + b"\nPage allocated via order ".ljust(PADDING, b"1"), np.uint8)
    slow = ArrayScanner()
    expected, covered = slow.cut(storage, len(text), last=last, fresh=fresh)
    found, done = fast.cut(storage, len(text), last=last, fresh=fresh)
    assert done == covered
    for name in ("start", "line", "single"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
    for shape in SHAPES:
        same(fast.read(found, shape), slow.read(expected, shape))


@given(text=dumps(), last=st.booleans(), fresh=st.booleans())
@example(text=b"", last=True, fresh=True)
@example(text=b"\n", last=True, fresh=True)
@example(text=b"\n\n\n" + START + b"\n\n" + START, last=False, fresh=False)
@example(text=b"\n" * 130 + START + b"\n" * 63, last=True, fresh=True)
@example(text=FORGED, last=True, fresh=True)
@example(text=EDGES, last=True, fresh=True)
def test_both_read_the_same(fast: CompiledScanner, text: bytes, last: bool, fresh: bool) -> None:
    compare(fast, text, last=last, fresh=fresh)


@pytest.mark.parametrize("name", PAGE_OWNER_DUMPS)
def test_both_read_real_dumps_the_same(fast: CompiledScanner, name: str) -> None:
    with lzma.open(FIXTURES / f"{name}.xz") as packed:
        text = packed.read(1_500_000)
    compare(fast, text, last=True, fresh=True)
    compare(fast, text[77:], last=False, fresh=False)


@pytest.mark.slow
def test_a_machine_without_it_gives_the_same(dump: DumpPath, tmp_path: Path) -> None:
    path = dump("linux-7.3/boot.txt")
    for native in ("0", "1"):
        env = environment(PAGEOWNER_NATIVE=native)
        for words in (["--cull=st"], ["-a", "--compat", "6.1"]):
            out = tmp_path / f"{len(words)}.{native}"
            command = [sys.executable, "-m", "pageowner_sql", "sort", *words, str(path), str(out)]
            subprocess.run(command, cwd=ROOT, env=env, check=True)
    for kind in ("1", "3"):
        made = (tmp_path / f"{kind}.1").read_bytes()
        assert made
        assert (tmp_path / f"{kind}.0").read_bytes() == made


def test_it_was_compiled() -> None:
    """CI has a compiler, so that the tests above are never skipped there."""
    assert load() is not None or not PATH.exists()


def test_another_version_is_left_alone(tmp_path: Path) -> None:
    assert load(tmp_path / "missing.so") is None
    (tmp_path / "junk.so").write_bytes(b"no library")
    assert load(tmp_path / "junk.so") is None
