"""Which owners leak, as the report shows it: suspects with what speaks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pageowner_sql.errors import InputError, LabelError, MissingFieldError
from pageowner_sql.output.model import Column, Finding, Findings, Section, Table
from pageowner_sql.questions.leaks import leaks_plan, one_boot
from pageowner_sql.questions.report_queries import ReportQueries
from pageowner_sql.sql.grouping import Key
from pageowner_sql.sql.query import body
from pageowner_sql.store.dumps import Dump

_SUSPECTS = 30
_COLUMNS = (
    Column("verdict", "Verdict", "status"),
    Column("owner", "Owner", help="the function that the memory is for"),
    Column("slope_bytes_per_hour", "Slope", "rate", "by Theil and Sen, over all dumps"),
    Column("growth_bytes", "Growth", "delta_bytes", "from the first dump to the last"),
    Column(
        "new_bytes",
        "New",
        "bytes",
        "since the first dump; without page cache and the reader's files",
    ),
    Column("survivors_share", "Survivors", "share", "of what the first dump held, still there"),
    Column("confidence", "Confidence", "share"),
    Column("why", "Why"),
)


def leaks(asked: ReportQueries, olds: Sequence[Dump]) -> Section:
    """Suspects over all dumps of the report; where they cannot be asked that, why."""
    name, title = "leaks", "Leak suspects"
    try:
        boot = one_boot(asked.database, [*olds, asked.dump])
        boot = replace(boot, run=replace(boot.run, readers=asked.redactor is None))
        plan = leaks_plan(asked.database, boot, [Key.OWNER], asked.where, limit=_SUSPECTS)
    except (InputError, LabelError, MissingFieldError) as error:
        # The reason names dumps.
        unknown = Finding("Not known of these dumps.")
        if asked.redactor is None:
            unknown = Finding("Not known: {}", (("reason", str(error)),))
        return Section(name, title, (Findings((unknown,)),))
    names = ", ".join(column.name for column in _COLUMNS)
    sql = f"SELECT {names}\nFROM (\n{body(plan.query.sql)}\n)\nORDER BY rank"
    query = replace(plan.query, sql=sql)
    rows = tuple(asked.rows(query))
    labels = ", ".join(map(asked.label, boot.dumps))
    return Section(name, title, (Table(name, labels, _COLUMNS, rows, "", asked.shown(query)),))
