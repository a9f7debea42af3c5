"""Runs commands alternately and measures each process tree."""

import os
import resource
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

Command = Sequence[str]

_POLL_SECONDS = 0.02
_PAGE = os.sysconf("SC_PAGE_SIZE")
# And the variables that stop Python from storing bytecode, unlike in a user's shell.
_OURS_IN_ENVIRONMENT = ("PAGEOWNER_", "PAGE_OWNER_SORT_", "PYTHON")


class NotAvailable(Exception):
    """The command is missing; the text says which."""


class RunFailed(Exception):
    """The command failed."""


@dataclass(frozen=True, slots=True)
class Run:
    """The cost of one run: seconds of wall clock, seconds of CPU, peak resident bytes."""

    wall: float
    cpu: float
    rss: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All runs of one contestant."""

    runs: tuple[Run, ...]

    @property
    def wall(self) -> float:
        """Median seconds of wall clock."""
        return statistics.median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        """Median seconds of CPU, user and system."""
        return statistics.median(run.cpu for run in self.runs)

    @property
    def rss(self) -> int:
        """Median of the peak resident bytes."""
        return int(statistics.median(run.rss for run in self.runs))


@dataclass(frozen=True, slots=True)
class Outcome:
    """A contest's result: the contestants' figures, or why one could not run."""

    figures: Mapping[str, Figures]
    missing: Mapping[str, str]


def alternate(
    contestants: Mapping[str, Callable[[], Run]],
    rounds: int,
    check: Callable[[frozenset[str]], None],
) -> Outcome:
    """Run each contestant once per round (ABAB...), so that a slow minute affects them all.

    `check` gets the names of who ran once their first answers are there; what it raises ends it.
    """
    runs: dict[str, list[Run]] = {}
    missing: dict[str, str] = {}
    for turn in range(rounds):
        for name in [name for name in contestants if name not in missing]:
            try:
                runs.setdefault(name, []).append(contestants[name]())
            except NotAvailable as error:
                del runs[name]
                missing[name] = str(error)
        if turn == 0:
            check(frozenset(runs))
    return Outcome({name: Figures(tuple(of)) for name, of in runs.items()}, missing)


def warm(path: Path) -> None:
    """Read a file once, so that the page cache holds it for the first contestant."""
    buffer = bytearray(1 << 20)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def run(command: Command, stdout: Path | None = None) -> Run:
    """Run a command with its output to a file or nowhere; memory is that of its whole tree.

    Raises NotAvailable where it is missing, RunFailed where it fails.
    """
    # What the run before wrote must not be flushed at this one's cost.
    os.sync()
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        pid = _spawn(command, str(stdout or os.devnull), errors.fileno())
        with _watched(pid) as peak:
            status, usage = _reap(pid)
        wall = time.perf_counter() - started
        errors.seek(0)
        _check(command, os.waitstatus_to_exitcode(status), errors.read())
    rss = usage.ru_maxrss * 1024
    # A child starts with this process's own peak to its name, so a smaller one must be sampled.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Run(wall, usage.ru_utime + usage.ru_stime, max(peak[0], rss if rss > own else 0))


def _spawn(command: Command, stdout: str, errors: int) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = (
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, stdout, flags, 0o644),
        (os.POSIX_SPAWN_DUP2, errors, 2),
    )
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_OURS_IN_ENVIRONMENT)}
    environment = kept | {"LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    try:
        return os.posix_spawnp(command[0], list(command), environment, file_actions=actions)
    except FileNotFoundError as error:
        raise NotAvailable(f"{command[0]} is not installed") from error


def _reap(pid: int) -> tuple[int, resource.struct_rusage]:
    try:
        _, status, usage = os.wait4(pid, 0)
    except BaseException:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        raise
    return status, usage


def _check(command: Command, code: int, errors: bytes) -> None:
    if code == 0:
        return
    said = errors.decode(errors="replace").strip().splitlines()
    words = " ".join(Path(word).name if word.startswith("/") else word for word in command)
    raise RunFailed(f"{words}: exit {code}: {said[-1] if said else 'no word'}")


@contextmanager
def _watched(root: int) -> Iterator[list[int]]:
    """Sample the resident bytes of a process and its descendants; give the peak, in a list."""
    peak = [0]
    done = threading.Event()

    def sample() -> None:
        while not done.is_set():
            peak[0] = max(peak[0], _resident(root))
            done.wait(_POLL_SECONDS)

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield peak
    finally:
        done.set()
        sampler.join()


def _resident(root: int) -> int:
    """Sum the resident bytes of a tree: a child's number is above its parent's, save at a wrap."""
    family = {root}
    total = 0
    for pid in sorted(int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()):
        if pid < root:
            continue
        with suppress(OSError, IndexError):
            if pid != root and _parent(pid) not in family:
                continue
            family.add(pid)
            total += int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * _PAGE
    return total


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1])
