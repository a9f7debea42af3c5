"""Samples of a machine -> tables, and back into the text of a summary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from pageowner_sql.dump.kinds import Kind
from pageowner_sql.live.sampler import Sample, Series
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database

DAY = 86_400_000_000_000


class SampleWriter:
    """Appends samples to a database; what it has learnt of series it keeps between openings.

    Only what changed is written: most stacks hold the same from one sample to the next.
    """

    def __init__(self) -> None:
        self._series: dict[Series, int] = {}
        # What each series of a source holds, as the database has it.
        self._held: dict[str, dict[int, int]] = {}
        self._last = -1

    def write(self, database: Database, samples: Sequence[Sample]) -> None:
        """Append samples, all of them or none."""
        last = int(database.value("SELECT coalesce(max(sample_id), 0) FROM samples"))
        if last != self._last:
            self._learn(database)
        self._last = -1
        with database.transaction():
            self._write_series(database, samples)
            for number, sample in enumerate(samples, last + 1):
                self._write_sample(database, number, sample)
        self._last = last + len(samples)

    def _learn(self, database: Database) -> None:
        """Learn what is there; somebody else may have written since."""
        rows = database.rows("SELECT source, name, boot_id, stack, series_id FROM sample_series")
        self._series = {Series(*row[:4]): row[4] for row in rows}
        self._held = {}
        for source, series, held in database.rows(
            "SELECT n.source, c.series_id, arg_max(c.units, c.sample_id) * n.unit "
            "FROM sample_counts c JOIN sample_series n ON n.series_id = c.series_id "
            "GROUP BY n.source, c.series_id, n.unit"
        ):
            self._held.setdefault(source, {})[series] = held

    def _write_series(self, database: Database, samples: Sequence[Sample]) -> None:
        met = dict.fromkeys(series for sample in samples for series in sample.counts)
        new = [series for series in met if series not in self._series]
        if not new:
            return
        first = max(self._series.values(), default=0) + 1
        self._series |= {series: number for number, series in enumerate(new, first)}
        database.append(
            "sample_series",
            table(
                {
                    "series_id": ("int", [self._series[each] for each in new]),
                    "source": ("text", [each.source for each in new]),
                    "boot_id": ("text", [each.boot_id for each in new]),
                    "name": ("text", [each.name for each in new]),
                    "stack": ("text", [each.stack for each in new]),
                    "unit": ("int", [_unit(each.source) for each in new]),
                }
            ),
        )

    def _write_sample(self, database: Database, number: int, sample: Sample) -> None:
        database.run(
            "INSERT INTO samples VALUES ($sample_id, $source, $taken_at, $uptime, $boot_id, "
            "$host, $kernel, $page_size)",
            {
                "sample_id": number,
                "source": str(sample.source),
                "taken_at": sample.taken_at,
                "uptime": sample.uptime,
                "boot_id": sample.facts.get("boot_id", ""),
                "host": sample.facts.get("host"),
                "kernel": sample.facts.get("kernel"),
                "page_size": int(sample.facts["page_size"]),
            },
        )
        before = self._held.get(sample.source, {})
        now = {self._series[series]: held for series, held in sample.counts.items()}
        self._held[sample.source] = now
        gone = dict.fromkeys(before.keys() - now.keys(), 0)
        counts = sorted(
            (series, held) for series, held in (now | gone).items() if held != before.get(series, 0)
        )
        if not counts:
            return
        unit = _unit(sample.source)
        database.append(
            "sample_counts",
            table(
                {
                    "sample_id": ("int", [number] * len(counts)),
                    "series_id": ("int", [series for series, _ in counts]),
                    "units": ("int", [held // unit for _, held in counts]),
                }
            ),
        )


def has_sample(database: Database, sample: Sample) -> bool:
    """Whether a sample of that file, boot and time is there."""
    sql = (
        "SELECT count(*) > 0 FROM samples "
        "WHERE source = $source AND taken_at = $taken_at AND boot_id = $boot_id"
    )
    facts = {"taken_at": sample.taken_at, "boot_id": sample.facts.get("boot_id", "")}
    return bool(database.value(sql, {"source": str(sample.source), **facts}))


def _unit(source: str) -> int:
    """Bytes that all counts of a file are multiples of: smaller numbers take less space."""
    return 1 if source == Kind.ALLOCINFO else 1024


class StoredSample(NamedTuple):
    """A sample of stacks, and its text as show_stacks has it."""

    taken_at: datetime
    boot_id: str
    host: str | None
    kernel: str | None
    page_size: int
    text: bytes
    left_out: int


@dataclass(frozen=True)
class SampleSpan:
    """The samples of stacks of one boot in a span of time, by when they were taken.

    `left_out`: those of earlier boots in the span. `period`: ns of a rhythm that may be in it.
    """

    source: str
    boot_id: str
    times: Sequence[datetime]
    left_out: int
    period: int = DAY

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of the templates' parameters."""
        return {
            "source": self.source,
            "boot_id": self.boot_id,
            "first": self.times[0],
            "last": self.times[-1],
        }


