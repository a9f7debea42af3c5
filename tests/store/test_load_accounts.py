"""Other accounts of memory: given with --with, or found by their names, each beside its dump."""

import gzip
from pathlib import Path

import pytest

from pageowner_sql.dump.kinds import ACCOUNT_KINDS
from pageowner_sql.dump.sniff import HEAD, sniff_kind
from pageowner_sql.store.dumps import OF_DUMPS
from tests.conftest import DumpPath
from tests.support.synth import ERAS
from tests.support.tool import Tool

MEMINFO = b"MemTotal:        1000 kB\nMemFree:          10 kB\n"
SLABINFO = (
    b"slabinfo - version: 2.1\n"
    b"# name <active_objs> <num_objs>\n"
    b"'; DROP\xff 1 2 3 4 5 : tunables 0 0 0 : slabdata 6 7 0\n"
)
BUDDYINFO = b"Node 0, zone      DMA      1      0      0      0      1\n"


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def a_dump(folder: Path, name: str, number: int = 0) -> Path:
    return written(folder, name, ERAS[2].record(b"x", number))


def beside(tool: Tool) -> list[tuple[object, ...]]:
    return tool.rows(
        "SELECT label, f.kind FROM account_files f JOIN dumps USING (dump_id) ORDER BY ALL"
    )


def test_given_with_a_dump(tool: Tool) -> None:
    path = a_dump(tool.folder, "t0.txt")
    with_ = [
        word
        for name, data in (("a", MEMINFO), ("b.gz", gzip.compress(SLABINFO)), ("c", BUDDYINFO))
        for word in ("--with", written(tool.folder, name, data))
    ]
    done = tool.ok("load", path, *with_)
    assert done.out.count("\n") == 1
    assert done.err == "t0: with meminfo, slabinfo, buddyinfo\n"
    assert tool.rows("SELECT field, bytes FROM meminfo ORDER BY ord") == [
        ("MemTotal", 1024000),
        ("MemFree", 10240),
    ]
    assert tool.rows("SELECT cache, objects, slabs FROM slabinfo") == [("'; DROP\\xff", 2, 7)]
    assert tool.rows('SELECT "order", free_blocks FROM buddyinfo ORDER BY ALL') == [
        *((0, 1), (1, 0), (2, 0), (3, 0), (4, 1)),
    ]
    again = tool.ok("load", path, *with_)
    assert again.out == f"{path}: is in the database already, as t0\n"
    assert again.err == ""


@pytest.mark.sampled
@pytest.mark.parametrize("kernel", ["linux-6.1", "linux-7.3"])
def test_every_account_of_a_real_machine(tool: Tool, dump: DumpPath, kernel: str) -> None:
    """As many rows in each table as the file has lines of that kind."""
    names = ["buddyinfo", "pagetypeinfo", "slabinfo", "vmallocinfo", "zoneinfo", "t2.meminfo"]
    names += ["t2.allocinfo"] if kernel == "linux-7.3" else []
    paths = {name.rpartition(".")[2]: dump(f"{kernel}/{name}") for name in names}
    with_ = [word for path in paths.values() for word in ("--with", path)]
    tool.ok("load", dump(f"{kernel}/boot.txt"), *with_)
    assert {kind for _, kind in beside(tool)} == set(paths)
    assert tool.rows("SELECT count(*) FROM account_rejects") == [(0,)]
    for kind in paths.keys() & {"meminfo", "allocinfo", "slabinfo", "vmallocinfo"}:
        lines = paths[kind].read_text().splitlines()
        kept = [line for line in lines if not line.startswith(("#", "slabinfo -", "allocinfo -"))]
        assert tool.rows(f"SELECT count(*), max(ord) FROM {kind}") == [(len(kept), len(kept) - 1)]
    blocks = sum(int(word) for word in paths["buddyinfo"].read_text().split() if word.isdigit())
    [(free,)] = tool.rows("SELECT sum(free_blocks) FROM buddyinfo")
    assert free == blocks


