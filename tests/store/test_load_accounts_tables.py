"""meminfo and its kin are read number for number."""

import re
from collections import Counter
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pageowner_sql.dump.account_rows import (
    AllocinfoTag,
    BuddyZone,
    MeminfoField,
    PagetypeFree,
    SlabCache,
    VmallocArea,
)
from pageowner_sql.dump.account_tables import ACCOUNT_TABLES, account_cells
from pageowner_sql.dump.accounts import parse_account
from pageowner_sql.dump.kinds import ACCOUNT_KINDS, Kind
from pageowner_sql.dump.lines import Item
from tests.conftest import DumpPath
from tests.support import FIXTURES, KERNELS
from tests.support.tiling import parse_tiled, pieces, rejects_of, rows_of

REAL = [
    (f"{kernel}/{path.name.removesuffix('.xz')}", Kind(path.name.split(".")[-2]))
    for kernel in KERNELS
    for path in sorted((FIXTURES / kernel).glob("*info.xz"))
]


def parse(kind: Kind, data: bytes) -> list[Item]:
    return parse_tiled(lambda chunks: parse_account(kind, chunks), data)


def cells(kind: Kind, data: bytes) -> list[tuple[str, tuple[object, ...]]]:
    return list(account_cells(parse(kind, data)))


@pytest.mark.sampled
@pytest.mark.parametrize(("name", "kind"), REAL)
def test_every_real_account_is_read_whole(dump: DumpPath, name: str, kind: Kind) -> None:
    data = dump(name).read_bytes()
    items = parse(kind, data)
    assert rows_of(items)
    assert not rejects_of(items)
    assert parse(kind, data.replace(b"\n", b"\r\n"))[-1].at.line == items[-1].at.line
    assert len(rows_of(parse(kind, data.replace(b"\n", b"\r\n")))) == len(rows_of(items))
    chunked = parse_tiled(lambda chunks: parse_account(kind, chunks), data, pieces(data, 5))
    assert chunked == items


