"""The file: its schema, its versions, and everyone else who may have it open."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from pageowner_sql.errors import DatabaseError
from pageowner_sql.store import database as store
from pageowner_sql.store.database import Database, Mode
from tests.support import run_python
from tests.support.synth import ERAS, FORGERIES
from tests.support.tool import Tool, held

CLIENT = Path(sys.executable).with_name("duckdb")


def dump(folder: Path, name: str = "a", number: int = 1) -> Path:
    path = folder / f"{name}.txt"
    path.write_bytes(b"".join(ERAS[2].record(comm, number) for comm in FORGERIES))
    return path


@pytest.fixture
def loaded(tool: Tool) -> Tool:
    path = dump(tool.folder)
    tool.once(__name__, lambda: tool.ok("load", path))
    return tool


def test_every_table_and_column_says_what_it_is(loaded: Tool) -> None:
    silent = """
        SELECT table_name, NULL FROM duckdb_tables() WHERE comment IS NULL
        UNION ALL
        SELECT table_name, column_name FROM duckdb_columns()
        WHERE comment IS NULL AND table_name IN (SELECT table_name FROM duckdb_tables())
    """
    assert loaded.rows(silent) == []


def test_the_clients_that_people_have_open_the_file(loaded: Tool) -> None:
    sql = "SELECT count(*), count(DISTINCT comm_bytes(comm)), sum(bytes) FROM allocations"
    command = [str(CLIENT), "-readonly", "-csv", "-noheader", str(loaded.db), "-c", sql]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    count = len(FORGERIES)
    assert done.stdout.strip() == f"{count},{len(set(FORGERIES))},{count * 4 * 4096}", done.stderr
    version = subprocess.run([str(CLIENT), "-version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("v1.5.")


def test_what_compact_writes_they_open_too(loaded: Tool) -> None:
    loaded.ok("dumps", "compact")
    test_the_clients_that_people_have_open_the_file(loaded)


@pytest.mark.sampled
@pytest.mark.parametrize(
    "words",
    [("load", "b.txt"), ("dumps",), ("dumps", "rm", "a"), ("dumps", "compact"), ("top", "a")],
)
def test_a_database_that_another_process_writes_to(loaded: Tool, words: tuple[str, ...]) -> None:
    path = dump(loaded.folder, "b", 2)
    words = tuple(str(path) if word == path.name else word for word in words)
    with held(loaded.db, Mode.WRITE) as pid:
        told = loaded.fails(1, *words)
    assert told.startswith(f"{loaded.db}: is held by process {pid}")
    assert "--db" in told
    assert loaded.labels() == ["a"]
    loaded.ok("load", path)


def test_a_database_that_another_process_reads(loaded: Tool) -> None:
    path = dump(loaded.folder, "b", 2)
    with held(loaded.db, Mode.READ) as pid:
        assert loaded.ok("dumps", "--format", "csv").out.count("\n") == 2
        assert loaded.ok("top", "a", "--by", "comm", "--format", "csv").out
        told = loaded.fails(1, "load", path)
        assert told.startswith(f"{loaded.db}: is held by process {pid}")
    loaded.ok("load", path)


def test_a_database_of_another_program(tool: Tool) -> None:
    with duckdb.connect(str(tool.db)) as connection:
        connection.execute("CREATE TABLE theirs (x INTEGER)")
    before = tool.db.read_bytes()
    told = f"{tool.db}: is another program's database; give another file with --db"
    assert tool.fails(1, "dumps") == told
    assert tool.fails(1, "load", dump(tool.folder)) == told
    assert tool.db.read_bytes() == before


def test_a_database_of_another_program_with_a_table_like_ours(tool: Tool) -> None:
    with duckdb.connect(str(tool.db)) as connection:
        connection.execute("CREATE TABLE meta (a INTEGER)")
    assert "is another program's database" in tool.fails(1, "dumps")


@pytest.mark.parametrize("content", [b"plain text, long enough to be no database" * 200, b"x", b""])
def test_a_file_that_is_no_database(tool: Tool, content: bytes) -> None:
    tool.db.write_bytes(content)
    told = tool.fails(1, "load", dump(tool.folder))
    assert told == f"{tool.db}: is not a DuckDB database; give another file with --db"
    assert tool.db.read_bytes() == content


def test_a_folder_in_place_of_the_database(tool: Tool) -> None:
    tool.db.mkdir()
    told = tool.fails(1, "load", dump(tool.folder))
    assert told == f"{tool.db}: is a directory; give a file with --db"


def test_a_database_that_was_cut_short(loaded: Tool) -> None:
    os.truncate(loaded.db, loaded.db.stat().st_size // 2)
    told = loaded.fails(1, "dumps")
    assert told == f"{loaded.db}: is damaged: a part of it is missing"


def test_a_database_in_a_folder_that_is_not_there(tool: Tool) -> None:
    tool.db = tool.folder / "nowhere" / "x.duckdb"
    assert tool.fails(1, "load", dump(tool.folder)) == f"{tool.db}: its folder does not exist"


def test_a_newer_version(loaded: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    with Database.open(loaded.db, Mode.WRITE) as database:
        database.run("UPDATE meta SET value = '99' WHERE key = 'version'")
    for words in (["dumps"], ["load", dump(loaded.folder, "b", 2)], ["dumps", "compact"]):
        told = loaded.fails(1, *words)
        assert told.startswith(f"{loaded.db}: was made by a newer pageowner-sql (its tables are ")
        assert told.endswith("update this installation")
    monkeypatch.setattr(store, "VERSION", 99)
    assert loaded.labels() == ["a"]


@pytest.fixture
def next_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program one version ahead, with the statements that lead there."""
    steps = "ALTER TABLE dumps ADD COLUMN colour VARCHAR; UPDATE dumps SET colour = 'red';"
    ahead = store.VERSION + 1
    earlier = store.migrations()
    monkeypatch.setattr(store, "VERSION", ahead)
    monkeypatch.setattr(store, "migrations", lambda: [*earlier, (ahead, steps)])


