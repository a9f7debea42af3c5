"""A gate's findings as annotations: GitHub's workflow commands, GitLab's code quality report."""

from __future__ import annotations

import json

from pageowner_sql.output.gate import words
from pageowner_sql.output.gate.model import GateReport
from pageowner_sql.output.gate.sarif import fingerprint, location
from pageowner_sql.output.plain import printable


def gate_github(report: GateReport) -> str:
    """A line a failure: `::error` where a limit is broken, `::notice` where that is known."""
    lines = []
    for check in report.checks:
        for failure in check.failures:
            file, line = location(report, check, failure)
            level, said = "error", words.message(check, failure)
            if failure.suppression:
                level, said = "notice", f"{said}; {words.describe_suppression(failure.suppression)}"
            said = "\n".join([said, *words.details(failure), "SQL:", *words.short_sql(check)])
            at = f"file={_property(file)},line={line},title={_property(check.name)}"
            lines.append(f"::{level} {at}::{_data(said)}\n")
    lines += [f"::notice::{_data(printable(note))}\n" for note in report.notes]
    return "".join(lines) + words.verdict(report) + "\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")


def gate_gitlab(report: GateReport) -> str:
    """The code quality report; what is suppressed is left out, as GitLab knows no such state."""
    issues = []
    for check in report.checks:
        for failure in check.failures:
            if failure.suppression:
                continue
            file, line = location(report, check, failure)
            issues.append(
                {
                    "description": words.message(check, failure),
                    "check_name": check.name,
                    "fingerprint": fingerprint(check, failure),
                    "severity": "major",
                    "location": {"path": file, "lines": {"begin": line}},
                }
            )
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"
