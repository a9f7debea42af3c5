"""A file that a user names is opened, looked at and hashed once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pageowner_sql import input_files
from pageowner_sql.dump import sniff, source
from pageowner_sql.dump.kinds import Kind
from pageowner_sql.input_files import InputFile
from pageowner_sql.side_files import find_inputs
from pageowner_sql.store.load import LoadOptions
from pageowner_sql.workspace import Workspace
from tests.support.synth import ERAS


def dump(folder: Path, name: str, number: int) -> Path:
    path = folder / name
    path.write_bytes(ERAS[2].record(b"x", number))
    return path


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each path was opened, and how often any text was sniffed."""
    seen: Counter[str] = Counter()
    opened, sniffed = source.open_source, sniff.sniff_kind

    def opening(path: str) -> object:
        seen[path] += 1
        return opened(path)

    def sniffing(head: bytes) -> Kind:
        seen["sniffed"] += 1
        return sniffed(head)

    monkeypatch.setattr(input_files, "open_source", opening)
    monkeypatch.setattr("pageowner_sql.dump.source.open_source", opening)
    monkeypatch.setattr(input_files, "sniff_kind", sniffing)
    monkeypatch.setattr("pageowner_sql.store.load_any.sniff_kind", sniffing)
    return seen


def test_a_plain_file_is_opened_and_looked_at_once(tmp_path: Path, calls: Counter[str]) -> None:
    path = str(dump(tmp_path, "a.txt", 1))
    other = str(dump(tmp_path, "b.txt", 2))
    space = Workspace(str(tmp_path / "x.duckdb"))
    space.load([path], LoadOptions(label=""))
    assert calls == {path: 1, "sniffed": 1}
    assert [each.label for each in space.dumps_of([path, other, "a"])] == ["a", "b", "a"]
    assert calls == {path: 2, other: 1, "sniffed": 3}
    space.close()


def test_a_file_is_read_from_its_beginning_whatever_was_looked_at(tmp_path: Path) -> None:
    path = dump(tmp_path, "a.txt", 1)
    file = InputFile(str(path))
    assert (file.kind, file.head.bytes) == (Kind.PAGE_OWNER, path.stat().st_size)
    assert b"".join(map(bytes, file.pieces())) == path.read_bytes()
    assert len(file.sha256) == len(file.head.sha256)


def test_of_many_files_few_are_open_at_a_time(tmp_path: Path) -> None:
    for number in range(40):
        dump(tmp_path, f"{number}.txt", number)
    inputs = find_inputs([str(tmp_path)])
    assert len(inputs.files) == 40
    held = len(list(Path("/proc/self/fd").iterdir()))
    inputs.close()
    assert held - len(list(Path("/proc/self/fd").iterdir())) <= 16
