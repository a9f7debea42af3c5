"""A flame graph as JSON for its page: web/src/flame/data.ts reads this."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pageowner_sql.output.flame.tree import Node, NodeKind, build_tree
from pageowner_sql.output.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pageowner_sql.output.model import FlameGraph

THRESHOLD = 0.0005
MAX_NODES = 12_000
_KINDS: tuple[NodeKind, ...] = ("root", "frame", "other")

Json = dict[str, object]


class _Strings:
    """Distinct texts; a text's number is its index."""

    def __init__(self) -> None:
        self.numbers = {"": 0}

    def number(self, text: str) -> int:
        return self.numbers.setdefault(printable(text), len(self.numbers))


def flame_data(graph: FlameGraph, threshold: float = THRESHOLD, max_nodes: int = MAX_NODES) -> Json:
    """Return columns with one row per node, parents first; sums are the samples' own."""
    root, used = build_tree(graph, threshold, max_nodes)
    strings = _Strings()
    subsystems = {name: i for i, name in enumerate(_subsystems(graph))}
    rows = list(_rows(root, 0))
    nodes = [node for node, _ in rows]
    return {
        "title": printable(graph.title),
        "label": printable(graph.label),
        "oldLabel": None if graph.old_label is None else printable(graph.old_label),
        "rootKeys": list(graph.root_keys),
        "threshold": used,
        "sourceUrl": graph.source_url,
        "subsystems": [printable(name) for name in subsystems],
        "name": [strings.number(node.name) for node in nodes],
        "kind": [_KINDS.index(node.kind) for node in nodes],
        "parent": _parents(rows),
        "owner": [strings.number(node.owner) for node in nodes],
        "subsystem": [subsystems.get(node.subsystem, -1) for node in nodes],
        "stacks": [node.stacks for node in nodes],
        "own": _weights(nodes, compared=graph.old_label is not None),
        "strings": list(strings.numbers),
    }


def _rows(node: Node, depth: int) -> Iterator[tuple[Node, int]]:
    yield node, depth
    for child in node.children:
        yield from _rows(child, depth + 1)


def _parents(rows: list[tuple[Node, int]]) -> list[int]:
    """The parent's row of each row: the last row before it that is one level higher."""
    last = {-1: 0}
    parents = []
    for row, (_, depth) in enumerate(rows):
        parents.append(last[depth - 1])
        last[depth] = row
    return parents


def _weights(nodes: list[Node], *, compared: bool) -> list[list[int]]:
    """Turn the nodes' own weights into columns, with the older dump's if there is one."""
    return [[node.own[column] for node in nodes] for column in range(6 if compared else 3)]


def _subsystems(graph: FlameGraph) -> list[str]:
    """Number all subsystems, those with the most memory on either side first."""
    held: dict[str, int] = {}
    for sample in graph.samples:
        most = max(sample.weights.bytes, sample.old.bytes)
        held[sample.subsystem] = held.get(sample.subsystem, 0) + most
    held.pop("", None)
    return sorted(held, key=lambda name: (-held[name], name))
