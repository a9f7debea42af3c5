"""A word that means a dump: its label, its file, or the dump loaded last."""

from contextlib import closing
from pathlib import Path

import pytest

from pageowner_sql.cli.shared import say
from pageowner_sql.errors import DatabaseError, InputError, LabelError
from pageowner_sql.store.database import Database, Mode
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
