"""Killed, interrupted, fed with anything: the database is as it was before, and a word is said."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest

from pageowner_sql.dump.posted import text as posted
from pageowner_sql.store.load import PIECE
from tests.conftest import DumpPath
from tests.support.synth import ERAS, FORGERIES, read
from tests.support.tool import Tool, environment

# Seconds into a command; a load of some megabytes is at work in most of them.
MOMENTS = (0.05, 0.25, 0.35, 0.45, 0.55, 0.7)

SMALL = b"".join(ERAS[2].record(name, number) for number, name in enumerate(FORGERIES))


def small(folder: Path, name: str, data: bytes = SMALL) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def killed(tool: Tool, after: float, *words: str | Path) -> int | None:
    """Kill a command after so many seconds; its exit code, None if it was still at work."""
    with tool.start(*words) as process:
        try:
            return process.wait(after)
        except subprocess.TimeoutExpired:
            process.kill()
            return None


@pytest.mark.thorough
@pytest.mark.slow
def test_killed_at_any_moment_of_a_load(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", small(tool.folder, "first.txt"))
    path = dump("linux-7.3/t0.txt")
    at_work = 0
    for moment in MOMENTS:
        if killed(tool, 1.4 * moment, "load", path) is None:
            at_work += 1
        assert tool.text("first") == SMALL
        assert tool.labels() in (["first"], ["first", "t0"])
        if "t0" in tool.labels():
            assert tool.text("t0") == path.read_bytes()
            tool.ok("dumps", "rm", "t0")
        consistent(tool)
    assert at_work
    tool.ok("load", path)
    assert tool.text("t0") == path.read_bytes()


@pytest.mark.thorough
@pytest.mark.slow
def test_killed_at_any_moment_of_the_first_load(tool: Tool, dump: DumpPath) -> None:
    path = dump("linux-7.3/boot.txt")
    for moment in MOMENTS:
        tool.db = tool.folder / f"{moment}.duckdb"
        killed(tool, moment, "load", path)
        if tool.db.exists():
            assert tool.run("dumps").code == 0
        tool.ok("load", path)
        assert tool.labels() == ["boot"]
        assert tool.text("boot") == path.read_bytes()


@pytest.mark.thorough
@pytest.mark.slow
def test_killed_at_any_moment_of_compact_and_rm(tool: Tool, dump: DumpPath) -> None:
    path = dump("linux-7.3/boot.txt")
    tool.ok("load", small(tool.folder, "first.txt"), path)
    for moment, command in product(MOMENTS[1::2], ("compact", "rm boot")):
        killed(tool, moment, "dumps", *command.split())
        assert tool.text("first") == SMALL
        if tool.labels() == ["first"]:
            tool.ok("load", path)
        assert tool.text("boot") == path.read_bytes()
        consistent(tool)
    tool.ok("dumps", "compact")
    assert [each.name for each in tool.folder.glob("test.duckdb*")] == ["test.duckdb"]


def consistent(tool: Tool) -> None:
    """No row belongs to a dump or a stack that is not there."""
    for table in ("records", "headers", "rests", "rejects", "layouts", "page_states"):
        sql = f"SELECT count(*) FROM {table} ANTI JOIN dumps USING (dump_id)"
        assert tool.rows(sql) == [(0,)], table
    assert tool.rows("SELECT count(*) FROM frames ANTI JOIN stacks USING (stack_id)") == [(0,)]


@pytest.mark.thorough
def test_interrupted(tool: Tool) -> None:
    tool.ok("load", small(tool.folder, "first.txt"))
    fifo = tool.folder / "pipe"
    os.mkfifo(fifo)
    with tool.start("load", fifo) as process, fifo.open("wb") as writer:
        writer.write(SMALL[:1000])
        writer.flush()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"interrupted\n")
    assert tool.labels() == ["first"]


# Interrupts the program when it begins to import the module named first.
AT_IMPORT = """
import os, runpy, signal, sys
name = sys.argv[1]
class Interrupt:
    def find_spec(self, module, *_):
        if module == name:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
