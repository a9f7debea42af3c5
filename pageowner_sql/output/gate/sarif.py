"""A gate's findings as SARIF 2.1.0, which code scanning services read."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pageowner_sql import __version__
from pageowner_sql.output.gate import words
from pageowner_sql.output.gate.model import Check, Failure, GateReport
from pageowner_sql.output.plain import printable

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def gate_sarif(report: GateReport) -> str:
    """One rule a limit, one result a failure, at the source line that is known of it."""
    content = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "pageowner-sql",
                        "version": __version__,
                        "rules": [_rule(check) for check in report.checks],
                    }
                },
                "results": [
                    _result(report, at, check, failure)
                    for at, check in enumerate(report.checks)
                    for failure in check.failures
                ],
            }
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def fingerprint(check: Check, failure: Failure) -> str:
    """What a failure is known by in later runs: its limit and the keys of its group."""
    keys = {name: value for name, value in failure.keys if name != "stack_id"}
    return hashlib.sha256(json.dumps([check.name, keys]).encode()).hexdigest()


def location(report: GateReport, check: Check, failure: Failure) -> tuple[str, int]:
    """The file and line of a failure: of its owner's source, else of the budget."""
    if failure.place:
        return failure.place.file, failure.place.line
    return report.file, check.line


def _rule(check: Check) -> dict[str, Any]:
    text = f"{printable(check.budget)}: {check.limit} = {words.describe_limit(check)}"
    return {
        "id": check.name,
        "shortDescription": {"text": text},
        "defaultConfiguration": {"level": "error"},
        "properties": {"sql": check.sql},
    }


def _result(report: GateReport, at: int, check: Check, failure: Failure) -> dict[str, Any]:
    file, line = location(report, check, failure)
    physical = {"artifactLocation": {"uri": _uri(file)}, "region": {"startLine": line}}
    place: dict[str, Any] = {"physicalLocation": physical}
    if failure.place:
        place["logicalLocations"] = [{"name": failure.place.function, "kind": "function"}]
    result: dict[str, Any] = {
        "ruleId": check.name,
        "ruleIndex": at,
        "level": "error",
        "message": {"text": words.message(check, failure)},
        "locations": [place],
        "partialFingerprints": {"group/v1": fingerprint(check, failure)},
        "properties": {"evidence": dict(failure.evidence)},
    }
    if failure.stack:
        frames = [
            {"location": {"logicalLocations": [{"fullyQualifiedName": frame}]}}
            for frame in words.stack(failure)
        ]
        result["stacks"] = [{"message": {"text": f"stack {failure.stack_id}"}, "frames": frames}]
    if failure.suppression:
        known = words.describe_suppression(failure.suppression)
        result["suppressions"] = [{"kind": "external", "justification": known}]
    return result


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path, errors="surrogateescape")
