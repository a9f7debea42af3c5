"""What samples hold is what was written, however few rows that takes."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from pageowner_sql.live.sampler import Sample, Series
from pageowner_sql.sql.catalog import catalog
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.samples import SampleWriter
from tests.support.sampling import FACTS, START, TRUTHS, samples, stack_series

A, B = stack_series("a"), stack_series("b")
MEMORY = Series("meminfo", "MemFree")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "x.duckdb", Mode.WRITE) as opened:
        yield opened


def taken(*counts: dict[Series, int], source: str = "show_stacks", start: int = 0) -> list[Sample]:
    return [
        Sample(
            *(source, START + timedelta(seconds=start + at), at, FACTS),
            {series: 1024 * count for series, count in each.items()},
        )
        for at, each in enumerate(counts)
    ]


def held(database: Database, source: str = "show_stacks") -> list[dict[str, int]]:
    """What each sample of a source held, by name."""
    rows = database.rows(
        "SELECT s.sample_id, p.name, p.bytes FROM samples s LEFT JOIN sampled p USING (sample_id) "
        "WHERE s.source = $source ORDER BY s.taken_at, p.name",
        {"source": source},
    )
    found: dict[int, dict[str, int]] = {}
    for number, name, amount in rows:
        found.setdefault(number, {}).update({} if name is None else {name: amount})
    return list(found.values())


def written(found: Iterable[Sample]) -> list[dict[str, int]]:
    return [{each.name: count for each, count in s.counts.items() if count} for s in found]


def test_samples_hold_what_was_written(database: Database) -> None:
    found = list(samples(50, 10, TRUTHS, others=30))
    writer = SampleWriter()
    for place in range(0, 50, 3):
        writer.write(database, found[place : place + 3])
    assert held(database) == written(found)
    [(rows,)] = database.rows("SELECT count(*) FROM sample_counts")
    assert rows < 50 * 34 / 2


@pytest.mark.parametrize("writers", [(0, 0, 0), (0, 1, 2), (0, 1, 0), (0, 1, 1)])
def test_a_series_that_goes_and_comes_is_told(database: Database, writers: Sequence[int]) -> None:
    """By one recording, by others later, and by two at once."""
    made = [SampleWriter() for _ in range(3)]
    found = taken({A: 1, B: 2}, {B: 2}, {A: 1, B: 3})
    for number, sample in zip(writers, found, strict=True):
        made[number].write(database, [sample])
    assert held(database) == written(found)


def test_sources_do_not_mix(database: Database) -> None:
    writer = SampleWriter()
    stacks = taken({A: 1}, {A: 1}, {})
    memory = taken({MEMORY: 5}, {MEMORY: 5}, {MEMORY: 6}, source="meminfo")
    for pair in zip(stacks, memory, strict=True):
        writer.write(database, pair)
    assert held(database) == written(stacks)
    assert held(database, "meminfo") == written(memory)


def test_what_could_not_be_written_is_written_later(database: Database) -> None:
    writer = SampleWriter()
    first, second = taken({A: 1}, {A: 1, B: 2})
    writer.write(database, [first])
    database.run("ALTER TABLE sample_counts RENAME TO away")
    with pytest.raises(Exception, match="sample_counts"):
        writer.write(database, [second])
    database.run("ALTER TABLE away RENAME TO sample_counts")
    writer.write(database, [second])
    assert held(database) == written([first, second])


def test_bytes_of_a_line_of_source_are_exact(database: Database) -> None:
    """They are sizes of objects; what others hold are pages or kB."""
    line = Series("allocinfo", "mm/slub.c:1 f")
    found = [Sample("allocinfo", START, 1, FACTS, {line: 4711})]
    SampleWriter().write(database, found)
    assert held(database, "allocinfo") == written(found)


def test_the_timeline_draws_what_does_not_change(database: Database) -> None:
    SampleWriter().write(database, taken({A: 3}, {A: 3, B: 1}, {A: 3, B: 1}))
    query = catalog().find("samples/timeline")
    given = {"source": "stacks", "since": "", "until": "", "top": 5, "points": 9}
    rows = database.rows(query.sql, given)
    assert [row[-1] for row in rows] == [3072, 0, 3072, 1024, 3072, 1024]