@pytest.mark.parametrize(
    ("name", "kind"),
    [(n, k) for n, k in REAL if k in {Kind.MEMINFO, Kind.BUDDYINFO, Kind.ZONEINFO}],
)
def test_no_number_of_a_real_account_is_lost(dump: DumpPath, name: str, kind: Kind) -> None:
    text = dump(name).read_text()
    titles = r"Node \d+, zone +\w+|cpu: \d+|Hugepagesize" if kind is not Kind.MEMINFO else r"\w+:"
    numbers = Counter(map(int, re.findall(r"\b\d+\b", re.sub(titles, "", text))))
    held: Counter[int | None] = Counter()
    for table, row in cells(kind, text.encode()):
        named = dict(zip(ACCOUNT_TABLES[table], cast("tuple[int | None, ...]", row), strict=True))
        if kind is not Kind.MEMINFO:
            held[named["value" if kind is Kind.ZONEINFO else "free_blocks"]] += 1
        else:
            size = named["bytes"]
            held[named["count"] if size is None else size // 1024] += 1
    assert held == numbers


def test_meminfo_counts_bytes_and_huge_pages(dump: DumpPath) -> None:
    items = parse(Kind.MEMINFO, dump("linux-7.3/t2.meminfo").read_bytes())
    fields = {row.field: row for row in cast("list[MeminfoField]", items)}
    assert fields["MemTotal"].bytes == 1189648 * 1024
    assert fields["Active(anon)"].bytes == 2520 * 1024
    assert (fields["HugePages_Total"].bytes, fields["HugePages_Total"].count) == (None, 0)
    assert fields["VmallocTotal"].bytes == 13743895347199 * 1024


def test_a_nodes_meminfo_names_its_node() -> None:
    (row,) = cast("list[MeminfoField]", parse(Kind.MEMINFO, b"Node 1 MemTotal:  8 kB\n"))
    assert (row.node, row.field, row.bytes) == (1, "MemTotal", 8192)


def test_allocinfo_adds_up_to_the_files_own_numbers(dump: DumpPath) -> None:
    data = dump("linux-7.3/t2.allocinfo").read_bytes()
    rows = cast("list[AllocinfoTag]", rows_of(parse(Kind.ALLOCINFO, data)))
    columns = [line.split()[:2] for line in data.splitlines()[2:]]
    assert sum(row.bytes for row in rows) == sum(int(size) for size, _ in columns)
    assert sum(row.calls for row in rows) == sum(int(calls) for _, calls in columns)
    assert sum(not row.accurate for row in rows) == data.count(b" accurate:no")
    page_ext = [row for row in rows if row.file == "mm/page_ext.c" and row.bytes]
    assert [(row.bytes, row.function) for row in page_ext] == [(23592960, "alloc_page_ext")]


def test_allocinfo_names_modules() -> None:
    line = b"  -4096  3 drivers/a.c:7 [vfio pci] func:f\n"
    assert rejects_of(parse(Kind.ALLOCINFO, line))
    (row,) = cast(
        "list[AllocinfoTag]", parse(Kind.ALLOCINFO, line.replace(b"vfio pci", b"vfio_pci"))
    )
    assert (row.bytes, row.module, row.function) == (-4096, "vfio_pci", "f")


def test_slabinfo_holds_the_slabs_that_meminfo_counts(dump: DumpPath) -> None:
    rows = rows_of(parse(Kind.SLABINFO, dump("linux-7.3/slabinfo").read_bytes()))
    pages = sum(row.slabs * row.pages_per_slab for row in cast("list[SlabCache]", rows))
    zones = dict(zone_fields(dump, "linux-7.3/zoneinfo"))
    slab = zones["node", "nr_slab_reclaimable"] + zones["node", "nr_slab_unreclaimable"]
    assert abs(pages - slab) < slab * 0.01


def test_a_cache_name_can_hold_spaces_and_numbers() -> None:
    tail = b" 60 84 144 28 1 : tunables 0 0 0 : slabdata 3 3 0\n"
    (row,) = cast("list[SlabCache]", parse(Kind.SLABINFO, b"p9 cache 7" + tail))
    assert (row.cache, row.active_objects, row.slabs) == (b"p9 cache 7", 60, 3)


def zone_fields(dump: DumpPath, name: str) -> list[tuple[tuple[str, str], int]]:
    """Return the numbers of the first zone that has pages."""
    rows = [row for _, row in cells(Kind.ZONEINFO, dump(name).read_bytes()) if row[2] == "DMA32"]
    return [((cast("str", row[3]), cast("str", row[5])), cast("int", row[6])) for row in rows]


@pytest.mark.parametrize("kernel", ["linux-6.1", "linux-7.3"])
def test_three_accounts_agree_on_the_free_pages(dump: DumpPath, kernel: str) -> None:
    free = dict(zone_fields(dump, f"{kernel}/zoneinfo"))["zone", "free"]
    (zone,) = parse(Kind.BUDDYINFO, dump(f"{kernel}/buddyinfo").read_bytes())
    buddy = sum(n << order for order, n in enumerate(cast("BuddyZone", zone).free_blocks))
    items = parse(Kind.PAGETYPEINFO, dump(f"{kernel}/pagetypeinfo").read_bytes())
    types = [item for item in items if isinstance(item, PagetypeFree)]
    lists = sum(n << order for row in types for order, n in enumerate(row.free_blocks))
    assert len(types) == 6
    # They were read one after the other on a machine that went on working.
    assert abs(buddy - free) < free * 0.1
    assert abs(lists - buddy) < free * 0.1


def test_zoneinfo_tells_its_sections_apart(dump: DumpPath) -> None:
    rows = [row for _, row in cells(Kind.ZONEINFO, dump("linux-7.3/zoneinfo").read_bytes())]
    assert [row[0] for row in rows] == list(range(len(rows)))
    found = {(row[2], row[3], row[4], row[5]): row[6] for row in rows}
    assert found["DMA32", "node", None, "nr_anon_pages"] == 14190
    assert found["DMA32", "zone", None, "managed"] == 297412
    assert found["DMA32", "stat", None, "nr_free_cma"] == 3584
    assert found["DMA32", "pageset", 1, "count"] == 97
    assert found["DMA32", "pageset", 1, "vm stats threshold"] == 20
    assert found["DMA32", "other", None, "start_pfn"] == 1
    assert found["Movable", "zone", None, "protection[2]"] == 0


def test_pagetypeinfo_counts_blocks_and_mixed_blocks(dump: DumpPath) -> None:
    rows = cells(Kind.PAGETYPEINFO, dump("linux-7.3/pagetypeinfo").read_bytes())
    blocks = [row for table, row in rows if table == "pagetype_blocks"]
    assert (0, "DMA32", "CMA", False, 8, 9) in blocks
    assert (0, "DMA32", "Movable", True, 1, 9) in blocks
    assert sum(cast("int", row[4]) for row in blocks if not row[3]) == 600


def test_pagetypeinfo_stops_counting_and_repeats_itself_for_each_node() -> None:
    node = b"""Page block order: 9
Pages per block:  512

Free pages count per migrate type at order       0      1
Node    %d, zone   Normal, type    Unmovable >100000      1

Number of blocks type     Unmovable      Movable
Node %d, zone   Normal            7           %d

"""
    rows = cells(Kind.PAGETYPEINFO, node % (0, 0, 5) + node % (1, 1, 6))
    assert ("pagetype_free", (1, "Normal", "Unmovable", 0, 100000, True)) in rows
    assert ("pagetype_free", (1, "Normal", "Unmovable", 1, 1, False)) in rows
    assert ("pagetype_blocks", (1, "Normal", "Movable", False, 6, 9)) in rows


def test_vmallocinfo_reads_words_in_any_order() -> None:
    lines = b"""0x(__ptrval__)-0x(__ptrval__)   36864 f+0x37/0x3b [m x] pages=8 vmalloc N0=3 N1=5
0xffffa0-0xffffb0    4096 vm_map_ram
0xffffa0-0xffffb0    8192 unpurged vm_area
0xffffa0-0xffffb0    8192 g+0x1/0x2 phys=0x00000000fed00000 new=1 ioremap
"""
    first, ram, lazy, io = cast("list[VmallocArea]", parse(Kind.VMALLOCINFO, lines))
    assert (first.caller, first.pages, first.nodes) == ("f+0x37/0x3b [m x]", 8, ((0, 3), (1, 5)))
    assert (first.uses, ram.uses, ram.caller) == (("vmalloc",), ("vm_map_ram",), None)
    assert lazy.uses == ("unpurged", "vm_area")
    assert (io.phys, io.uses) == (0xFED00000, ("ioremap",))


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (Kind.MEMINFO, b"MemTotal: many kB\n"),
        (Kind.MEMINFO, b"MemTotal: 99999999999999999 kB\n"),
        (Kind.MEMINFO, b"MemTotal: 12"),
        (Kind.ALLOCINFO, b"12 13 nothing\n"),
        (Kind.SLABINFO, b"cache 1 2 3\n"),
        (Kind.BUDDYINFO, b"Node 0, zone DMA one\n"),
        (Kind.VMALLOCINFO, b"0x1-0x2 big\n"),
        (Kind.PAGETYPEINFO, b"Node 0, zone DMA 1 2 3\n"),
        (Kind.ZONEINFO, b"      nr_free_pages 7\n"),
        (Kind.ZONEINFO, b"Node 0, zone DMA\n  nobody knows this\n"),
    ],
)
def test_a_line_that_is_no_row_is_a_reject(kind: Kind, line: bytes) -> None:
    items = parse(kind, line)
    assert not rows_of(items)
    assert len(rejects_of(items)) == 1


