"""What dumps of different kinds count, and which questions that lets them answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pageowner_sql.compile.rows import Grouping, Key, Source, Where, grouping
from pageowner_sql.errors import MissingFieldError, UsageError
from pageowner_sql.output.plain import printable
from pageowner_sql.session.checks import check_fields, check_where
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.handles import handles_of

MEASURES = frozenset({"records", "pages", "bytes"})


def source_of(dump: Dump) -> Source:
    """Where the numbers of a dump are: in records, or sums in a summary."""
    return Source.RECORDS if dump.kind == "page_owner" else Source.SUMMARIES


def unknown_of(dumps: Iterable[Dump]) -> frozenset[str]:
    """Which of records, pages and bytes one of the dumps does not count."""
    return frozenset(
        measure for dump in dumps for measure in MEASURES if not _counts(dump, measure)
    )


def _counts(dump: Dump, measure: str) -> bool:
    field = "records" if measure == "records" else "pages"
    return source_of(dump) is Source.RECORDS or field in dump.fields


def parts_of(
    database: Database, dumps: Sequence[Dump], keys: Sequence[Key], where: Where
) -> tuple[Grouping, ...]:
    """The keys for each source that the dumps are of.

    Raises MissingFieldError where a dump lacks what a key or `where` needs, or counts nothing.
    """
    parts = [
        (grouping(keys, source), [dump for dump in dumps if source_of(dump) is source])
        for source in Source
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
            f"dumps of its boot that have handles alone"
        )


def _check_stacks(
    database: Database, dumps: Sequence[Dump], keys: Sequence[Key], where: Where
) -> None:
    """A handle is a stack's name; for all but that name, some stacks must be known."""
    wanted = grouping(keys).fields | where.fields
    for dump in dumps:
        if "stack" not in wanted or "stack" in dump.fields:
            continue
        only_name = set(keys) <= {Key.STACK} and "stack" not in where.fields
        if not only_name and not handles_of(database, dump.dump_id).lenders:
            raise MissingFieldError(
                f"{printable(dump.label)}: this dump has handles and no stacks; load a file of "
                f"the same boot that shows both (show_stacks_handles), with the same --boot"
            )
