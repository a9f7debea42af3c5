"""speedscope's file format, which keeps names unchanged and has one profile per weight.

Format: https://www.speedscope.app/file-format-schema.json
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from pageowner_sql.output.flame.tree import sample_path
from pageowner_sql.output.plain import printable

if TYPE_CHECKING:
    from pageowner_sql.output.model import FlameGraph, WeightName

_Json = dict[str, object]
_WEIGHTS: tuple[tuple[WeightName, str], ...] = (
    ("bytes", "bytes"),
    ("pages", "none"),
    ("records", "none"),
)


def speedscope_json(graph: FlameGraph) -> str:
    """Return the file's text: profiles of bytes, pages and records, also of an older dump."""
    frames: dict[str, int] = {}
    stacks = [
        [frames.setdefault(printable(name), len(frames)) for _, name in sample_path(graph, sample)]
        for sample in graph.samples
    ]
    profiles = [_profile(graph, stacks, name, unit, "new") for name, unit in _WEIGHTS]
    if graph.old_label is not None:
        profiles += [_profile(graph, stacks, name, unit, "old") for name, unit in _WEIGHTS]
    document = {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "exporter": "pageowner-sql",
        "name": printable(graph.title),
        "activeProfileIndex": 0,
        "shared": {"frames": [{"name": name} for name in frames]},
        "profiles": profiles,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def _profile(
    graph: FlameGraph,
    stacks: list[list[int]],
    name: WeightName,
    unit: str,
    side: Literal["new", "old"],
) -> _Json:
    both = ((s.weights if side == "new" else s.old).by(name) for s in graph.samples)
    held = [(stack, weight) for stack, weight in zip(stacks, both, strict=True) if weight]
    label = graph.label if side == "new" else graph.old_label
    return {
        "type": "sampled",
        "name": printable(f"{label}: {name}"),
        "unit": unit,
        "startValue": 0,
        "endValue": sum(weight for _, weight in held),
        "samples": [stack for stack, _ in held],
        "weights": [weight for _, weight in held],
    }
