"""Outputs that would destroy what a command reads: refused before anything is written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pageowner_sql as po
from pageowner_sql.errors import UsageError
from tests.conftest import DumpPath
from tests.support import ROOT
from tests.support.tool import Tool, environment

WRITERS = [
    ("export", "t2", "-o"),
    ("export", "t2", "--format", "csv", "-o"),
    ("top", "t2", "--format", "csv", "-o"),
    ("top", "t2", "--format", "table", "-o"),
    ("top", "t2", "--show-sql", "-o"),
    ("diff", "t2", "t0", "--format", "json", "-o"),
    ("leaks", "--format", "csv", "-o"),
    ("explain", "alloc_pages_noprof", "--format", "csv", "-o"),
    ("dumps", "--format", "csv", "-o"),
    ("schema", "--format", "csv", "-o"),
    ("query", "--format", "csv", "-o"),
    ("query", "stacks/top", "--param", "dump=t2", "--format", "csv", "-o"),
    ("sql", "SELECT 1", "--format", "csv", "-o"),
    ("sql", "SELECT 1", "--sandbox", "--format", "parquet", "-o"),
    ("flame", "t2", "-o"),
    ("map", "t2", "-o"),
    ("report", "t2", "-o"),
    ("sort", "--dump", "t2"),
    ("sort", "--dump", "t2", "--cull=name"),
]


@pytest.fixture
def loaded(tool: Tool, dump: DumpPath) -> Tool:
    def load() -> None:
        tool.ok("load", dump("linux-7.3/t0.txt"), dump("linux-7.3/t2.txt"))

    tool.once(__name__, load)
    return tool


def ways_to(file: Path) -> list[Path]:
    """The file by its name, by links of both kinds, and by another way to its folder."""
    hard, soft = file.with_name("hard.html"), file.with_name("soft.svg")
    around = file.parent / "sub" / ".." / file.name
    (file.parent / "sub").mkdir(exist_ok=True)
    for made in (hard, soft):
        made.unlink(missing_ok=True)
    hard.hardlink_to(file)
    soft.symlink_to(file)
    return [file, hard, soft, around]


@pytest.mark.thorough
@pytest.mark.sampled
@pytest.mark.parametrize("words", WRITERS, ids=" ".join)
def test_no_command_writes_over_its_database(loaded: Tool, words: tuple[str, ...]) -> None:
    before = loaded.db.read_bytes()
    # A picture's ending chooses its format, so each command gets a name that it would take.
    link = {"flame": "x.html", "map": "x.svg", "report": "x.html"}.get(words[0], "hard.csv")
    (loaded.folder / link).hardlink_to(loaded.db)
    assert loaded.fails(2, *words, loaded.folder / link).endswith(
        f"{link}: belongs to the database in use; give another file"
    )
    assert loaded.db.read_bytes() == before


@pytest.mark.thorough
def test_every_way_to_the_database_is_seen(loaded: Tool) -> None:
    before = loaded.db.read_bytes()
    log = loaded.db.with_name(f"{loaded.db.name}.wal")
    for path in [*ways_to(loaded.db), log]:
        assert "belongs to the database" in loaded.fails(2, "export", "t0", "-o", path)
    with loaded.db.open("r+b") as file:
        told = loaded.fails(2, "export", "t0", "-o", f"/dev/fd/{file.fileno()}")
    assert "belongs to the database" in told
    assert loaded.db.read_bytes() == before
    assert not log.exists()
    command = [sys.executable, "-m", "pageowner_sql", *loaded.arguments("export", "t0")]
    with loaded.db.open("ab") as file:
        done = subprocess.run(
            command, stdout=file, stderr=subprocess.PIPE, cwd=ROOT, env=environment(), check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"pageowner-sql: standard output: belongs to the database")
    assert loaded.db.read_bytes() == before


@pytest.mark.thorough
def test_a_database_behind_a_link(loaded: Tool) -> None:
    real, before = loaded.db, loaded.db.read_bytes()
    loaded.db = loaded.folder / "elsewhere.duckdb"
    loaded.db.symlink_to(real)
    for path in (real, loaded.db, real.with_name(f"{real.name}.wal")):
        told = loaded.fails(2, "report", "t0", "--format", "html", "-o", path)
        assert "belongs to the database" in told
    assert real.read_bytes() == before


@pytest.mark.thorough
@pytest.mark.parametrize(
    "options", [(), ("--cull=name",), ("--compat=7.3",), ("--compat=6.1", "-m")], ids=str
)
def test_sort_does_not_write_over_its_input(
    tool: Tool, dump: DumpPath, options: tuple[str, ...]
) -> None:
    path = tool.folder / "in.txt"
    path.write_bytes(dump("linux-7.3/t0.txt").read_bytes())
    before = path.read_bytes()
    for way in ways_to(path):
        told = tool.fails(2, "sort", *options, path, way)
        assert told.endswith(": is an input; give another file to write to")
    with path.open("rb") as file:
        command = [sys.executable, "-m", "pageowner_sql", "sort", *options, "-", str(path)]
        done = subprocess.run(command, stdin=file, cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert path.read_bytes() == before


@pytest.mark.thorough
def test_a_dump_given_as_a_file_is_not_replaced(tool: Tool, dump: DumpPath) -> None:
    path = tool.folder / "in.txt"
    path.write_bytes(dump("linux-7.3/t0.txt").read_bytes())
    before = path.read_bytes()
    for words in (("top", path, "--format", "csv"), ("export", path), ("diff", path, path)):
        done = tool.run(*words, "-o", path)
        assert (done.code, path.read_bytes()) == (2, before), done.err
    query = tool.folder / "q.sql"
    query.write_text("SELECT 1")
    assert "is an input" in tool.fails(2, "sql", "-f", query, "--format", "csv", "-o", query)


BUDGET = """
[[budget]]
name = "all"
by = "subsystem"
max_bytes = "1T"
"""
RULES = """
[[frame]]
name = "mine"
role = "plumbing"
function = ["my_alloc"]
"""
QUERY = """/*+++
title = "One"
question = "What is one?"
[columns]
one = "INTEGER: one."
+++*/
SELECT 1 AS one ORDER BY one
"""


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("budget.toml", BUDGET, ("check", "t2", "--budget", "budget.toml", "-o")),
        ("rules.toml", RULES, ("top", "t2", "--by", "owner", "--format", "csv", "-o")),
        ("queries/mine/one.sql", QUERY, ("query", "mine/one", "--format", "csv", "-o")),
        ("one.sql", "SELECT 1", ("sql", "-f", "one.sql", "--format", "csv", "-o")),
    ],
)
def test_what_a_command_is_told_by_is_not_replaced(
    loaded: Tool, monkeypatch: pytest.MonkeyPatch, name: str, text: str, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(loaded.folder)
    monkeypatch.setenv("PAGEOWNER_RULES", "rules.toml" if name == "rules.toml" else "")
    path = loaded.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    told = loaded.fails(2, *words, name)
    assert told == f"{name}: is an input; give another file to write to"
    assert path.read_text() == text


def test_a_label_may_be_the_name_of_a_file(loaded: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(loaded.folder)
    Path("t0").write_bytes(b"older")
    loaded.ok("export", "t0", "-o", "t0")
    assert Path("t0").read_bytes() == loaded.text("t0")


def test_the_library_refuses_it_while_the_database_is_open(loaded: Tool) -> None:
    before = loaded.db.read_bytes()
    with po.open(loaded.db) as db, pytest.raises(UsageError, match="belongs to the database"):
        db.export("t0", loaded.db)
    assert loaded.db.read_bytes() == before


def test_a_device_is_written_to_as_it_is(loaded: Tool) -> None:
    loaded.ok("export", "t0", "-o", os.devnull)
    assert "is an input" not in loaded.run("sort", os.devnull, os.devnull).err
