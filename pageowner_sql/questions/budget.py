"""Checks of a dump against budgets: a limit is a condition on the rows of another question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pageowner_sql.errors import InputError, MissingFieldError
from pageowner_sql.output.gate.model import Cells, Check, Failure, GateReport, Place
from pageowner_sql.output.plain import printable
from pageowner_sql.questions.answerable import unknown_of
from pageowner_sql.questions.budget_file import Budget, BudgetFile, KnownFailure, Limit
from pageowner_sql.questions.diff import diff_plan
from pageowner_sql.questions.expression import check_expression
from pageowner_sql.questions.known_values import check_filters
from pageowner_sql.questions.leaks import leaks_plan, one_boot
from pageowner_sql.questions.named_query import named_plan
from pageowner_sql.questions.plan import Plan, run
from pageowner_sql.questions.top import top_plan
from pageowner_sql.sql.catalog import catalog
from pageowner_sql.sql.grouping import Filter, Key, Where, grouping
from pageowner_sql.sql.query import Query, render
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump

# Failures of a limit that are listed; the rest are counted.
TOLD = 50

_MIXED = "fragmentation/mixed_pageblocks"
_STACK = ("stack", "stack_id")


@dataclass(frozen=True)
class _Rule:
    """What breaks a limit: a condition on the rows of a question, and what they are ordered by.

    `held` is the column that says how much a group holds; empty where that is not known.
    """

    question: str
    test: str
    measure: str
    held: str


_RULES = {
    Limit.MAX_BYTES: _Rule("top", "bytes > $allowed", "bytes", "bytes"),
    Limit.MAX_PAGES: _Rule("top", "pages > $allowed", "pages", "bytes"),
    Limit.MAX_RECORDS: _Rule("top", "records > $allowed", "records", "bytes"),
    Limit.MAX_SHARE: _Rule("top", "share > $allowed", "share", "bytes"),
    Limit.MAX_GROWTH: _Rule("diff", "delta_bytes > $allowed", "delta_bytes", "new_bytes"),
    Limit.MAX_GROWTH_SHARE: _Rule(
        "diff",
        "old_bytes > 0 AND delta_bytes > old_bytes * $allowed",
        "delta_bytes / nullif(old_bytes, 0)",
        "new_bytes",
    ),
    Limit.MAX_NEW: _Rule(
        "diff", "status = 'new' AND new_bytes > $allowed", "new_bytes", "new_bytes"
    ),
    Limit.VERDICTS: _Rule("leaks", "verdict IN $allowed", "slope_bytes_per_hour", ""),
    Limit.MAX_MIXED_PAGEBLOCKS: _Rule("mixed", "mixed_blocks > $allowed", "mixed_blocks", ""),
}


@dataclass(frozen=True)
class _Subject:
    """A dump with its baselines, which a budget file is checked on."""

    database: Database
    dump: Dump
    baselines: tuple[Dump, ...]

    @property
    def dumps(self) -> tuple[Dump, ...]:
        """All dumps, each once."""
        return tuple({each.dump_id: each for each in (*self.baselines, self.dump)}.values())


def gate_report(
    database: Database,
    dump: Dump,
    baselines: Sequence[Dump],
    budgets: BudgetFile,
    today: date,
    *,
    dry: bool = False,
) -> GateReport:
    """Check every limit; with `dry` only the SQL of each is made.

    Raises InputError for a limit that needs a baseline where there is none, and what the questions
    raise: for dumps of two boots, or without a field.
    """
    subject = _Subject(database, dump, tuple(baselines))
    notes: list[str] = []
    known = [each for each in budgets.known if each.suppression.until >= today]
    for each in budgets.known:
        if each not in known:
            ended = each.suppression
            notes.append(f"suppression ({ended.reason}): ended on {ended.until}")
    checks = []
    used: set[int] = set()
    for given in budgets.budgets:
        budget = replace(given, where=_checked_where(subject, given, notes))
        for limit, allowed in budget.limits:
            plan = _limit_plan(subject, budget, limit, allowed, budgets.path)
            check = Check(budget.name, limit, allowed, plan.shown(), budget.line)
            if not dry:
                check = _checked(subject, budget, check, plan, known, used)
            checks.append(check)
    if not dry:
        idle = (each for at, each in enumerate(known) if at not in used)
        notes += [f"suppression ({each.suppression.reason}): nothing needs it" for each in idle]
    labels = tuple(each.label for each in baselines)
    return GateReport(dump.label, labels, budgets.path, tuple(checks), tuple(notes))


def _checked_where(subject: _Subject, budget: Budget, notes: list[str]) -> Where:
    """The selection of a budget; a value that occurs in no dump adds a note, not a failure."""
    where = check_expression(subject.database, budget.where)
    try:
        told = replace(where, tell=lambda line: notes.append(f"{budget.name}: {line}"))
        check_filters(subject.database, subject.dumps, told)
    except InputError as error:
        notes.append(f"{budget.name}: {error}")
    return replace(where, is_checked=True)


def _limit_plan(subject: _Subject, budget: Budget, limit: Limit, allowed: Any, path: str) -> Plan:
    """The rows that break a limit, the largest excess first."""
    rule = _RULES[limit]
    if rule.question == "diff" and not subject.baselines:
        raise InputError(
            f"{path}: {budget.name}: {limit} needs a baseline: pageowner-sql check NEW BASELINE"
        )
    _check_counted(subject, rule, f"{budget.name}: {limit}")
    plan, names = _question(subject, budget, rule.question)
    held = rule.held
    if rule.question == "leaks":
        held = "last_bytes" if len(subject.dumps) > 1 else "bytes"
    values = {
        "allowed": list(allowed) if isinstance(allowed, tuple) else allowed,
        "ignore_below": budget.ignore_below,
    }
    return replace(plan, query=_wrapped(plan.query, replace(rule, held=held), names, values))


def _check_counted(subject: _Subject, rule: _Rule, what: str) -> None:
    """Raise MissingFieldError where a dump does not count what is limited."""
    measure = rule.measure if rule.question == "top" else "bytes"
    dumps = subject.dumps if rule.question in ("diff", "leaks") else (subject.dump,)
    wanted = "bytes" if measure == "share" else measure
    for dump in dumps:
        if wanted in unknown_of([dump]):
            raise MissingFieldError(
                f"{what}: {printable(dump.label)} (a {dump.kind} file) does not count {wanted}"
            )


def _question(subject: _Subject, budget: Budget, question: str) -> tuple[Plan, Sequence[str]]:
    """The plan of a question for a budget, and the names of its keys."""
    database, where, keys = subject.database, budget.where, budget.keys
    names = grouping(keys).names
    if question == "top":
        return top_plan(database, [subject.dump], keys, where), names
    if question == "diff":
        return diff_plan(database, (subject.baselines, [subject.dump]), keys, where), names
    if question == "leaks":
        return leaks_plan(database, one_boot(database, subject.dumps), keys, where), names
    query = catalog().find(_MIXED)
    plan = named_plan(database, query, {}, {"dump": subject.dump}, where)
    return plan, ("node", "zone", "zone_name", "migratetype")


def _wrapped(
    query: Query,
    rule: _Rule,
    names: Sequence[str],
    values: dict[str, Any],
    limit: int | None = None,
) -> Query:
    """The rows of `query` that a rule chooses."""

    def wrap(inner: Query) -> Query:
        made = render(
            "budget",
            {**inner.parameters, **values, "limit": limit},
            question=inner.sql,
            test=rule.test,
            measure=rule.measure,
            held=rule.held,
            names=names,
            ignore_below=values.get("ignore_below", 0) > 0,
            limit=limit,
        )
        return replace(made, expression=inner.expression)

    return replace(wrap(query), readable=lambda: wrap(query.shown))


def _checked(
    subject: _Subject,
    budget: Budget,
    check: Check,
    plan: Plan,
    known: Sequence[KnownFailure],
    used: set[int],
) -> Check:
    """A check with its failures."""
    names = set(grouping(budget.keys).result_names) or {"node", "zone", "zone_name", "migratetype"}
    broken = suppressed = 0
    failures: list[Failure] = []
    with subject.database.cursor() as own:
        stream = run(own, plan)
        columns = [column.name for column in stream.columns]
        for row in stream.rows():
            cells = tuple(zip(columns, row, strict=True))
            failure = _failure(cells, names)
            at = _known(budget, failure, known)
            if at is not None:
                used.add(at)
                failure = replace(failure, suppression=known[at].suppression)
                suppressed += 1
            else:
                broken += 1
            if (suppressed if at is not None else broken) <= TOLD:
                failures.append(failure)
    failures = [_with_stack(subject, budget, check, each) for each in failures]
    return replace(check, broken=broken, suppressed=suppressed, failures=tuple(failures))


def _failure(cells: Cells, names: set[str]) -> Failure:
    return Failure(
        keys=tuple(cell for cell in cells if cell[0] in names),
        evidence=tuple(cell for cell in cells if cell[0] not in names),
    )


def _known(budget: Budget, failure: Failure, known: Sequence[KnownFailure]) -> int | None:
    """Which of the known failures this is."""
    row = dict(failure.keys)
    for at, each in enumerate(known):
        if each.budget in ("", budget.name) and all(_fits(one, row) for one in each.filters):
            return at
    return None


def _fits(one: Filter, row: dict[str, Any]) -> bool:
    """Whether a row's key has one of the filter's values."""
    if one.key.column not in row:
        return False
    value = row[one.key.column]
    is_one = (
        value in one.texts
        or value in one.numbers
        or (one.key is Key.STACK and row.get("stack_id") in one.numbers)
        or any(re.fullmatch(each.regex, str(value), re.DOTALL) for each in one.patterns)
    )
    return is_one is not one.negated


def _with_stack(subject: _Subject, budget: Budget, check: Check, failure: Failure) -> Failure:
    """A failure with its largest stack, or the one that grew most where growth is limited."""
    filters = tuple(_filters_of(failure, budget.keys))
    if "stack" not in subject.dump.fields or len(filters) < len(budget.keys):
        # A group without a value, such as no cgroup, is not selected by one.
        return failure
    where = replace(budget.where, filters=(*budget.where.filters, *filters))
    of_stacks = replace(budget, keys=(Key.STACK,), where=where)
    grows = bool(subject.baselines) and _RULES[Limit(check.limit)].question != "top"
    rule = _GROWN if grows else _HELD
    plan, names = _question(subject, of_stacks, rule.question)
    query = _wrapped(plan.query, rule, names, {}, limit=1)
    for row in _rows(subject.database, replace(plan, query=query)):
        place = _place(subject.database, row["stack_id"])
        frames = tuple(row["stack"].split("\n"))
        return replace(failure, stack=frames, stack_id=row["stack_id"], place=place)
    return failure


def _place(database: Database, stack_id: int) -> Place | None:
    """The source line of a stack's owner; None where no symbol file or decoder gave one."""
    query = render("budget_place", {"stack_id": stack_id})
    for file, line, function in database.rows(query.sql, query.parameters):
        return Place(file, line, function)
    return None


_HELD = _Rule("top", "true", "bytes", "")
_GROWN = _Rule("diff", "delta_bytes > 0", "delta_bytes", "")


def _rows(database: Database, plan: Plan) -> list[dict[str, Any]]:
    with database.cursor() as own:
        stream = run(own, plan)
        names = [column.name for column in stream.columns]
        return [dict(zip(names, row, strict=True)) for row in stream.rows()]


def _filters_of(failure: Failure, keys: Sequence[Key]) -> Iterator[Filter]:
    """Filters that select what is in the failure's group."""
    row = failure.row
    for key in keys:
        value = row[key.column]
        if key is Key.STACK:
            yield Filter(key, numbers=(int(str(row["stack_id"])),))
        elif isinstance(value, int):
            yield Filter(key, numbers=(value,))
        elif isinstance(value, str):
            yield Filter(key, texts=(value,))
