"""Samples where a dump is expected: `@TIME` is the sample taken nearest to it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, cast

from pageowner_sql.dump.source import Source
from pageowner_sql.errors import LabelError, UsageError
from pageowner_sql.input_files import InputFile, is_span
from pageowner_sql.output.units import size
from pageowner_sql.sql.grouping import Where
from pageowner_sql.sql.timespec import TIME_OF_DAY, Clock, TimePoint, duration
from pageowner_sql.store.database import Database
from pageowner_sql.store.load import LoadOptions
from pageowner_sql.store.samples import (
    DAY,
    SampleSpan,
    StoredSample,
    find_span,
    read_sample,
    read_span,
    sample_times,
)

# Samples that a span of time gives at most: enough for a slope, few enough to wait for.
MOST = 24


class SampleFile(InputFile):
    """A sample as the file that it was read from. Raises LabelError where there is none."""

    is_kept = True

    def __init__(self, word: str, database: Database) -> None:
        super().__init__(word)
        self.span: SampleSpan | None = span_of(database, word) if is_span(word) else None
        if self.span is not None:
            found: StoredSample | None = read_span(database, self.span)
        else:
            found = read_sample(database, _time(database, word.removeprefix("@")))
        if found is None or not found.text:
            raise LabelError(f"{word}: no sample of stacks here; take some with: record")
        self.sample: StoredSample = found
        self.can_be_read_twice = True

    def open(self) -> Source:
        """The sample's text, as show_stacks has it."""
        if self._source is None:
            text = self.sample.text
            self._source = Source(cast(BinaryIO, io.BytesIO(text)), self.path, len(text))
        return self._source

    @property
    def options(self) -> LoadOptions:
        """What is known of it."""
        sample = self.sample
        since = f"{_written(self.span.times[0])}.." if self.span else ""
        return LoadOptions(
            label=f"@{since}{_written(sample.taken_at)}",
            host=sample.host,
            kernel=sample.kernel,
            captured_at=sample.taken_at,
            boot_id=sample.boot_id or None,
            page_size=sample.page_size,
        )

    @property
    def caveat(self) -> str | None:
        """What the sample holds and cannot show."""
        if not self.sample.left_out:
            return None
        return f"{self.path}: {size(self.sample.left_out)} have a handle whose stack is not shown"


def expand_span(database: Database, word: str) -> list[str]:
    """The words for samples of a span, `@FROM..TO`, either end left out; others as they are."""
    if not is_span(word):
        return [word]
    times = sample_times(database, *_times(database, word), MOST)
    if not times:
        raise LabelError(f"{word}: no sample of stacks in that time; take some with: record")
    return [f"@{at.isoformat()}" for at in times]


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}".rstrip("0").rstrip(".")


def span_of(database: Database, word: str, period: int = DAY) -> SampleSpan:
    """The samples of a span, either end left out. Raises LabelError where there are none."""
    found = find_span(database, *_times(database, word))
    if found is None:
        raise LabelError(f"{word}: no sample of stacks in that time; take some with: record")
    return replace(found, period=period)


def samples_meant(
    words: Sequence[str], at: str | None, where: Where, *, no_dumps: Callable[[], bool]
) -> tuple[str | None, Where]:
    """The word for the samples that a question is about, None where it is about `words`.

    `at` means one sample. Times of `where` mean those of a span if they are written `@TIME` or as
    a time of day, or if the database has samples and `no_dumps`; they are taken out of it then.
    Raises UsageError where that contradicts itself.
    """
    times = [each for each in (where.since, where.until) if each is not None]
    if at is not None:
        if words or times:
            raise UsageError("--at: means one sample; leave out the dumps, --since and --until")
        return f"@{at.removeprefix('@')}", where
    if not times or words:
        return None, where
    if not any(each.clock is Clock.SAMPLE for each in times) and not no_dumps():
        return None, where
    since, until = (_text(each) for each in (where.since, where.until))
    return f"@{since}..{until}", replace(where, since=None, until=None)


def ends_of(database: Database, word: str) -> tuple[str, str]:
    """The words for the first and the last sample of a span. Raises LabelError for only one."""
    found = expand_span(database, word)
    if len(found) < 2:
        raise LabelError(f"{word}: one sample is there, so nothing can have changed")
    return found[0], found[-1]


def _times(database: Database, word: str) -> tuple[datetime | None, datetime | None]:
    """Both ends of a span; None for one that is left out."""
    first, _, last = word.removeprefix("@").partition("..")
    return (
        _time(database, first) if first else None,
        _time(database, last) if last else None,
    )


def _text(at: TimePoint | None) -> str:
    if at is None:
        return ""
    if at.clock is Clock.BOOT:
        raise UsageError("samples go by the time of day; give 12:30, 2026-11-28T12:30 or 90s")
    if at.clock is Clock.DUMP:
        return f"{at.value}ns"
    return at.value.isoformat() if isinstance(at.value, datetime) else str(at.value)


def _time(database: Database, text: str) -> datetime:
    """A time: ISO 8601, a clock's time of the last sample's day, or how long before that sample."""
    times: Sequence[tuple[datetime | None]] = database.rows("SELECT max(taken_at) FROM samples")
    last = times[0][0]
    if last is None:
        raise LabelError(f"@{text}: the database has no samples; take some with: record")
    if TIME_OF_DAY.fullmatch(text):
        text = f"{last:%Y-%m-%d}T{text.zfill(5) if text.count(':') == 1 else text.zfill(8)}"
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        try:
            return last - timedelta(microseconds=duration(text, "@") // 1000)
        except (UsageError, OverflowError) as error:
            raise LabelError(
                f"@{text}: not a time (use @2026-11-28T12:30, @12:30, or @10m before the last)"
            ) from error
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