def test_found_by_name_beside_the_dump(tool: Tool) -> None:
    folder = tool.folder / "in"
    path = a_dump(folder, "t0.txt.gz")
    path.write_bytes(gzip.compress(path.read_bytes()))
    written(folder, "t0.meminfo", MEMINFO)
    written(folder, "t0-slabinfo.txt", SLABINFO)
    written(folder, "t1.buddyinfo", BUDDYINFO)
    written(folder, "buddyinfo", BUDDYINFO)
    assert tool.ok("load", path).err == "t0: with slabinfo, meminfo\n"
    assert beside(tool) == [("t0", "meminfo"), ("t0", "slabinfo")]


@pytest.mark.thorough
def test_found_by_name_where_a_file_stands_for_a_label(tool: Tool) -> None:
    path = a_dump(tool.folder, "t0.txt")
    written(tool.folder, "t0.meminfo", MEMINFO)
    tool.ok("top", path)
    assert beside(tool) == [("t0", "meminfo")]


@pytest.mark.thorough
def test_a_folder_with_several_dumps(tool: Tool) -> None:
    folder = tool.folder / "in"
    for number in range(2):
        a_dump(folder, f"t{number}.txt", number)
    written(folder, "t1.meminfo", MEMINFO)
    bare = written(folder, "buddyinfo", BUDDYINFO)
    done = tool.ok("load", folder)
    assert beside(tool) == [("t1", "meminfo")]
    told = f"{bare}: skipped: a buddyinfo file; which dump it belongs to is not known: load DUMP "
    assert done.err.splitlines()[1:] == [f"{told}--with {bare}", "t1: with meminfo"]


@pytest.mark.thorough
def test_a_folder_with_one_dump_and_its_summary(tool: Tool) -> None:
    folder = tool.folder / "in"
    a_dump(folder, "page_owner")
    written(folder, "show_stacks", b" a+0x1/0x2\nnr_base_pages: 1\n\n")
    for name, data in (("meminfo", MEMINFO), ("slabinfo", SLABINFO)):
        written(folder, name, data)
    first, told = tool.ok("load", folder).err.splitlines()
    assert first.endswith(": 2 dumps, 2 files beside them, 0 skipped")
    assert told == "page_owner: with meminfo, slabinfo"


@pytest.mark.thorough
def test_named_among_the_inputs(tool: Tool) -> None:
    path = a_dump(tool.folder, "a/t0.txt")
    meminfo = written(tool.folder, "b/meminfo", MEMINFO)
    assert tool.ok("load", meminfo, path).err == "t0: with meminfo\n"
    other = a_dump(tool.folder, "a/t1.txt", 1)
    slabinfo = written(tool.folder, "b/slabinfo", SLABINFO)
    assert tool.ok("load", path, other, slabinfo).err == (
        f"{slabinfo}: skipped: which dump it belongs to is not known: load DUMP --with {slabinfo}\n"
    )


@pytest.mark.thorough
def test_one_of_a_kind(tool: Tool) -> None:
    path = a_dump(tool.folder, "t0.txt")
    written(tool.folder, "t0.meminfo", MEMINFO)
    tool.ok("load", path)
    other = written(tool.folder, "other", MEMINFO.replace(b"1000", b"2000"))
    assert tool.ok("load", path, "--with", other).err == "t0: with meminfo\n"
    # What was given stays, whatever a name would bring.
    assert tool.ok("load", path).err == ""
    assert tool.rows("SELECT bytes FROM meminfo WHERE field = 'MemTotal'") == [(2048000,)]
    assert tool.rows("SELECT source FROM account_files") == [(str(other),)]


def test_lines_that_could_not_be_read_are_kept(tool: Tool) -> None:
    path = a_dump(tool.folder, "t0.txt")
    account = written(tool.folder, "m", MEMINFO + b"what is this\n")
    assert tool.ok("load", path, "--with", account).err.splitlines() == [
        f"{account}: 1 lines could not be read",
        "t0: with meminfo",
    ]
    assert tool.rows("SELECT kind, byte_offset, line, raw FROM account_rejects") == [
        ("meminfo", len(MEMINFO), 3, b"what is this\n")
    ]
    strict = a_dump(tool.folder, "t1.txt", 1)
    done = tool.run("load", strict, "--with", account, "--strict")
    assert done.code == 3
    assert "1 lines could not be parsed" in done.err
    assert beside(tool) == [("t0", "meminfo")]