@pytest.mark.thorough
@pytest.mark.usefixtures("next_version")
def test_an_older_version_is_brought_up_by_whoever_writes(tool: Tool) -> None:
    older(tool)
    told = tool.fails(1, "dumps")
    assert told.endswith(f"bring them up with: pageowner-sql --db {tool.db} dumps compact")
    tool.ok("dumps", "compact")
    assert tool.rows("SELECT label, colour FROM dumps") == [("a", "red")]
    assert tool.rows("SELECT value FROM meta WHERE key = 'version'") == [(str(store.VERSION),)]


@pytest.mark.usefixtures("next_version")
def test_a_step_that_fails_leaves_the_older_version(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    older(tool)
    before = store.VERSION - 1
    steps = "ALTER TABLE dumps ADD COLUMN colour VARCHAR; SELECT * FROM nothing;"
    monkeypatch.setattr(store, "migrations", lambda: [(store.VERSION, steps)])
    assert tool.fails(1, "dumps", "compact").startswith(f"{tool.db}: ")
    monkeypatch.setattr(store, "VERSION", before)
    assert tool.labels() == ["a"]
    assert "colour" not in {row[0] for row in tool.rows("DESCRIBE dumps")}


def older(tool: Tool) -> None:
    """Make the database as the program before this one would have."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "VERSION", store.VERSION - 1)
        tool.ok("load", dump(tool.folder))


def test_a_read_only_place(tool: Tool, mount: Path) -> None:
    tool.db = mount / "x.duckdb"
    tool.ok("load", dump(tool.folder))
    subprocess.run(["mount", "-o", "remount,ro", str(mount)], check=True)
    assert tool.labels() == ["a"]
    told = f"{tool.db}: is on a file system that is mounted read-only"
    assert tool.fails(1, "load", dump(tool.folder, "b", 2)) == told
    assert tool.fails(1, "dumps", "compact") == told
    tool.db = mount / "new.duckdb"
    told = f"{tool.db}: is on a file system that is mounted read-only"
    assert tool.fails(1, "load", dump(tool.folder)) == told


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Path]:
    """A small file system of the test's own."""
    folder = tmp_path / "mount"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"may not mount a tmpfs here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def big(folder: Path, megabytes: int) -> Path:
    """A dump that takes so many megabytes in a database: random text does not get smaller."""
    path = folder / "big.txt"
    with path.open("wb") as file:
        file.write(ERAS[2].record(b"x"))
        for _ in range(megabytes):
            file.write(os.urandom(1 << 20))
    return path


@pytest.mark.thorough
def test_no_space_for_a_load(tool: Tool, mount: Path) -> None:
    tool.db = mount / "x.duckdb"
    tool.ok("load", dump(tool.folder))
    before, size = sorted(path.name for path in mount.iterdir()), tool.db.stat().st_size
    told = tool.fails(1, "load", big(tool.folder, 20))
    assert told.startswith(f"{tool.db}: no space left on the device")
    assert tool.db.stat().st_size < size + (1 << 20), "the space was not given back"
    assert tool.labels() == ["a"]
    assert tool.text("a") == (tool.folder / "a.txt").read_bytes()
    tool.ok("load", dump(tool.folder, "b", 2))
    assert sorted(path.name for path in mount.iterdir()) == before


def test_no_space_for_the_first_load(tool: Tool, mount: Path) -> None:
    tool.db = mount / "x.duckdb"
    told = tool.fails(1, "load", big(tool.folder, 20))
    assert told.startswith(f"{tool.db}: no space left on the device")
    assert list(mount.iterdir()) == []


def test_no_space_to_compact(tool: Tool, mount: Path) -> None:
    tool.db = mount / "x.duckdb"
    tool.ok("load", dump(tool.folder))
    fill(mount)
    before = sorted(path.name for path in mount.iterdir())
    told = tool.fails(1, "dumps", "compact")
    assert told.startswith(f"{tool.db}: no space left on the device")
    assert tool.labels() == ["a"]
    assert sorted(path.name for path in mount.iterdir()) == before


def fill(folder: Path) -> None:
    """Take all but half a megabyte of the file system, whatever lies there."""
    free = shutil.disk_usage(folder).free
    (folder / "filler").write_bytes(bytes(free - (1 << 19)))


# Ends as a killed process does: what it did last is in the log alone.
KILLED = """
import os, sys
from pageowner_sql.store.database import Database, Mode
database = Database.open(sys.argv[1], Mode.WRITE)
database.run("DROP TABLE old")
database.run("CREATE TABLE new AS SELECT $raw AS raw", {"raw": os.urandom(8 << 20)})
os._exit(0)
"""


@pytest.mark.thorough
def test_no_space_for_the_log_where_a_compact_copy_would_fit(loaded: Tool) -> None:
    with Database.open(loaded.db, Mode.WRITE) as database:
        database.run("CREATE TABLE old AS SELECT $raw AS raw", {"raw": os.urandom(12 << 20)})
    run_python(KILLED, str(loaded.db))
    log = loaded.db.with_name(f"{loaded.db.name}.wal")
    assert log.exists()
    with no_file_beyond(18 << 20):
        told = loaded.fails(1, "dumps", "compact")
    assert told.startswith(f"{loaded.db}: no space left on the device; nothing was changed")
    assert loaded.rows("SELECT octet_length(raw) FROM new") == [(8 << 20,)]
    loaded.ok("dumps", "compact")
    assert not log.exists()
    assert loaded.db.stat().st_size < 18 << 20
    assert loaded.rows("SELECT octet_length(raw) FROM new") == [(8 << 20,)]


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes, as on a disk with a quota."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_errors_of_duckdb_are_ours(loaded: Tool) -> None:
    with Database.open(loaded.db, Mode.READ) as database, pytest.raises(DatabaseError) as caught:
        database.rows("SELECT nonsense FROM nothing")
    assert str(caught.value).startswith(f"{loaded.db}: ")
    assert "\n" not in str(caught.value)


def test_a_copy_of_the_file_is_a_database(loaded: Tool) -> None:
    copy = loaded.folder / "copy of ' it.duckdb"
    shutil.copy(loaded.db, copy)
    loaded.db = copy
    assert loaded.labels() == ["a"]
    loaded.ok("dumps", "compact")
    loaded.ok("dumps", "rm", "a")


# What a database from elsewhere may hold in place of what this program put there.
HOSTILE = (
    """ALTER TABLE headers RENAME TO h;
    CREATE VIEW headers AS SELECT content AS comm, * FROM h, read_text('{secret}')""",
    """CREATE OR REPLACE VIEW live_allocations AS
    SELECT * REPLACE (content AS comm) FROM allocations, read_text('{secret}')""",
    """ALTER TABLE meta RENAME TO m;
    CREATE VIEW meta AS FROM m UNION ALL SELECT 'x', content FROM read_text('{secret}')""",
    """CREATE OR REPLACE MACRO allocator_of(a, b, c, d, e) AS
    (SELECT content FROM read_text('{secret}'))""",
)
ASKED = (
    ("top", "a", "--by", "comm", "--format", "csv"),
    ("top", "a", "--by", "allocator", "--format", "csv"),
    ("report", "a", "-o", "out.md"),
    ("export", "a", "--format", "csv"),
    ("query", "processes/processes", "--format", "csv"),
    ("dumps", "--format", "csv"),
    ("dumps", "set", "a", "--tag", "x=y"),
    ("load", "b.txt"),
    ("dumps", "compact"),
)


@pytest.mark.sampled
@pytest.mark.parametrize("sql", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("words", ASKED, ids=" ".join)
def test_a_hostile_database_reads_no_file(
    loaded: Tool, monkeypatch: pytest.MonkeyPatch, sql: str, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(loaded.folder)
    secret = loaded.folder / "secret.txt"
    secret.write_text("precious")
    dump(loaded.folder, "b", 2)
    with duckdb.connect(str(loaded.db)) as connection:
        for each in sql.format(secret=secret).split(";\n"):
            connection.execute(each)
    done = loaded.run(*words)
    written = [path for path in loaded.folder.iterdir() if path.suffix in (".md", ".duckdb")]
    assert "precious" not in done.out + done.err
    assert not [path for path in written if b"precious" in path.read_bytes()]


@pytest.mark.sampled
@pytest.mark.parametrize("table", ["headers", "meta", "dumps", "records"])
def test_a_table_that_is_a_view_is_refused(loaded: Tool, table: str) -> None:
    with duckdb.connect(str(loaded.db)) as connection:
        connection.execute(f"ALTER TABLE {table} RENAME TO other")
        connection.execute(f"CREATE VIEW {table} AS FROM other")
    for words in (["sql", "SELECT 1"], ["sql", "--sandbox", "SELECT 1"], ["top", "a"], ["dumps"]):
        assert f"its table {table} is a view" in loaded.fails(1, *words)


def test_no_progress_bar_of_duckdb_joins_the_output(loaded: Tool) -> None:
    sql = "SELECT current_setting('enable_progress_bar') AS bar"
    script = f"from pageowner_sql.cli import entry; import sys; entry.run([*sys.argv[1:], {sql!r}])"
    assert run_python(script, "--db", str(loaded.db), "sql", "--format=csv") == "bar\nfalse\n"


def test_what_is_only_read_can_still_spill(loaded: Tool) -> None:
    with Database.open(loaded.db, Mode.READ, settings={"memory_limit": "30MB"}) as database:
        database.run("CREATE TEMP TABLE t AS SELECT md5(range::VARCHAR) FROM range(3000000)")
        assert any(Path(database.value("SELECT current_setting('temp_directory')")).iterdir())
        with pytest.raises(DatabaseError, match="disabled by configuration"):
            database.run("FROM read_text('/etc/hostname')")
