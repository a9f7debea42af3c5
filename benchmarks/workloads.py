"""The dumps of the contests, made once and kept in a cache folder."""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import NotAvailable

ROOT = Path(__file__).resolve().parent.parent
_MAKERS = ("scale.py", "record_rule.py")
_GIGABYTE = 10**9


@dataclass(frozen=True, slots=True)
class Workload:
    """A fixture, how often it is copied, and which of its records; `size` in bytes, about."""

    fixture: str
    copies: int
    size: int
    options: tuple[str, ...] = ()


# five is exactly ten times half; five-earlier is the same boot as five, twelve seconds before.
WORKLOADS = {
    "small": Workload("linux-7.3/t2.txt.xz", 1, 2_100_000, ("--every", "20")),
    "half": Workload("linux-7.3/t2.txt.xz", 12, 512_000_000),
    "half-plain": Workload("linux-7.3/t2.txt.xz", 12, 495_000_000, ("--plain",)),
    "five": Workload("linux-7.3/t2.txt.xz", 120, 5_150_000_000),
    "five-earlier": Workload("linux-7.3/t1.txt.xz", 120, 3_690_000_000),
}


def cache_folder() -> Path:
    """The folder of workloads: below $XDG_CACHE_HOME if that is set, else in build/."""
    home = os.environ.get("XDG_CACHE_HOME")
    return Path(home) / "pageowner-sql" / "bench" if home else ROOT / "build" / "bench"


def make(name: str, folder: Path) -> Path:
    """Give the path of a workload; make it if it does not exist or its recipe has changed.

    Raises NotAvailable if the disk has no room for it.
    """
    workload = WORKLOADS[name]
    source = ROOT / "fixtures" / workload.fixture
    target = folder / f"{name}.{_digest(workload, source)}.txt"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for stale in folder.glob(f"{name}.*"):
            stale.unlink()
        need_room(folder, workload.size)
        # In a separate process: this one must stay small for memory to be measured.
        command = [sys.executable, "-m", "benchmarks.scale", str(source), str(target)]
        options = ["--copies", str(workload.copies), *workload.options]
        subprocess.run(command + options, cwd=ROOT, check=True)
    return target


def need_room(folder: Path, size: int) -> None:
    """Raise NotAvailable if the folder's disk has not `size` bytes and a gigabyte to spare."""
    free = shutil.disk_usage(folder).free
    if free < size + _GIGABYTE:
        raise NotAvailable(f"{folder} has {free / 1e9:.1f} GB free, {size / 1e9:.1f} and 1 needed")


def _digest(workload: Workload, source: Path) -> str:
    """Name what the workload is made of, so that a change in any of it makes it anew."""
    parts = [source.read_bytes(), repr(workload).encode()]
    parts += [(Path(__file__).parent / maker).read_bytes() for maker in _MAKERS]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]
