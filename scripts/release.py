#!/usr/bin/env python3
"""Build what is published, and check it: scripts/release.py FOLDER.

A source archive, and from its files, far from git, a wheel for each processor, compiled with Zig.
auditwheel says whether a wheel fits the systems that its name promises; the one for this machine
is installed into an empty venv and used. Needs the packages of `make venv`, and a package index.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The processors, and what an ELF file calls them.
TARGETS = {"x86_64": 62, "aarch64": 183}
_SHIPS = ("share/man/man1/pageowner-sql.1", "share/bash-completion/completions/pageowner-sql")


def main(target: Path) -> None:
    """Build into `target`; exit with 1 for what is not as it should be."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    target = target.resolve()
    archive = build(ROOT, "sdist", target)
    with tempfile.TemporaryDirectory() as name:
        with tarfile.open(archive) as packed:
            packed.extractall(name, filter="data")
        [source] = Path(name).iterdir()
        for machine, number in TARGETS.items():
            wheel = build(source, "wheel", target, machine)
            check_wheel(wheel, machine, number)
            if machine == platform.machine():
                check_installed(wheel, Path(name, "venv"))
            else:
                print(f"{wheel.name}: not run, this machine is not {machine}")
    if not os.environ.get("PAGEOWNER_SQL_URL"):
        print("PAGEOWNER_SQL_URL is not set: an index shows the README without pictures and links")


def build(source: Path, kind: str, target: Path, machine: str = "") -> Path:
    """Build one file from `source`, without git; its path."""
    before = set(target.iterdir())
    environment = {
        **os.environ,
        "GIT_DIR": os.devnull,
        "PAGEOWNER_SQL_ASSETS": "required",
        "PAGEOWNER_SQL_TARGET": machine,
    }
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    subprocess.run(command, cwd=source, env=environment, check=True, stdout=subprocess.DEVNULL)
    [made] = set(target.iterdir()) - before
    print(f"{made.name}: {made.stat().st_size >> 10:,} KiB")
    return made


def check_wheel(wheel: Path, machine: str, number: int) -> None:
    """Check what a wheel promises and ships."""
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        [library] = [name for name in names if name.endswith("_native.so")]
        head = packed.read(library)[:20]
    if head[:4] != b"\x7fELF" or int.from_bytes(head[18:20], "little") != number:
        sys.exit(f"{wheel.name}: its library is not for {machine}")
    for ships in (*_SHIPS, "pageowner_sql/docs/tutorial.md", "pageowner_sql/queries/"):
        if not any(ships in name for name in names):
            sys.exit(f"{wheel.name}: lacks {ships}")
    command = [sys.executable, "-m", "auditwheel", "show", str(wheel)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if f'"manylinux_2_17_{machine}"' not in shown:
        sys.exit(f"{wheel.name}: is not what its name says:\n{shown}")
    print(f"{wheel.name}: auditwheel agrees: manylinux_2_17_{machine}")


def check_installed(wheel: Path, home: Path) -> None:
    """Install a wheel into an empty venv as a user would, and use it."""
    venv.create(home, with_pip=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "--quiet", "install"]
    subprocess.run([*pip, str(wheel)], check=True, cwd=home)
    run = home / "bin" / "pageowner-sql"
    dump = ROOT / "fixtures" / "linux-7.3" / "boot.txt.xz"
    for words in (["--version"], ["load", str(dump)], ["top", "boot", "--by", "order"], ["docs"]):
        subprocess.run([run, *words], check=True, cwd=home, stdout=subprocess.DEVNULL)
    subprocess.run(
        [run, "report", "boot", "-o", "boot.html"], check=True, cwd=home, stdout=subprocess.DEVNULL
    )
    for ships in _SHIPS:
        if not (home / ships).is_file():
            sys.exit(f"{wheel.name}: does not install {ships}")
    print(f"{wheel.name}: works in an empty venv")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
