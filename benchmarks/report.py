"""Writes the figures: for the terminal, as dated JSON and as the table in the docs."""

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.evidence import Evidence
from benchmarks.goals import Goal
from benchmarks.measure import Figures, Outcome
from benchmarks.opponent import Opponent
from benchmarks.workloads import ROOT

BEGIN = "<!-- benchmarks: begin -->"
END = "<!-- benchmarks: end -->"


def goal_lines(goals: Iterable[Goal], found: Evidence) -> Iterator[tuple[str, ...]]:
    """Yield work, figure, target, moonshot, verdict and detail of each goal, in words."""
    for goal in goals:
        marks = goal.write(goal.target), goal.write(goal.moonshot)
        shown = goal.show(found)
        if shown is None:
            yield (goal.work, "not available", *marks, "", _why(goal, found))
        else:
            verdict = goal.verdict(shown.value)
            yield (goal.work, goal.write(shown.value), *marks, verdict, shown.detail)


def table(goals: Iterable[Goal], found: Evidence) -> str:
    """Give the goals as a Markdown table."""
    head = ("work", "figure", "target", "moonshot", "reached", "from")
    rows = [head, ("---",) * len(head), *goal_lines(goals, found)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def with_rows_of(old: str, new: str) -> str:
    """Give table `old` with the rows of table `new` in place of those for the same work."""
    rows = {_work(line): line for line in new.splitlines()}
    return "".join(f"{rows.get(_work(line), line)}\n" for line in old.splitlines() if line)


def _work(line: str) -> str:
    return line.split(" | ", maxsplit=1)[0]


def contest_lines(name: str, outcome: Outcome) -> Iterator[str]:
    """Yield a line per contestant: medians of wall clock, CPU and memory, and wall against ours."""
    fastest = next(iter(outcome.figures.values()), None)
    for contestant, of in outcome.figures.items():
        ratio = of.wall / fastest.wall if fastest else 1.0
        yield (
            f"{name:20} {contestant:16} {of.wall:9.3f} s wall {of.cpu:9.3f} s CPU"
            f" {of.rss / 2**20:7.0f} MiB {ratio:8.2f}x"
        )
    for contestant, reason in outcome.missing.items():
        yield f"{name:20} {contestant:16} not available: {reason}"


def write_json(
    folder: Path, goals: Iterable[Goal], found: Evidence, opponent: Opponent | str
) -> Path:
    """Write all figures to a file named by the time (UTC)."""
    now = datetime.now(UTC)
    outcomes = {name: _outcome(outcome) for name, outcome in found.outcomes.items()}
    content = {
        "at": now.isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "HEAD"),
        "changed_files": len(_git("status", "--porcelain").splitlines()),
        "machine": _machine(),
        "page_owner_sort": opponent if isinstance(opponent, str) else opponent.kernel,
        "goals": {goal.name: _goal(goal, found) for goal in goals},
        "database_share": dict(found.shares),
        "contests": outcomes,
        "failed": dict(found.failed),
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y-%m-%dT%H%M%S}.json"
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path


def write_table(page: Path, text: str, *, complete: bool) -> bool:
    """Put a table between the markers of a page; only its rows unless it is complete.

    False if the page has no markers.
    """
    old = page.read_text() if page.exists() else ""
    head, begin, rest = old.partition(BEGIN)
    before, end, tail = rest.partition(END)
    if not (begin and end):
        return False
    if not complete:
        text = with_rows_of(before, text)
    page.write_text(f"{head}{BEGIN}\n{text}{END}{tail}")
    return True


def _why(goal: Goal, found: Evidence) -> str:
    for contest in goal.contests:
        if contest not in found.outcomes:
            return f"{contest} {'FAILED' if contest in found.failed else 'could not run'}"
        for contestant, reason in found.outcomes[contest].missing.items():
            return f"{contest}, {contestant}: {reason}".replace("|", "\\|")
    return ""


def _goal(goal: Goal, found: Evidence) -> Mapping[str, object]:
    shown = goal.show(found)
    return {
        "value": shown.value if shown else None,
        "detail": shown.detail if shown else _why(goal, found),
        "target": goal.target,
        "moonshot": goal.moonshot,
        "reached": goal.verdict(shown.value) if shown else None,
    }


def _outcome(outcome: Outcome) -> Mapping[str, object]:
    medians = {name: _median(figures) for name, figures in outcome.figures.items()}
    return {**medians, "missing": dict(outcome.missing)}


def _median(figures: Figures) -> Mapping[str, object]:
    runs = [[round(run.wall, 4), round(run.cpu, 4), run.rss] for run in figures.runs]
    return {"wall": figures.wall, "cpu": figures.cpu, "rss": figures.rss, "runs": runs}


def _machine() -> Mapping[str, object]:
    info = Path("/proc/cpuinfo").read_text()
    model = next(
        (line.partition(": ")[2] for line in info.splitlines() if "model name" in line), ""
    )
    return {
        "cpu": model or platform.machine(),
        "cores": os.cpu_count(),
        "memory": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "linux": platform.release(),
        "python": platform.python_version(),
        "duckdb": _version("duckdb"),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git(*words: str) -> str:
    command = ["git", "-C", str(ROOT), *words]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()
