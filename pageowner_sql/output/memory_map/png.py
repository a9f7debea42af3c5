"""The map as PNG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from pageowner_sql.output.memory_map.scene import build_scene
from pageowner_sql.output.palette import PAPER

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

    from pageowner_sql.output.model import MemoryMap


def map_png(memory: MemoryMap, by: str) -> bytes:
    """Return the file's bytes. Raises UsageError if the map has no such layer."""
    from PIL import Image, ImageDraw

    scene = build_scene(memory, by)
    image = Image.new("RGB", (scene.width, scene.height), PAPER)
    draw = ImageDraw.Draw(image)
    for rect in scene.rects:
        corner = (rect.x + rect.width - 1, rect.y + rect.height - 1)
        draw.rectangle(((rect.x, rect.y), corner), fill=rect.color)
    for text in scene.texts:
        weight = 0.4 if text.bold else 0
        draw.text(
            (text.x, text.y),
            text.text,
            fill=text.color,
            font=_font(text.size),
            anchor="ls",
            stroke_width=weight,
        )
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _font(size: int) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)
