"""Stacks for people: the frames of the allocator folded away, the owner marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

STACK, STACK_ID = "stack", "stack_id"
# This many frames take less room than the line that counts the frames left out.
_FEW = 1


@dataclass(frozen=True)
class FoldedStacks:
    """Rows whose stacks are folded; `owners`: of each row the line of the owner's frame."""

    rows: Sequence[Sequence[Any]]
    owners: Sequence[str | None]


def folded_stacks(
    names: Sequence[str], rows: Sequence[Sequence[Any]], owners: Mapping[int, int]
) -> FoldedStacks:
    """The rows with the frames before the owner's as one line; `owners`: its place by stack_id."""
    stack, number = names.index(STACK), names.index(STACK_ID)
    folded, marked = [], []
    for row in rows:
        frames = str(row[stack] or "").split("\n")
        place = owners.get(row[number], 0)
        if not 0 <= place < len(frames):
            place = 0
        marked.append(frames[place] if row[number] in owners else None)
        if place > _FEW:
            frames[:place] = [f"… {place} frames of plumbing"]
        folded.append([*row[:stack], "\n".join(frames), *row[stack + 1 :]])
    return FoldedStacks(folded, marked)
