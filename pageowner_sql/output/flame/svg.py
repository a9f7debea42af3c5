"""A flame graph as a picture that stands still: the outermost callers on top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pageowner_sql.output.flame.tree import Node, build_tree
from pageowner_sql.output.palette import CATEGORIES, FREE, INK, OTHER, blend
from pageowner_sql.output.plain import printable
from pageowner_sql.output.units import count, share, signed, size
from pageowner_sql.sql.render import html_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pageowner_sql.output.model import FlameGraph

WIDTH = 960
ROW = 18
HEAD = 28
# A narrower box is not drawn; a letter is about this wide.
_LEAST = 0.7
_LETTER = 6.3
_MAX_NODES = 4_000
# What grew, what shrank, what is as it was.
_GROWN, _SHRUNK = CATEGORIES[3], CATEGORIES[0]


@dataclass(frozen=True)
class Box:
    """A frame's box: its place, its colour, what fits into it, and what a pointer shows."""

    x: float
    y: int
    width: float
    color: str
    text: str
    title: str


def flame_svg(graph: FlameGraph) -> str:
    """Return the file's text; widths are bytes, colours subsystems, or changes of two dumps."""
    root, _ = build_tree(graph, _LEAST / WIDTH, _MAX_NODES)
    drawing = _Drawing(graph, root)
    boxes = list(drawing.boxes(root, 0.0, 0))
    height = max((box.y for box in boxes), default=HEAD) + ROW
    title = f"{printable(graph.title)}: {drawing.measure(root)}"
    template = html_environment().get_template("flame.svg.j2")
    return template.render(boxes=boxes, title=title, width=WIDTH, height=height, row=ROW, ink=INK)


class _Drawing:
    """A tree with the colours of its nodes."""

    def __init__(self, graph: FlameGraph, root: Node) -> None:
        self._compared = graph.old_label is not None
        self._total = root.sums[2] or 1
        self._colors = _colors(graph)
        self._subsystems = _subsystems(root)

    def boxes(self, node: Node, x: float, depth: int) -> Iterator[Box]:
        """The boxes of a node and of all below it."""
        width = self._width(node)
        if width < _LEAST:
            return
        name = printable(node.name)
        room = int((width - 6) / _LETTER)
        text = name if len(name) <= room else f"{name[: room - 1]}…" if room > 3 else ""
        title, color = f"{name}: {self.measure(node)}", self._color(node)
        yield Box(round(x, 2), HEAD + depth * ROW, round(width, 2), color, text, title)
        for child in sorted(node.children, key=lambda each: -each.sums[2]):
            yield from self.boxes(child, x, depth + 1)
            x += self._width(child)

    def measure(self, node: Node) -> str:
        """What a node holds, and by how much that changed."""
        records, _, now, _, _, old = node.sums
        text = f"{size(now)}, {share(now / self._total)}, {count(records)} records"
        return f"{text}, {signed(size(now - old))}" if self._compared else text

    def _width(self, node: Node) -> float:
        return WIDTH * node.sums[2] / self._total

    def _color(self, node: Node) -> str:
        if self._compared:
            new, old = node.sums[2], node.sums[5]
            return blend(FREE, _GROWN if new > old else _SHRUNK, abs(new - old) / max(new, old, 1))
        found = self._subsystems[id(node)]
        only = next(iter(found)) if len(found) == 1 else ""
        return self._colors.get(only, OTHER) if node.kind == "frame" else OTHER


def _colors(graph: FlameGraph) -> Mapping[str, str]:
    """The colours of the subsystems that hold most."""
    held: dict[str, int] = {}
    for sample in graph.samples:
        held[sample.subsystem] = held.get(sample.subsystem, 0) + sample.weights.bytes
    held.pop("", None)
    ranked = sorted(held, key=lambda name: (-held[name], name))
    return dict(zip(ranked, CATEGORIES, strict=False))


def _subsystems(root: Node) -> Mapping[int, frozenset[str]]:
    """The subsystems of the stacks that each node is in; two stand for more."""
    found: dict[int, frozenset[str]] = {}
    for node in reversed(list(root.walk())):
        own = {node.subsystem} if node.stacks else set()
        every = own.union(*(found[id(child)] for child in node.children))
        found[id(node)] = frozenset(sorted(every)[:2])
    return found