@pytest.mark.parametrize("kind", sorted(ACCOUNT_KINDS))
@given(st.binary(max_size=200))
def test_any_bytes_are_rows_filler_or_rejects(kind: Kind, data: bytes) -> None:
    parse(kind, data)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("name", "kind"), [(n, k) for n, k in REAL if k not in {Kind.PAGETYPEINFO, Kind.ZONEINFO}]
)
@given(st.data())
def test_a_damaged_file_costs_only_the_damaged_lines(
    dump: DumpPath, name: str, kind: Kind, data: st.DataObject
) -> None:
    text = dump(name).read_bytes()[:3000]
    at = data.draw(st.integers(0, len(text)))
    hole = data.draw(st.integers(0, 40))
    patch = data.draw(st.sampled_from([b"", b"\n", b"\0", b"\xff", b"9" * 40, b" "]))
    items = parse(kind, text[:at] + patch + text[at + hole :])
    assert len(rejects_of(items)) <= text.count(b"\n", at, at + hole) + 3


def test_numbers_below_a_damaged_heading_go_to_no_other_table(dump: DumpPath) -> None:
    zones = dump("linux-7.3/zoneinfo").read_bytes().replace(b"Node 0, zone   Normal", b"Node")
    rows = [row for _, row in cells(Kind.ZONEINFO, zones)]
    assert sum(row[2] == "DMA32" and row[5] == "free" for row in rows) == 1
    types = dump("linux-7.3/pagetypeinfo").read_bytes().replace(b"Number of mixed", b"Number of")
    blocks = [row for table, row in cells(Kind.PAGETYPEINFO, types) if table == "pagetype_blocks"]
    assert len(blocks) == 6
