"""The contestants: their commands, inputs and outputs."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import workloads
from benchmarks.measure import NotAvailable, Run, RunFailed, run, warm
from benchmarks.opponent import Opponent

LABEL = "bench"


@dataclass(slots=True)
class Arena:
    """The contestants' programs and the folders they work in; `opponent` a reason if missing."""

    ours: tuple[str, ...]
    opponent: Opponent | str
    cache: Path
    scratch: Path
    _made: dict[str, Path] = field(default_factory=dict)

    @property
    def compat(self) -> str:
        """The `--compat` version of the opponent."""
        return self.opponent.compat if isinstance(self.opponent, Opponent) else "7.3"

    def workload(self, name: str) -> Path:
        """Give a workload's path."""
        if name not in self._made:
            self._made[name] = workloads.make(name, self.cache)
        return self._made[name]

    def warmed(self, name: str) -> str:
        """Give a workload's path, with its content in the page cache for all contestants."""
        warm(self.workload(name))
        return str(self.workload(name))

    def database(self, workload: str) -> Path:
        """The database of `workload`."""
        return self.scratch / f"{workload}.duckdb"

    def load(self, workload: str) -> Run:
        """Load a workload into a new database, which must be complete without a log file."""
        database = self.database(workload)
        log = database.with_name(f"{database.name}.wal")
        for old in (database, log):
            old.unlink(missing_ok=True)
        source = self.warmed(workload)
        took = run([*self.ours, "--db", str(database), "load", source, "--label", LABEL])
        if log.exists():
            raise RunFailed(f"load left {log.stat().st_size} bytes in {log.name}: no checkpoint")
        return took

    def shares(self) -> dict[str, float]:
        """Give each database's size divided by its dump's."""
        return {
            name: database.stat().st_size / dump.stat().st_size
            for name, dump in self._made.items()
            if (database := self.database(name)).exists()
        }

    def loaded(self, workload: str) -> tuple[str, ...]:
        """Give our command line on the database of `workload`, which is loaded if necessary."""
        if not self.database(workload).exists():
            self.load(workload)
        warm(self.database(workload))
        return (*self.ours, "--db", str(self.database(workload)))


# What a contestant does with a workload, to write its answer to a path.
Starter = Callable[[Arena, str, Path], Run]


def one_shot(*options: str, compat: bool = False) -> Starter:
    """Ours, from the dump's file to the report."""

    def start(arena: Arena, workload: str, out: Path) -> Run:
        source = arena.warmed(workload)
        return run(
            [*arena.ours, "sort", source, str(out), *options, *_compat(arena, compat=compat)]
        )

    return start


def from_database(*options: str, compat: bool = False) -> Starter:
    """Ours, from the loaded dump to the report."""

    def start(arena: Arena, workload: str, out: Path) -> Run:
        asked = ("sort", "--dump", LABEL, str(out), *options, *_compat(arena, compat=compat))
        return run([*arena.loaded(workload), *asked])

    return start


def ask(*words: str) -> Starter:
    """Ours, any command on the loaded dump that prints its answer."""
    return lambda arena, workload, out: run([*arena.loaded(workload), *words], stdout=out)


def bare(*words: str) -> Starter:
    """Ours, any command that needs no dump."""
    return lambda arena, _workload, out: run([*arena.ours, *words], stdout=out)


def load() -> Starter:
    """Ours, from the dump's file to a database; its answer is the dump, exported again."""
    return lambda arena, workload, _out: arena.load(workload)


def c_tool(*options: str) -> Starter:
    """page_owner_sort, from the dump's file to the report."""

    def start(arena: Arena, workload: str, out: Path) -> Run:
        if isinstance(arena.opponent, str):
            raise NotAvailable(arena.opponent)
        return run([str(arena.opponent.binary), *options, arena.warmed(workload), str(out)])

    return start


def mawk() -> Starter:
    """The mawk script, from the dump's file to unsorted counts."""
    script = str(Path(__file__).parent / "count.awk")
    return lambda arena, workload, out: run(
        ["mawk", "-f", script, arena.warmed(workload)], stdout=out
    )


def our_program() -> tuple[str, ...]:
    """The console script next to this Python, or the module if it is not installed."""
    script = Path(sys.executable).with_name("pageowner-sql")
    return (str(script),) if script.exists() else (sys.executable, "-m", "pageowner_sql")


def _compat(arena: Arena, *, compat: bool) -> tuple[str, ...]:
    return ("--compat", arena.compat) if compat else ()
