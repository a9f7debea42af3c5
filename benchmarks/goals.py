"""The goals: each figure with its two marks."""

from dataclasses import dataclass

from benchmarks.answers import C_TOOL, COMPAT, MAWK, OURS
from benchmarks.contests import QUESTIONS, TOPS
from benchmarks.evidence import Show, growth, memory, ratio, seconds, share, worst_question

_MIB = 2**20
_LOADED = (
    "start",
    *(f"loaded-top-{key}" for key in TOPS),
    *(f"loaded-{name}" for name in QUESTIONS),
)


@dataclass(frozen=True, slots=True)
class Goal:
    """One row of the table: what is measured, its unit and its two marks.

    Units: x (times faster), growth (times slower), s, MiB (of bytes), % (of 1).
    """

    name: str
    work: str
    unit: str
    target: float
    moonshot: float
    contests: tuple[str, ...]
    show: Show

    def verdict(self, value: float) -> str:
        """The mark that a figure reaches; for unit x more is better, otherwise less."""
        sign = 1 if self.unit == "x" else -1
        if sign * value >= sign * self.moonshot:
            return "moonshot"
        return "target" if sign * value >= sign * self.target else "missed"

    def write(self, value: float) -> str:
        """Write a figure in the goal's unit."""
        if self.unit == "MiB":
            return f"{value / _MIB:,.0f} MiB"
        if self.unit == "%":
            return f"{value:.2%}"
        digits = f"{value:.3g}" if value < 1000 else f"{value:,.0f}"
        return f"{digits} s" if self.unit == "s" else f"{digits}x"


def _against(
    name: str, work: str, contest: str, rival: str, marks: tuple[float, float]
) -> list[Goal]:
    """Make the two goals of a race, default and --compat."""
    return [
        Goal(name, work, "x", *marks, (contest,), ratio(contest, rival, OURS)),
        Goal(
            f"{name}-compat",
            f"{work}, `--compat`",
            "x",
            *marks,
            (contest,),
            ratio(contest, rival, COMPAT),
        ),
    ]


GOALS: tuple[Goal, ...] = (
    *_against(
        "sort",
        "one-shot `sort --cull=stacktrace`, 0.5 GB, against page_owner_sort",
        "sort-half",
        C_TOOL,
        (15, 25),
    ),
    *_against(
        "mawk",
        "the same on plain names, against the mawk script",
        "sort-half-plain",
        MAWK,
        (4, 7),
    ),
    Goal(
        "load",
        "`load` of 0.5 GB, checkpointed, against page_owner_sort's one report",
        "x",
        8,
        15,
        ("load-half",),
        ratio("load-half", C_TOOL, OURS),
    ),
    Goal(
        "loaded",
        "sort, cull, filter, `top` on the loaded 5 GB, after process start",
        "x",
        200,
        1000,
        _LOADED,
        worst_question(whole=False),
    ),
    Goal(
        "loaded-whole",
        "the same, the whole process",
        "x",
        200,
        1000,
        _LOADED,
        worst_question(whole=True),
    ),
    *_against("rows", "`-a` from the loaded 5 GB, a row a record", "rows", C_TOOL, (10, 20)),
    Goal(
        "rows-memory",
        "its peak RSS",
        "MiB",
        4096 * _MIB,
        1024 * _MIB,
        ("rows",),
        memory("rows"),
    ),
    Goal(
        "memory",
        "peak RSS of `load` and one-shot `sort` at 5 GB",
        "MiB",
        1024 * _MIB,
        400 * _MIB,
        ("sort-five", "load-five"),
        memory("sort-five", "load-five"),
    ),
    Goal(
        "size",
        "database size against the dump, 0.5 GB",
        "%",
        0.03,
        0.01,
        ("load-half",),
        share("half"),
    ),
    Goal(
        "large-size",
        "database size against the dump, 5 GB",
        "%",
        0.03,
        0.01,
        ("load-five",),
        share("five"),
    ),
    Goal(
        "growth",
        "time at 5 GB against 0.5 GB",
        "growth",
        10.5,
        10,
        ("sort-half", "sort-five", "load-half", "load-five"),
        growth("half", "five"),
    ),
    Goal("version", "`pageowner-sql --version`", "s", 0.15, 0.08, ("version",), seconds("version")),
    Goal(
        "small",
        "one-shot `sort` of a 2 MB dump, all told",
        "s",
        0.5,
        0.35,
        ("sort-small",),
        seconds("sort-small"),
    ),
)
