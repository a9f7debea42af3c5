"""Temporary files: nobody else can guess or open them, and what a kill leaves goes soon."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pageowner_sql.store.database import Database, Mode
from pageowner_sql.temp_files import PREFIX, TempFolder, temp_file
from tests.store.test_database import dump
from tests.support import ROOT
from tests.support.tool import Tool, environment, held

# Holds what it was told to make, until it is killed.
HOLDER = """
import sys, time
from pathlib import Path
from pageowner_sql.output.files import open_output
from pageowner_sql.store.compact import compact
from pageowner_sql.store.database import Database, Mode
what, path = sys.argv[1], Path(sys.argv[2])
def wait(*_):
    print("ready", flush=True)
    time.sleep(600)
if what == "output":
    with open_output(str(path)) as file:
        file.write(b"half")
        file.flush()
        wait()
elif what == "new":
    Database._create = wait
    Database.open(path, Mode.WRITE)
elif what == "compact":
    import pageowner_sql.store.compact as module
    module._put_in_place = wait
    compact(str(path), {})
else:
    with Database.open(path, Mode(what)) as database:
        wait()
"""


def hidden(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{PREFIX}*"))


def kill_holder(what: str, path: Path, tmp: Path, check: Callable[[], None]) -> None:
    """Kill a process in the middle of that work, after `check` looked at what it holds."""
    command = [sys.executable, "-c", HOLDER, what, str(path)]
    env = environment(TMPDIR=str(tmp))
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=env) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        check()
        process.send_signal(signal.SIGKILL)


@pytest.fixture
def tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's commands keep temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def spill_folder(database: Database) -> Path:
    return Path(database.value("SELECT current_setting('temp_directory')"))


@pytest.mark.sampled
@pytest.mark.parametrize("mode", Mode)
def test_a_spill_folder_is_private_and_its_name_has_no_pattern(
    tool: Tool, tmp: Path, mode: Mode
) -> None:
    tool.ok("load", dump(tool.folder))
    names = set()
    for _ in range(2):
        with Database.open(tool.db, mode) as database:
            folder = spill_folder(database)
            names.add(folder.name)
            info = folder.lstat()
            assert (info.st_mode & 0o777, info.st_uid) == (0o700, os.geteuid())
            assert folder.parent == (tool.folder if mode is Mode.WRITE else tmp)
            assert str(os.getpid()) not in folder.name
        assert not folder.exists()
    assert len(names) == 2


@pytest.mark.thorough
@pytest.mark.parametrize("mode", [Mode.READ, Mode.WRITE])
def test_what_others_made_beforehand_is_neither_used_nor_followed(
    tool: Tool, tmp: Path, mode: Mode
) -> None:
    tool.ok("load", dump(tool.folder))
    victim = tool.folder / "victim"
    victim.write_text("precious")
    for folder in (tmp / f"pageowner-sql-{os.getpid()}-0", tool.folder / "test.duckdb.tmp"):
        folder.mkdir()
        for name in ("duckdb_temp_storage_DEFAULT-0.tmp", "duckdb_temp_storage_S32K-0.tmp"):
            (folder / name).symlink_to(victim)
    with Database.open(tool.db, mode, settings={"memory_limit": "30MB"}) as database:
        database.run("CREATE TEMP TABLE t AS SELECT range, md5(range::VARCHAR) FROM range(3000000)")
        assert list(spill_folder(database).iterdir()), "nothing was spilled"
    assert victim.read_text() == "precious"


@pytest.mark.sampled
@pytest.mark.parametrize("what", ["output", "new", "compact", "read", "write", "memory"])
def test_the_next_command_removes_what_a_kill_left(tool: Tool, tmp: Path, what: str) -> None:
    tool.ok("load", dump(tool.folder))
    path = {"output": tool.folder / "out.csv", "new": tool.folder / "new.duckdb"}.get(what, tool.db)
    place = tmp if what in ("read", "memory") else tool.folder
    more = dump(tool.folder, "b", 2)
    output = tool.folder / "again.csv"

    def others_leave_it() -> None:
        [before, *_] = hidden(place)
        TempFolder(place).close()
        assert before in hidden(place)

    kill_holder(what, path, tmp, others_leave_it)
    assert hidden(place)
    if place == tmp or what == "output":
        tool.ok("top", "a", "--format", "csv", "-o", output)
    else:
        tool.ok("load", more)
    assert hidden(tool.folder) == hidden(tmp) == []
    assert sorted(tool.labels()) in (["a"], ["a", "b"])


def test_a_leftover_of_another_user_stays(tool: Tool) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make files of another user")
    theirs = tool.folder / f"{PREFIX}theirs"
    theirs.mkdir()
    os.chown(theirs, 12345, 12345)
    tool.ok("load", dump(tool.folder))
    assert theirs.exists()


def test_a_leftover_that_is_a_link_leads_nowhere(tool: Tool) -> None:
    kept = tool.folder / "kept"
    kept.mkdir()
    (kept / "file").write_text("precious")
    (tool.folder / f"{PREFIX}link").symlink_to(kept)
    inside = tool.folder / f"{PREFIX}folder" / "deeper"
    inside.mkdir(parents=True)
    (inside / "link").symlink_to(kept)
    tool.ok("load", dump(tool.folder))
    assert (kept / "file").read_text() == "precious"
    assert not inside.parent.exists()


@pytest.mark.thorough
def test_what_is_held_stays(tool: Tool, tmp: Path) -> None:
    tool.ok("load", dump(tool.folder))
    with held(tool.db, Mode.READ):
        before = hidden(tmp)
        assert len(before) == 1
        tool.ok("top", "a")
        assert hidden(tmp) == before


def test_a_new_file_that_a_cleaner_took_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment between making a file and locking it belongs to nobody."""
    import fcntl

    lock = fcntl.flock
    taken: list[Path] = []

    def late(descriptor: int, how: int) -> None:
        if not taken:
            [path] = hidden(tmp_path)
            taken.append(path)
            path.rmdir() if path.is_dir() else path.unlink()
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", late)
    folder = TempFolder(tmp_path)
    assert folder.path.is_dir()
    assert folder.path != taken[0]
    folder.close()
    taken.clear()
    descriptor, path = temp_file(tmp_path)
    os.close(descriptor)
    assert path.exists()


def test_what_another_client_spilled_beside_the_database_goes(tool: Tool) -> None:
    tool.ok("load", dump(tool.folder))
    spilled = tool.db.with_name("test.duckdb.tmp")
    spilled.mkdir()
    (spilled / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(bytes(99))
    (spilled / "letter.txt").write_text("precious")
    tool.ok("load", dump(tool.folder, "b", 2))
    assert [path.name for path in spilled.iterdir()] == ["letter.txt"]
    (spilled / "letter.txt").unlink()
    tool.ok("dumps", "rm", "b")
    assert not spilled.exists()


@pytest.mark.thorough
def test_an_output_is_on_the_disk_before_it_has_its_name(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool.ok("load", dump(tool.folder))
    target = tool.folder / "out.csv"
    synced = []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(target.exists()))
    tool.ok("top", "a", "-o", target)
    assert synced == [False]
    assert target.exists()
