"""Caveats of an answer: what its dumps lack, with amounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pageowner_sql.dump.kinds import Kind
from pageowner_sql.output.plain import printable
from pageowner_sql.output.units import count, share
from pageowner_sql.questions.answerable import source_of, unknown_of
from pageowner_sql.sql.grouping import Key, RowSource, Where, grouping
from pageowner_sql.store.database import Database, statement
from pageowner_sql.store.dumps import Dump, distrust, doubt, has_symbols
from pageowner_sql.store.handles import handles_of

_STACK_LISTS = (Kind.SHOW_STACKS, Kind.SHOW_HANDLES)


def caveats(
    database: Database, dumps: Sequence[Dump], keys: Sequence[Key], where: Where
) -> Iterator[str]:
    """Lines for people, each about one dump."""
    if Key.MAINTAINER_ENTRY in keys and not has_symbols(database):
        yield "maintainer-entry: needs source files: symbols add vmlinux MAINTAINERS"
    for dump in {dump.dump_id: dump for dump in dumps}.values():
        label = printable(dump.label)
        if why := doubt(database, dump):
            yield f"{label}: {why}"
        if "stack" in grouping(keys).fields | where.fields():
            yield from _handles(database, dump, label)
            if why := distrust(database, dump):
                yield f"{label}: {why}"
        if source_of(dump) is RowSource.SUMMARIES:
            yield from _counted(dump, label)
        if dump.kind in _STACK_LISTS:
            yield _coverage(database, dump, label)
    yield from _limits(keys, where)


def _limits(keys: Sequence[Key], where: Where) -> Iterator[str]:
    """What page_owner does not record of the memory that was selected."""
    chosen = {text for each in where.filters if not each.negated for text in each.texts}
    if chosen & {"SLAB", "slab"}:
        yield (
            "slab: a page counts for the function that made its cache grow; page_owner does not "
            "record who uses the objects in it"
        )
    if "kernel stacks" in chosen and {Key.COMM, Key.PID, Key.TGID} & set(keys):
        yield "kernel stacks: each counts for the thread that forked, not for the one that uses it"


def _handles(database: Database, dump: Dump, label: str) -> Iterator[str]:
    if "stack" in dump.fields or "handle" not in dump.fields:
        return
    found = handles_of(database, dump.dump_id)
    if found.lenders:
        yield f"{label}: stacks of handles are those of {', '.join(map(printable, found.lenders))}"
    if found.unknown:
        part = share(found.unknown_pages / dump.pages) if dump.pages else "none"
        yield (
            f"{label}: {count(found.unknown)} of {count(found.handles)} handles have no stack that "
            f"is known; they hold {count(found.unknown_pages)} pages, {part} of the dump"
        )


def _counted(dump: Dump, label: str) -> Iterator[str]:
    unknown = unknown_of([dump])
    if dump.kind in (Kind.DMESG, Kind.GDB, Kind.CRASH):
        yield f"{label}: pages that were reported one by one, not all memory"
    elif "bytes" in unknown:
        yield f"{label}: counts allocations, not their pages"
    elif "records" in unknown:
        yield f"{label}: counts base pages, not allocations"


def _coverage(database: Database, dump: Dump, label: str) -> str:
    """A note that a file of stacks is incomplete; how much a dump of that time holds beside it."""
    known = "pages" in dump.fields and database.rows(
        statement("coverage"), {"dump_id": dump.dump_id}
    )
    if not known:
        return f"{label}: such a file does not hold every stack"
    nearest, pages, lacking, owner = known[0]
    said = (
        f"{label}: such a file does not hold every stack; it has {count(dump.pages)} of the "
        f"{count(pages)} pages ({share(dump.pages / pages)}) of {printable(nearest)}, the dump "
        f"that fits it"
    )
    if not lacking:
        return said
    return f"{said}, and lacks its stack with {count(lacking)} pages of {printable(owner or '?')}"
