"""Compares outputs: a time counts only if its output is correct."""

import filecmp
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import zip_longest
from pathlib import Path

from benchmarks.arena import LABEL, Arena
from benchmarks.measure import run
from benchmarks.slow_count import Row, parse
from benchmarks.workloads import ROOT

OURS = "ours"
COMPAT = "ours --compat"
C_TOOL = "page_owner_sort"
MAWK = "mawk"

_HEAD = re.compile(rb"(\d+) times, (\d+) pages[,:]")

# Checks the outputs of one workload, by contestant.
Check = Callable[[Arena, str, Mapping[str, Path]], None]


class WrongAnswer(Exception):
    """A contestant's output is wrong."""


def expected(arena: Arena, workload: str) -> list[Row]:
    """Give the slow counter's rows, from a separate process, so that this one stays small."""
    command = [sys.executable, "-m", "benchmarks.slow_count", str(arena.workload(workload))]
    return parse(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def stacks(arena: Arena, workload: str, outs: Mapping[str, Path]) -> None:
    """Ours is the slow counter's answer, row by row; ours --compat is the C tool's, byte by byte.

    Those split stacks by trailers and by names with a newline, but all records are in them.
    """
    _same_stacks(expected(arena, workload), outs)
    same_as_c(arena, workload, outs)


def stacks_by_pages(arena: Arena, workload: str, outs: Mapping[str, Path]) -> None:
    """The same for a report ordered by pages."""
    right = sorted(expected(arena, workload), key=lambda row: (-row.pages, row.stack))
    _same_stacks(right, outs)
    same_as_c(arena, workload, outs)


def _same_stacks(right: list[Row], outs: Mapping[str, Path]) -> None:
    for name, out in outs.items():
        rows = parse(out.read_bytes())
        if name == OURS:
            _same_rows(name, rows, right)
        elif _totals(rows) != _totals(right):
            raise WrongAnswer(f"{name}: {_totals(rows)} records and pages, not {_totals(right)}")


def plain_stacks(arena: Arena, workload: str, outs: Mapping[str, Path]) -> None:
    """Without hostile names, all sums by stack equal the slow counter's."""
    stacks(arena, workload, outs)
    right = _sums(expected(arena, workload))
    for name, out in outs.items():
        if _sums(parse(out.read_bytes())) != right:
            raise WrongAnswer(f"{name}: other sums by stack than the slow counter's")


def same_as_c(_arena: Arena, _workload: str, outs: Mapping[str, Path]) -> None:
    """Our --compat output equals the C tool's, byte by byte."""
    if COMPAT in outs and C_TOOL in outs:
        ours, theirs = outs[COMPAT], outs[C_TOOL]
        if not filecmp.cmp(ours, theirs, shallow=False):
            sizes = f"{ours.stat().st_size} and {theirs.stat().st_size} bytes"
            raise WrongAnswer(f"{COMPAT} differs from {C_TOOL} ({sizes})")


def totals(arena: Arena, workload: str, outs: Mapping[str, Path]) -> None:
    """Every output has all records and pages, and our --compat output equals the C tool's."""
    right = _totals(expected(arena, workload))
    for name, out in outs.items():
        with out.open("rb") as lines:
            heads = [found for line in lines if (found := _HEAD.match(line))]
        said = sum(int(head[1]) for head in heads), sum(int(head[2]) for head in heads)
        if said != right:
            raise WrongAnswer(f"{name}: {said} records and pages, not {right}")
    same_as_c(arena, workload, outs)


def exported(arena: Arena, workload: str, outs: Mapping[str, Path]) -> None:
    """`export` after `load` gives the dump, byte by byte."""
    if OURS not in outs:
        return
    again = outs[OURS].with_suffix(".export")
    asked = ("export", LABEL, "-o", str(again), "--format", "page_owner")
    run([*arena.loaded(workload), *asked])
    if _sha256(again) != _sha256(arena.workload(workload)):
        raise WrongAnswer(f"export of {workload} is not what was loaded")
    again.unlink()


def top_stacks(arena: Arena, workload: str, outs: Mapping[str, Path]) -> None:
    """`top --by stack` names the counts of the largest stacks, by pages."""
    if OURS in outs:
        try:
            rows = json.loads(outs[OURS].read_bytes())
            said = [(row["pages"], row["records"]) for row in rows]
        except (KeyError, TypeError) as error:
            raise WrongAnswer(f"top: no rows with pages and records: {error!r}") from error
        right = sorted(((r.pages, r.times) for r in expected(arena, workload)), reverse=True)
        if not said or Counter(said) != Counter(right[: len(said)]):
            raise WrongAnswer(f"top: {said[:3]}... are not the largest stacks, {right[:3]}...")


def anything(_arena: Arena, _workload: str, outs: Mapping[str, Path]) -> None:
    """The output is not empty."""
    for name, out in outs.items():
        if not out.stat().st_size:
            raise WrongAnswer(f"{name}: no answer")


def _same_rows(name: str, rows: list[Row], right: list[Row]) -> None:
    for number, (said, true) in enumerate(zip_longest(rows, right)):
        if said != true:
            raise WrongAnswer(f"{name}: row {number} is {said!r:.200}, not {true!r:.200}")


def _totals(rows: list[Row]) -> tuple[int, int]:
    return sum(row.times for row in rows), sum(row.pages for row in rows)


def _sums(rows: list[Row]) -> dict[bytes, tuple[int, int]]:
    sums: dict[bytes, tuple[int, int]] = {}
    for row in rows:
        times, pages = sums.get(row.stack, (0, 0))
        sums[row.stack] = times + row.times, pages + row.pages
    return sums


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
