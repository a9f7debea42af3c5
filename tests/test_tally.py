"""A culled report on a file counts its records by their texts; that on a loaded dump one by one."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from pageowner_sql.cli import sorting
from pageowner_sql.dump.stream import DigestStream
from pageowner_sql.store import tally as tallying
from pageowner_sql.store.database import Database, Mode
from tests.conftest import DumpPath
from tests.sorter import Sorter, opened_sorter, selection_of
from tests.synth import ERAS, source_of

CULLS = (
    ["--cull=st"],
    ["--cull=st,ator", "-m"],
    ["--cull=n,p,tg", "--sort=-p,n"],
    ["--cull=n", "--sort=at"],
    ["--cull=st", "--sort=txt", "--name=cat,sockleak"],
)


@pytest.fixture
def sorter(tmp_path: Path) -> Iterator[Sorter]:
    with opened_sorter(tmp_path) as opened:
        yield opened


def of_file(path: Path, args: list[str]) -> bytes:
    """Return the report on the file itself."""
    out = path.with_name("of_file.txt")
    sorting.report_on_file(str(path), selection_of(args, None), str(out))
    return out.read_bytes()


@pytest.mark.parametrize("pending", [1, tallying.PENDING])
def test_a_real_dump(
    sorter: Sorter, dump: DumpPath, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pending: int
) -> None:
    path = tmp_path / "in.txt"
    path.write_bytes(dump("linux-7.3/t0.txt").read_bytes()[:6_000_000])
    monkeypatch.setattr(tallying, "PENDING", pending)
    # Some twelve chunks instead of one.
    small = functools.partial(DigestStream, chunk=1 << 19)
    monkeypatch.setattr("pageowner_sql.dump.stream.DigestStream", small)
    dump_id = sorter.load(path.read_bytes())
    for args in CULLS:
        expected = sorter.report(dump_id, selection_of(args, None))
        assert expected.count(b"times, ") > 5
        assert of_file(path, args) == expected


def test_what_is_rejected_is_counted_and_left_out() -> None:
    good, bad = ERAS[2].record(b"x"), ERAS[2].record(b"").replace(b"tgid 7", b"tgid 4294967295")
    text = b"junk\n\n" + bad * 3 + good * 5 + bad + b"\n" + good[:40]
    with Database.open("", Mode.REPORT) as database:
        found = tallying.tally(database, DigestStream(source_of(text), hashed=False))
        assert (found.records, found.rejected) == (5, 6)
        assert database.rows("SELECT ord, times FROM alike") == [(4, 5)]
