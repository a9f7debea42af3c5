"""A word that means a dump: its label, its file, or the dump loaded last."""

import threading
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from pageowner_sql.cli import entry
from pageowner_sql.cli.shared import say
from pageowner_sql.dump.record_reader import Chunk, RecordReader
from pageowner_sql.errors import DatabaseError, InputError, LabelError
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.load import LoadOptions
from pageowner_sql.workspace import Workspace
from tests.support.synth import ERAS
from tests.support.tool import Tool, held


def dump(folder: Path, name: str, number: int) -> Path:
    path = folder / name
    path.write_bytes(ERAS[2].record(b"x", number))
    return path


def space(tool: Tool) -> Workspace:
    return Workspace(str(tool.db), say=say)


def meant(tool: Tool, *words: str | None) -> list[str]:
    """The labels of the dumps that `words` mean."""
    with closing(space(tool)) as opened:
        if words == (None,):
            return [opened.last().label]
        dumps = opened.dumps_of([word for word in words if word is not None])
        assert opened.database.mode is Mode.READ
        return [each.label for each in dumps]


def test_a_label(tool: Tool) -> None:
    tool.ok("load", dump(tool.folder, "a.txt", 1), dump(tool.folder, "b.txt", 2))
    assert meant(tool, "b", "a", "b") == ["b", "a", "b"]


@pytest.mark.thorough
def test_nothing_is_the_dump_loaded_last(tool: Tool, capfd: pytest.CaptureFixture[str]) -> None:
    tool.ok("load", dump(tool.folder, "b.txt", 1), dump(tool.folder, "a.txt", 2))
    assert meant(tool, None) == ["a"]
    assert capfd.readouterr() == ("", "a: the dump loaded last\n")


def test_a_file_is_loaded_once(tool: Tool, capfd: pytest.CaptureFixture[str]) -> None:
    path = str(dump(tool.folder, "a.txt", 1))
    assert meant(tool, path, path) == ["a", "a"]
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("a: 1 records, ")
    assert meant(tool, path) == ["a"]
    assert capfd.readouterr() == ("", "")
    assert tool.labels() == ["a"]


@pytest.mark.parametrize("question", [False, True])
def test_a_dump_is_read_while_its_database_is_made(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, question: bool
) -> None:
    path = str(dump(tool.folder, "a.txt", 1))
    was_read, opened = threading.Event(), Workspace._opened

    class Reader(RecordReader):
        def read(self, storage: memoryview, length: int, *, last: bool) -> tuple[Chunk, int]:
            was_read.set()
            return super().read(storage, length, last=last)

    def wait(self: Workspace, path: str | Path, mode: Mode, *, files: bool = False) -> Database:
        assert was_read.wait(60)
        return opened(self, path, mode, files=files)

    monkeypatch.setattr("pageowner_sql.dump.record_reader.RecordReader", Reader)
    monkeypatch.setattr(Workspace, "_opened", wait)
    with closing(Workspace(str(tool.db), keep=not question)) as space:
        assert [each.records for each in space.dumps_of([path])] == [1]


