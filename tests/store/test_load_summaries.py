"""Summaries of page_owner load as dumps of their kind: what they say, and their bytes."""

import hashlib
import lzma
import subprocess
from pathlib import Path

import pytest

from pageowner_sql.store.summary_rows import IMPOSSIBLE
from tests.conftest import DumpPath
from tests.support import FIXTURES, KERNELS, covering
from tests.support.tool import Tool

GOLDEN = FIXTURES / "golden"

FRAMES = b" alloc_pages_noprof+0x10/0x20\n unix_stream_sendmsg+0x1/0x2 [unix]\n"
OTHER = b" alloc_pages_noprof+0x10/0x20\n ext4_read_folio+0x3/0x4 [ext4]\n"

SORTED = b"""3 times, 6 pages, PID 7, task_comm_name: a, b:
 alloc_pages_noprof+0x10/0x20
 ext4_read_folio+0x3/0x4 [ext4]
Charged to offline memcg gone\\.slice

1 times, 1 pages, PID 8, task_comm_name: '; DROP TAB--:
 alloc_pages_noprof+0x10/0x20
 unix_stream_sendmsg+0x1/0x2 [unix]

"""

LOG = b"""[    1.000001] Linux version 7.3.4
[   12.345678] page: refcount:0 mapcount:0 mapping:0000000000000000 index:0x1 pfn:0x1234
[   12.345679] page dumped because: VM_BUG_ON_FOLIO(\x1b[31m)
[   12.345680] page_owner tracks the page as allocated
[   12.345681] page last allocated via order 2, migratetype Movable, gfp_mask 0xcc0(GFP_KERNEL), \
pid 5, tgid 5 (x), ts 1 ns), ts 99 ns, free_ts 12
[   12.345682]  alloc_pages_noprof+0x10/0x20
[   12.345683]  ext4_read_folio+0x3/0x4 [ext4]
[   12.345684] page last free pid 6 tgid 6 stack trace:
[   12.345685]  __free_pages+0x1/0x2
[   13.000001] page: refcount:0 mapcount:0 mapping:0000000000000000 index:0x1 pfn:0x99
[   13.000002] page_owner tracks the page as freed
[   13.000003] page last allocated via order 0, migratetype Unmovable, gfp_mask 0xcc0(GFP_KERNEL), \
pid 7, tgid 7 (y), ts 50, free_ts 60
[   13.000004]  alloc_pages_noprof+0x10/0x20
""".replace(b"(x), ts 1 ns), ts 99 ns,", b"(x), ts 99,")


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("show_stacks", "270 records of show_stacks, 0 rejected, 47,939 pages of 4096 bytes"),
        ("show_handles", "271 records of show_handles, 0 rejected, 48,107 pages of 4096 bytes"),
        ("show_stacks_handles", "293 records of show_stacks_handles, 0 rejected, "),
    ],
)
def test_the_kernels_own_summaries(tool: Tool, dump: DumpPath, name: str, line: str) -> None:
    path = dump(f"linux-7.3/{name}.txt")
    assert tool.ok("load", path).out.startswith(f"{name}: {line}")
    [(kind, rejected)] = tool.rows("SELECT kind, rejected FROM dumps")
    assert (kind, rejected) == (name, 0)
    assert tool.text(name) == path.read_bytes()
    assert tool.ok("export", name).out == path.read_text()
    again = FIXTURES / f"linux-7.3/{name}.txt.xz"
    assert tool.ok("load", again).out == f"{again}: is in the database already, as {name}\n"
    assert tool.labels() == [name]


