"""A machine's records with all that belongs to their moment -> a dump and what lies beside it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, cast

from pageowner_sql.dump.kinds import ACCOUNT_KINDS, Kind
from pageowner_sql.dump.source import Source
from pageowner_sql.errors import InputError
from pageowner_sql.live.bundle import Bundle
from pageowner_sql.output.plain import printable
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import all_dumps, check_label, free_label
from pageowner_sql.store.load import Loaded, LoadOptions, Progress
from pageowner_sql.store.load_any import load_any
from pageowner_sql.store.moment_files import keep_moment_files

if TYPE_CHECKING:
    from pageowner_sql.store.dumps import Dump

# What resolves the handles of a dump without stacks; the second is learnt after the records.
_HANDLES = ("show_stacks_handles", "stacks_of_handles")
# The kernel's sums of stacks.
_SUMS = ("show_handles", "show_stacks")
_MOST_BYTES = 1 << 62
_UPTIME = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


class Moment:
    """What a machine said of itself (`facts`), the small `files`, and the records' text."""

    def __init__(
        self, name: str, facts: Mapping[str, str], files: Mapping[str, bytes], text: BinaryIO
    ) -> None:
        self.name = name
        self.facts = facts
        self.files = files
        self.text = text


def read_bundle(source: Source) -> Moment:
    """What `capture` wrote. Raises InputError where it is damaged, as reading its text does."""
    bundle = Bundle(source)
    return Moment(source.name, bundle.facts, bundle.files, cast(BinaryIO, bundle))


def load_records(
    database: Database, moment: Moment, options: LoadOptions, report: Progress
) -> Loaded:
    """Load a moment's dump, whole or not at all; it is known where its text was there before."""
    options = _with_facts(options, moment.facts)
    if options.label:
        check_label(all_dumps(database), options.label)
    else:
        options = replace(options, label=free_label(all_dumps(database), moment.name))
    with Source(moment.text, moment.name, None) as source:
        return load_any(database, source, options, report)


def load_files(
    database: Database, dump: Dump, moment: Moment, say: Callable[[str], None], *, strict: bool
) -> None:
    """Load what belongs to a moment beside its dump, and say what."""
    kept = _load_accounts(database, dump, moment, say, strict=strict)
    kept += keep_moment_files(database, dump.dump_id, moment.files)
    if kept:
        say(f"{printable(dump.label)}: with {', '.join(kept)}")
    if "handle" in dump.fields and "stack" not in dump.fields:
        _load_handles(database, dump, moment, say)
    _keep_sample(database, dump, moment, say)


def _with_facts(options: LoadOptions, facts: Mapping[str, str]) -> LoadOptions:
    """The options, and where they say nothing, what the machine said."""
    captured = _number(facts.get("captured_at"))
    when = None
    if captured is not None:
        with suppress(OverflowError, ValueError, OSError):
            when = datetime.fromtimestamp(captured, UTC).replace(tzinfo=None)
    size = _number(facts.get("page_size"))
    is_size = size is not None and not size & (size - 1) and 1 << 10 <= size <= 1 << 20
    return replace(
        options,
        label=options.label or facts.get("label", ""),
        host=options.host or facts.get("host"),
        kernel=options.kernel or facts.get("kernel"),
        boot_id=options.boot_id or facts.get("boot_id"),
        captured_at=options.captured_at or when,
        page_size=options.page_size or (size if is_size else None),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) <= 12 else None


def _load_accounts(
    database: Database, dump: Dump, moment: Moment, say: Callable[[str], None], *, strict: bool
) -> list[str]:
    """Load the kernel's other accounts; the names of those that were loaded."""
    from pageowner_sql.store.load_accounts import load_account

    kept = []
    for kind in sorted(ACCOUNT_KINDS & moment.files.keys()):
        name = f"{moment.name}: {kind}"
        try:
            with _source(moment.files[kind], name) as source:
                load_account(database, dump.dump_id, source, replace=False, strict=strict)
            kept.append(str(kind))
        except InputError as error:
            say(f"{name}: skipped: {str(error).removeprefix(f'{name}: ')}")
    return kept


def _load_handles(
    database: Database, dump: Dump, moment: Moment, say: Callable[[str], None]
) -> None:
    """Load the stacks of the handles, as a dump of their own."""
    from pageowner_sql.store.load_summary import load_summary

    text = b"".join(moment.files.get(name, b"") for name in _HANDLES)
    if not text:
        say(f"{printable(dump.label)}: has handles, and nothing beside it has their stacks")
        return
    label = free_label(all_dumps(database), f"{dump.label}.handles")
    options = _with_facts(LoadOptions(label), moment.facts)
    # The dump's, which the user may have said.
    options = replace(
        options, label=label, host=dump.host, kernel=dump.kernel, boot_id=dump.boot_id
    )
    with _source(text, f"{moment.name}: show_stacks_handles") as source:
        load_summary(database, source, Kind.SHOW_STACKS_HANDLES, options)
    say(f"{printable(dump.label)}: with the stacks of its handles, as {printable(label)}")


def _keep_sample(
    database: Database, dump: Dump, moment: Moment, say: Callable[[str], None]
) -> None:
    """Keep the kernel's own sums of stacks as a sample: a dump would count all memory twice."""
    sums = [name for name in _SUMS if name in moment.files]
    if not sums:
        return
    from pageowner_sql.live.machine import CapturedMachine
    from pageowner_sql.live.sampler import Sampler
    from pageowner_sql.store.samples import SampleWriter, has_sample

    label = printable(dump.label)
    stacks = b"".join(moment.files.get(name, b"") for name in _HANDLES)
    files = {name: moment.files[name] for name in sums} | {_HANDLES[0]: stacks}
    try:
        sampler = Sampler(CapturedMachine(_sample_facts(dump, moment), files))
        samples = sampler.read(dump.captured_at)
    except InputError:
        samples = []
    if dump.captured_at is None or not any(each.counts for each in samples):
        why = "the capture has no time" if dump.captured_at is None else "no stack with its count"
        say(f"{label}: {' and '.join(sums)}: skipped: {why}")
        return
    [sample] = samples
    if any(abs(held) > _MOST_BYTES for held in sample.counts.values()):
        say(f"{label}: {sample.source}: skipped: counts more memory than there can be")
        return
    if not has_sample(database, sample):
        SampleWriter().write(database, samples)
    others = "".join(f"; {name} says the same" for name in sums if name != sample.source)
    say(f"{label}: with {sample.source} as sample @{sample.taken_at:%Y-%m-%dT%H:%M:%S}{others}")


def _sample_facts(dump: Dump, moment: Moment) -> dict[str, str]:
    """What a sample is to know: of the dump, for the user may have said it, and the uptime."""
    said = {
        "boot_id": dump.boot_id,
        "host": dump.host,
        "kernel": dump.kernel,
        "page_size": str(dump.page_size),
    }
    uptime = _UPTIME.fullmatch(moment.facts.get("uptime", ""))
    facts = {name: value for name, value in said.items() if value}
    return facts | ({"uptime": uptime[0]} if uptime else {})


def _source(text: bytes, name: str) -> Source:
    return Source(cast(BinaryIO, io.BytesIO(text)), name, len(text))
