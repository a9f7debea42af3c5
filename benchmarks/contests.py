"""The contests: workloads, contestants, and checks of their outputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import answers
from benchmarks.answers import C_TOOL, COMPAT, MAWK, OURS, Check
from benchmarks.arena import (
    LABEL,
    Arena,
    Starter,
    ask,
    bare,
    c_tool,
    from_database,
    load,
    mawk,
    one_shot,
)
from benchmarks.measure import Outcome, Run, alternate
from benchmarks.workloads import need_room

_CULL = "--cull=stacktrace"

# Reports of less than 50 MB on the loaded dump: sorts, culls and filters.
QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "stacktrace": (_CULL,),
    "pages": ("-m", _CULL),
    "name": ("--cull=name",),
    "pid": ("-p", "--cull=pid,tgid,name"),
    "filter": ("--name=java-app", "-m"),
    "tgid": ("--tgid=63", "-a"),
}
_CHECKS: Mapping[str, Check] = {
    "stacktrace": answers.stacks,
    "pages": answers.stacks_by_pages,
}
TOPS: Mapping[str, str] = {"stack": "stacktrace", "comm": "name"}


@dataclass(frozen=True, slots=True)
class Contest:
    """One contest: a workload, its contestants by name and the check of their outputs.

    `room` is their disk space in bytes, if it is large.
    """

    name: str
    workload: str
    contestants: Mapping[str, Starter]
    check: Check
    room: int = 0

    def race(self, arena: Arena, rounds: int) -> Outcome:
        """Run all contestants; outputs are compared after the first round.

        Raises WrongAnswer, RunFailed, or NotAvailable where the workload cannot be had.
        """
        need_room(arena.scratch, self.room)
        outs = {
            name: arena.scratch / f"{self.name}.{name.replace(' ', '')}" for name in self._names
        }
        starts = {name: partial(self._start, arena, name, outs[name]) for name in self._names}

        def check(present: frozenset[str]) -> None:
            self.check(arena, self.workload, {name: outs[name] for name in sorted(present)})

        try:
            return alternate(starts, rounds, check)
        finally:
            for out in outs.values():
                out.unlink(missing_ok=True)

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(self.contestants)

    def _start(self, arena: Arena, name: str, out: Path) -> Run:
        out.unlink(missing_ok=True)
        return self.contestants[name](arena, self.workload, out)


def _one_shot(workload: str, rivals: Mapping[str, Starter], check: Check) -> Contest:
    ours = {OURS: one_shot(_CULL), COMPAT: one_shot(_CULL, compat=True)}
    return Contest(f"sort-{workload}", workload, {**ours, **rivals}, check)


def _loaded(name: str, options: tuple[str, ...], check: Check, room: int = 0) -> Contest:
    contestants = {
        OURS: from_database(*options),
        COMPAT: from_database(*options, compat=True),
        C_TOOL: c_tool(*options),
    }
    return Contest(name, "five", contestants, check, room)


def _top(key: str) -> Contest:
    asked = ask("top", LABEL, "--by", key, "--format", "json")
    check = answers.top_stacks if key == "stack" else answers.anything
    return Contest(f"loaded-top-{key}", "five", {OURS: asked}, check)


CONTESTS: tuple[Contest, ...] = (
    Contest("version", "small", {OURS: bare("--version")}, answers.anything),
    _one_shot("small", {}, answers.stacks),
    _one_shot("half", {C_TOOL: c_tool(_CULL)}, answers.stacks),
    _one_shot("half-plain", {MAWK: mawk()}, answers.plain_stacks),
    Contest("load-half", "half", {OURS: load(), C_TOOL: c_tool(_CULL)}, answers.exported),
    _one_shot("five", {}, answers.stacks),
    Contest("load-five", "five", {OURS: load()}, answers.exported, room=5_500_000_000),
    Contest("start", "five", {OURS: ask("dumps", "--format", "json")}, answers.anything),
    *(_top(key) for key in TOPS),
    *(
        _loaded(f"loaded-{name}", options, _CHECKS.get(name, answers.same_as_c))
        for name, options in QUESTIONS.items()
    ),
    _loaded("rows", ("-a",), answers.totals, room=14_000_000_000),
)
