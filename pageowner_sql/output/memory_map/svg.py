"""The map as SVG: boxes of one colour share a path, so that tens of thousands stay small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pageowner_sql.output.memory_map.scene import Rect, build_scene
from pageowner_sql.sql.render import html_environment

if TYPE_CHECKING:
    from pageowner_sql.output.model import MemoryMap


def map_svg(memory: MemoryMap, by: str) -> str:
    """Return the file's text; UsageError where the map has no such layer."""
    scene = build_scene(memory, by)
    tiles = [rect for rect in scene.rects if rect.title]
    others = [rect for rect in scene.rects if not rect.title]
    template = html_environment().get_template("map.svg.j2")
    return template.render(scene=scene, tiles=tiles, paths=_paths(others))


def _paths(rects: list[Rect]) -> list[tuple[str, str]]:
    """Group the boxes of a colour, in the order in which the colours first occur.

    Marks lie over cells, and their colour occurs after the first cell's.
    """
    paths: dict[str, list[str]] = {}
    for rect in _joined(rects):
        step = f"M{rect.x} {rect.y}h{rect.width}v{rect.height}h{-rect.width}z"
        paths.setdefault(rect.color, []).append(step)
    return [(color, "".join(steps)) for color, steps in paths.items()]


def _joined(rects: list[Rect]) -> list[Rect]:
    """Join each box with the one before it where the two touch in a row and match."""
    joined: list[Rect] = []
    for rect in rects:
        last = joined[-1] if joined else None
        if last and (last.y, last.height, last.color, last.x + last.width) == (
            rect.y,
            rect.height,
            rect.color,
            rect.x,
        ):
            width = last.width + rect.width
            joined[-1] = Rect(last.x, last.y, width, last.height, last.color)
        else:
            joined.append(rect)
    return joined
