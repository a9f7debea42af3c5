"""What several tests need: where things lie, and a way to run Python apart from this process."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
FIXTURES = ROOT / "fixtures"
KERNELS = ("linux-5.10", "linux-6.1", "linux-7.3")

# Every real file in page_owner's own format, by the name that the `dump` fixture takes.
PAGE_OWNER_DUMPS = tuple(
    f"{kernel}/{path.name.removesuffix('.xz')}"
    for kernel in KERNELS
    for path in sorted((FIXTURES / kernel).glob("*.txt.xz"))
    if not path.name.startswith("show_")
)

# No machine ends this.
ENDLESS = "SELECT count(*) FROM range(100000000) a, range(1000000) b;"


def covering(cases: Iterable[Any], chosen: Callable[[Any], bool]) -> list[Any]:
    """Every case, for parametrize; beyond the chosen ones they prove the same of more."""
    return [
        case
        if chosen(case)
        else pytest.param(*case, marks=pytest.mark.thorough)
        if isinstance(case, tuple)
        else pytest.param(case, marks=pytest.mark.thorough)
        for case in cases
    ]


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """The folder of this run; under xdist the workers' folders are in it."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def made_once(target: Path, make: Callable[[Path], object]) -> Path:
    """`target`, a file or folder that the first worker that needs it makes, for all of them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # Another worker that made it too would take its time from the first.
    with target.with_name(f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            partial = target.with_name(f"{target.name}.{os.getpid()}")
            make(partial)
            partial.replace(target)
    return target


def run_python(code: str, *args: str) -> str:
    """Return what `code` prints in a fresh interpreter."""
    command = [sys.executable, "-c", code, *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
