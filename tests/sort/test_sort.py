"""`sort` without --compat does what page_owner_sort's documentation promises."""

from __future__ import annotations

import lzma
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pageowner_sql.cli import drop_in
from pageowner_sql.errors import MissingFieldError
from pageowner_sql.sort import report as sort_report
from pageowner_sql.sort.getopt import selection_of
from pageowner_sql.sort.options import Compat
from tests.conftest import DumpPath
from tests.support.c_dumps import SURE
from tests.support.slow_sort import Slow, counted, records_of, report_of, shown
from tests.support.sorter import Sorter, opened_sorter
from tests.support.synth import ERAS, NAMES, STACK
from tests.support.tool import Tool

KERNELS = ("linux-6.1", "linux-7.3")
TWO = ERAS[0].record(b"first", 1) + ERAS[0].record(b"second", 2)


@pytest.fixture(scope="module")
def sorter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sorter]:
    with opened_sorter(tmp_path_factory.mktemp("sorter")) as opened:
        yield opened


def rows_of(report: bytes) -> list[bytes]:
    """Return the first lines of a report's rows."""
    return re.findall(rb"^\d+ times, .*", report, re.MULTILINE)


_ROW = re.compile(rb"^(?=\d+ times, )", re.MULTILINE)

# --- counts, on the real dumps ------------------------------------------------------------------

CULLS = {
    "--cull=pid": lambda record: b", PID %d" % record.pid,
    "--cull=tgid": lambda record: b", TGID %d" % record.tgid,
    "--cull=name": lambda record: b", task_comm_name: " + shown(record.comm),
    "--cull=allocator": lambda record: b", allocated by " + record.allocator,
    "--cull=stacktrace": lambda record: b":\n" + record.stack,
    "--cull=st,n": lambda record: (
        b", task_comm_name: " + shown(record.comm) + b":\n" + record.stack
    ),
}


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("kernel", KERNELS)
def test_groups_of_a_real_dump(sorter: Sorter, dump: DumpPath, kernel: str) -> None:
    text = dump(f"{kernel}/t0.txt").read_bytes()
    records, dump_id = list(records_of(text)), sorter.load(text)
    for option, key in CULLS.items():
        report = sorter.report(dump_id, selection_of([option], None))
        expected = report_of(records, key)
        # Between rows of one count the order is that of numbers and of each key in turn.
        assert sorted(_ROW.split(report)) == sorted(_ROW.split(expected)), option
        times = [int(row.split()[0]) for row in rows_of(report)]
        assert times == sorted(times, reverse=True), option


@pytest.mark.thorough
@pytest.mark.slow
def test_slabs_of_a_kernel_that_has_no_page_flag_for_them(sorter: Sorter, dump: DumpPath) -> None:
    text = dump("linux-7.3/t0.txt").read_bytes()
    slab = counted(records_of(text), lambda record: record.allocator)[b"SLAB "]
    assert slab[0] > 1000
    assert b"%d times, %d pages, allocated by SLAB \n" % slab in sorter.sort(text, "--cull=ator")
    assert b"SLAB" not in sorter.sort(text, "--cull=ator", compat=Compat.V7_3)


@pytest.mark.thorough
@pytest.mark.slow
def test_released_memory(sorter: Sorter, dump: DumpPath) -> None:
    text = dump("linux-6.1/t0.txt").read_bytes()
    records = list(records_of(text))

    def state(record: Slow) -> bytes:
        return b" (RELEASED)" if record.released else b" (UNRELEASED)"

    assert sorter.sort(text, "--cull=free") == report_of(records, state)
    held = [record for record in records if not record.released]
    name = CULLS["--cull=name"]
    assert sorter.sort(text, "-f", "--cull=n") == report_of(held, name)


def test_what_was_freed_before_it_was_allocated_is_held(sorter: Sorter) -> None:
    early, late, never = (
        ERAS[0].record(b"x").replace(b"free_ts 1 ns", b"free_ts %d ns" % free)
        for free in (5, 2_000, 0)
    )
    text = early + late + never
    assert rows_of(sorter.sort(text, "--cull=f")) == [
        b"2 times, 8 pages (UNRELEASED)",
        b"1 times, 4 pages (RELEASED)",
    ]
    assert b"free_ts 2000" not in sorter.sort(text, "-f", "-r")


