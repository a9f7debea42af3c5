"""The dumps in a database: finding, naming, changing and removing them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from pageowner_sql.dump.kinds import Kind
from pageowner_sql.dump.source import stem
from pageowner_sql.errors import LabelError
from pageowner_sql.store.database import Database, statement

# Tables whose rows belong to one dump; `dumps` itself goes last.
OF_DUMPS = (
    *("records", "c_records", "rejects", "gaps", "file_pieces"),
    "oldest_allocations",
    *("stack_counts", "sorted_rows", "page_reports", "account_files", "account_rejects"),
    *("meminfo", "allocinfo", "slabinfo", "buddyinfo", "pagetype_free", "pagetype_blocks"),
    *("vmallocinfo", "zoneinfo", "processes", "modules"),
    *("headers", "page_states", "rests", "layouts", "dumps"),
)
# Tables whose rows belong to one stack.
OF_STACKS = ("frames", "stack_owners", "source_lines")


@dataclass(frozen=True)
class Dump:
    """One loaded dump, as table `dumps` has it; the comments there tell what each field means."""

    dump_id: int
    label: str
    kind: str
    source: str
    bytes: int
    records: int
    rejected: int
    pages: int
    truncated: bool
    captured_at: datetime | None
    loaded_at: datetime
    host: str | None
    kernel: str | None
    boot_id: str | None
    page_size: int
    page_size_given: bool
    tags: Mapping[str, str]
    fields: Sequence[str]
    newest_alloc_ts: int | None
    sha256: str
    head_sha256: str
    repairs: Sequence[str]


def all_dumps(database: Database) -> list[Dump]:
    """Every dump, in the order of loading."""
    return [Dump(*row) for row in database.rows(statement("dumps/all"))]


def by_label(dumps: Sequence[Dump], label: str) -> Dump | None:
    """The dump of that label, None where there is none."""
    return next((dump for dump in dumps if dump.label == label), None)


def the_dump(dumps: Sequence[Dump], label: str) -> Dump:
    """The dump of that label. Raises LabelError, which names what comes near it."""
    if found := by_label(dumps, label):
        return found
    raise LabelError(f"{label}: no dump has this label; {near(dumps, label)}")


def near(dumps: Sequence[Dump], label: str) -> str:
    """Which labels there are, those first that come near `label`."""
    labels = [dump.label for dump in dumps]
    close = get_close_matches(label, labels, n=3) or labels[-5:]
    return f"there is {', '.join(close)}" if close else "the database holds no dumps yet"


def free_label(dumps: Sequence[Dump], path: str) -> str:
    """The label of a dump read from `path`: its stem, else parent/stem, else stem#2 and on."""
    taken = {dump.label for dump in dumps}
    name = _typable(stem(path))
    parent = "" if path == "-" else _typable(Path(path).absolute().parent.name)
    numbered = (f"{name}#{number}" for number in itertools.count(2))
    wanted = itertools.chain([name], [f"{parent}/{name}"] if parent else [], numbered)
    return next(label for label in wanted if label not in taken)


def _typable(name: str) -> str:
    """`name` with `_` where people could not type or see what stands there."""
    return "".join(char if char.isprintable() else "_" for char in name)


def check_label(dumps: Sequence[Dump], label: str) -> None:
    """Raise LabelError where `label` is taken or could not be typed as a label."""
    if not label or label == "-" or label.startswith(("./", "../", "/")) or not label.isprintable():
        raise LabelError(
            f"{label!r} cannot be a label: it would be taken for a file, or not be seen"
        )
    if by_label(dumps, label):
        raise LabelError(f"{label}: this label is taken; choose another, or rename with: dumps set")


def remove(database: Database, dump: Dump) -> None:
    """Remove a dump and the stacks that only it had, all or nothing."""
    with database.transaction():
        for name in OF_DUMPS:
            database.run(f"DELETE FROM {name} WHERE dump_id = $id", {"id": dump.dump_id})  # noqa: S608  # a closed set
        database.run(statement("dumps/orphans"))
        for name in OF_STACKS:
            database.run(f"DELETE FROM {name} WHERE stack_id NOT IN (SELECT stack_id FROM stacks)")  # noqa: S608  # a closed set


def has_symbols(database: Database) -> bool:
    """Whether the database has symbol files."""
    found = database.value(
        "SELECT 1 FROM duckdb_tables() WHERE table_name = 'symbol_files' "
        "AND database_name = current_database()"
    )
    return bool(found) and bool(database.value("SELECT count(*) FROM symbol_files"))


def has_samples(database: Database) -> bool:
    """Whether the database has what `record` takes."""
    return bool(database.value("SELECT count(*) FROM samples"))


@dataclass(frozen=True, kw_only=True)
class DumpProperties:
    """What people say of a dump beside its bytes; None where they say nothing."""

    host: str | None = None
    kernel: str | None = None
    captured_at: datetime | None = None
    boot_id: str | None = None
    page_size: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Change(DumpProperties):
    """What people say anew; None leaves what was said, an empty text takes it away."""

    label: str | None = None


def change(database: Database, dump: Dump, said: Change) -> None:
    """Keep what is `said` of a dump; tags are added to its own (an empty value takes one away).

    Raises LabelError where the label is taken.
    """
    if said.label is not None and said.label != dump.label:
        check_label(all_dumps(database), said.label)
    kept = {key: value for key, value in {**dump.tags, **said.tags}.items() if value}
    database.run(
        statement("dumps/change"),
        {
            "dump_id": dump.dump_id,
            "label": said.label,
            "host": said.host,
            "kernel": said.kernel,
            "captured_at": said.captured_at,
            "boot_id": said.boot_id,
            "page_size": said.page_size,
            "tag_keys": list(kept),
            "tag_values": list(kept.values()),
        },
    )


EARLY_ONLY = (
    "every stack is the one of early boot, yet the pages were allocated later: the kernel lost "
    "their stacks (arm64 5.10 and 5.11 do), and who owns them cannot be known"
)


def doubts(database: Database, dump: Dump) -> list[str]:
    """All that speaks against a dump."""
    return [why for judge in (doubt, distrust) if (why := judge(database, dump))]


def doubt(database: Database, dump: Dump) -> str | None:
    """Why the sums of a dump cannot be trusted; None where nothing speaks against them."""
    if dump.kind != Kind.PAGE_OWNER:
        return None
    asked = {"dump_id": dump.dump_id, "records": dump.records}
    twice = int(database.value(statement("counted_twice"), asked))
    if not twice:
        return None
    frames = f"{twice:,} page frames begin" if twice > 1 else "1 page frame begins"
    return f"{frames} more than one record, as in a file of several dumps; every sum counts all"


def distrust(database: Database, dump: Dump) -> str | None:
    """Why the stacks of a dump cannot be trusted; None where nothing speaks against them."""
    if dump.kind != Kind.PAGE_OWNER:
        return None
    found = database.value(statement("early_only"), {"dump_id": dump.dump_id})
    return EARLY_ONLY if found else None