@pytest.mark.thorough
def test_what_show_stacks_counts(tool: Tool) -> None:
    text = FRAMES + b"nr_base_pages: 300\n\n" + OTHER + b"nr_base_pages: 2\n\n"
    tool.ok("load", written(tool.folder, "counts", text))
    rows = tool.rows(
        """
        SELECT c.ord, s.text, s.depth, o.owner, o.subsystem, c.base_pages, c.allocations
        FROM stack_counts c JOIN stacks s USING (stack_id) JOIN stack_owners o USING (stack_id)
        ORDER BY ord
        """
    )
    stacks = [text.decode().replace("\n ", "\n").strip() for text in (FRAMES, OTHER)]
    assert rows == [
        (0, stacks[0], 2, "unix_stream_sendmsg", "net/unix", 300, None),
        (1, stacks[1], 2, "ext4_read_folio", "ext4", 2, None),
    ]
    assert tool.rows("SELECT records, pages, fields FROM dumps") == [(2, 302, ["pages", "stack"])]


def test_the_count_of_linux_6_9_is_one_of_allocations(tool: Tool) -> None:
    tool.ok("load", written(tool.folder, "counts", FRAMES + b"stack_count: 12\n\n"))
    assert tool.rows("SELECT base_pages, allocations FROM stack_counts") == [(None, 12)]
    assert tool.rows("SELECT pages, fields FROM dumps") == [(0, ["records", "stack"])]


def test_a_stack_is_the_same_whatever_file_shows_it(tool: Tool) -> None:
    header = b"Page allocated via order 0, mask 0xcc0(GFP_KERNEL), pid 1, tgid 1 (a), ts 1 ns\n"
    pfn = b"PFN 0x1 type Unmovable Block 0 type Unmovable Flags 0x0(node=0|zone=0)\n"
    tool.ok("load", written(tool.folder, "records", header + pfn + OTHER + b"\n"))
    tool.ok("load", written(tool.folder, "counts", OTHER + b"nr_base_pages: 2\n\n"))
    tool.ok("load", written(tool.folder, "sorted", SORTED))
    tool.ok("load", written(tool.folder, "log", LOG))
    [[[one]]] = [
        tool.rows(
            """
            SELECT count(DISTINCT stack_id) FROM (
                SELECT stack_id FROM rests
                UNION ALL SELECT stack_id FROM stack_counts
                UNION ALL SELECT stack_id FROM sorted_rows WHERE ord = 0
                UNION ALL SELECT stack_id FROM page_reports WHERE ord = 0
            )
            """
        )
    ]
    assert one == 1


def test_what_page_owner_sort_printed(tool: Tool) -> None:
    tool.ok("load", written(tool.folder, "sorted.txt", SORTED))
    rows = tool.rows(
        "SELECT times, pages, pid, comm, memcg, slab, truncated FROM sorted_rows ORDER BY ord"
    )
    assert rows == [
        (3, 6, 7, "a, b", "gone\\\\.slice", None, False),
        (1, 1, 8, "'; DROP TAB--", None, None, False),
    ]
    assert tool.text("sorted") == SORTED
    [(fields,)] = tool.rows("SELECT fields FROM dumps")
    assert fields == ["comm", "memcg", "pages", "pid", "records", "stack"]


def test_reports_of_pages_in_a_log(tool: Tool) -> None:
    tool.ok("load", written(tool.folder, "dmesg.log", LOG))
    rows = tool.rows(
        """
        SELECT pfn, because, allocated, "order", migratetype, pid, comm, alloc_ts, free_ts,
            stack_text(stack_id), stack_text(free_stack_id)
        FROM page_reports ORDER BY ord
        """
    )
    ext4 = "alloc_pages_noprof+0x10/0x20\next4_read_folio+0x3/0x4 [ext4]"
    why = "VM_BUG_ON_FOLIO(\x1b[31m)"
    assert rows == [
        (0x1234, why, True, 2, "Movable", 5, "x", 99, 12, ext4, "__free_pages+0x1/0x2"),
        (0x99, None, False, 0, "Unmovable", 7, "y", 50, 60, ext4.partition("\n")[0], None),
    ]
    # A page that was free when it was reported holds nothing.
    assert tool.rows("SELECT kind, records, pages, newest_alloc_ts FROM dumps") == [
        ("dmesg", 2, 4, 99)
    ]
    assert tool.text("dmesg") == LOG


