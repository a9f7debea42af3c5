"""The interactive flame graph as a separate page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pageowner_sql.output.flame.data import THRESHOLD, flame_data
from pageowner_sql.output.model import NOTHING
from pageowner_sql.output.page import render_page

if TYPE_CHECKING:
    from pageowner_sql.output.model import FlameGraph


def flame_html(graph: FlameGraph, threshold: float = THRESHOLD) -> str:
    """Return the page; stacks below `threshold` of the total are merged into "(other)".

    Raises PageOwnerError if the package was built without its browser part.
    """
    return render_page(
        "flame.html.j2",
        "flame",
        {"flame-data": flame_data(graph, threshold)},
        graph=graph,
        total=sum((sample.weights for sample in graph.samples), NOTHING),
        old_total=sum((sample.old for sample in graph.samples), NOTHING),
    )
