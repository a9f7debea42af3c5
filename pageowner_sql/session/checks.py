"""Whether dumps can answer a question: a field that a format lacks is named, not shown empty."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pageowner_sql.compile.rows import Where
from pageowner_sql.errors import MissingFieldError
from pageowner_sql.output.plain import printable
from pageowner_sql.store.dumps import Dump

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
            # A handle names a stack: how far it is known, session/counting.py looks at.
            if field not in dump.fields and not (field == "stack" and "handle" in dump.fields):
                raise MissingFieldError(
                    f"{printable(dump.label)}: this dump has no {_WORDS.get(field, field)}; "
                    f"it has {', '.join(dump.fields)}"
                )


def lacks(dump: Dump, where: Where) -> bool:
    """Whether the dump does not know what `where` asks for."""
    try:
        check_where([dump], where)
    except MissingFieldError:
        return True
    return False


def check_where(dumps: Sequence[Dump], where: Where) -> None:
    """Raise MissingFieldError where `where` asks for what one of the dumps does not know."""
    check_fields(dumps, where.fields)
    for dump in dumps:
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
