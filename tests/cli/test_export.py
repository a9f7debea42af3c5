"""`export`: the very bytes that were loaded, or the allocations as rows."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
from collections.abc import Callable
from pathlib import Path

import duckdb
import lz4.frame
import pytest

from pageowner_sql.store import export_text
from tests.conftest import DumpPath
from tests.support import PAGE_OWNER_DUMPS
from tests.support.asking import count_records, csv_rows
from tests.support.runs import label_of
from tests.support.synth import ERAS, FORGERIES
from tests.support.tool import Tool

UNPACK: dict[str, Callable[[bytes], bytes]] = {
    ".txt": bytes,
    ".gz": gzip.decompress,
    ".xz": lzma.decompress,
    ".bz2": bz2.decompress,
    ".lz4": lz4.frame.decompress,
}


@pytest.fixture
def real(tool: Tool, real_runs: Path) -> Tool:
    """Return the program with the database of all real dumps."""
    tool.db = real_runs
    return tool


@pytest.mark.sampled
@pytest.mark.slow
@pytest.mark.parametrize("name", PAGE_OWNER_DUMPS)
def test_every_real_dump_comes_back_byte_for_byte(real: Tool, dump: DumpPath, name: str) -> None:
    target = real.folder / "out.txt"
    done = real.ok("export", label_of(name), "-o", target)
    assert done.out == ""
    digests = [hashlib.sha256(path.read_bytes()).digest() for path in (target, dump(name))]
    assert digests[0] == digests[1]


@pytest.fixture
def odd(tool: Tool) -> tuple[Tool, bytes]:
    """Return the program with a dump of hostile names, rejects, gaps, and no last newline."""
    parts = [ERAS[2].record(name, at) for at, name in enumerate(FORGERIES)]
    parts.insert(3, b"Page allocated via order x\n" + b"junk\n" * 50 + b"\n")
    parts.insert(9, b"\n\n\n")
    parts.insert(12, b"Page allocated via order 1" + b"y" * (5 << 20) + b"\n\n")
    text = b"".join(parts).removesuffix(b"\n\n")
    path = tool.folder / "odd.txt"
    path.write_bytes(text)
    tool.ok("load", path)
    return tool, text


@pytest.mark.sampled
@pytest.mark.parametrize("ending", UNPACK)
def test_a_file_is_compressed_by_its_ending(odd: tuple[Tool, bytes], ending: str) -> None:
    tool, text = odd
    target = tool.folder / f"out{ending}"
    tool.ok("export", "odd", "-o", target)
    assert UNPACK[ending](target.read_bytes()) == text


@pytest.mark.thorough
@pytest.mark.parametrize(("ords", "rejected", "pieces"), [(1, 1, 1), (7, 1 << 20, 2), (3, 9, 64)])
def test_ranges_of_any_size_join_without_a_seam(
    odd: tuple[Tool, bytes], monkeypatch: pytest.MonkeyPatch, ords: int, rejected: int, pieces: int
) -> None:
    tool, text = odd
    monkeypatch.setattr(export_text, "ORDS", ords)
    monkeypatch.setattr(export_text, "REJECTED", rejected)
    monkeypatch.setattr(export_text, "PIECES", pieces)
    monkeypatch.setattr(export_text, "SPAN", 2 * ords)
    target = tool.folder / "out.txt"
    tool.ok("export", "odd", "-o", target)
    assert target.read_bytes() == text


@pytest.mark.thorough
def test_stdout_gets_the_bytes(odd: tuple[Tool, bytes]) -> None:
    tool, text = odd
    process = tool.start("export", "odd")
    out, errors = process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert out == text


@pytest.mark.thorough
def test_a_selection_gives_its_records_alone(real: Tool, dump: DumpPath) -> None:
    target = real.folder / "cat.txt"
    real.ok("export", "7.3/t2", "--name", "cat", "-o", target)
    text = target.read_bytes()
    assert text.count(b"\n\nPage allocated via order ") + 1 == text.count(b" (cat), ts ")
    records = [each for each in count_records(dump("linux-7.3/t2.txt")) if each.comm == b"cat"]
    assert count_records(target) == records


@pytest.mark.sampled
@pytest.mark.parametrize("words", [(), ("--pid", "1"), ("--name", "cat")])
def test_rows_come_in_the_order_of_the_dump(real: Tool, words: tuple[str, ...]) -> None:
    target = real.folder / "rows.parquet"
    done = real.ok("export", "7.3/t2", *words, "-o", target)
    with duckdb.connect() as connection:
        sql = f"""
            SELECT count(*), bool_and(before IS NULL OR before < ord)
            FROM (
                SELECT ord, lag(ord) OVER (ORDER BY file_row_number) AS before
                FROM read_parquet('{target}', file_row_number = true)
            )
        """
        [(count, in_order)] = connection.execute(sql).fetchall()
    assert in_order
    assert done.err == f"{target}: {count:,} rows\n"
    condition = {"--pid": "pid = 1", "--name": "comm = 'cat'"}.get(
        words[0] if words else "", "true"
    )
    assert real.rows(f"SELECT count(*) FROM dump('7.3/t2') WHERE {condition}") == [(count,)]


def test_the_format_wins_over_the_ending(real: Tool) -> None:
    target = real.folder / "rows.txt"
    real.ok("export", "7.3/boot", "--format", "csv", "--limit", "2", "-o", target)
    assert [row["ord"] for row in csv_rows(target.read_text())] == ["0", "1"]
    real.ok("export", "7.3/boot", "--format", "page_owner", "-o", real.folder / "text.csv")
    assert (real.folder / "text.csv").read_bytes().startswith(b"Page allocated via order ")


def test_an_unknown_dump_leaves_the_old_file(real: Tool) -> None:
    target = real.folder / "out.txt"
    target.write_text("old")
    assert "no dump has this label" in real.fails(1, "export", "nothing", "-o", target)
    assert "cannot be written" in real.fails(1, "export", "7.3/boot", "-o", "/dev/full")
    assert target.read_text() == "old"
