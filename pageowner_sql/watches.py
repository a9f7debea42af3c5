"""A running machine's owners or stacks, looked at again and again."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from pageowner_sql.captures import CaptureOptions, capture_into_database
from pageowner_sql.errors import InputError
from pageowner_sql.live.machine import Machine
from pageowner_sql.live.sampler import Sample, Sampler
from pageowner_sql.output.files import open_output
from pageowner_sql.output.plain import printable
from pageowner_sql.output.units import signed, size
from pageowner_sql.store.load import LoadOptions
from pageowner_sql.store.owner_finder import Owner, OwnerFinder
from pageowner_sql.watch_rules import HISTORY, WatchRow, WatchRule
from pageowner_sql.workspace import Say, Workspace

# Rows that a metrics file has at most, the largest.
MOST_METRICS = 500

# Bytes by owner, subsystem and stack; the stack is None where owners are counted.
_Key = tuple[str, str, str | None]


@dataclass(frozen=True)
class WatchOptions:
    """What to watch, how often (seconds), and what to do about it.

    `rounds`: how often at most; None for good, until `stop` is set.
    """

    by: str = "owner"
    every: float = 2
    rounds: int | None = None
    root: str = "/"
    rules: Sequence[WatchRule] = ()
    command: str | None = None
    captures: bool = False
    openmetrics: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Round:
    """What one look gives: rows, the largest first, and rules that are broken, with by whom."""

    rows: Sequence[WatchRow]
    broken: Sequence[tuple[WatchRule, WatchRow]]

    def breaks(self, row: WatchRow) -> bool:
        """Whether a row breaks a rule, by itself or with others."""
        return any(rule.names(row) or row == by for rule, by in self.broken)


class Watcher:
    """Turns samples into rows: remembers what each key held."""

    def __init__(self, by: str) -> None:
        self._by = by
        self._finder = OwnerFinder()
        self._times: deque[float] = deque(maxlen=HISTORY)
        self._held: dict[_Key, deque[int]] = {}

    def close(self) -> None:
        """Close what finds owners."""
        self._finder.close()

    def rows(self, sample: Sample) -> list[WatchRow]:
        """The rows after one more sample."""
        self._times.append(sample.uptime / 1e9)
        counts = self._counts(sample)
        for key in counts.keys() - self._held.keys():
            self._held[key] = deque([0] * (len(self._times) - 1), HISTORY)
        for key, held in list(self._held.items()):
            held.append(counts.get(key, 0))
            if not any(held):
                del self._held[key]
        rows = [self._row(key, held) for key, held in self._held.items()]
        return sorted(rows, key=lambda row: (-row.bytes, row.owner, row.stack or ""))

    def _counts(self, sample: Sample) -> dict[_Key, int]:
        stacks = [each.stack for each in sample.counts if each.stack]
        owners = self._finder.find(stacks)
        nobody = Owner("(stack not shown)", "(unknown)")
        counts: dict[_Key, int] = {}
        for series, held in sample.counts.items():
            owner = owners[series.stack] if series.stack else nobody
            key = (*owner, series.stack if self._by == "stack" else None)
            counts[key] = counts.get(key, 0) + held
        return counts

    def _row(self, key: _Key, held: deque[int]) -> WatchRow:
        return WatchRow(*key, tuple(held), self._times[-1] - self._times[0])


def watch(space: Workspace, options: WatchOptions, say: Say) -> Iterator[Round]:
    """Look at the machine again and again; what is done about broken rules is done in between.

    A rule that is broken acts once, and again after it was kept in between. Raises InputError
    where the machine shows no stacks.
    """
    sampler = Sampler(Machine(options.root), _stack_sources(options.root))
    watcher = Watcher(options.by)
    acted: set[str] = set()
    with closing(watcher), space.protected():
        start, number = time.monotonic(), 0
        while not options.stop.is_set() and number != options.rounds:
            rows = watcher.rows(_sample(sampler))
            broken = [(rule, row) for rule in options.rules for row in rule.broken_by(rows)]
            if options.openmetrics is not None:
                write_openmetrics(options.openmetrics, rows)
            yield Round(rows, broken)
            _act(space, options, [each for each in broken if each[0].text not in acted], say)
            acted = {rule.text for rule, _ in broken}
            number += 1
            if number != options.rounds:
                options.stop.wait(max(start + number * options.every - time.monotonic(), 0))


def _stack_sources(root: str) -> list[str]:
    found = [each for each in Sampler(Machine(root)).sources if each.startswith("show_")]
    if not found:
        # Says what is missing.
        Sampler(Machine(root), ["show_stacks"])
        raise InputError("this kernel shows no sums of stacks (6.9 and later do)")
    return [str(each) for each in found]


def _sample(sampler: Sampler) -> Sample:
    samples = sampler.read()
    if not samples:
        raise InputError(f"{sampler.sources[0]}: cannot be read any more")
    return samples[0]


def _act(
    space: Workspace,
    options: WatchOptions,
    broken: Sequence[tuple[WatchRule, WatchRow]],
    say: Say,
) -> None:
    # The largest of each rule: all that break one would be a flood.
    largest = {rule.text: (rule, row) for rule, row in reversed(broken)}
    for rule, row in largest.values():
        rate = "" if row.rate is None else f", {signed(size(row.rate))} an hour"
        say(f"{rule.text}: {printable(row.owner)} holds {size(row.bytes)}{rate}")
    if not broken:
        return
    if options.captures:
        capture_into_database(space, CaptureOptions(root=options.root), LoadOptions(label=""), say)
    if options.command is not None:
        # The user's own command line.
        code = subprocess.run(options.command, shell=True, check=False).returncode  # noqa: S602
        if code:
            say(f"--do {printable(options.command)}: exit code {code}")


def write_openmetrics(path: str, rows: Iterable[WatchRow]) -> None:
    """Write a file for node_exporter's textfile collector, complete or not at all."""
    lines = [
        "# HELP pageowner_bytes Memory held, by who owns it.",
        "# TYPE pageowner_bytes gauge",
    ]
    for row in list(rows)[:MOST_METRICS]:
        words = {"owner": row.owner, "subsystem": row.subsystem}
        if row.stack is not None:
            words["stack"] = row.stack
        labels = ",".join(f'{name}="{_quoted(value)}"' for name, value in words.items())
        lines.append(f"pageowner_bytes{{{labels}}} {row.bytes}")
    with open_output(path) as file:
        file.write("\n".join([*lines, "# EOF", ""]).encode())


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


# What is shown would fill the journal, and rules that are broken are told on standard error. A
# capture may take 512M, and what it writes counts until it is on the disk.
UNIT = """\
[Unit]
Description=Memory of the kernel, by who owns it
After=sys-kernel-debug.mount
Requires=sys-kernel-debug.mount

[Service]
ExecStart={command}
WorkingDirectory={folder}
StandardOutput=null
Restart=on-failure
{code}Nice=10
MemoryMax=768M

[Install]
WantedBy=multi-user.target
"""
_PLAIN = re.compile(r"[\w@+=:,./-]+", re.ASCII)


def systemd_unit(command: Sequence[str], folder: str, exit_code: int | None = None) -> str:
    """A unit that runs a command line in a folder, for good or until it ends with `exit_code`."""
    words = (word if _PLAIN.fullmatch(word) else f'"{_escaped(word)}"' for word in command)
    return UNIT.format(
        command=" ".join(words),
        folder=folder.replace("%", "%%"),
        code=f"RestartPreventExitStatus={exit_code}\n" if exit_code else "",
    )


def _escaped(word: str) -> str:
    for found, written in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("$", "$$"), ("%", "%%")):
        word = word.replace(found, written)
    return word
