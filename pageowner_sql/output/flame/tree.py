"""Samples folded into one tree, pruned so that its totals stay exact."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, nextafter
from typing import TYPE_CHECKING, Literal

from pageowner_sql.output.model import NOTHING, Weights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pageowner_sql.output.model import FlameGraph, FlameSample

NodeKind = Literal["root", "frame", "other"]


@dataclass(slots=True)
class Node:
    """A place in the tree: `own` and `own_old` are what ends here, callees left out.

    `stacks` counts the samples that end here; `owner` and `subsystem` are theirs, '' when they
    differ.
    """

    name: str
    kind: NodeKind
    own: Weights = NOTHING
    own_old: Weights = NOTHING
    stacks: int = 0
    owner: str = ""
    subsystem: str = ""
    children: dict[tuple[NodeKind, str], Node] = field(default_factory=dict)

    def child(self, kind: NodeKind, name: str) -> Node:
        """Return the child of that name, made if it is not there yet."""
        return self.children.setdefault((kind, name), Node(name, kind))

    def absorb(self, source: Node | FlameSample, own: Weights, old: Weights, stacks: int) -> None:
        """Add what ends in `source` to what ends here."""
        first = self.stacks == 0
        self.owner = source.owner if first or source.owner == self.owner else ""
        self.subsystem = source.subsystem if first or source.subsystem == self.subsystem else ""
        self.own += own
        self.own_old += old
        self.stacks += stacks

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it, parents first."""
        yield self
        for node in self.children.values():
            yield from node.walk()


def sample_path(graph: FlameGraph, sample: FlameSample) -> list[tuple[NodeKind, str]]:
    """Lay out a sample's way down: pseudo-roots, then frames from the outermost caller."""
    path: list[tuple[NodeKind, str]] = [
        ("root", f"{key}={value}") for key, value in zip(graph.root_keys, sample.roots, strict=True)
    ]
    path += [("frame", frame) for frame in reversed(sample.frames)]
    return path


def build_tree(graph: FlameGraph) -> Node:
    """Fold all samples; the tree's sum is the samples' sum."""
    root = Node("all", "root")
    for sample in graph.samples:
        node = root
        for kind, name in sample_path(graph, sample):
            node = node.child(kind, name)
        node.absorb(sample, sample.weights, sample.old, 1)
    return root


def total(node: Node) -> tuple[Weights, Weights]:
    """Add up what the node and all below it hold: now, and in the older dump."""
    own, old = node.own, node.own_old
    for child in node.children.values():
        more, more_old = total(child)
        own, old = own + more, old + more_old
    return own, old


def prune(root: Node, threshold: float, max_nodes: int) -> float:
    """Melt each subtree below the threshold into a child `(other)` of its parent.

    A subtree stays if it reaches `threshold` of the whole by any weight in either dump; the
    threshold rises until at most `max_nodes` are left beside the `(other)`. Returns the threshold
    that was used.
    """
    whole = _figures(root)
    shares: dict[int, float] = {}
    _rate(root, whole, shares)
    ranked = sorted(shares.values(), reverse=True)
    if len(ranked) > max_nodes:
        threshold = max(threshold, nextafter(ranked[max_nodes], inf))
    _melt(root, shares, threshold)
    return threshold


def _figures(node: Node) -> tuple[int, ...]:
    return _six(*total(node))


def _six(own: Weights, old: Weights) -> tuple[int, ...]:
    return (own.records, own.pages, own.bytes, old.records, old.pages, old.bytes)


def _rate(node: Node, whole: tuple[int, ...], shares: dict[int, float]) -> tuple[int, ...]:
    """Put the node's largest share of any whole into `shares`; return its figures."""
    sums = _six(node.own, node.own_old)
    for child in node.children.values():
        sums = tuple(a + b for a, b in zip(sums, _rate(child, whole, shares), strict=True))
    shares[id(node)] = max((a / b for a, b in zip(sums, whole, strict=True) if b), default=1.0)
    return sums


def _melt(node: Node, shares: dict[int, float], threshold: float) -> None:
    for key, child in list(node.children.items()):
        if shares[id(child)] >= threshold:
            _melt(child, shares, threshold)
            continue
        other = node.child("other", "(other)")
        for piece in child.walk():
            if piece.stacks:
                other.absorb(piece, piece.own, piece.own_old, piece.stacks)
        del node.children[key]
