"""How a gate's findings can be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from pageowner_sql.output.gate.annotations import gate_github, gate_gitlab
from pageowner_sql.output.gate.junit import gate_junit
from pageowner_sql.output.gate.model import GateReport
from pageowner_sql.output.gate.sarif import gate_sarif
from pageowner_sql.output.gate.text import gate_json, gate_text


class GateFormat(StrEnum):
    """For people, for programs, and for the CI systems that show findings beside a change."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"


_WRITERS: Mapping[GateFormat, Callable[[GateReport], str]] = {
    GateFormat.TEXT: gate_text,
    GateFormat.JSON: gate_json,
    GateFormat.JUNIT: gate_junit,
    GateFormat.SARIF: gate_sarif,
    GateFormat.GITHUB: gate_github,
    GateFormat.GITLAB: gate_gitlab,
}


def gate_output(report: GateReport, form: GateFormat) -> str:
    """The findings in that format."""
    return _WRITERS[form](report)
