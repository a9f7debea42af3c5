"""Checks that dumps have the fields of a question: a field that one lacks is an error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pageowner_sql.errors import MissingFieldError, UsageError
from pageowner_sql.output.plain import printable
from pageowner_sql.sql.grouping import Grouping, Key, RowSource, Where, grouping
from pageowner_sql.sql.timespec import Clock
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.handles import handles_of

_WORDS = {
    "comm": "process names (comm)",
    "memcg": "memory cgroups (memcg)",
    "alloc_ts": "allocation times (alloc_ts)",
    "free_ts": "free times (free_ts)",
    "stack": "stacks (stack)",
    "gfp": "names of gfp flags (gfp)",
}


def check_fields(dumps: Iterable[Dump], fields: Iterable[str]) -> None:
    """Raise MissingFieldError where one of the dumps lacks one of the fields."""
    wanted = sorted(fields)
    for dump in dumps:
        for field in wanted:
            # A handle names a stack: how far it is known, questions/answerable.py looks at.
            if field not in dump.fields and not (field == "stack" and "handle" in dump.fields):
                raise MissingFieldError(
                    f"{printable(dump.label)}: this dump has no {_WORDS.get(field, field)}; "
                    f"it has {', '.join(dump.fields)}"
                )


def lacks(dump: Dump, where: Where) -> bool:
    """Whether the dump lacks a field or a time that `where` selects by."""
    try:
        check_where([dump], where)
    except MissingFieldError:
        return True
    return False


def check_where(dumps: Sequence[Dump], where: Where) -> None:
    """Raise MissingFieldError where one of the dumps lacks what `where` selects by."""
    for at in (where.since, where.until):
        if at is not None and at.clock is Clock.SAMPLE:
            raise UsageError(f"@{at.value}: means samples, not when records were allocated")
    for dump in dumps:
        check_fields([dump], where.fields(source_of(dump)))
        if where.expression and source_of(dump) is RowSource.SUMMARIES:
            raise MissingFieldError(
                f"{printable(dump.label)}: this is a summary ({dump.kind}), and --where selects "
                f"records of page_owner dumps"
            )
        if where.needs_capture and dump.captured_at is None:
            raise MissingFieldError(
                f"{printable(dump.label)}: it is not known when this dump was taken; give times as "
                f"90s or boot+90s, or tell with: pageowner-sql dumps set "
                f"{printable(dump.label)} --captured-at T"
            )


def check_records(dumps: Iterable[Dump]) -> None:
    """Raise MissingFieldError where one of the dumps is a summary, which has no records."""
    for dump in dumps:
        if dump.kind != "page_owner":
            raise MissingFieldError(
                f"{printable(dump.label)}: this is a summary ({dump.kind}), and a picture needs "
                f"the records of a page_owner dump"
            )


MEASURES = frozenset({"records", "pages", "bytes"})


def source_of(dump: Dump) -> RowSource:
    """The relation that holds a dump's numbers: its records, or the sums of a summary."""
    return RowSource.RECORDS if dump.kind == "page_owner" else RowSource.SUMMARIES


def unknown_of(dumps: Iterable[Dump]) -> frozenset[str]:
    """Which of records, pages and bytes one of the dumps does not count."""
    return frozenset(
        measure for dump in dumps for measure in MEASURES if not _counts(dump, measure)
    )


def _counts(dump: Dump, measure: str) -> bool:
    field = "records" if measure == "records" else "pages"
    return source_of(dump) is RowSource.RECORDS or field in dump.fields


def parts_of(
    database: Database, dumps: Sequence[Dump], keys: Sequence[Key], where: Where
) -> tuple[Grouping, ...]:
    """The keys for each source that the dumps are of.

    Raises MissingFieldError where a dump lacks what a key or `where` needs, or counts nothing.
    """
    parts = [
        (grouping(keys, source), [dump for dump in dumps if source_of(dump) is source])
        for source in RowSource
    ]
    for group, members in parts:
        for dump in members:
            _check_counts(dump)
        check_fields(members, group.fields)
    check_where(dumps, where)
    _check_stacks(database, dumps, keys, where)
    return tuple(group for group, members in parts if members)


def the_part(parts: Sequence[Grouping]) -> Grouping:
    """The only one of `parts`. Raises UsageError where dumps of two sources would be summed."""
    if len(parts) > 1:
        raise UsageError("dumps of page_owner and summaries of it cannot be added up")
    return parts[0]


def _check_counts(dump: Dump) -> None:
    if unknown_of([dump]) == MEASURES:
        raise MissingFieldError(
            f"{printable(dump.label)}: a {dump.kind} file counts nothing; it lends its stacks to "
            f"dumps of its boot that have only handles"
        )


def _check_stacks(
    database: Database, dumps: Sequence[Dump], keys: Sequence[Key], where: Where
) -> None:
    """A handle is a stack's name; for all but that name, some stacks must be known."""
    wanted = grouping(keys).fields | where.fields()
    for dump in dumps:
        if "stack" not in wanted or "stack" in dump.fields:
            continue
        only_name = set(keys) <= {Key.STACK} and "stack" not in where.fields()
        if not only_name and not handles_of(database, dump.dump_id).lenders:
            raise MissingFieldError(
                f"{printable(dump.label)}: this dump has handles and no stacks; load a file of "
                f"the same boot that shows both (show_stacks_handles), with the same --boot"
            )
