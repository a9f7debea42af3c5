"""Stopping a command: by Ctrl-C, by SIGTERM, by its time limit, by the memory it may take."""

import signal
import subprocess
import sys
import time

import duckdb
import pytest

from pageowner_sql.errors import DatabaseError
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.translate import translated
from tests.conftest import DumpPath
from tests.support import ENDLESS, ROOT
from tests.support.synth import ERAS
from tests.support.tool import Tool, environment
from tests.test_temp_files import hidden

# Joins that DuckDB runs to their end within one call, and others.
QUERIES = {
    "cross": ENDLESS,
    "fan of a hash join": """
        SELECT a.ord FROM records a JOIN records b USING (dump_id) JOIN records c USING (dump_id)
        WHERE a.ord + b.ord + c.ord < 0""",
    "nested loops": """
        SELECT count(*) FROM records a
        JOIN records b ON a.ord * 1.0 <> b.ord * 2.0 JOIN records c ON a.ord <> c.ord""",
    "lists": """
        SELECT sum(list_sum(list_transform(range(100000), lambda x: x * a.ord % 7)))
        FROM records a, range(1000)""",
    "recursion": """
        WITH RECURSIVE t AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM t WHERE i < 1000000000)
        SELECT count(*) FROM t""",
}


@pytest.fixture
def loaded(tool: Tool, dump: DumpPath) -> Tool:
    tool.once(__name__, lambda: tool.ok("load", dump("linux-7.3/t2.txt")))
    return tool


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("form", ["table", "csv"])
@pytest.mark.parametrize("name", QUERIES)
def test_ctrl_c_stops_any_statement(loaded: Tool, name: str, form: str) -> None:
    with loaded.start("sql", QUERIES[name], "--format", form) as process:
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"interrupted\n")


# SQLite drops what a trace callback raises, as DuckDB may what its callbacks raise.
DROPPED = """
import os, signal, sqlite3
from pageowner_sql.cli import entry
from pageowner_sql.store import database, interrupts

class Connection:
    def __init__(self):
        self.sqlite = sqlite3.connect(":memory:", check_same_thread=False)
        self.interrupt = self.sqlite.interrupt

endless = "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t) SELECT count(*) FROM t"
connection = Connection()
interrupts.interruptible(connection)
entry.prepare()
connection.sqlite.set_trace_callback(lambda _: os.kill(os.getpid(), signal.SIGINT))
entry.leave(entry.exit_code_of(lambda: connection.sqlite.execute(endless).fetchall()))
"""


def test_ctrl_c_stops_what_drops_the_interrupt() -> None:
    command = [sys.executable, "-c", DROPPED]
    done = subprocess.run(
        command, capture_output=True, timeout=60, env=environment(), check=False, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (130, b"interrupted\n")


@pytest.mark.thorough
@pytest.mark.slow
def test_sigterm_stops_and_cleans_up(loaded: Tool) -> None:
    with loaded.start("sql", QUERIES["nested loops"], "--write") as process:
        time.sleep(3)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (143, b"terminated\n")
    assert hidden(loaded.folder) == []


@pytest.mark.sampled
@pytest.mark.parametrize("form", ["table", "csv"])
@pytest.mark.parametrize("options", [(), ("--sandbox",)], ids=str)
@pytest.mark.parametrize("name", ["cross", "fan of a hash join", "nested loops"])
def test_a_time_limit_ends_any_statement(
    loaded: Tool, name: str, form: str, options: tuple[str, ...]
) -> None:
    words = ("sql", QUERIES[name], "--format", form, "--timeout", "500ms", *options)
    told = loaded.fails(1, *words)
    assert told == "took longer than 0.5 seconds; allow more with --timeout"


def test_what_ends_in_time_is_not_touched(loaded: Tool) -> None:
    for words in (["--timeout", "60s"], ["--timeout", "0s"], ["--sandbox"]):
        assert loaded.ok("sql", "SELECT 1 AS one", "--format", "csv", *words).out == "one\n1\n"
    assert "soon" in loaded.fails(2, "sql", "SELECT 1", "--timeout", "soon")


GREEDY = (
    "SELECT len(range(3000000000))",
    "SELECT len(repeat('x', 2000000000))",
    "SELECT list_sum(range(2000000000))",
    "SELECT max(len(l)) FROM (SELECT list(range) AS l FROM range(1000000000))",
)


@pytest.mark.parametrize("sql", GREEDY)
def test_a_sandbox_bounds_memory(loaded: Tool, monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    monkeypatch.setattr("pageowner_sql.store.limits.MOST_BY_DEFAULT", 512 << 20)
    told = loaded.fails(1, "sql", sql, "--sandbox")
    assert "llocat" in told
    assert loaded.ok("sql", "SELECT count(*) FROM allocations", "--sandbox").out


def test_the_option_for_memory_is_named(loaded: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        with translated("x"):
            raise duckdb.OutOfMemoryException("Out of Memory Error: failed to pin block")

    monkeypatch.setattr(Database, "open", fail)
    path = loaded.folder / "in.txt"
    path.write_bytes(ERAS[2].record(b"x"))
    told = "x: too little memory; allow more with --memory-limit"
    assert loaded.fails(1, "top", "t2") == told
    assert loaded.fails(1, "load", path) == told
    assert loaded.fails(1, "sort", path, loaded.folder / "out") == told


def test_a_full_disk_is_not_too_little_memory(tool: Tool) -> None:
    settings = {"memory_limit": "30MB", "max_temp_directory_size": "1MB"}
    with Database.open(tool.db, Mode.WRITE, settings=settings) as database:
        sql = "CREATE TEMP TABLE t AS SELECT md5(i::VARCHAR) || i FROM range(3000000) t(i)"
        with pytest.raises(DatabaseError, match="no space left for temporary files"):
            database.run(sql)


@pytest.mark.thorough
def test_who_reads_a_part_of_a_table_ends_no_command(loaded: Tool) -> None:
    with loaded.start("diff", "t2", "t2", "--by", "comm") as process:
        assert process.stdout
        process.stdout.close()
        process.wait(timeout=60)
        assert process.stderr
        assert b"Error" not in process.stderr.read()
    assert process.returncode == 0
