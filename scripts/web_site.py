#!/usr/bin/env python3
"""Make the documentation as web pages: scripts/web_site.py FOLDER.

It fails for a link that leads nowhere. The pages are those of docs/, the README as their beginning,
and what they link to in this project.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Pages outside docs/, by their names on the site.
_OTHERS = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "queries/README.md": "writing-queries.md",
    "fixtures/README.md": "fixtures.md",
}
_SECTIONS = {
    "Learn": ("tutorial", "cookbook", "leak-hunting", "bug-report", "tutorial-80x24", "shell"),
    "Reference": ("cli", "queries", "schema", "filters", "compat"),
    "Guides": ("live", "ci", "symbols", "ownership", "reconcile"),
    "Project": ("architecture", "performance", "decisions"),
}
_LINK = re.compile(r"(\]\()(?!https?:|#|mailto:)([^)#\s]+)(#[^)]*)?\)")
_FENCE = re.compile(r"(^```.*?^```$|`[^`\n]*`)", re.MULTILINE | re.DOTALL)
_CONFIG = """\
site_name: pageowner_sql
site_description: Ask SQL who owns the memory
use_directory_urls: false
theme:
  font: false
  features: [navigation.sections, toc.follow, search.suggest, content.code.copy]
  palette:
    - media: "(prefers-color-scheme: light)"
      scheme: default
      toggle: {icon: material/weather-night, name: Dark}
    - media: "(prefers-color-scheme: dark)"
      scheme: slate
      toggle: {icon: material/weather-sunny, name: Light}
markdown_extensions: [tables, toc, attr_list, pymdownx.superfences]
"""


def main(target: Path) -> None:
    """Lay the pages out as the site has them, and build it."""
    with tempfile.TemporaryDirectory() as name:
        source = Path(name, "docs")
        shutil.copytree(ROOT / "docs", source)
        for path in (*(ROOT / "docs").glob("*.md"), *map(ROOT.joinpath, _OTHERS)):
            place = _place(path)
            (source / place).write_text(_relinked(path, source), encoding="utf-8")
        config = Path(name, "mkdocs.yml")
        pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
        config.write_text(f"{_CONFIG}nav:\n{_navigation(pages)}", encoding="utf-8")
        command = [sys.executable, "-m", "zensical", "build", "--strict", "-f", str(config)]
        if subprocess.run(command, check=False).returncode:
            sys.exit("the site was not made")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(Path(name, "site"), target)


def _place(path: Path) -> str:
    """Where a page of the project lies on the site."""
    inside = path.relative_to(ROOT).as_posix()
    return _OTHERS.get(inside, inside.removeprefix("docs/"))


def _relinked(path: Path, source: Path) -> str:
    """A page whose links lead to the site's pages; other files of the project are copied beside."""

    def moved(link: re.Match[str]) -> str:
        target = (path.parent / link[2]).resolve()
        if not target.is_file() or not target.is_relative_to(ROOT):
            return link[0]
        place = _place(target)
        if not (source / place).exists() and target.suffix != ".md":
            (source / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(target, source / place)
        return f"{link[1]}{place}{link[3] or ''})"

    parts = _FENCE.split(path.read_text(encoding="utf-8"))
    return "".join(part if at % 2 else _LINK.sub(moved, part) for at, part in enumerate(parts))


def _navigation(pages: set[str]) -> str:
    """The site's contents; pages that no section names come last."""
    lines = ["  - Start: index.md"]
    named = {name for names in _SECTIONS.values() for name in names}
    sections = {**_SECTIONS, "More": tuple(sorted(pages - named))}
    for title, names in sections.items():
        found = [name for name in names if name in pages]
        lines += [f"  - {title}:", *(f"    - {name}.md" for name in found)] if found else []
    others = [name for name in _OTHERS.values() if name != "index.md"]
    return "\n".join([*lines, "  - Sources:", *(f"    - {name}" for name in others), ""])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