# --- order --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("kernel", KERNELS)
def test_several_keys_in_their_order(sorter: Sorter, dump: DumpPath, kernel: str) -> None:
    text = dump(f"{kernel}/boot.txt").read_bytes()
    report = sorter.sort(text, "--cull=p,tg,n", "--sort=-tgid,name,+pid")
    found = re.findall(rb", PID (-?\d+), TGID (-?\d+), task_comm_name: (.*)", report)
    keys = [(-int(tgid), name, int(pid)) for pid, tgid, name in found]
    assert len(keys) > 3
    assert keys == sorted(keys)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("args", "names"),
    [
        (["--sort=-ft"], [b"third", b"second", b"first"]),
        (["-r"], [b"first", b"second", b"third"]),
        (["--sort=-at"], [b"third", b"second", b"first"]),
        (["--sort=name"], [b"first", b"second", b"third"]),
        (["-m"], [b"second", b"first", b"third"]),
        (["-m", "--sort=-n"], [b"third", b"second", b"first"]),
        (["--sort=-n", "-m"], [b"second", b"first", b"third"]),
    ],
)
def test_the_order_asked_for_last(sorter: Sorter, args: list[str], names: list[bytes]) -> None:
    big = ERAS[0].record(b"second", 2).replace(b"order 2", b"order 3")
    text = ERAS[0].record(b"third", 3) + big + ERAS[0].record(b"first", 1)
    report = sorter.sort(text, *args)
    assert re.findall(rb"tgid 7 \((\w+)\)", report) == names


@pytest.mark.thorough
def test_times_in_the_text_only_where_they_are_the_order(sorter: Sorter) -> None:
    text = TWO.replace(b"second", b"first").replace(b"pid 2", b"pid 1")
    assert rows_of(sorter.sort(text)) == [b"2 times, 8 pages, allocated by OTHERS :"]
    assert b", ts  ns, free_ts  ns\n" in sorter.sort(text)
    assert b", ts 1001 ns, free_ts  ns\n" in sorter.sort(text, "-a")
    assert b", ts  ns, free_ts 1 ns\n" in sorter.sort(text, "-r")


# --- fields that a dump lacks -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "field"),
    [
        (["-f"], "free_ts"),
        (["-r"], "free_ts"),
        (["--cull=f"], "free_ts"),
        (["--sort=ft"], "free_ts"),
        (["--cull=name"], "process name"),
        (["--name=x"], "process name"),
        (["--pid=1"], "pid"),
        (["-P"], "tgid"),
        (["-a"], "allocation time"),
    ],
)
def test_a_field_that_the_dump_has_not(sorter: Sorter, args: list[str], field: str) -> None:
    text = b"Page allocated via order 0, mask 0x0()\n" + SURE.partition(b"\n")[2]
    with pytest.raises(MissingFieldError, match=f"no {field}"):
        sorter.sort(text, *args)


@pytest.mark.thorough
def test_records_of_two_kernels_in_one_file(sorter: Sorter) -> None:
    old = b"Page allocated via order 0, mask 0x0()\n" + SURE.partition(b"\n")[2]
    text = old + ERAS[0].record(b"new")
    assert rows_of(sorter.sort(text, "--cull=p,tg,n,f")) == [
        b"1 times, 1 pages, PID -1, TGID -1, task_comm_name:  (UNRELEASED)",
        b"1 times, 4 pages, PID 1, TGID 7, task_comm_name: new (UNRELEASED)",
    ]
    assert len(rows_of(sorter.sort(text, "-f"))) == 2
    assert len(rows_of(sorter.sort(text, "--pid=-1"))) == 1


# --- names, trailers, the end of the file -------------------------------------------------------


@pytest.mark.thorough
@settings(max_examples=30)
@given(names=st.lists(NAMES, min_size=1, max_size=12))
def test_no_name_hides_forges_or_merges(sorter: Sorter, names: list[bytes]) -> None:
    text = b"".join(ERAS[2].record(name, number) for number, name in enumerate(names))
    records = list(records_of(text))
    assert [record.comm for record in records] == names
    dump_id = sorter.load(text)

    def sort(*args: str) -> bytes:
        return sorter.report(dump_id, selection_of(args, None))

    report = sort("--cull=name")
    assert report == report_of(records, CULLS["--cull=name"])
    assert len(report.splitlines()) == len(set(names))
    whole = sort()
    assert sum(int(row.split()[0]) for row in rows_of(whole)) == len(names)
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", whole)
    for name in names[:1]:
        if b"," not in name and name == os.fsencode(os.fsdecode(name)):
            chosen = sort(f"--name={os.fsdecode(name)}", "--cull=n")
            assert chosen.startswith(b"%d times" % names.count(name))


