"""The map as SVG: boxes of one colour share a path, which keeps large maps small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pageowner_sql.output.memory_map.scene import Rect, build_scene
from pageowner_sql.sql.render import html_environment

if TYPE_CHECKING:
    from pageowner_sql.output.model import MemoryMap


def map_svg(memory: MemoryMap, by: str) -> str:
    """Return the file's text. Raises UsageError if the map has no such layer."""
    scene = build_scene(memory, by)
    tiles = [rect for rect in scene.rects if rect.title]
    others = [rect for rect in scene.rects if not rect.title]
    template = html_environment().get_template("map.svg.j2")
    return template.render(scene=scene, tiles=tiles, paths=_paths(others))


def _paths(rects: list[Rect]) -> list[tuple[str, str]]:
    """Group boxes by colour, in order of each colour's first box.

    Marks cover cells, because their colour comes after that of the first cell.
    """
    paths: dict[str, list[str]] = {}
    for rect in _joined(rects):
        step = f"M{rect.x} {rect.y}h{rect.width}v{rect.height}h{-rect.width}z"
        paths.setdefault(rect.color, []).append(step)
    return [(color, "".join(steps)) for color, steps in paths.items()]


def _joined(rects: list[Rect]) -> list[Rect]:
    """Join adjacent boxes of one row that have the same colour."""
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