sys.argv = ["pageowner-sql", "--version"]
runpy.run_module("pageowner_sql", run_name="__main__")
"""


@pytest.mark.parametrize("module", ["pageowner_sql.cli.entry", "pageowner_sql.errors"])
def test_interrupted_while_it_starts(module: str) -> None:
    command = [sys.executable, "-c", AT_IMPORT, module]
    done = subprocess.run(command, capture_output=True, env=environment(), check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"interrupted\n")


# Prints what is imported before the program can handle an interrupt.
BEFORE_ALL = """
import sys
before = set(sys.modules)
import pageowner_sql.__main__
print(*sorted(set(sys.modules) - before))
"""


def test_nothing_is_imported_before_an_interrupt_is_handled() -> None:
    command = [sys.executable, "-c", BEFORE_ALL]
    done = subprocess.run(command, capture_output=True, env=environment(), check=True, text=True)
    assert done.stdout == "pageowner_sql pageowner_sql.__main__\n"


@pytest.mark.thorough
def test_interrupted_before_anyone_writes_to_the_fifo(tool: Tool) -> None:
    fifo = tool.folder / "pipe"
    os.mkfifo(fifo)
    with tool.start("load", fifo) as process:
        while not waits_in_open(process.pid):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, b"interrupted\n")
    assert not tool.db.exists()


def waits_in_open(pid: int) -> bool:
    """A process that opens a FIFO sleeps in the kernel until there is someone at the other end."""
    return Path(f"/proc/{pid}/wchan").read_text() == "wait_for_partner"


@pytest.mark.thorough
@pytest.mark.slow
def test_interrupted_at_any_moment(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", small(tool.folder, "first.txt"))
    path = dump("linux-7.3/t0.txt")
    codes = set()
    for moment in (0, 0.1, 0.3, 0.6):
        with tool.start("load", path) as process:
            while not has_open(process.pid, tool.db):
                time.sleep(0.02)
            time.sleep(moment)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        codes.add(process.returncode)
        assert process.returncode in (0, 130), err
        assert b"Traceback" not in err
        # It may have come between the end of the transaction and that of the process.
        if process.returncode == 0 or "t0" in tool.labels():
            assert tool.text("t0") == path.read_bytes()
            tool.ok("dumps", "rm", "t0")
        assert tool.labels() == ["first"]
    assert 130 in codes


def has_open(pid: int, path: Path) -> bool:
    """Before that, Python starts, and how soon depends on the machine."""
    with suppress(FileNotFoundError):  # a file that was closed meanwhile
        return any(file.readlink() == path for file in Path(f"/proc/{pid}/fd").iterdir())
    return False


def text_of_one_line(size: int) -> Iterator[bytes]:
    """A record, then a line of so many bytes, then a record."""
    yield ERAS[2].record(b"before", 1)
    for _ in range(size >> 20):
        yield b"x" * (1 << 20)
    yield b"\n\n"
    yield ERAS[2].record(b"after", 2)


@pytest.mark.thorough
@pytest.mark.slow
def test_a_line_larger_than_the_memory(tool: Tool) -> None:
    with tool.start("load", "-", "--memory-limit", "384M") as process:
        writer = threading.Thread(target=feed, args=(process, 1 << 29))
        writer.start()
        assert process.stdout
        assert process.stderr
        out, err = process.stdout.read(), process.stderr.read()
        writer.join()
    assert process.returncode == 0, err
    assert out.startswith(b"stdin: 2 records, 1 rejected, ")
    [(pieces, size, most)] = tool.rows(
        "SELECT count(*), sum(octet_length(raw)), max(octet_length(raw)) FROM rejects"
    )
    assert (size, most) == ((1 << 29) + 2, PIECE)
    assert tool.rows("SELECT comm FROM allocations ORDER BY ord") == [("before",), ("after",)]
    assert tool.rows("SELECT count(DISTINCT piece), min(piece), max(piece) FROM rejects") == [
        (pieces, 0, int(str(pieces)) - 1)
    ]


def feed(process: subprocess.Popen[bytes], size: int) -> None:
    assert process.stdin
    for piece in text_of_one_line(size):
        process.stdin.write(piece)
    process.stdin.close()


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is empty"),
        (b"\n\n\n\n", "holds no page_owner record"),
        (bytes(range(256)) * 5000, "holds no page_owner record"),
        (b"\0" * 100_000, "holds no page_owner record"),
        (b"\xfd7zXZ\0not really", "damaged xz stream"),
        (b"Page allocated via order ", "holds no page_owner record"),
    ],
    ids=["empty", "blank", "binary", "zeros", "damaged", "start"],
)
def test_what_is_no_dump_is_refused(tool: Tool, data: bytes, told: str) -> None:
    path = small(tool.folder, "x", data)
    assert told in tool.fails(1, "load", path)
    assert not tool.db.exists()


@pytest.mark.thorough
def test_a_pipe_of_what_is_no_dump(tool: Tool) -> None:
    with tool.start("load", "-") as process:
        _, err = process.communicate(b"\0" * 100_000)
    assert process.returncode == 1
    assert b"holds no page_owner record" in err
    assert err.count(b"\n") == 1
    assert not tool.db.exists()


@pytest.mark.sampled
@pytest.mark.parametrize(
    "mend", [b"tr -d '\\r'", b"cut -b 3-"], ids=lambda words: words.decode().split()[0]
)
def test_the_advice_mends_a_file_that_is_too_large_for_a_posted_text(
    tool: Tool, mend: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posted, "LARGEST", 10)
    lines = ERAS[2].record(b"x", 1).split(b"\n")[:-1]
    mangled = b"".join(
        line + b"\r\n" if mend.startswith(b"tr") else b"> " + line + b"\n" for line in lines
    )
    told = tool.fails(1, "load", small(tool.folder, "x.txt", mangled))
    assert mend.decode() in told
    done = subprocess.run(mend, input=mangled, capture_output=True, shell=True, check=True)  # noqa: S602  # the program's own advice
    tool.ok("load", small(tool.folder, "x.txt", done.stdout))
    assert tool.text("x") == ERAS[2].record(b"x", 1)


def test_a_text_too_large_to_be_read_as_posted_says_so(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing is left of it by the strict rule."""
    text = b"".join(b"ab: " + line + b"\n" for line in ERAS[2].record(b"x", 1).split(b"\n"))
    path = small(tool.folder, "x.txt", text + b"other: words\n" * 9)
    assert "read as posted text" in tool.ok("load", path, "--label", "small").err
    monkeypatch.setattr(posted, "LARGEST", 10)
    told = tool.fails(1, "load", small(tool.folder, "y.txt", text + b"other: words\n" * 8))
    assert "holds no" in told or "prefix" in told
    assert "MiB is read only as the kernel writes it: cut out the part" in told


