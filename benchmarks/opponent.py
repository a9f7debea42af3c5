"""Fetches and builds page_owner_sort, the tool to beat, from Debian's kernel source package."""

import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

WANTED = (6, 12)
_PACKAGE = re.compile(r"^linux-source-(\d+)\.(\d+)$", re.MULTILINE)
_BINARY = re.compile(r"page_owner_sort-(\d+)\.(\d+)")
# tools/vm became tools/mm in 6.3 (799fb82aa132).
_SOURCES = ("/tools/mm/page_owner_sort.c", "/tools/vm/page_owner_sort.c")
# The tool's behaviour changed in 6.6: equal allocations group together from then on.
_MODERN = (6, 6)


class OpponentMissing(Exception):
    """page_owner_sort is not available on this machine; the text says why."""


@dataclass(frozen=True, slots=True)
class Opponent:
    """A built page_owner_sort, its kernel and its `--compat` version."""

    binary: Path
    kernel: str
    compat: str


def build(folder: Path) -> Opponent:
    """Give the opponent built in `folder`, fetching its source first if it is not there.

    Raises OpponentMissing where a tool or the package is missing.
    """
    for binary in folder.glob("page_owner_sort-*.*"):
        if built := _BINARY.fullmatch(binary.name):
            return _opponent(binary, (int(built[1]), int(built[2])))
    for tool in ("apt-get", "apt-cache", "dpkg-deb", "gcc"):
        if shutil.which(tool) is None:
            raise OpponentMissing(f"{tool} is not installed")
    version = _nearest(_run("apt-cache", "pkgnames", "linux-source-"))
    kernel = f"{version[0]}.{version[1]}"
    binary = folder / f"page_owner_sort-{kernel}"
    folder.mkdir(parents=True, exist_ok=True)
    source = _fetch(f"linux-source-{kernel}", folder)
    _run("gcc", "-O2", "-o", f"{binary}.new", str(source))
    return _opponent(Path(f"{binary}.new").rename(binary), version)


def _opponent(binary: Path, version: tuple[int, int]) -> Opponent:
    compat = "7.3" if version >= _MODERN else "6.1"
    return Opponent(binary, f"{version[0]}.{version[1]}", compat)


def _nearest(names: str) -> tuple[int, int]:
    """The version wanted or the one nearest to it of those that apt knows, a modern one first."""
    versions = [(int(major), int(minor)) for major, minor in _PACKAGE.findall(names)]
    if not versions:
        raise OpponentMissing("apt offers no linux-source package (is apt-get update due?)")
    return min(versions, key=_distance)


def _distance(version: tuple[int, int]) -> tuple[bool, int]:
    steps = (version[0] - WANTED[0]) * 100 + version[1] - WANTED[1]
    return version < _MODERN, abs(steps)


def _fetch(package: str, folder: Path) -> Path:
    """Download the package, keep page_owner_sort.c of it and give the rest's 150 MB back."""
    _run("apt-get", "download", package, cwd=folder)
    source = folder / "page_owner_sort.c"
    for deb in sorted(folder.glob(f"{package}_*.deb")):
        source.write_bytes(_extract(deb))
        deb.unlink()
    return source


def _extract(deb: Path) -> bytes:
    with _package(deb) as outer:
        for member in outer:
            if not member.name.endswith(".tar.xz"):
                continue
            with tarfile.open(fileobj=outer.extractfile(member), mode="r|xz") as inner:
                for file in inner:
                    if file.name.endswith(_SOURCES) and (text := inner.extractfile(file)):
                        return text.read()
    raise OpponentMissing(f"{deb.name} holds no page_owner_sort.c")


@contextmanager
def _package(deb: Path) -> Iterator[tarfile.TarFile]:
    """Stream a package's files; what is not wanted any more is not unpacked."""
    command = ["dpkg-deb", "--fsys-tarfile", str(deb)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as unpacking:
        pipe: IO[bytes] | None = unpacking.stdout
        with tarfile.open(fileobj=pipe, mode="r|") as files:
            yield files
            unpacking.kill()


def _run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or f"exit {done.returncode}").splitlines()[-1]
        raise OpponentMissing(f"{' '.join(command[:2])}: {last}")
    return done.stdout
