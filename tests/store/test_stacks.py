"""Dumps of very many distinct stacks and functions: same result in portions, linear work."""

import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.distinct_stacks import dump
from pageowner_sql.dump.fields import read_frames
from pageowner_sql.dump.source import Source
from pageowner_sql.store import owners, stacks
from pageowner_sql.store.database import Database, Mode, statement
from pageowner_sql.store.load import LoadOptions, load
from tests.support.synth import ERAS

STACKS = 300
MEMORY = Database.open("", Mode.MEMORY)
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


def test_a_stack_may_have_an_empty_line() -> None:
    with loaded(ERAS[0].record(b"a", rest=b" inner+0x1/0x2\n \n outer\n\n")) as database:
        found = database.rows("SELECT pos, function FROM frames ORDER BY pos")
        assert found == [(0, "inner"), (1, ""), (2, "outer")]
        assert database.value("SELECT function_stack FROM stacks") == "inner\n\nouter"


LINES = st.sampled_from(
    [
        *("", "f", "f+0x1/0x2", "f.isra.0+0x1/0x2 [m]", "0xff", END[1:-1].decode()),
        *("[<1f>] g+0x1/0x2", "new_slab+0x1/0x2", "__vmalloc_node_range_noprof+0x1/0x2", "? h"),
        *("alloc_pages_noprof+0x1/0x2", "漢字", "no frame at all", "handle 5 (stack not known)"),
    ]
) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"))
TEXTS = st.lists(st.lists(LINES, max_size=5).map("\n".join), max_size=8)


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=3))
def test_stacks_are_read_as_line_by_line(portions: list[list[str]]) -> None:
    database = MEMORY.cursor()
    for name in ("stacks", "frames"):
        database.run(f"DELETE FROM {name}")
    tables = stacks.StackTables(database)
    ids = [tables.ids(portion) for portion in portions]
    tables.finish()
    expected: dict[str, int] = {}
    for text in (text for portion in portions for text in portion):
        expected.setdefault(text, len(expected) + 1)
    assert ids == [[expected[text] for text in portion] for portion in portions]
    found = database.rows("FROM stacks ORDER BY stack_id")
    assert [row[:2] for row in found] == [(number, text) for text, number in expected.items()]
    base = dict(database.rows("SELECT function, base_function FROM frames"))
    rows = database.rows("SELECT * EXCLUDE (base_function) FROM frames ORDER BY stack_id, pos")
    is_whole = {text: text == "handle 5 (stack not known)" for text in expected}
    frames = {text: [] if is_whole[text] else read_frames(text) for text in expected}
    assert rows == [
        (number, pos, frame.function, *frame[1:])
        for text, number in expected.items()
        for pos, frame in enumerate(frames[text])
    ]
    for _, text, depth, function_stack, is_slab, is_vmalloc in found:
        names = [base.get(frame.function) for frame in frames[text]]
        shown = [
            f"0x{frame.address:X}" if name is None else name
            for name, frame in zip(names, frames[text], strict=True)
        ]
        assert depth == len(names)
        assert function_stack == (text if is_whole[text] else "\n".join(shown))
        assert is_slab == ("new_slab" in names)
        vmalloc = "__vmalloc_node_range" in names
        assert is_vmalloc == (vmalloc and any("alloc_pages" in (name or "") for name in names))


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


@pytest.mark.thorough
def test_a_function_meets_few_rules() -> None:
    frames, rows = busiest(200)
    assert rows < 4 * frames
    assert busiest(400)[1] < 2.2 * rows


def test_a_text_of_irregular_records_is_kept_once() -> None:
    hostile = ERAS[0].record(b"a\nb")
    with loaded(hostile + hostile + ERAS[0].record(b"c")) as database:
        for name in ("headers", "page_states", "rests"):
            twice = f"SELECT count(*), count(DISTINCT raw) FROM {name}"
            [(rows, texts)] = database.rows(twice)
            assert rows == texts
