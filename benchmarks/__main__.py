"""`python -m benchmarks`: run, compare, report. Exit 1 if an output was wrong or a run failed."""

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks import opponent, report, workloads
from benchmarks.answers import WrongAnswer
from benchmarks.arena import Arena, our_program
from benchmarks.contests import CONTESTS, Contest
from benchmarks.evidence import Evidence
from benchmarks.goals import GOALS, Goal
from benchmarks.measure import NotAvailable, Outcome, RunFailed

_RESULTS = workloads.ROOT / "benchmarks" / "results"
_PAGE = workloads.ROOT / "docs" / "performance.md"
# A contest on the large dump takes minutes per round, and its figures vary less.
_LARGE_SHARE = 2
_NAMES = [goal.name for goal in GOALS]


def main() -> int:
    """Run the selected contests and print their figures."""
    asked = _arguments()
    cache = workloads.cache_folder()
    if asked.make:
        print(workloads.make(asked.make, cache))
        return 0
    goals = [goal for goal in GOALS if _wanted(goal, asked)]
    needed = {contest for goal in goals for contest in goal.contests}
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="run-") as scratch:
        arena = Arena(our_program(), _opponent(), cache, Path(scratch))
        contests = [contest for contest in CONTESTS if contest.name in needed]
        outcomes, failed = _race(arena, contests, asked.rounds)
        found = Evidence(outcomes, failed, arena.shares())
    _publish(goals, found, arena, complete=len(goals) == len(GOALS), good=not failed)
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--size", choices=("0.5", "5", "all"), default="all", help="of the dumps, GB"
    )
    parser.add_argument("--rounds", type=int, default=5, help="at 5 GB half as many (default: 5)")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        choices=_NAMES,
        help=f"a row of the table and those named after it; repeats: {', '.join(_NAMES)}",
    )
    parser.add_argument(
        "--make", choices=list(workloads.WORKLOADS), help="make a dump, print its path"
    )
    return parser.parse_args()


def _wanted(goal: Goal, asked: argparse.Namespace) -> bool:
    if asked.only:
        return any(goal.name == name or goal.name.startswith(f"{name}-") for name in asked.only)
    sizes = {contest.workload for contest in CONTESTS if contest.name in goal.contests}
    large = "five" in sizes
    return bool(asked.size == "all" or large == (asked.size == "5"))


def _opponent() -> opponent.Opponent | str:
    try:
        return opponent.build(workloads.ROOT / "build" / "opponent")
    except opponent.OpponentMissing as missing:
        print(f"page_owner_sort skipped: {missing}", file=sys.stderr)
        return str(missing)


def _race(
    arena: Arena, contests: Iterable[Contest], rounds: int
) -> tuple[dict[str, Outcome], dict[str, str]]:
    """Run the contests one after the other; a failure does not stop the next one."""
    outcomes: dict[str, Outcome] = {}
    failed: dict[str, str] = {}
    for contest in contests:
        turns = max(1, rounds // _LARGE_SHARE) if contest.workload == "five" else rounds
        try:
            outcomes[contest.name] = contest.race(arena, turns)
        except NotAvailable as missing:
            print(f"{contest.name:20} skipped: {missing}", flush=True)
        except (WrongAnswer, RunFailed, OSError, ValueError) as problem:
            failed[contest.name] = str(problem)
            print(f"{contest.name:20} FAILED: {problem}", flush=True)
        else:
            print(*report.contest_lines(contest.name, outcomes[contest.name]), sep="\n", flush=True)
    return outcomes, failed


def _publish(
    goals: list[Goal], found: Evidence, arena: Arena, *, complete: bool, good: bool
) -> None:
    """Print and store the table; without failures, update the measured rows in the docs."""
    text = report.table(goals, found)
    print(f"\n{text}")
    print(f"Written: {report.write_json(_RESULTS, goals, found, arena.opponent)}")
    if good and report.write_table(_PAGE, text, complete=complete):
        print(f"Written: {_PAGE}")


if __name__ == "__main__":
    sys.exit(main())
