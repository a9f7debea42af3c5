"""Folds samples into one tree and merges small stacks, so that totals stay exact."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from math import inf, nextafter
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pageowner_sql.output.model import FlameGraph, FlameSample

NodeKind = Literal["root", "frame", "other"]
Step = tuple[NodeKind, str]

# records, pages, bytes, then the same for the older dump
Six = tuple[int, ...]
_ZERO: Six = (0,) * 6


@dataclass(slots=True)
class Node:
    """A node of the tree: `sums` is its total, `own` is its memory without callees.

    `stacks` counts the samples that end here; `owner` and `subsystem` are theirs, '' if they
    differ.
    """

    name: str
    kind: NodeKind
    sums: Six = _ZERO
    own: Six = _ZERO
    stacks: int = 0
    owner: str = ""
    subsystem: str = ""
    children: list[Node] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it, parents first."""
        yield self
        for node in self.children:
            yield from node.walk()


class _Leaf(NamedTuple):
    path: tuple[Step, ...]
    weights: Six
    sample: FlameSample


def sample_path(graph: FlameGraph, sample: FlameSample) -> tuple[Step, ...]:
    """A sample's path from the root: pseudo-roots, then frames from the outermost caller."""
    roots = zip(graph.root_keys, sample.roots, strict=True)
    return (*(("root", f"{key}={value}") for key, value in roots), *_frames(sample.frames))


@cache
def _frames(frames: tuple[str, ...]) -> tuple[Step, ...]:
    return tuple(("frame", frame) for frame in reversed(frames))


def build_tree(graph: FlameGraph, threshold: float, max_nodes: int) -> tuple[Node, float]:
    """Fold all samples; a subtree below the threshold is merged into an `(other)` of its parent.

    A subtree is kept if it reaches `threshold` of the total by any weight in either dump. The
    threshold rises until at most `max_nodes` remain besides `(other)`; it is returned too.
    """
    leaves = [_Leaf(sample_path(graph, s), _six(s), s) for s in graph.samples]
    _frames.cache_clear()
    root = _tree(leaves, threshold)
    shares = [_share(node.sums, root.sums) for node in root.walk() if node.kind != "other"]
    if len(shares) > max_nodes:
        threshold = nextafter(sorted(shares, reverse=True)[max_nodes], inf)
        root = _tree(leaves, threshold)
    return root, threshold


def _six(sample: FlameSample) -> Six:
    now, old = sample.weights, sample.old
    return (now.records, now.pages, now.bytes, old.records, old.pages, old.bytes)


def _sum(weights: Iterable[Six]) -> Six:
    return tuple(map(sum, zip(*weights, strict=True))) or _ZERO


def _share(part: Six, whole: Six) -> float:
    """Return the largest share of the total, by any weight."""
    return max((a / b for a, b in zip(part, whole, strict=True) if b), default=1.0)


def _tree(leaves: list[_Leaf], threshold: float) -> Node:
    root = Node("all", "root", _sum(leaf.weights for leaf in leaves))
    _grow(root, leaves, 0, lambda sums: any(sums) and _share(sums, root.sums) >= threshold)
    return root


def _grow(node: Node, leaves: list[_Leaf], depth: int, keeps: Callable[[Six], bool]) -> None:
    """Distribute the leaves below the node by their step at this depth."""
    steps: dict[Step, list[_Leaf]] = {}
    for leaf in leaves:
        if len(leaf.path) > depth:
            steps.setdefault(leaf.path[depth], []).append(leaf)
    _end(node, [leaf for leaf in leaves if len(leaf.path) == depth])
    small: list[_Leaf] = []
    for (kind, name), group in steps.items():
        sums = _sum(leaf.weights for leaf in group)
        if keeps(sums):
            child = Node(name, kind, sums)
            node.children.append(child)
            _grow(child, group, depth + 1, keeps)
        else:
            small += group
    if small:
        other = Node("(other)", "other", _sum(leaf.weights for leaf in small))
        node.children.append(other)
        _end(other, small)


def _end(node: Node, leaves: list[_Leaf]) -> None:
    """Add the leaves to this node's own memory."""
    owners = {leaf.sample.owner for leaf in leaves}
    subsystems = {leaf.sample.subsystem for leaf in leaves}
    node.own = _sum(leaf.weights for leaf in leaves)
    node.stacks = len(leaves)
    node.owner = owners.pop() if len(owners) == 1 else ""
    node.subsystem = subsystems.pop() if len(subsystems) == 1 else ""
