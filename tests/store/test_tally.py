"""A culled report on a file counts its records by their texts; that on a loaded dump one by one."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pageowner_sql.dump.formats import Layout
from pageowner_sql.dump.group_stream import (
    FileGroupStream,
    GroupStream,
    open_group_stream,
    part_starts,
)
from pageowner_sql.dump.pipeline import Pipeline
from pageowner_sql.dump.record_groups import RecordGroups
from pageowner_sql.dump.record_reader import RecordStream
from pageowner_sql.dump.scanner import BUDGET
from pageowner_sql.dump.source import Source, open_source
from pageowner_sql.errors import InputError
from pageowner_sql.sort import report
from pageowner_sql.sort.getopt import selection_of
from pageowner_sql.store import tally as tallying
from pageowner_sql.store.database import Database, Mode
from tests.conftest import DumpPath
from tests.dump.test_exact_parser import dumps
from tests.support.sorter import Sorter, opened_sorter
from tests.support.synth import ERAS, Records, source_of

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
    report.report_on_file(str(path), selection_of(args, None), str(out))
    return out.read_bytes()


def chunk_stream(
    source: Source, *, compared: bool = False, threads: int = 1
) -> Pipeline[RecordGroups]:
    assert not compared
    del threads
    return GroupStream(source, chunk=1 << 19)


def file_stream(
    source: Source, *, compared: bool = False, threads: int = 1
) -> Pipeline[RecordGroups]:
    assert not compared
    del threads
    return FileGroupStream(source, chunk=1 << 17)


def parts_stream(
    source: Source, *, compared: bool = False, threads: int = 1
) -> Pipeline[RecordGroups]:
    assert not compared
    del threads
    return in_parts(source, 1 << 17, 1 << 20, BUDGET)


STREAMS = (chunk_stream, file_stream, parts_stream)


@pytest.mark.thorough
@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("pending", [1, tallying.PENDING])
def test_a_real_dump(
    sorter: Sorter,
    dump: DumpPath,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    pending: int,
    stream: Callable[[Source], Pipeline[RecordGroups]],
) -> None:
    path = tmp_path / "in.txt"
    path.write_bytes(dump("linux-7.3/t0.txt").read_bytes()[:6_000_000])
    monkeypatch.setattr(tallying, "PENDING", pending)
    # Some twelve chunks and more instead of one.
    monkeypatch.setattr("pageowner_sql.dump.group_stream.open_group_stream", stream)
    dump_id = sorter.load(path.read_bytes())
    for args in CULLS:
        expected = sorter.report(dump_id, selection_of(args, None))
        assert expected.count(b"times, ") > 5
        assert of_file(path, args) == expected


@pytest.mark.parametrize("stream", STREAMS)
def test_what_is_rejected_is_counted_and_left_out(
    stream: Callable[[Source], Pipeline[RecordGroups]], tmp_path: Path
) -> None:
    good, bad = ERAS[2].record(b"x"), ERAS[2].record(b"").replace(b"tgid 7", b"tgid 4294967295")
    text = b"junk\n\n" + bad * 3 + good * 5 + bad + b"\n" + good[:40]
    path = tmp_path / "in.txt"
    path.write_bytes(text)
    with Database.open("", Mode.REPORT) as database, open_source(str(path)) as source:
        found = tallying.tally(database, stream(source))
        assert (found.records, found.rejected) == (5, 6)
        assert database.rows("SELECT sum(times) FROM record_groups") == [(5,)]


@pytest.mark.thorough
def test_stacks_that_nobody_asks_for_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "in.txt"
    frame = b" f+0x1/0x2\n"
    with_stack = [
        ERAS[2].record(b"x%d" % (n % 3)).replace(b"+0x", b"%d+0x" % n, 1) for n in range(50)
    ]
    path.write_bytes(b"".join(with_stack) + frame)
    with Database.open("", Mode.REPORT) as database, open_source(str(path)) as source:
        found = tallying.tally(database, file_stream(source), rests=False)
        assert (found.records, found.rejected) == (50, 1)
        assert database.value("SELECT count(*) FROM rests") == 1
    kept = of_file(path, ["--cull=n", "-m"])
    monkeypatch.setattr(report, "needs_stacks", lambda _: True)
    assert of_file(path, ["--cull=n", "-m"]) == kept


Group = tuple[bytes, bytes, bytes, Layout, int | None, int | None]


def groups_of(stream: Pipeline[RecordGroups]) -> tuple[dict[Group, int], list[Group], int]:
    """How many records of each kind there are, the kinds in order, and the number of rejects."""
    times: dict[Group, int] = {}
    order: list[tuple[int, Group]] = []
    rejected = 0
    of_parts: dict[int, list[list[bytes]]] = {}
    for counted in stream:
        rejected += counted.rejected
        texts = of_parts.setdefault(counted.part, [[], [], []])
        for known, new in zip(texts, counted.texts, strict=True):
            known += [text for text, _ in new]
        if counted.ahead:
            assert not len(counted)
            continue
        layouts = list(stream.reader.layouts)
        for at in range(len(counted)):
            header, state, rest = (
                known[numbers[at]] for known, numbers in zip(texts, counted.numbers, strict=True)
            )
            alloc, free = (
                None if column is None else column[at]
                for column in (counted.alloc_ts, counted.free_ts)
            )
            has = (None if alloc is None else 1, None if free is None else 1)
            group = (header, state, rest, layouts[counted.layout[at]], *has)
            times[group] = times.get(group, 0) + counted.times[at]
            order.append((counted.at[at], group))
        del of_parts[counted.part]
    return times, list(dict.fromkeys(group for _, group in sorted(order))), rejected


def in_parts(source: Source, chunk: int, room: int, budget: int) -> Pipeline[RecordGroups]:
    """Return the stream that counts a file by three threads, however small it is."""
    starts = part_starts(source, 3)
    return FileGroupStream(source, chunk, room, budget=budget, starts=starts)


def one_by_one(text: bytes, chunk: int, budget: int) -> object:
    """What `groups_of` gives, from a reading of every record for itself."""
    times: dict[Group, int] = {}
    first: dict[Group, int] = {}
    rejected = 0
    stream = RecordStream(source_of(text), chunk, 1 << 10, budget=budget)
    records = Records()
    try:
        for part in stream:
            for position, record in records.of(part, list(stream.reader.layouts)):
                alloc, free = (None if t is None else 1 for t in (record.alloc_ts, record.free_ts))
                texts = (record.header, record.tail, record.rest)
                group: Group = (*texts, record.layout, alloc, free)
                times[group] = times.get(group, 0) + 1
                first[group] = min(first.get(group, position), position)
            rejected += sum(bool(left.reason) and not left.continues for left in part.leftovers)
    except InputError as error:
        return str(error).replace("test:", "in.txt:")
    return times, sorted(times, key=first.__getitem__), rejected


@pytest.mark.thorough
@given(
    text=dumps(),
    chunk=st.sampled_from([300, 4000, 1 << 16]),
    budget=st.sampled_from([1, 999, 1 << 17]),
)
@example(text=b"", chunk=300, budget=1)
@example(text=b"\n\n" + b"x" * 5000, chunk=300, budget=1)
@example(text=b"".join(era.record(b"x") * 9 for era in (*ERAS, *ERAS)), chunk=300, budget=999)
@example(text=b"junk" * 900 + ERAS[2].record(b"a") * 9 + b"x" * 3000, chunk=300, budget=1)
def test_all_ways_count_the_same(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, chunk: int, budget: int
) -> None:
    path = tmp_path_factory.mktemp("counted", numbered=True) / "in.txt"
    path.write_bytes(text)
    ways: list[Callable[[Source], Pipeline[RecordGroups]]] = [
        partial(each, chunk=chunk, room=1 << 10, budget=budget)
        for each in (GroupStream, FileGroupStream)
    ]
    ways.append(partial(in_parts, chunk=chunk, room=1 << 10, budget=budget))
    found: list[object] = [one_by_one(text, chunk, budget)]
    for way in ways:
        with open_source(str(path)) as source:
            try:
                found.append(groups_of(way(source)))
            except InputError as error:
                found.append(f"in.txt:{str(error).partition('in.txt:')[2]}")
    assert found[1] == found[0]
    assert found[2] == found[0]
    assert found[3] == found[0]


def test_a_file_that_cannot_be_read_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.txt"
    path.write_bytes(ERAS[2].record(b"x") * 100)
    with path.open("ab") as written, open_source(str(path)) as source:
        monkeypatch.setattr(Source, "descriptor", written.fileno())
        with pytest.raises(InputError, match=r"in\.txt: cannot be read: Bad file descriptor"):
            list(FileGroupStream(source, chunk=3000))


def descriptor(source: Source) -> int | None:
    return source.descriptor


def test_only_a_plain_file_is_read_past_us(tmp_path: Path) -> None:
    path, packed = tmp_path / "in.txt", tmp_path / "in.gz"
    path.write_bytes(ERAS[2].record(b"x") * 1000)
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with open_source(str(path)) as plain, open_source(str(packed)) as compressed:
        assert type(open_group_stream(plain)) is FileGroupStream
        assert type(open_group_stream(compressed)) is GroupStream
        at = descriptor(plain)
        assert at is not None
        assert os.pread(at, 100, 50) == path.read_bytes()[50:150]
        assert descriptor(compressed) is None
