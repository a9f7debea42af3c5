"""What was done to a posted text, for people to read."""

from __future__ import annotations

from collections import Counter


class Repairs:
    """What was done to a text, counted, in words."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._said: list[str] = []

    def count(self, what: str, times: int = 1) -> None:
        """Count a repair; `what` has `{}` for the number and `(s)` for a plural."""
        if times:
            self._counts[what] += times

    def say(self, what: str) -> None:
        """Note a repair of the whole text."""
        self._said.append(what)

    def words(self) -> tuple[str, ...]:
        """Everything that was done."""
        counted = (
            what.format(f"{number:,}").replace("(s)", "" if number == 1 else "s")
            for what, number in self._counts.items()
        )
        return (*self._said, *counted)