@pytest.mark.sampled
@pytest.mark.parametrize(
    "comm", [b"\x1b[31m", b"\xc2\x9b31m", "\u202eabc".encode(), b"\\x1b", b"a\r\nb", b"\xff\x9b"]
)
def test_a_name_is_inert_on_a_terminal(sorter: Sorter, comm: bytes) -> None:
    assert sorter.sort(ERAS[2].record(comm), "--cull=n").endswith(shown(comm) + b"\n")
    assert b"(" + shown(comm) + b")" in sorter.sort(ERAS[2].record(comm))


@pytest.mark.parametrize("memcg", [b"\x1b]0;x\x07", b"\xc2\x9b1m", b"a\\x1b", b"\xff\xfe", b"app"])
def test_a_cgroup_is_inert_on_a_terminal(sorter: Sorter, memcg: bytes) -> None:
    text = ERAS[2].record(b"x", rest=STACK + b"Charged to memcg " + memcg + b"\n\n")
    assert sorter.sort(text).endswith(b"Charged to memcg " + shown(memcg) + b"\n\n")


TRAILERS = (
    b"",
    b"Page has been migrated, last migrate reason: compaction\n",
    b"Slab cache page\n",
    b"Charged (via objcg) to offline memcg app.slice\n",
    b"handle: 77\n",
    b"SLAB_PAGE slab_name:x\n",
)


@pytest.mark.parametrize("args", [[], ["--cull=st"], ["--cull=st,n"]])
def test_a_function_is_inert_on_a_terminal(sorter: Sorter, args: list[str]) -> None:
    text = ERAS[2].record(b"x").replace(b"+0x", b"\x1b[31m\xc2\x9b\\x1b+0x", 1)
    report = sorter.sort(text, *args)
    assert rb"\x1b[31m\xc2\x9b\\x1b+0x" in report
    assert b"\x1b" not in report


def test_trailers_split_no_stack(sorter: Sorter) -> None:
    text = b"".join(ERAS[2].record(b"x", rest=STACK + trailer + b"\n") for trailer in TRAILERS)
    assert sorter.sort(text, "--cull=st") == b"6 times, 24 pages:\n" + STACK + b"\n"
    assert len(rows_of(sorter.sort(text, "--cull=st", compat=Compat.V7_3))) == 6


def test_records_with_a_handle_for_a_stack(sorter: Sorter) -> None:
    text = b"".join(ERAS[2].record(b"x", rest=b"handle: %d\n\n" % handle) for handle in (7, 8, 7))
    assert sorter.sort(text, "--cull=st") == (
        b"2 times, 8 pages:\nhandle: 7\n\n1 times, 4 pages:\nhandle: 8\n\n"
    )


@pytest.mark.parametrize("cut", [1, 2])
def test_the_last_record_without_its_end(sorter: Sorter, cut: int) -> None:
    text = TWO[:-cut]
    assert sum(int(row.split()[0]) for row in rows_of(sorter.sort(text))) == 2
    assert sorter.sort(text, "-n") == sorter.sort(TWO, "-n")
    assert len(rows_of(sorter.sort(text, compat=Compat.V6_1))) == 1


# --- files --------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_input_from_anywhere(tool: Tool, tmp_path: Path) -> None:
    plain, packed, out = tmp_path / "in.txt", tmp_path / "in.txt.xz", tmp_path / "out"
    plain.write_bytes(TWO)
    packed.write_bytes(lzma.compress(TWO))
    tool.ok("sort", plain, out)
    expected = out.read_bytes()
    assert expected
    tool.ok("sort", packed, out)
    assert out.read_bytes() == expected
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_bytes(TWO))
    writer.start()
    assert tool.ok("sort", fifo, "-").out.encode() == expected
    writer.join()
    with tool.start("sort", "-", "-") as process:
        assert process.communicate(TWO)[0] == expected
        assert process.returncode == 0