def test_what_is_read_ahead_of_a_database_that_cannot_be_made_is_closed(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = dump(tool.folder, "a.txt", 1)
    before = set(threading.enumerate())
    monkeypatch.setattr(Workspace, "_opened", fail)
    with closing(space(tool)) as opened, pytest.raises(DatabaseError, match="no space"):
        opened.load([str(path)], LoadOptions(label=""))
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
        assert not thread.is_alive()


def fail(*_: object, **__: object) -> None:
    raise DatabaseError("no space")


@pytest.mark.thorough
def test_a_known_file_needs_no_writing(tool: Tool) -> None:
    path = dump(tool.folder, "a.txt", 1)
    tool.ok("load", path)
    with held(tool.db, Mode.READ):
        assert meant(tool, str(path)) == ["a"]
        with pytest.raises(DatabaseError, match="is held by process"):
            meant(tool, str(dump(tool.folder, "b.txt", 2)))


def test_the_label_wins_over_the_file(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tool.folder)
    tool.ok("load", dump(tool.folder, "one.txt", 1), "--label", "two.txt")
    dump(tool.folder, "two.txt", 2)
    assert meant(tool, "two.txt", "./two.txt") == ["two.txt", "two"]


@pytest.mark.thorough
def test_several_files_at_once(tool: Tool) -> None:
    paths = [str(dump(tool.folder, f"{number}.txt", number)) for number in range(3)]
    tool.ok("load", paths[1])
    assert meant(tool, *paths) == ["0", "1", "2"]
    assert tool.labels() == ["1", "0", "2"]


def test_a_word_that_is_neither(tool: Tool) -> None:
    with pytest.raises(LabelError, match="no such file; the database holds no dumps yet"):
        meant(tool, "t9")
    assert not tool.db.exists()
    tool.ok("load", dump(tool.folder, "t1.txt", 1), dump(tool.folder, "other.txt", 2))
    with pytest.raises(LabelError, match=r"^t9: no dump has this label, .*; there is t1, "):
        meant(tool, "t9")


def test_a_folder_says_what_was_found_in_it(tool: Tool) -> None:
    folder = tool.folder / "logs"
    folder.mkdir()
    dump(folder, "a.txt", 1)
    (folder / "notes").write_text("nothing")
    err = tool.ok("load", folder).err
    assert err.startswith(f"{folder}: 2 files, ")
    assert ": 1 dumps, 0 files beside them, 1 skipped\n" in err


@pytest.mark.sampled
@pytest.mark.parametrize("answer", [True, False])
def test_a_folder_with_much_in_it_is_loaded_only_if_wanted(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    folder = tool.folder / "logs"
    folder.mkdir()
    for number in range(3):
        dump(folder, f"{number}.txt", number)
    questions: list[str] = []

    def ask(question: str) -> bool:
        questions.append(question)
        return answer

    with closing(space(tool)) as opened:
        assert len(opened.load([str(folder)], LoadOptions(label=""), ask=ask)) == 3
        assert questions == []
        monkeypatch.setattr("pageowner_sql.workspace.MANY_FILES", 2)
        with nullcontext() if answer else pytest.raises(InputError, match="nothing was loaded"):
            opened.load([str(folder)], LoadOptions(label=""), ask=ask)
    [question] = questions
    assert question.startswith(f"{folder}: 3 files, ")
    assert question.endswith("; load the dumps among them?")


def test_a_folder_is_no_dump(tool: Tool) -> None:
    with pytest.raises(LabelError, match="is a folder; load what is in it"):
        meant(tool, str(tool.folder))
    assert not tool.db.exists()


@pytest.mark.parametrize("text", [b"", b"no dump\n", b"MemTotal:  1 kB\n"])
def test_a_file_that_is_no_dump_leaves_no_database(tool: Tool, text: bytes) -> None:
    path = tool.folder / "x.txt"
    path.write_bytes(text)
    with pytest.raises(InputError):
        meant(tool, str(path))
    assert not tool.db.exists()


def test_an_empty_database_has_no_last_dump(tool: Tool) -> None:
    Database.open(tool.db, Mode.WRITE).close()
    with pytest.raises(LabelError, match="holds no dumps; load one"):
        meant(tool, None)


@pytest.fixture
def here(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> Tool:
    """The program without --db, in a folder of its own."""
    folder = tool.folder / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return tool


def unnamed(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    """What a command without --db prints."""
    assert entry.run(words) == 0
    return capfd.readouterr()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_in_place_of_a_label_leaves_nothing(
    here: Tool, capfd: pytest.CaptureFixture[str]
) -> None:
    path = dump(here.folder / "here", "a.txt", 1)
    out, err = unnamed(capfd, "top", "a.txt", "--format", "csv")
    assert "\n" in out
    assert "not kept; to ask again without reading, first: pageowner-sql load a.txt\n" in err
    assert names(path.parent) == ["a.txt"]


@pytest.mark.thorough
def test_a_file_is_compared_with_a_loaded_dump_and_not_kept(
    here: Tool, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = here.folder / "here"
    dump(folder, "a.txt", 1)
    dump(folder, "b.txt", 2)
    unnamed(capfd, "load", "a.txt")
    before = (folder / "pageowner.duckdb").read_bytes()
    out, _ = unnamed(capfd, "diff", "a", "b.txt", "--format", "csv")
    assert out.count("\n") >= 2
    assert names(folder) == ["a.txt", "b.txt", "pageowner.duckdb"]
    assert (folder / "pageowner.duckdb").read_bytes() == before
    _, err = unnamed(capfd, "top", "a.txt")
    assert "not kept" not in err


def test_a_database_that_is_named_keeps_the_file(
    here: Tool, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = here.folder / "here"
    dump(folder, "a.txt", 1)
    monkeypatch.setenv("PAGEOWNER_DB", "named.duckdb")
    _, err = unnamed(capfd, "top", "a.txt")
    assert "not kept" not in err
    assert names(folder) == ["a.txt", "named.duckdb"]


@pytest.mark.thorough
def test_files_are_asked_about_one_after_the_other_without_being_kept(tool: Tool) -> None:
    paths = [str(dump(tool.folder, f"{number}.txt", number)) for number in range(3)]
    with closing(Workspace(str(tool.db), say=say, keep=False)) as opened:
        assert [opened.dump(path).label for path in paths] == ["0", "1", "2"]
        assert [each.label for each in opened.dumps_of(paths)] == ["0", "1", "2"]
    assert not tool.db.exists()


@pytest.mark.sampled
@pytest.mark.parametrize(
    "words",
    [
        ("top", "a.txt"),
        ("load", "a.txt"),
        ("dumps",),
        ("sql", "SELECT * FROM dumps"),
        ("sql", "--sandbox", "SELECT * FROM dumps"),
        ("sql", "--write", "CREATE TABLE x AS SELECT 1"),
        ("schema",),
    ],
)
def test_a_database_in_memory_leaves_nothing(
    here: Tool, capfd: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    path = dump(here.folder / "here", "a.txt", 1)
    unnamed(capfd, "--db", ":memory:", *words)
    assert names(path.parent) == ["a.txt"]


def test_a_database_in_memory_has_nothing_to_compact(capfd: pytest.CaptureFixture[str]) -> None:
    assert entry.run(("--db", ":memory:", "dumps", "compact")) == 1
    assert capfd.readouterr().err == "pageowner-sql: :memory:: takes no space on a disk\n"
