"""`--memory-limit` holds for the whole process, whatever the dump is made of."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.hostile_dumps import KINDS, make, make_bomb
from pageowner_sql.sql.sizes import size
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.limits import MOST_TO_LOAD
from tests.support import covering
from tests.support.tool import Tool, environment

MEBIBYTE = 1 << 20
LIMIT = 320
BOMB = (["load", "dump.txt.xz"], ["sort", "-m", "dump.txt.xz", "out.txt"])

# What Linux counts from this process's own start. ru_maxrss starts with the parent's memory.
PEAK = """
import re, sys
from pathlib import Path
from pageowner_sql.cli import entry
code = entry.run(sys.argv[1:])
status = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) >> 10, file=sys.stderr)
sys.exit(code)
"""


def peak(tool: Tool, *words: str | Path, may_refuse: bool = False) -> int:
    """Run a command in a process of its own; its peak memory in MiB.

    `may_refuse`: it may end because the limit is too small, and must say so.
    """
    program = tool.folder / "peak.py"
    program.write_text(PEAK)
    command = [sys.executable, str(program), *tool.arguments(*words)]
    done = subprocess.run(command, capture_output=True, check=False, env=environment())
    refused = may_refuse and b"allow more with --memory-limit" in done.stderr
    assert done.returncode == int(refused), done.stderr
    return int(done.stderr.split()[-1])


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_the_limit_holds_for_every_kind_of_dump(tool: Tool, kind: str) -> None:
    path, out = tool.folder / "dump.txt", tool.folder / "out.txt"
    # So large that what grows with the dump is above the limit.
    make(kind, 24 * MEBIBYTE, path)
    limit = ("--memory-limit", f"{LIMIT}M")
    assert peak(tool, "load", path, *limit) < LIMIT
    assert peak(tool, "export", "dump", "-o", out, *limit) < LIMIT
    assert out.read_bytes() == path.read_bytes()
    assert peak(tool, "export", "dump", "-o", tool.folder / "rows.csv", *limit) < LIMIT
    assert peak(tool, "dumps", "compact", *limit) < LIMIT
    assert peak(tool, "sort", "--cull=stacktrace", *limit, path, out) < LIMIT
    assert peak(tool, "sort", "--cull=name", "-m", *limit, path, out) < LIMIT
    # Where page_owner_sort reads every record otherwise than we do, each is kept as it reads it.
    assert peak(tool, "sort", "--compat=6.1", "-m", *limit, path, out, may_refuse=True) < LIMIT


@pytest.mark.slow
@pytest.mark.parametrize("words", covering(BOMB, lambda words: words[0] == "load"), ids=" ".join)
def test_the_limit_holds_for_little_that_becomes_much(tool: Tool, words: list[str]) -> None:
    path = tool.folder / "dump.txt.xz"
    make_bomb(50 * MEBIBYTE, path)
    assert path.stat().st_size < MEBIBYTE
    placed = [tool.folder / word if "." in word else word for word in words]
    assert peak(tool, *placed, "--memory-limit", f"{LIMIT}M") < LIMIT


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("distinct stacks", ("load", "dump.txt")),
        ("distinct headers", ("sort", "--cull=name", "-m", "dump.txt", "out.txt")),
    ],
    ids=["load", "sort"],
)
def test_the_limit_holds_when_all_that_is_held_is_full(
    tool: Tool, kind: str, words: tuple[str, ...]
) -> None:
    make(kind, 120 * MEBIBYTE, tool.folder / "dump.txt")
    placed = [tool.folder / word if word.endswith(".txt") else word for word in words]
    assert peak(tool, *placed, "--memory-limit", f"{LIMIT}M") < LIMIT


@pytest.mark.thorough
@pytest.mark.slow
def test_a_load_takes_little_by_default(tool: Tool) -> None:
    path = tool.folder / "dump.txt"
    make("garbage", 120 * MEBIBYTE, path)
    assert peak(tool, "load", path) < MOST_TO_LOAD // MEBIBYTE


def test_users_sql_may_take_more_than_a_load(tool: Tool) -> None:
    def limit(*, files: bool) -> int:
        with Database.open(tool.db, Mode.WRITE, files=files) as database:
            return size(database.value("SELECT current_setting('memory_limit')"), "memory_limit")

    assert limit(files=False) < MOST_TO_LOAD < limit(files=True)
