"""What the parts of a report share: the dumps, the selection and the queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pageowner_sql.output.model import NOTHING, Weights
from pageowner_sql.output.report.redact import LABEL, Redactor
from pageowner_sql.questions.answerable import source_of
from pageowner_sql.questions.diff import Sides, diff_query
from pageowner_sql.questions.flame import text
from pageowner_sql.questions.lines import Lines
from pageowner_sql.questions.memory_map import AGES
from pageowner_sql.questions.top import top_query, totals_query
from pageowner_sql.sql.grouping import Key, RowSource, Where, grouping
from pageowner_sql.sql.query import Query, inline, render, render_both, runnable
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump


def ages_query(where: Where) -> Query:
    """Rows label, bucket (among AGE_NAMES; NULL: no time), records, pages, bytes."""
    return render_both("report_histogram", where.parameters(), where=where, ages=AGES)


def times_query(where: Where, width: int) -> Query:
    """The same by the time of allocation: bucket n begins n * `width` ns after boot."""
    parameters = {**where.parameters(), "width": width}
    return render_both("report_histogram", parameters, where=where, ages=())


def pageblocks_query(where: Where, block_order: int) -> Query:
    """One row: pageblocks and pages by whether they can move.

    Columns: blocks, movable_blocks, fixed_blocks, fixed_pages, hostage_pages, stray_blocks,
    stray_pages. Fixed is what is not Movable, stray what is Unmovable in a Movable pageblock.
    """
    parameters = {**where.parameters(), "cell_order": block_order}
    return render_both("report_pageblocks", parameters, where=where)


def strays_query(where: Where, block_order: int, limit: int) -> Query:
    """Owners of stray pages: owner, subsystem, blocks (pageblocks), pages, bytes."""
    parameters = {**where.parameters(), "cell_order": block_order, "limit": limit}
    return render_both("report_strays", parameters, where=where)


def rejects_query(label: str) -> Query:
    """Rows reason, records, line (the first, from 1)."""
    return render("report_rejects", {"label": label})


@dataclass(frozen=True)
class Held:
    """What one set of keys holds: its values, and what it held; `status` is diff's, or ''."""

    values: tuple[str, ...]
    weights: Weights
    old: Weights | None = None
    status: str = ""


@dataclass
class ReportQueries:
    """A report's questions. With `dry` none is run: each gives no rows, and `queries` keeps all."""

    database: Database
    dump: Dump
    old: Dump | None
    where: Where
    dry: bool = False
    lines: Lines = field(default_factory=Lines)
    queries: list[Query] = field(default_factory=list)
    redactor: Redactor | None = None

    def shown(self, query: Query) -> str:
        """A statement for people to read, with its values, redacted where names are."""
        return inline(self.redactor.query(query) if self.redactor else query)

    def label(self, dump: Dump) -> str:
        """A dump's label, redacted where names are."""
        return self.redactor.hashed(LABEL, dump.label) if self.redactor else dump.label

    @property
    def of_dump(self) -> Where:
        """The selection, of the newer dump."""
        return replace(self.where, labels=(self.dump.label,))

    @property
    def of_both(self) -> Where:
        """The selection, of both dumps where there are two."""
        labels = (self.dump.label, self.old.label) if self.old else (self.dump.label,)
        return replace(self.where, labels=labels)

    def statements(self) -> str:
        """The SQL of all that was asked, each statement once, ready for any DuckDB shell."""
        return "".join(dict.fromkeys(map(runnable, self.queries)))

    @property
    def source(self) -> RowSource:
        """Where the numbers of the dumps are, which are all of one kind."""
        return source_of(self.dump)

    def knows(self, *keys: Key) -> bool:
        """Whether every dump has what the keys need."""
        dumps = [self.dump, self.old] if self.old else [self.dump]
        fields = grouping(keys, self.source).fields
        return all(fields <= set(dump.fields) for dump in dumps)

    def rows(self, query: Query) -> list[tuple[Any, ...]]:
        """What a query gives."""
        self.queries.append(query)
        return [] if self.dry else self.database.rows(query.sql, query.parameters)

    def totals(self, dump: Dump) -> tuple[Weights, str]:
        """All that is selected of a dump, and the statement that says so."""
        query = totals_query(replace(self.where, labels=(dump.label,)), self.source)
        rows = self.rows(query)
        return (_weights(rows[0]) if rows else NOTHING), self.shown(query)

    def held(self, keys: Sequence[Key], limit: int | None = None) -> tuple[list[Held], str]:
        """What each set of keys holds, the largest first, and the statement.

        With an older dump too, and then what changed most counts as the largest for `limit`.
        """
        by_owner = tuple(keys) == (Key.OWNER, Key.SUBSYSTEM)
        groups = grouping(keys, self.source)
        if self.old is None:
            query = top_query(groups, self.of_dump, None if by_owner else limit)
        else:
            query = diff_query(groups, self.where, Sides((self.old.label,), (self.dump.label,)))
        if by_owner:
            # One row an owner, as `top --by owner` has it.
            query = owners_query(query, compared=self.old is not None, limit=limit)
        of_row = _of_top if self.old is None else _of_diff
        found = [of_row(row, len(keys)) for row in self.rows(query)]
        return found[:limit], self.shown(query)


def owners_query(question: Query, *, compared: bool, limit: int | None) -> Query:
    """The rows of top or diff by owner and subsystem, one an owner, with all its subsystems."""

    def made(question: Query) -> Query:
        parameters = {**question.parameters, "limit": limit}
        made = render(
            "report_owners", parameters, question=question.sql, compared=compared, limit=limit
        )
        return replace(made, expression=question.expression)

    return replace(made(question), readable=lambda: made(question.shown))


def _of_top(row: tuple[Any, ...], keys: int) -> Held:
    return Held(tuple(map(text, row[:keys])), _weights(row[keys : keys + 3]))


def _of_diff(row: tuple[Any, ...], keys: int) -> Held:
    status, *rest = row
    sums = rest[keys:]
    values = tuple(map(text, rest[:keys]))
    return Held(values, _weights(sums[3:6]), _weights(sums[:3]), str(status))


def _weights(sums: Sequence[int | None]) -> Weights:
    """Three sums; what a summary does not count is 0."""
    return Weights(*(amount or 0 for amount in sums))
