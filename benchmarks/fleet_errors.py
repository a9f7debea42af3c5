"""How often the questions about a fleet are wrong, and how small an effect they find.

`python -m benchmarks.fleet_errors --null 120` asks fleets into which nothing was put, and prints
in how many of them a question found something; `--power` asks fleets with effects of several sizes.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.fleet import ALL, LEAST_DAYS, NEW, OLD, Fleet, Truth, make_fleet
from pageowner_sql.lake.lake import Lake

NOTHING = Truth(
    regression=1, leak=0, creep=0, excess=1, share_old=1, share_new=1, share_appearing=0
)
_SAID = {"more", "less", "everywhere", "some hosts"}
_QUESTIONS = ("regression", "growth", "growing_hosts", "outliers", "first_seen")
_Z = 1.959964
# Fleets between two lines of what was found so far.
_SHOWN = 25


def found(lake: Lake, question: str) -> list[dict[str, Any]]:
    """The rows of a question that say that there is something."""
    cohorts: dict[str, Any] = {"old": OLD, "new": NEW} if question == "regression" else {}
    rows = lake.query(f"fleet/{question}", top=ALL, **cohorts).dicts()
    return [row for row in rows if row.get("verdict") in {None, *_SAID}]


def interval(hits: int, tries: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, z2 = hits / tries, _Z * _Z / tries
    half = math.sqrt(z2 * (share * (1 - share) + z2 / 4))
    return (share + z2 / 2 - half) / (1 + z2), (share + z2 / 2 + half) / (1 + z2)


def lakes(fleet: Fleet, seeds: int) -> Iterator[tuple[Lake, frozenset[str]]]:
    """The lake and the leaking machines of `seeds` fleets, one on disk at a time."""
    for seed in range(seeds):
        with TemporaryDirectory() as folder:
            truths = make_fleet(replace(fleet, seed=1000 + seed), Path(folder) / "lake")
            with Lake(Path(folder) / "lake") as lake:
                yield lake, truths.leaking


def report_errors(hosts: int, days: int, seeds: int) -> None:
    """Print in how many fleets with nothing in them each question found something."""
    wrong: Counter[str] = Counter()
    print(f"Fleets of {hosts} hosts and {days} days with nothing in them\n")
    print("| fleets | question | with a wrong row | share | 95 % interval |\n|--:|---|--:|--:|---|")
    for asked, (lake, _) in enumerate(lakes(Fleet(hosts, days, truth=NOTHING), seeds), 1):
        for question in _QUESTIONS:
            wrong[question] += bool(found(lake, question))
        if asked % _SHOWN == 0 or asked == seeds:
            for question in _QUESTIONS:
                low, high = interval(wrong[question], asked)
                counts = f"| {asked} | {question} | {wrong[question]}"
                share = f"{wrong[question] / asked:.3f}"
                print(f"{counts} | {share} | {low:.3f} to {high:.3f} |", flush=True)


def report_regression(hosts: int, seeds: int) -> None:
    """Print in how many fleets a regression of each size is found."""
    for factor in (1.1, 1.2, 1.3, 1.5, 2.0):
        truth = replace(NOTHING, regression=factor)
        hits = sum(
            any(row["name"] == truth.regressed for row in found(lake, "regression"))
            for lake, _ in lakes(Fleet(hosts, 1, truth=truth), seeds)
        )
        print(f"| {hosts} | {factor} | {hits} of {seeds} |", flush=True)


def report_leaks(hosts: int, days: int, seeds: int) -> None:
    """Print how many of the leaking machines are found by the size of their leak."""
    for leak in (0.02, 0.05, 0.1, 0.25):
        truth = replace(NOTHING, leak=leak, leaky=0.05)
        machines = named = wrong = owners = 0
        for lake, leaking in lakes(Fleet(hosts, days, truth=truth), seeds):
            rows = found(lake, "growing_hosts")
            right = {row["host"] for row in rows if row["owner"] == truth.leaked}
            machines += len(leaking)
            named += len(leaking & right)
            wrong += sum(row["owner"] != truth.leaked for row in rows)
            owners += any(row["owner"] == truth.leaked for row in found(lake, "growth"))
        print(
            f"| {days} | {leak} | {named} of {machines} | {owners} of {seeds} | {wrong} |",
            flush=True,
        )


def main() -> None:
    """Print error rates, and what is found by size."""
    parser = argparse.ArgumentParser(prog="benchmarks.fleet_errors", description=__doc__)
    parser.add_argument("--null", type=int, metavar="N", help="fleets with nothing in them")
    parser.add_argument("--power", action="store_true", help="effects of several sizes")
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--days", type=int, default=LEAST_DAYS + 2)
    asked = parser.parse_args()
    if asked.null:
        report_errors(asked.hosts, asked.days, asked.null)
    if asked.power:
        print("\n| hosts | held times | regression found in |\n|--:|--:|--:|")
        for hosts in (100, 300, 1000):
            report_regression(hosts, 20)
        print("\n| days | leak a day | growing_hosts | growth | wrong |\n|--:|--:|--:|--:|--:|")
        for days in (10, 20):
            report_leaks(300, days, 2)


if __name__ == "__main__":
    main()
