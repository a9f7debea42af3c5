"""records.c takes exactly those regions that the exact parser reads the same, on any bytes."""

from __future__ import annotations

import gc
import itertools
import lzma
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pageowner_sql.dump import exact_parser
from pageowner_sql.dump.fields import READERS
from pageowner_sql.dump.formats import BEFORE_BLOCK, START, Shape, common_layout
from pageowner_sql.dump.record_reader import Chunk, PlainRecords, RecordReader
from pageowner_sql.dump.regions import PADDING, Regions
from pageowner_sql.dump.scanner import ScannedFile
from pageowner_sql.dump.scanner import Scanner as TableScanner
from pageowner_sql.errors import InstallationError, MemoryLimitError
from pageowner_sql.native.library import load
from pageowner_sql.store.stacks import StackLines
from tests.dump.test_exact_parser import dumps
from tests.support import FIXTURES, PAGE_OWNER_DUMPS
from tests.support.synth import ERAS, FORGERIES, read, rows_of

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


# Records of every kernel's kind, each read with the shapes of all others too.
ALL_ERAS = b"".join(
    header + b"\nPFN 1%s Block 1 type Movable Flags 0x0()\n f+0x1/0x2\n\n" % kind
    for header in (
        b"Page allocated via order 0, mask 0x1",
        b"Page allocated via order 0, mask 0x1()",
        b"Page allocated via order 0, mask 0x1(), pid 1, ts 2 ns",
        b"Page allocated via order 0, mask 0x1(), pid 1, ts 2 ns, free_ts 3 ns",
        b"Page allocated via order 0, mask 0x1(), pid 1, tgid 1 (x), ts 2 ns, free_ts 3 ns",
        b"Page allocated via order 0, mask 0x1(), pid 1, tgid 1 (x), ts 2 ns",
    )
    for kind in (b"", b" type Movable")
)


# As scan.h has it.
SAME = 2


class Scanner(RecordReader):
    """Cuts and scans one text at a time."""

    def regions(self, text: bytes, *, last: bool, fresh: bool) -> tuple[Regions, int]:
        padding = b"\nPage allocated via order ".ljust(PADDING, b"1")
        storage = memoryview(bytearray(text + padding))
        return self._cut(storage, len(text), last=last, fresh=fresh)

    def scan(self, regions: Regions, shape: Shape) -> PlainRecords:
        """Scan with an empty table; `texts` are those of the records."""
        self._chunk = Chunk()
        self._scanner.reset()
        found, taken = self._scan(regions, shape)
        assert taken == len(regions)
        self.texts = self._chunk.texts
        return found

    @property
    def numbers(self) -> list[array[int]]:
        """Ids that are the numbers of the texts."""
        return [array("i", range(len(of_kind))) for of_kind in self.texts]


def starts_of(text: bytes, *, fresh: bool) -> list[int]:
    """Where record starts stand, but for one at the front."""
    found = []
    at = text.find(START, 1)
    while at >= 0:
        before = text[:at] if at > 1 else (b"\n" if fresh else b"") + text[:at]
        if before.endswith(b"\n\n"):
            found.append(at)
        at = text.find(START, at + 1)
    return found


def check(text: bytes, *, last: bool, fresh: bool) -> None:
    scanner = Scanner("test", 1 << 20)
    regions, covered = scanner.regions(text, last=last, fresh=fresh)
    borders = [0, *starts_of(text, fresh=fresh), *([len(text)] if last else [])]
    assert regions.start[: len(regions) + 1].tolist() == borders
    assert covered == borders[-1]
    assert regions.line is not None
    assert regions.line[: len(borders)].tolist() == [text.count(b"\n", 0, at) for at in borders]
    _check_single(regions, [text[at:end] for at, end in itertools.pairwise(borders)])
    for shape in SHAPES:
        _check_shape(text, scanner, regions, borders, shape)


def _check_single(regions: Regions, texts: list[bytes]) -> None:
    for at, text in enumerate(texts):
        said = regions.single[at]
        assert bool(said) == (text.startswith(START) and text.find(b"\n\n") == len(text) - 2)
        if said == SAME:
            assert text.split(b"\n", 2)[2] == texts[at - 1].split(b"\n", 2)[2]


