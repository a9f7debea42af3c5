"""Writes a map in the format of a file name's ending."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pageowner_sql.errors import UsageError
from pageowner_sql.output.memory_map.png import map_png
from pageowner_sql.output.memory_map.svg import map_svg

if TYPE_CHECKING:
    from pageowner_sql.output.model import MemoryMap


def map_file(memory: MemoryMap, by: str, name: str) -> bytes:
    """Return the content of a file of that name. Raises UsageError for another ending or layer."""
    if name.endswith(".png"):
        return map_png(memory, by)
    if name.endswith(".svg"):
        return map_svg(memory, by).encode()
    msg = f"a map cannot be written as {name!r}; its name may end in .png or .svg"
    raise UsageError(msg)