def test_records_seen_are_loaded_or_rejected(tool: Tool) -> None:
    bad = b"no frame\nnr_base_pages: 1\n\n"
    huge = FRAMES + b"nr_base_pages: 99999999999\n\n"
    text = bad + FRAMES + b"nr_base_pages: 3\n\n" + huge + OTHER + b"nr_base_pages: 4"
    path = written(tool.folder, "counts", text)
    assert tool.fails(3, "load", path, "--strict").startswith(f"{path}: 2 records could not be ")
    assert not tool.db.exists()
    tool.ok("load", path)
    assert tool.rows("SELECT records, rejected FROM dumps") == [(2, 2)]
    kept = tool.rows("SELECT byte_offset, line, raw FROM rejects ORDER BY ord")
    assert kept == [(0, 1, bad), (text.index(huge), 8, huge)]
    # Its last number may have had more digits.
    assert tool.rows("SELECT truncated_ord FROM dumps") == [(1,)]
    assert tool.text("counts") == text


def test_a_number_that_no_kernel_counts(tool: Tool) -> None:
    row = b"9999999999999999 times, 1 pages:\n" + FRAMES + b"\n"
    tool.ok("load", written(tool.folder, "sorted", SORTED + row))
    assert tool.rows("SELECT records, rejected FROM dumps") == [(2, 1)]
    assert tool.rows("SELECT reason, raw FROM rejects") == [(IMPOSSIBLE, row)]


def test_what_holds_no_row_is_refused(tool: Tool) -> None:
    path = written(tool.folder, "counts", b"no frame\nnr_base_pages: 1\n\n")
    assert tool.fails(1, "load", path) == (
        f"{path}: holds no stack with its count that can be read; line 1: "
        "a line that is neither a frame nor a count"
    )
    log = written(tool.folder, "log", LOG.splitlines(keepends=True)[0])
    assert tool.fails(1, "load", log).startswith(f"{log}: holds no page report")
    assert not tool.db.exists()


@pytest.mark.thorough
def test_a_folder_with_logs(tool: Tool) -> None:
    quiet = written(tool.folder, "in/a.log", b"[    1.000001] Linux\n" * 100_000)
    written(tool.folder, "in/b.log", b"[    1.000001] Linux\n" * 100_000 + LOG)
    said = tool.ok("load", tool.folder / "in").err.splitlines()
    assert said[0].startswith(f"{tool.folder / 'in'}: 2 files, ")
    assert said[1:] == [f"{quiet}: skipped: no dump"]
    assert tool.rows("SELECT label, records FROM dumps") == [("b", 2)]


@pytest.mark.thorough
def test_by_way_of_a_pipe_that_gives_little_at_a_time(tool: Tool, dump: DumpPath) -> None:
    data = dump("linux-7.3/show_stacks.txt").read_bytes()
    with tool.start("load", "-", "--label", "piped") as process:
        assert process.stdin is not None
        for at in range(0, len(data), 1000):
            process.stdin.write(data[at : at + 1000])
            process.stdin.flush()
        out, err = process.communicate()
    assert process.returncode == 0, err
    assert out.startswith(b"piped: 270 records of show_stacks, ")
    assert tool.text("piped") == data


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("kernel", covering(KERNELS, lambda kernel: kernel == "linux-6.1"))
def test_every_recorded_output_of_page_owner_sort(tool: Tool, kernel: str) -> None:
    folder = tool.folder / "outputs"
    folder.mkdir()
    archive = GOLDEN / kernel / "outputs.tar.xz"
    subprocess.run(["tar", "-xJf", archive, "-C", folder], check=True)
    tool.ok("load", folder)
    rows = tool.rows("SELECT sha256, kind, rejected, bytes FROM dumps")
    texts = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert {sha for sha, *_ in rows} == {hashlib.sha256(text).hexdigest() for text in texts if text}
    assert {(kind, rejected) for _, kind, rejected, _ in rows} == {("sorted", 0)}


@pytest.mark.thorough
def test_a_compressed_one(tool: Tool) -> None:
    path = written(tool.folder, "sorted.txt.xz", lzma.compress(SORTED))
    tool.ok("load", path)
    assert tool.text("sorted") == SORTED
