"""What makes the sums of a dump doubtful is said wherever they are shown."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.support.synth import ERAS
from tests.support.tool import Tool

DOUBT = (
    "3 page frames begin more than one record, as in a file of several dumps; every sum counts all"
)


def _dump(*pfns: int) -> bytes:
    return b"".join(ERAS[2].record(b"cat", number) for number in pfns)


def test_a_file_of_two_dumps_is_told(tool: Tool, tmp_path: Path) -> None:
    path = tmp_path / "both.txt"
    path.write_bytes(_dump(*range(9)) + _dump(2, 4, 6, 20))
    done = tool.ok("load", path)
    assert f"both: {DOUBT}" in done.err
    assert f"both: {DOUBT}" in tool.ok("top", "both", "--by", "order").err
    assert f"both: {DOUBT}" in tool.ok("diff", "both", "both", "--by", "comm").err
    assert DOUBT in tool.ok("report", "both", "-o", "-", "--format", "markdown").out


@pytest.mark.parametrize("pfns", [range(9), (5, 3, 1), (7,), range(9000)], ids=len)
def test_other_dumps_are_not_doubted(tool: Tool, tmp_path: Path, pfns: Sequence[int]) -> None:
    path = tmp_path / "one.txt"
    path.write_bytes(_dump(*pfns))
    tool.ok("load", path)
    assert "more than one record" not in tool.ok("top", "one", "--by", "order").err


def _tar(text: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        entry = tarfile.TarInfo("dump.txt")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    return made.getvalue()


def _zip(text: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("dump.txt", text)
    return made.getvalue()


@pytest.mark.parametrize(("pack", "what"), [(_tar, "a tar archive"), (_zip, "a zip archive")])
def test_an_archive_is_refused_by_name(
    tool: Tool, tmp_path: Path, pack: Callable[[bytes], bytes], what: str
) -> None:
    """Read as a text it would lose a record, and count the dumps in it together."""
    path = tmp_path / "dump.txt"
    path.write_bytes(pack(_dump(*range(9))))
    told = f"{path}: is {what}; unpack it, and load what is in it"
    assert tool.fails(1, "load", path) == told
    assert tool.fails(1, "sort", path, tmp_path / "out") == told
