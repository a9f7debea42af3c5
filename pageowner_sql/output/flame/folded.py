"""Folded stacks, one line per stack: the input of flamegraph.pl, inferno and speedscope.

Format: https://github.com/brendangregg/FlameGraph ("2. Fold stacks"); for two dumps, the two
counts of its difffolded.pl.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pageowner_sql.output.flame.tree import sample_path
from pageowner_sql.output.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pageowner_sql.output.model import FlameGraph, WeightName

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Readers parse a number after the last blank as the count, so a name must not end in one.
_COUNT_LIKE = re.compile(r" (?=[\d.]*$)")


def folded_lines(graph: FlameGraph, weight: WeightName = "bytes") -> Iterator[str]:
    """`a;b;c 4096` for each stack, or `a;b;c OLD NEW` with an older dump; sorted, no newlines.

    Stacks with the same line are added up, so the sum of the counts is the graph's.
    """
    sums: dict[str, tuple[int, int]] = {}
    for sample in graph.samples:
        line = ";".join(_name(name) for _, name in sample_path(graph, sample)) or "(no stack)"
        old, new = sums.get(line, (0, 0))
        sums[line] = (old + sample.old.by(weight), new + sample.weights.by(weight))
    for line, (old, new) in sorted(sums.items()):
        if graph.old_label is not None:
            yield f"{line} {old} {new}"
        elif new:
            yield f"{line} {new}"


def _name(name: str) -> str:
    # A byte of a name stands as \xNN already, so a character is written in another way.
    apart = _CONTROL.sub(lambda found: f"\\u{ord(found.group()):04x}", name)
    return _COUNT_LIKE.sub(r"\\x20", printable(apart)).replace(";", r"\x3b")
