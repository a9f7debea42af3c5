"""Computes the figures of goals from those of contests."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from benchmarks.answers import C_TOOL, COMPAT, OURS
from benchmarks.contests import QUESTIONS, TOPS
from benchmarks.measure import Figures, Outcome

_SHORTEST = 0.001


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found out: outcomes by contest, database bytes a dump byte by workload.

    `failed` has the contests that gave a wrong answer or broke off, and why.
    """

    outcomes: Mapping[str, Outcome]
    failed: Mapping[str, str]
    shares: Mapping[str, float]

    def figures(self, contest: str, contestant: str) -> Figures | None:
        """Give a contestant's figures, None where it did not run."""
        outcome = self.outcomes.get(contest)
        return outcome.figures.get(contestant) if outcome else None


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure and its origin, in words."""

    value: float
    detail: str


# The figure of a goal, None if a contest that it needs failed.
Show = Callable[[Evidence], Shown | None]


def ratio(contest: str, rival: str, ours: str) -> Show:
    """The rival's wall clock divided by ours."""

    def show(found: Evidence) -> Shown | None:
        we, they = found.figures(contest, ours), found.figures(contest, rival)
        if we is None or they is None:
            return None
        return Shown(they.wall / we.wall, f"{we.wall:.2f} s against {they.wall:.2f} s")

    return show


def worst_question(*, whole: bool) -> Show:
    """The worst ratio of all questions on the loaded dump, with or without process start."""

    def show(found: Evidence) -> Shown | None:
        start = found.figures("start", OURS)
        shown = []
        for name, we, they in _questions(found):
            if we is None or they is None or start is None:
                return None
            took = we.wall if whole else max(_SHORTEST, we.wall - start.wall)
            detail = f"slowest: {name}, {took:.3f} s against {they.wall:.1f} s"
            shown.append(Shown(they.wall / took, detail))
        return min(shown, key=lambda one: one.value)

    return show


def _questions(found: Evidence) -> Iterator[tuple[str, Figures | None, Figures | None]]:
    """Every question with our figures and the C tool's; for `top` those of its nearest report."""
    for name in QUESTIONS:
        theirs = found.figures(f"loaded-{name}", C_TOOL)
        for ours in (OURS, COMPAT):
            yield f"{name} ({ours})", found.figures(f"loaded-{name}", ours), theirs
    for key, report in TOPS.items():
        theirs = found.figures(f"loaded-{report}", C_TOOL)
        yield f"top --by {key}", found.figures(f"loaded-top-{key}", OURS), theirs


def seconds(contest: str) -> Show:
    """Our wall clock."""

    def show(found: Evidence) -> Shown | None:
        we = found.figures(contest, OURS)
        return Shown(we.wall, f"{we.cpu:.2f} s of CPU") if we else None

    return show


def memory(*contests: str) -> Show:
    """Our largest memory use in any of the contests, default or --compat."""

    def show(found: Evidence) -> Shown | None:
        shown = []
        for contest in contests:
            if found.figures(contest, OURS) is None:
                return None
            shown += [
                Shown(we.rss, f"most: {contest}, {name}")
                for name in (OURS, COMPAT)
                if (we := found.figures(contest, name))
            ]
        return max(shown, key=lambda one: one.value)

    return show


def share(workload: str) -> Show:
    """The database's size divided by the dump's."""

    def show(found: Evidence) -> Shown | None:
        size = found.shares.get(workload)
        return None if size is None else Shown(size, f"of {workload}")

    return show


def growth(small: str, large: str) -> Show:
    """The largest factor of our wall clock for a dump of ten times the size."""

    def show(found: Evidence) -> Shown | None:
        shown = []
        for kind in ("sort", "load"):
            less = found.figures(f"{kind}-{small}", OURS)
            more = found.figures(f"{kind}-{large}", OURS)
            if less is None or more is None:
                return None
            detail = f"most: {kind}, {more.wall:.2f} s against {less.wall:.2f} s"
            shown.append(Shown(more.wall / less.wall, detail))
        return max(shown, key=lambda one: one.value)

    return show
