"""Frames with source lines, `function (file:line)`, and their links, as web/src/source.ts."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

_PLACED = re.compile(r"(.*?) \(([^()]+):(\d+)\)( \[inlined\])?", re.DOTALL)
# A link of a page leads into the web, to a host that the template names.
_WEB = re.compile(r"https?://[^/?#{}\s]+[/?#]\S*", re.IGNORECASE)


class SourceFrame(NamedTuple):
    """A frame's function and place; `file` and `line` are '' where nobody knows."""

    name: str
    file: str = ""
    line: str = ""

    @property
    def place(self) -> str:
        """`file:line`, or ''."""
        return f"{self.file}:{self.line}" if self.file else ""


def split_frame(text: str) -> SourceFrame:
    """Take a frame apart."""
    found = _PLACED.fullmatch(text)
    if found is None:
        return SourceFrame(text)
    name, file, line, inlined = found.groups("")
    return SourceFrame(name + inlined, file, line)


def is_web_template(template: str) -> bool:
    """Whether links of a page can be made by it."""
    return _WEB.fullmatch(template) is not None


def source_link(template: str | None, frame: SourceFrame) -> str:
    """Return the address of a frame's line, '' where there is none."""
    if not template or not frame.file or not is_web_template(template):
        return ""
    file = quote(frame.file, safe="/")
    return template.replace("{file}", file).replace("{line}", frame.line)
