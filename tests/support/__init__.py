"""What several tests need: where things lie, and a way to run Python apart from this process."""

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


def run_python(code: str, *args: str) -> str:
    """Return what `code` prints in a fresh interpreter."""
    command = [sys.executable, "-c", code, *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