def test_what_cannot_lie_beside_a_dump(tool: Tool) -> None:
    path = a_dump(tool.folder, "t0.txt")
    other = a_dump(tool.folder, "t1.txt", 1)
    nothing = written(tool.folder, "notes", b"nothing\n")
    meminfo = written(tool.folder, "m", MEMINFO)
    told = tool.fails(1, "load", path, "--with", nothing)
    assert told.startswith(f"{nothing}: is no account of memory; what lies beside a dump is alloc")
    assert tool.fails(1, "load", path, "--with", other).startswith(f"{other}: is a page_owner file")
    assert tool.fails(1, "load", path, "--with", "none") == "none: no such file"
    assert tool.fails(2, "load", path, other, "--with", meminfo) == (
        "--with: lies beside one dump; there are 2 inputs"
    )
    assert tool.fails(1, "load", meminfo) == (
        f"{meminfo}: is a meminfo file, not a dump; attach it: load DUMP --with {meminfo}"
    )
    assert not tool.db.exists()


@pytest.mark.thorough
def test_a_file_that_only_its_name_brings_and_that_is_something_else(tool: Tool) -> None:
    path = a_dump(tool.folder, "t0.txt")
    named = written(tool.folder, "t0.meminfo", b"nothing\n")
    done = tool.ok("load", path)
    assert done.err.startswith(f"{named}: skipped: is no account of memory; ")
    assert tool.labels() == ["t0"]


def test_the_machines_own(tool: Tool) -> None:
    """Files under /proc have no size, and are read once."""
    live = Path("/proc/meminfo")
    if sniff_kind(live.read_bytes()[:HEAD]) not in ACCOUNT_KINDS:
        pytest.skip("this machine has no /proc/meminfo")
    assert live.stat().st_size == 0
    tool.ok("load", a_dump(tool.folder, "t0.txt"), "--with", live)
    [(total,)] = tool.rows("SELECT bytes FROM meminfo WHERE field = 'MemTotal'")
    assert f"{int(str(total)) // 1024} kB" in live.read_text()


@pytest.mark.thorough
def test_removing_a_dump_removes_all_of_it(tool: Tool, dump: DumpPath) -> None:
    names = ["buddyinfo", "pagetypeinfo", "slabinfo", "vmallocinfo", "zoneinfo", "t2.meminfo"]
    with_ = [
        word for name in [*names, "t2.allocinfo"] for word in ("--with", dump(f"linux-7.3/{name}"))
    ]
    tool.ok("load", dump("linux-7.3/boot.txt"), *with_)
    tool.ok("load", dump("linux-7.3/show_stacks.txt"), dump("linux-7.3/show_handles.txt"))
    log = b"page last allocated via order 0, migratetype Movable, gfp_mask 0x1(x), pid 1, ts 1\n"
    tool.ok("load", written(tool.folder, "log", log + b" f+0x1/0x2\n"))
    tool.ok("load", written(tool.folder, "sorted", b"1 times, 1 pages:\n g+0x1/0x2\n\n"))
    tool.ok("dumps", "rm", *tool.labels())
    tables = tool.rows(
        "SELECT table_name FROM duckdb_columns() WHERE column_name = 'dump_id' "
        "AND database_name = current_database() "
        "AND table_name IN (SELECT table_name FROM duckdb_tables())"
    )
    assert {str(name) for (name,) in tables} == set(OF_DUMPS)
    for name in (*OF_DUMPS, "stacks", "frames", "stack_owners"):
        assert tool.rows(f"SELECT count(*) FROM {name}") == [(0,)], name


@pytest.mark.thorough
def test_every_table_and_column_is_documented(tool: Tool) -> None:
    tool.ok("load", a_dump(tool.folder, "t0.txt"))
    for name in ("meminfo", "stack_counts", "sorted_rows", "page_reports", "account_files"):
        rows = tool.ok("schema", name, "--format", "tsv").out.splitlines()
        assert len(rows) > 3
        assert all(len(row.split("\t")) == 3 and row.split("\t")[2] for row in rows)