def find_span(
    database: Database, since: datetime | None, until: datetime | None
) -> SampleSpan | None:
    """The samples of the last boot in a span, of the file that has most; None where none is."""
    found = database.rows(
        "SELECT source, boot_id, list(taken_at ORDER BY taken_at) FROM samples "
        "WHERE source IN ('show_handles', 'show_stacks') "
        "AND ($since IS NULL OR taken_at >= $since) AND ($until IS NULL OR taken_at <= $until) "
        "GROUP BY source, boot_id ORDER BY max(taken_at) DESC, count(*) DESC, source",
        {"since": since, "until": until},
    )
    if not found:
        return None
    source, boot, times = found[0]
    left = sum(len(each) for of, _, each in found[1:] if of == source)
    return SampleSpan(source, boot, times, left)


def read_span(database: Database, span: SampleSpan) -> StoredSample:
    """The most that each stack held in a span, as one sample."""
    [facts] = database.rows(
        "SELECT max(taken_at), boot_id, any_value(host), any_value(kernel), any_value(page_size) "
        "FROM samples WHERE source = $source AND boot_id = $boot_id "
        "AND taken_at BETWEEN $first AND $last GROUP BY boot_id",
        span.parameters,
    )
    rows = database.rows(
        "SELECT stack, sum(most) FROM (SELECT n.stack, max(p.bytes) AS most FROM sample_points p "
        "JOIN sample_series n ON n.series_id = p.series_id WHERE p.source = $source "
        "AND p.boot_id = $boot_id AND p.taken_at BETWEEN $first AND $last "
        "GROUP BY p.series_id, n.stack) GROUP BY stack HAVING sum(most) > 0 "
        "ORDER BY sum(most) DESC, stack",
        span.parameters,
    )
    return _stored(facts, rows)


def read_sample(database: Database, at: datetime) -> StoredSample | None:
    """The sample of stacks that was taken nearest to `at`; None where there is none."""
    found = database.rows(
        "SELECT sample_id, taken_at, boot_id, host, kernel, page_size FROM samples "
        "WHERE source IN ('show_handles', 'show_stacks') "
        "ORDER BY abs(epoch_us(taken_at) - epoch_us($at)), sample_id LIMIT 1",
        {"at": at},
    )
    if not found:
        return None
    number, *facts = found[0]
    rows = database.rows(
        "SELECT stack, sum(bytes) FROM sampled WHERE sample_id = $number "
        "GROUP BY stack ORDER BY sum(bytes) DESC, stack",
        {"number": number},
    )
    return _stored(facts, rows)


def _stored(facts: Sequence[Any], rows: Sequence[tuple[Any, ...]]) -> StoredSample:
    """A sample of `rows`, stacks and their bytes, as show_stacks has them."""
    taken_at, boot_id, host, kernel, page_size = facts
    blocks = [f"{stack}\nnr_base_pages: {held // page_size}\n\n" for stack, held in rows if stack]
    left_out = sum(held for stack, held in rows if not stack)
    text = "".join(blocks).encode()
    return StoredSample(taken_at, boot_id, host, kernel, page_size, text, left_out)


def sample_times(
    database: Database, since: datetime | None, until: datetime | None, most: int
) -> list[datetime]:
    """When samples of stacks were taken, `most` at most, evenly."""
    rows = database.rows(
        "SELECT DISTINCT taken_at FROM samples WHERE source IN ('show_handles', 'show_stacks') "
        "AND ($since IS NULL OR taken_at >= $since) AND ($until IS NULL OR taken_at <= $until) "
        "ORDER BY taken_at",
        {"since": since, "until": until},
    )
    times = [at for (at,) in rows]
    if len(times) <= most:
        return times
    return [times[round(at * (len(times) - 1) / (most - 1))] for at in range(most)]
