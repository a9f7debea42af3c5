"""Simulates a day of `record`, or of `watch`, on a machine whose stacks change all the time.

`python -m benchmarks.recorded_day` takes 8,640 samples with the program's own recorder, by a clock
that does not wait. It prints the size of the database, CPU seconds, and after each quarter the most
memory that the process has had.

The laws: 500 stacks hold 1 to 65,536 pages each, and the share `--changing` of them gains or loses
up to 16 pages from one sample to the next; 50 fields of meminfo move as much.
"""

from __future__ import annotations

import argparse
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from pageowner_sql import recordings, watches
from pageowner_sql.live import sampler
from pageowner_sql.workspace import Workspace, say_nothing

DAY = 8640
EVERY = 10.0

_FIRST = 1_795_824_000.0
_STACKS = "sys/kernel/debug/page_owner_stacks"
_FIELDS = 50
# With the first 16 frames, as many as the kernel keeps.
_FRAMES = "".join(f" some_function_{at}+0x10/0x20\n" for at in range(15))


class MovingMachine(threading.Event):
    """A machine's /proc and /sys below `root`, and its clock.

    Waiting makes time pass and stacks change. `peaks`: MiB after each quarter of `samples`.
    """

    def __init__(self, root: Path, samples: int, stacks: int, changing: float) -> None:
        super().__init__()
        self.root = root
        self.peaks: list[float] = []
        self._quarter = max(samples // 4, 1)
        self._changing = changing
        self._waits = 0
        self._now = 0.0
        self._chance = random.Random(7)  # noqa: S311  # the same each time
        self._pages = [self._chance.randrange(1, 1 << 16) for _ in range(stacks)]
        self._fields = [self._chance.randrange(1 << 10, 1 << 20) for _ in range(_FIELDS)]
        known = (f" make_{at}+0x1/0x2\n{_FRAMES}handle: {at}\n\n" for at in range(stacks))
        self._write(f"{_STACKS}/show_stacks_handles", "".join(known))
        self._write("proc/sys/kernel/random/boot_id", "boot-1\n")
        self._tell()

    def monotonic(self) -> float:
        """Seconds, as time.monotonic has them."""
        return self._now

    def time(self) -> float:
        """Seconds since 1970."""
        return _FIRST + self._now

    def wait(self, timeout: float | None = None) -> bool:
        """Let that time pass at once."""
        self._now += timeout or 0
        self._waits += 1
        if self._waits % self._quarter == 0:
            self.peaks.append(_peak())
        self._pages = self._moved(self._pages)
        self._fields = self._moved(self._fields)
        self._tell()
        return self.is_set()

    def _moved(self, amounts: list[int]) -> list[int]:
        chance = self._chance
        return [
            max(each + chance.choice((-1, 1)) * chance.randrange(1, 17), 1)
            if chance.random() < self._changing
            else each
            for each in amounts
        ]

    def _tell(self) -> None:
        counts = (f"handle: {at}\nnr_base_pages: {held}\n\n" for at, held in enumerate(self._pages))
        fields = (f"Field{at}: {held} kB\n" for at, held in enumerate(self._fields))
        self._write(f"{_STACKS}/show_handles", "".join(counts))
        self._write("proc/meminfo", "".join(fields))
        self._write("proc/uptime", f"{self._now:.2f} 0.00\n")

    def _write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="ascii")


def _peak() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@contextmanager
def _clock(machine: MovingMachine) -> Iterator[None]:
    """Let the program tell time by the machine's clock."""
    with (
        patch.object(recordings, "time", machine),
        patch.object(watches, "time", machine),
        patch.object(sampler, "time", machine),
    ):
        yield


def record_day(machine: MovingMachine, samples: int, database: Path) -> None:
    """Record so many samples."""
    options = recordings.RecordOptions(EVERY, samples * EVERY, root=str(machine.root))
    with _clock(machine), closing(Workspace(str(database))) as space:
        recording = recordings.Recording(space, options, say_nothing)
        recording.stop = machine
        recording.run()


def watch_day(machine: MovingMachine, samples: int, database: Path) -> None:
    """Look so many times, by stack, with a rule and a file of metrics."""
    from pageowner_sql.watch_rules import read_rule

    options = watches.WatchOptions(
        by="stack",
        every=EVERY,
        rounds=samples,
        root=str(machine.root),
        rules=[read_rule("leak of any > 1T/h")],
        openmetrics=str(machine.root / "metrics.prom"),
        stop=machine,
    )
    with _clock(machine), closing(Workspace(str(database))) as space:
        for _ in watches.watch(space, options, say_nothing):
            pass


def main() -> None:
    """Simulate what was asked for, and print its figures."""
    parser = argparse.ArgumentParser(prog="benchmarks.recorded_day", description=__doc__)
    parser.add_argument("--samples", type=int, default=DAY)
    parser.add_argument("--stacks", type=int, default=500)
    parser.add_argument("--changing", type=float, default=1.0)
    parser.add_argument("--watch", action="store_true", help="watch instead of recording")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        database = Path(folder) / "day.duckdb"
        root = Path(folder) / "machine"
        machine = MovingMachine(root, asked.samples, asked.stacks, asked.changing)
        (watch_day if asked.watch else record_day)(machine, asked.samples, database)
        size = 0 if asked.watch else database.stat().st_size
    figures = {"bytes": size, "cpu": time.process_time(), "peaks": [*machine.peaks, _peak()]}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
