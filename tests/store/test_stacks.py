"""Dumps of very many distinct stacks and functions: same result in portions, linear work."""

import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import pytest

from benchmarks.distinct_stacks import dump
from pageowner_sql.dump.source import Source
from pageowner_sql.store import owners, stacks
from pageowner_sql.store.database import Database, Mode, statement
from pageowner_sql.store.load import LoadOptions, load
from tests.support.synth import ERAS

STACKS = 300
END = b" [<ffffffffffffffff>] 0xffffffffffffffff\n"


def loaded(*texts: bytes) -> Database:
    database = Database.open("", Mode.MEMORY)
    for at, text in enumerate(texts):
        source = Source(cast(BinaryIO, io.BytesIO(text)), "test", len(text))
        load(database, source, LoadOptions(label=f"t{at}"))
    return database


def content(database: Database) -> list[list[tuple[Any, ...]]]:
    tables = ("stacks", "frames", "stack_owners", "rests")
    return [database.rows(f"FROM {name} ORDER BY ALL") for name in tables]


def texts() -> list[bytes]:
    """Two dumps that share most of their stacks."""
    records = list(dump(STACKS, 400))
    ended = [record.replace(b"\n\n", b"\n" + END + b"\n") for record in records[:20]]
    return [b"".join(records), b"".join(records[STACKS // 2 :] + ended)]


@pytest.mark.thorough
def test_stacks_in_small_portions_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with loaded(*texts()) as whole:
        expected = content(whole)
    monkeypatch.setattr(stacks, "AT_HAND", 7)
    monkeypatch.setattr(stacks, "TOGETHER", 5_000)
    monkeypatch.setattr(stacks, "REMEMBERED", 9_000)
    monkeypatch.setattr(owners, "TOGETHER", 2_000)
    with loaded(*texts()) as portions:
        assert content(portions) == expected


def test_a_stack_has_one_number_in_all_dumps() -> None:
    with loaded(*texts()) as database:
        assert database.value("SELECT count(*) FROM stacks") == STACKS + 20
        assert database.value("SELECT count(DISTINCT text) FROM stacks") == STACKS + 20


def test_the_end_marker_of_old_kernels_takes_no_position() -> None:
    middle = b" inner+0x1/0x2\n" + END + b" outer+0x1/0x2\n\n"
    with loaded(ERAS[0].record(b"a", rest=middle)) as database:
        found = database.rows("SELECT pos, function FROM frames ORDER BY pos")
        assert found == [(0, "inner"), (1, "outer")]


def test_loading_leaves_no_table_of_its_own_behind() -> None:
    with loaded(*texts()) as database:
        left = "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'load%'"
        assert database.rows(left) == []


def steps(operators: list[dict[str, Any]]) -> Iterator[int]:
    """How many rows each operator of a profile gave."""
    for operator in operators:
        yield operator["intermediate_rows"]
        yield from steps(operator.get("children", []))


def busiest(count: int) -> tuple[int, int]:
    """Frames of that many stacks of different functions, and most rows of a step of owners.sql."""
    with loaded(b"".join(dump(count, None))) as database:
        database.run("DELETE FROM stack_owners")
        sql = f"EXPLAIN (ANALYZE, FORMAT json) {statement('owners')}"
        [(_, text)] = database.rows(sql, {"first": 1, "last": count})
        frames = database.value("SELECT count(*) FROM frames")
        return frames, max(steps(json.loads(text)["operator"]))


def test_a_function_meets_few_rules() -> None:
    frames, rows = busiest(200)
    assert rows < 4 * frames
    assert busiest(400)[1] < 2.2 * rows