@pytest.mark.thorough
def test_a_dump_cut_at_any_byte() -> None:
    first, last = ERAS[2].record(b"first", 1), ERAS[0].record(b"last)", 2)
    line = last.index(b"\n", last.index(b"\nPFN ") + 1)
    for end in range(1, len(last) + 1):
        kinds = [each.kind for each in read(first + last[:end])]
        assert kinds == ["record", "record" if end >= line else "reject"], end


@pytest.mark.sampled
@pytest.mark.parametrize("missing", [0, 1, 2, 20])
def test_the_last_record_says_that_it_is_cut_short(tool: Tool, missing: int) -> None:
    text = SMALL + ERAS[0].record(b"last", 99)
    path = small(tool.folder, "x.txt", text[: len(text) - missing])
    assert (", the last one cut short, " in tool.ok("load", path).out) == (missing > 0)
    cut = tool.rows("SELECT comm FROM allocations WHERE truncated")
    assert cut == ([("last",)] if missing else [])


def test_a_file_that_fails_while_it_is_read(tool: Tool) -> None:
    # /proc/self/mem can be opened and not read.
    told = tool.fails(1, "load", "/proc/self/mem", "--label", "x")
    assert told.startswith("/proc/self/mem: cannot be read: ")
    assert not tool.db.exists()


@pytest.mark.parametrize("path", ["", "nowhere", "nowhere/x.txt", "a\0b", "x" * 300])
def test_a_file_that_cannot_be_opened(tool: Tool, path: str) -> None:
    assert tool.fails(1, "load", path)
    assert not tool.db.exists()


@pytest.mark.parametrize("field", [b"order", b"pid", b"tgid", b"ts"])
def test_a_number_that_python_would_not_read_costs_its_record_alone(
    tool: Tool, field: bytes
) -> None:
    good, bad = (ERAS[2].record(name) for name in (b"good", b"bad"))
    start = bad.index(field + b" ") + len(field) + 1
    end = next(at for at in range(start, len(bad)) if not bad[at : at + 1].isdigit())
    path = tool.folder / "dump.txt"
    path.write_bytes(good + bad[:start] + b"9" * 5000 + bad[end:] + good)
    assert tool.ok("load", path).out.startswith("dump: 2 records, 1 rejected, ")
    tool.ok("sort", "--compat=6.1", "-m", path, tool.folder / "out.txt")
