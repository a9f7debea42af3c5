"""Folders that another file system may be mounted below."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def mounts_below(folder: Path) -> list[Path]:
    """What is mounted at `folder` and below it, the innermost first."""
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    # Spaces and the like stand there in octal.
    places = [Path(line.split()[4].encode().decode("unicode_escape")) for line in lines]
    whole = folder.resolve()
    return sorted((each for each in places if each.is_relative_to(whole)), reverse=True)


def remove_tree(folder: Path) -> None:
    """Remove a folder, and nothing of what is mounted below it."""
    for place in mounts_below(folder):
        subprocess.run(["umount", str(place)], check=True)
    if folder.exists():
        shutil.rmtree(folder)
