"""A gate's findings for people, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pageowner_sql.output.gate import words
from pageowner_sql.output.gate.model import Check, Failure, GateReport
from pageowner_sql.output.plain import printable


def gate_text(report: GateReport) -> str:
    """Each limit with its failures, then how it ended."""
    lines = [line for check in report.checks for line in _check_lines(check)]
    lines += [f"note: {printable(note)}" for note in report.notes]
    return "\n".join([*lines, words.verdict(report)]) + "\n"


def _check_lines(check: Check) -> Iterator[str]:
    state = "BROKEN" if check.broken else "kept"
    yield f"{state:6}  {printable(check.name)} = {words.describe_limit(check)}"
    for failure in check.failures:
        yield from _failure_lines(check, failure)
    told = len(check.failures)
    if check.broken + check.suppressed > told:
        yield f"        and {check.broken + check.suppressed - told} more"
    if check.broken:
        yield "        SQL:"
        yield from (f"          {line}" for line in words.short_sql(check))


def _failure_lines(check: Check, failure: Failure) -> Iterator[str]:
    yield f"      - {words.message(check, failure)}"
    if failure.suppression:
        yield f"        {words.describe_suppression(failure.suppression)}"
        return
    yield f"        {', '.join(words.evidence(failure))}"
    if failure.place:
        yield f"        {failure.place.file}:{failure.place.line}"
    if failure.stack:
        yield f"        stack {failure.stack_id}:"
        yield from (f"          {frame}" for frame in words.stack(failure))


def gate_json(report: GateReport) -> str:
    """The findings as one JSON object."""
    content = {
        "dump": report.dump,
        "baselines": list(report.baselines),
        "budget_file": report.file,
        "broken": bool(report.broken),
        "checks": [_check(check) for check in report.checks],
        "notes": list(report.notes),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _check(check: Check) -> dict[str, Any]:
    return {
        "budget": check.budget,
        "limit": check.limit,
        "allowed": check.allowed,
        "broken": check.broken,
        "suppressed": check.suppressed,
        "failures": [_failure(check, each) for each in check.failures],
        "sql": check.sql,
    }


def _failure(check: Check, failure: Failure) -> dict[str, Any]:
    place, known = failure.place, failure.suppression
    return {
        "message": words.message(check, failure),
        "keys": dict(failure.keys),
        "evidence": dict(failure.evidence),
        "stack_id": failure.stack_id,
        "stack": list(failure.stack),
        "file": place.file if place else None,
        "line": place.line if place else None,
        "suppressed": known.reason if known else None,
        "suppressed_until": known.until.isoformat() if known else None,
    }
