"""Writes a flame graph in the format of a file name's ending; .html is a page of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pageowner_sql.errors import UsageError
from pageowner_sql.output.flame.data import THRESHOLD, flame_data
from pageowner_sql.output.flame.folded import folded_lines
from pageowner_sql.output.flame.pprof import pprof_gz
from pageowner_sql.output.flame.speedscope import speedscope_json
from pageowner_sql.output.flame.svg import flame_svg
from pageowner_sql.output.model import NOTHING
from pageowner_sql.output.page import render_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from pageowner_sql.output.model import FlameGraph

_WRITERS: tuple[tuple[str, Callable[[FlameGraph], bytes]], ...] = (
    (".html", lambda graph: flame_html(graph).encode()),
    (".folded", lambda graph: "".join(f"{line}\n" for line in folded_lines(graph)).encode()),
    (".speedscope.json", lambda graph: speedscope_json(graph).encode()),
    (".pb.gz", pprof_gz),
    (".svg", lambda graph: flame_svg(graph).encode()),
)


def flame_file(graph: FlameGraph, name: str) -> bytes:
    """Return the content of a file of that name. Raises UsageError for an unknown ending."""
    for ending, write in _WRITERS:
        if name.endswith(ending):
            return write(graph)
    endings = ", ".join(ending for ending, _ in _WRITERS)
    msg = f"a flame graph cannot be written as {name!r}; its name may end in {endings}"
    raise UsageError(msg)


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