def _check_shape(
    text: bytes, scanner: Scanner, regions: Regions, borders: list[int], shape: Shape
) -> None:
    found = scanner.scan(regions, shape)
    irregulars = found.irregular
    assert irregulars.tolist() == sorted(set(irregulars))
    plain = sorted(set(range(len(regions))) - set(irregulars))
    assert len(plain) == len(found)
    if not plain:
        return
    found.rows.put_in_order(0, irregulars, [1] * len(irregulars))
    rows = rows_of(found, scanner.numbers)
    assert [row["ord"] for row in rows] == plain
    layouts = {
        scanner.layout(layout): layout
        for layout in (common_layout(shape, before) for before in BEFORE_BLOCK)
    }
    for row, index in zip(rows, plain, strict=True):
        region = text[borders[index] : borders[index + 1]]
        [item] = exact_parser.read_region(region)
        assert isinstance(item, exact_parser.Record)
        names = ("header_id", "page_state_id", "rest_id")
        texts = [of_kind[row[name]][0] for of_kind, name in zip(scanner.texts, names, strict=True)]
        assert texts == [item.header, item.tail, item.rest]
        assert layouts[row["layout_id"]] == item.layout
        assert (row["pfn"], row["pageblock"]) == (item.pfn, item.block)
        assert (row["alloc_ts"], row["free_ts"]) == (item.alloc_ts, item.free_ts)


@pytest.mark.thorough
@given(text=dumps(), last=st.booleans(), fresh=st.booleans())
@example(text=b"", last=True, fresh=True)
@example(text=b"\n", last=True, fresh=True)
@example(text=b"\n\n\n" + START + b"\n\n" + START, last=False, fresh=False)
@example(text=b"\n" * 130 + START + b"\n" * 63, last=True, fresh=True)
@example(text=FORGED, last=True, fresh=True)
@example(text=EDGES, last=True, fresh=True)
@example(text=ALL_ERAS, last=True, fresh=True)
def test_plain_records_are_those_of_the_exact_parser(text: bytes, last: bool, fresh: bool) -> None:
    check(text, last=last, fresh=fresh)


_HEADERS = st.sampled_from((b"0, mask 0x0(), pid 1, tgid 1 (x), ts 5 ns", b"7", b"", b"0\n"))
_LINES = st.sampled_from(
    (b"PFN 0x1 type Movable Block 1 type Movable Flags 0x0()", b"PFN", b"", START)
)
_BELOW = st.sampled_from((b"\n", b" a\n\n", b" a\n b\n\n", b" a\n\n\n", b" a\n\n b\n\n", b" a\n"))
_REPEATED = st.builds(
    lambda header, line, below, times: (START + header + b"\n" + line + b"\n" + below) * times,
    _HEADERS,
    _LINES,
    _BELOW,
    st.integers(1, 3),
)


@given(
    text=st.lists(_REPEATED, max_size=12).map(b"".join), last=st.booleans(), cut=st.integers(0, 90)
)
def test_what_is_not_looked_at_again_is_the_same(text: bytes, last: bool, cut: int) -> None:
    check(text[: len(text) - cut], last=last, fresh=True)


@pytest.mark.sampled
@pytest.mark.parametrize("name", PAGE_OWNER_DUMPS)
def test_real_dumps(name: str) -> None:
    with lzma.open(FIXTURES / f"{name}.xz") as packed:
        text = packed.read(300_000)
    check(text, last=True, fresh=True)
    check(text[77:], last=False, fresh=False)


@pytest.mark.parametrize("name", PAGE_OWNER_DUMPS)
def test_nearly_all_records_of_real_dumps_are_plain(name: str) -> None:
    with lzma.open(FIXTURES / f"{name}.xz") as packed:
        text = packed.read(1_500_000)
    scanner = Scanner("test", 1 << 20)
    regions, _ = scanner.regions(text, last=True, fresh=True)
    assert max(len(scanner.scan(regions, shape)) for shape in SHAPES) > 0.9 * len(regions)


def test_a_scanner_that_does_not_fit_into_memory() -> None:
    with pytest.raises(MemoryLimitError, match="too little memory"):
        TableScanner(bytes(32), 1 << 51, READERS)


def test_a_library_of_other_sources_is_refused(tmp_path: Path) -> None:
    (tmp_path / "junk.so").write_bytes(b"no library")
    for name in ("missing.so", "junk.so"):
        with pytest.raises(InstallationError, match="install the package again"):
            load(tmp_path / name)


def test_what_got_no_library_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise InstallationError("missing")

    monkeypatch.setattr("pageowner_sql.dump.scanner._functions", missing)
    monkeypatch.setattr("pageowner_sql.store.stacks._Library", missing)
    makers: tuple[Callable[[], object], ...] = (
        lambda: TableScanner(bytes(32), 1, READERS),
        lambda: ScannedFile(1, 1, 1, 1),
        StackLines,
    )
    for make in makers:
        with pytest.raises(InstallationError):
            make()
    gc.collect()


def test_a_hole_in_a_file_is_a_reject() -> None:
    """What a crashed machine did not write of a file reads as NULs: records are lost in it."""
    records = [ERAS[2].record(b"cat", number) for number in range(40)]
    text = b"".join(records)
    start, end = len(b"".join(records[:9])) - 30, len(b"".join(records[:14])) - 30
    seen = read(text[:start] + bytes(end - start) + text[end:])
    assert [each.kind for each in seen] == ["record"] * 8 + ["reject"] + ["record"] * 26