def test_output_is_there_whole_or_as_before(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = tmp_path / "in.txt", tmp_path / "out"
    source.write_bytes(TWO)
    out.write_bytes(b"before")
    assert "no process name" not in tool.fails(2, "sort", "--bogus", source, out)
    source.write_bytes(b"no dump")
    tool.fails(1, "sort", source, out)
    source.write_bytes(TWO)

    def half(*_: object) -> Iterator[bytes]:
        yield b"half"
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(sort_report, "_pieces", half)
        assert "No space left" in tool.fails(1, "sort", source, out)
    assert out.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.txt", "out"]
    tool.ok("sort", source, out)
    assert out.read_bytes().startswith(b"1 times, 4 pages")


@pytest.mark.parametrize("order", ["--cull=st", "-m"])
def test_a_function_cannot_steer_the_terminal(tool: Tool, tmp_path: Path, order: str) -> None:
    path = tmp_path / "in.txt"
    path.write_bytes(ERAS[0].record(b"comm", rest=b" f\x1b[31m+0x1/0x2\n\n"))
    tool.ok("sort", order, path, tmp_path / "out.txt")
    assert b" f\\x1b[31m+0x1/0x2\n" in (tmp_path / "out.txt").read_bytes()


@pytest.mark.parametrize(
    "words", [("", "out"), ("in.txt", ""), ("in.txt", "no/out"), ("in.txt", ".")]
)
def test_output_that_cannot_be_written(tool: Tool, tmp_path: Path, words: tuple[str, str]) -> None:
    (tmp_path / "in.txt").write_bytes(TWO)
    named = [str(tmp_path / word) if word else word for word in words]
    assert tool.fails(1, "sort", *named)
    assert [path.name for path in tmp_path.iterdir()] == ["in.txt"]


def test_output_that_is_full_or_protected(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = tmp_path / "in.txt", tmp_path / "out"
    source.write_bytes(TWO)
    assert "No space left" in tool.fails(1, "sort", source, "/dev/full")
    out.write_bytes(b"before")
    # The tests may run as root, who may write to anything.
    monkeypatch.setattr(os, "access", lambda path, mode: path != out or mode != os.W_OK)
    assert "Permission denied" in tool.fails(1, "sort", source, out)
    assert out.read_bytes() == b"before"


@pytest.mark.thorough
def test_a_label_and_a_file_give_the_same(tool: Tool, tmp_path: Path) -> None:
    source, out = tmp_path / "in.txt", tmp_path / "out"
    source.write_bytes(TWO + SURE)
    tool.ok("load", source)
    for args in ([], ["-m"], ["--cull=n,st"], ["--cull=f"]):
        tool.ok("sort", *args, source, out)
        expected = out.read_bytes()
        tool.ok("sort", *args, "--dump", "in", out)
        assert out.read_bytes() == expected


@pytest.mark.thorough
def test_slices_give_the_same(
    sorter: Sorter, monkeypatch: pytest.MonkeyPatch, dump: DumpPath
) -> None:
    text = b"".join([TWO, SURE, dump("linux-6.1/boot.txt").read_bytes()[:200_000]])
    text = text[: text.rindex(b"\n\n") + 2]
    calls: tuple[list[str], ...] = (
        [],
        ["-a"],
        ["--sort=txt"],
        ["-f", "-r"],
        ["--pid=1,2", "-s"],
        ["--name=cat"],
    )
    whole = [sorter.sort(text, *args) for args in calls]
    monkeypatch.setattr(sort_report, "MANY", 0)
    assert [sorter.sort(text, *args) for args in calls] == whole


# --- the two programs ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [[], ["in"], ["--bogus", "in", "out"], ["--pid=x", "in", "out"], ["--cull=", "in", "out"]],
)
def test_wrong_usage(
    tool: Tool, capfd: pytest.CaptureFixture[str], words: list[str], tmp_path: Path
) -> None:
    tool.fails(2, "sort", *words)
    assert drop_in.run(words) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def run_drop_in(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    code = "from pageowner_sql.cli.drop_in import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.thorough
def test_the_drop_in_takes_its_tool_from_the_environment(tmp_path: Path, tool: Tool) -> None:
    (tmp_path / "in").write_bytes(TWO)
    done = run_drop_in(tmp_path, "in", "out", "unread", PAGE_OWNER_SORT_COMPAT="6.1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    tool.ok("sort", "--compat", "6.1", tmp_path / "in", tmp_path / "ours")
    assert (tmp_path / "out").read_bytes() == (tmp_path / "ours").read_bytes()
    for version, words in (("6.1", ["-h"]), ("5.10", ["-m", "in", "out"]), ("4.9", ["in", "out"])):
        assert run_drop_in(tmp_path, *words, PAGE_OWNER_SORT_COMPAT=version).returncode == 1
    helped = run_drop_in(tmp_path, "-h", "--bogus", PAGE_OWNER_SORT_COMPAT="7.3")
    assert helped.returncode == 0
    assert "--cull" in helped.stdout
    assert run_drop_in(tmp_path, "in", "out", PAGE_OWNER_SORT_COMPAT="").returncode == 0


@pytest.mark.thorough
def test_what_is_left_out_is_told(tool: Tool, tmp_path: Path) -> None:
    source, out = tmp_path / "in.txt", tmp_path / "out"
    bad = ERAS[2].record(b"").replace(b"tgid 7", b"tgid 4294967295")
    source.write_bytes(TWO + bad + b"junk\n\n")
    told = "left out 2 records that could not be parsed\n"
    for args in (["--cull=st"], []):
        assert tool.ok("sort", *args, source, out).err == f"{source}: {told}"
        # It reads them in its own way.
        assert tool.ok("sort", "--compat=6.1", *args, source, out).err == ""
    tool.ok("load", source)
    assert tool.ok("sort", "--dump", "in", out).err == f"in: {told}"
    assert run_drop_in(tmp_path, "in.txt", "out").stderr == f"in.txt: {told}"
    source.write_bytes(TWO)
    assert tool.ok("sort", source, out).err == ""


def test_a_summary_cannot_be_sorted(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/show_stacks.txt"))
    assert "show_stacks" in tool.fails(1, "sort", "--dump", "show_stacks", "-")


def test_the_drop_in_documents_what_it_takes(tmp_path: Path) -> None:
    told = run_drop_in(tmp_path, "--help", PAGE_OWNER_SORT_COMPAT="7.3").stdout
    assert told.startswith("Usage: page_owner_sort [OPTIONS] INPUT OUTPUT\n")
    assert "$PAGE_OWNER_SORT_COMPAT" in told
    assert not any(option in told for option in ("--compat", "--dump", "--db", "--show-sql"))
    wrong = run_drop_in(tmp_path, "in", "out", PAGE_OWNER_SORT_COMPAT="9").stderr
    assert "$PAGE_OWNER_SORT_COMPAT 9: no such tool; there are 5.10, 6.1, 7.3" in wrong


# --- --show-sql ---------------------------------------------------------------------------------

HOSTILE = (
    "'; DROP TABLE records; --",
    "$dump_id",
    "\x1b[31m",
    "a'b\\",
    "\udcff\udcfe bad",
    "\n$names",
)


@pytest.mark.sampled
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "args", [["--cull=n"], ["--compat=6.1", "--cull=n,ator"], ["--compat=7.3", "-a"], []]
)
def test_shown_sql_gives_the_same_in_plain_duckdb(
    tool: Tool, tmp_path: Path, name: str, args: list[str]
) -> None:
    source, out = tmp_path / "in.txt", tmp_path / "out"
    comms = [os.fsencode(each)[:15] for each in HOSTILE]
    records = [ERAS[2].record(comm, number) for number, comm in enumerate(comms)]
    source.write_bytes(TWO + b"".join(records) + ERAS[3].record(b"b\nc"))
    tool.once(__name__, lambda: tool.ok("load", source))
    call = [*args, f"--name={os.fsdecode(os.fsencode(name)[:15])},first", "--dump", "in", str(out)]
    tool.ok("sort", *call)
    shown_sql = tool.ok("sort", "--show-sql", *call).out
    assert "\x1b" not in shown_sql
    assert shown_sql.endswith(";\n")
    with duckdb.connect(tool.db, read_only=True) as connection:
        rows = connection.execute(shown_sql).fetchall()
    assert b"".join(row[0] for row in rows) == out.read_bytes() != b""


def test_shown_sql_of_a_file_names_it_in_one_comment(tool: Tool, tmp_path: Path) -> None:
    source = tmp_path / "in\n; DROP TABLE x"
    source.write_bytes(TWO)
    first, second, *_ = tool.ok("sort", "--show-sql", source, "-").out.splitlines()
    assert first.startswith("-- ")
    assert "DROP" in first
    assert "DROP" not in second


@pytest.mark.thorough
def test_shown_sql_of_a_file_means_that_file_among_others(tool: Tool, tmp_path: Path) -> None:
    first, second, out = tmp_path / "first.txt", tmp_path / "second.txt", tmp_path / "out"
    first.write_bytes(TWO)
    second.write_bytes(ERAS[2].record(b"second") + TWO)
    tool.ok("load", first, second)
    for call in (["--cull=n"], ["--compat=6.1"], []):
        shown = tool.ok("sort", "--show-sql", *call, second, "-").out
        tool.ok("sort", *call, second, out)
        with duckdb.connect(tool.db, read_only=True) as connection:
            rows = connection.execute(shown).fetchall()
        assert b"".join(row[0] for row in rows) == out.read_bytes()
