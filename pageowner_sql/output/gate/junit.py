"""A gate's findings as JUnit XML, which Jenkins, GitLab and most CI systems read."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from pageowner_sql.output.gate import words
from pageowner_sql.output.gate.model import Check, GateReport
from pageowner_sql.output.plain import printable, printable_lines


def gate_junit(report: GateReport) -> str:
    """One test case a limit; a limit with only suppressed failures is skipped."""
    suites = ET.Element("testsuites")
    suite = ET.SubElement(
        suites,
        "testsuite",
        name=f"page_owner budgets of {printable(report.dump)}",
        tests=str(len(report.checks)),
        failures=str(len(report.broken)),
        errors="0",
        skipped=str(sum(_is_skipped(check) for check in report.checks)),
    )
    for check in report.checks:
        _add_case(suite, check, report)
    if report.notes:
        out = ET.SubElement(suite, "system-out")
        out.text = "\n".join(map(printable, report.notes))
    ET.indent(suites)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"
    )


def _is_skipped(check: Check) -> bool:
    return bool(check.suppressed) and not check.broken


def _add_case(suite: ET.Element, check: Check, report: GateReport) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"page_owner.{printable(report.dump)}",
        name=printable(check.name),
    )
    if _is_skipped(check):
        reasons = [
            words.describe_suppression(each.suppression)
            for each in check.failures
            if each.suppression
        ]
        ET.SubElement(case, "skipped", message="; ".join(dict.fromkeys(reasons)))
    failures = [each for each in check.failures if not each.suppression]
    if not failures:
        return
    first = words.message(check, failures[0])
    more = f" (and {check.broken - 1} more)" if check.broken > 1 else ""
    failed = ET.SubElement(case, "failure", type=check.limit, message=first + more)
    told = [[words.message(check, each), *words.details(each), ""] for each in failures]
    lines = [line for each in told for line in each]
    failed.text = "\n".join([*lines, "SQL:", printable_lines(check.sql)])
