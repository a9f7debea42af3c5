"""`leaks`: what grows without end, over several dumps of one boot or in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pageowner_sql.cli.diff import row_limit
from pageowner_sql.cli.options import giving_rows, selecting
from pageowner_sql.cli.shared import say, shared
from pageowner_sql.cli.top import By
from pageowner_sql.output.formats import Format
from pageowner_sql.output.plain import printable
from pageowner_sql.output.rows import Output
from pageowner_sql.output.units import count, duration
from pageowner_sql.sql.grouping import Key, Where
from pageowner_sql.sql.timespec import Clock

if TYPE_CHECKING:
    from pageowner_sql.questions.leaks import OneBoot
    from pageowner_sql.store.database import Database

Labels = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[LABEL…]",
        help="Dumps of one boot, or their files [all of the boot that was loaded last]",
    ),
]


@giving_rows
@selecting
def leaks(
    context: typer.Context,
    labels: Labels = None,
    *,
    by: By = None,
    where: Where,
    output: Output,
    show_sql: bool,
) -> None:
    """What grows without end, the first suspect first, with a verdict and its evidence.

    With one dump, suspects by the ages of what is still allocated. A table leaves out some of the
    evidence, which other formats have; docs/leak-hunting.md says what it means.
    """
    from pageowner_sql.cli.answers import answer, is_seen
    from pageowner_sql.questions.caveats import to_know
    from pageowner_sql.questions.leaks import leaks_plan
    from pageowner_sql.questions.trend import trend_of

    keys = by or [Key.STACK]
    database, boot = _opened(shared(context).db, labels or [], keys, show_sql=show_sql)
    with database:
        plan = leaks_plan(
            database,
            boot,
            keys,
            where,
            evidence=output.chosen is not Format.TABLE,
            limit=row_limit(output),
        )
        drawn = is_seen(output, show_sql=show_sql)
        trend = trend_of(database, boot.dumps, keys, where) if drawn else None
        answer(database, plan, output, show_sql=show_sql, trend=trend)
        if not show_sql:
            _say_what_was_asked(database, boot)
            for line in to_know(database, boot.dumps, keys, where):
                say(line)


def _opened(
    path: str, labels: list[str], keys: list[Key], *, show_sql: bool
) -> tuple[Database, OneBoot]:
    """The database, and the dumps that are meant."""
    from pageowner_sql.cli.labels import resolve_all
    from pageowner_sql.cli.shared import closed_on_error
    from pageowner_sql.questions.leaks import latest_boot, one_boot
    from pageowner_sql.store.database import Database, Mode
    from pageowner_sql.store.dumps import all_dumps

    words = list(dict.fromkeys(labels))
    if words:
        opened = resolve_all(path, words, show_sql=show_sql)
        with closed_on_error(opened.database):
            dumps = list({dump.dump_id: dump for dump in opened.dumps}.values())
            return opened.database, one_boot(opened.database, dumps)
    database = Database.open(path, Mode.READ)
    with closed_on_error(database):
        dumps = latest_boot(database, all_dumps(database), keys)
        return database, one_boot(database, dumps)


def _say_what_was_asked(database: Database, boot: OneBoot) -> None:
    """Which dumps, by which clock, and what could not be followed from one to the other."""
    from pageowner_sql.questions.leaks import without_identity

    first, last = boot.dumps[0], boot.dumps[-1]
    names = ", ".join(printable(dump.label) for dump in boot.dumps)
    if first is last:
        say(f"{names}: one dump: suspects by the ages of what is still allocated")
        return
    clock = "--captured-at" if boot.run.clock is Clock.WALL else "the newest allocation of each"
    say(f"{names}: {duration(_span(boot))} by {clock}")
    left = without_identity(database, first)
    if left.early or left.untimed:
        say(
            f"survivors: {count(left.early)} pages of early boot and {count(left.untimed)} without "
            f"a time in {printable(first.label)} cannot be followed, and are left out"
        )


def _span(boot: OneBoot) -> int:
    """Nanoseconds from the first dump to the last."""
    first, last = boot.dumps[0], boot.dumps[-1]
    if boot.run.clock is Clock.WALL and first.captured_at and last.captured_at:
        return int((last.captured_at - first.captured_at).total_seconds() * 1e9)
    return (last.newest_alloc_ts or 0) - (first.newest_alloc_ts or 0)
