"""Samples of a machine -> tables, and back into the text of a summary."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pageowner_sql.live.sampler import Sample, Series
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database


class SampleWriter:
    """Appends samples to a database; what it has learnt of series it keeps between openings."""

    def __init__(self) -> None:
        self._series: dict[Series, int] = {}

    def write(self, database: Database, samples: Sequence[Sample]) -> None:
        """Append samples, all of them or none."""
        if not self._series:
            rows = database.rows(
                "SELECT source, name, boot_id, stack, series_id FROM sample_series"
            )
            self._series = {Series(*row[:4]): row[4] for row in rows}
        with database.transaction():
            sql = "SELECT coalesce(max(sample_id), 0) FROM samples"
            last = int(database.value(sql))
            self._write_series(database, samples)
            for number, sample in enumerate(samples, last + 1):
                self._write_sample(database, number, sample)

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
        counts = sorted((self._series[series], held) for series, held in sample.counts.items())
        database.append(
            "sample_counts",
            table(
                {
                    "sample_id": ("int", [number] * len(counts)),
                    "series_id": ("int", [series for series, _ in counts]),
                    "bytes": ("int", [held for _, held in counts]),
                }
            ),
        )


class StoredSample(NamedTuple):
    """A sample of stacks, and its text as show_stacks has it."""

    taken_at: datetime
    boot_id: str
    host: str | None
    kernel: str | None
    page_size: int
    text: bytes
    left_out: int


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
    number, *facts, page_size = found[0]
    rows = database.rows(
        "SELECT n.stack, sum(c.bytes) FROM sample_counts c "
        "JOIN sample_series n ON n.series_id = c.series_id WHERE c.sample_id = $number "
        "GROUP BY n.stack ORDER BY sum(c.bytes) DESC, n.stack",
        {"number": number},
    )
    blocks = [f"{stack}\nnr_base_pages: {held // page_size}\n\n" for stack, held in rows if stack]
    left_out = sum(held for stack, held in rows if not stack)
    taken_at, boot_id, host, kernel = facts
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
