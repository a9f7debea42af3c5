"""The examples of docs/ci.md: budgets that a leak breaks, and a script to bisect with."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import DumpPath
from tests.support import ROOT
from tests.support.tool import Tool, environment

EXAMPLES = ROOT / "examples" / "ci"


@pytest.mark.sampled
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "baselines"),
    [
        ("kselftest", ["t0"]),
        ("ltp", ["t0"]),
        ("syzkaller", []),
        ("phone-lab", ["t0"]),
        ("bisect", ["t0"]),
    ],
)
def test_an_example_stops_the_leak_alone(gate: Tool, name: str, baselines: list[str]) -> None:
    file = EXAMPLES / f"{name}.toml"
    done = gate.run("check", "t2", *baselines, "--budget", file)
    assert done.code == 4, done.err
    assert "unix_dgram_sendmsg" in done.out
    gate.ok("check", "t0", *baselines, "--budget", file)


def test_every_example_is_in_the_document() -> None:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    for path in EXAMPLES.iterdir():
        assert f"examples/ci/{path.name}" in page


def git(folder: Path, *words: str, check: bool = True, **env: str) -> str:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    path = f"{Path(sys.executable).parent}:{environment()['PATH']}"
    done = subprocess.run(
        ["git", *who, *words],
        cwd=folder,
        check=check,
        capture_output=True,
        text=True,
        env=environment(PATH=path, **env),
    )
    return done.stdout


@pytest.mark.thorough
@pytest.mark.slow
def test_the_script_finds_the_first_bad_kernel(tmp_path: Path, dump: DumpPath) -> None:
    """Kernels stand for themselves: a commit holds the name of the dump that its boot gives."""
    kernels = tmp_path / "linux"
    kernels.mkdir()
    git(kernels, "init", "-q")
    for number, state in enumerate(("t0", "t0", "unbuildable", "t2", "t2")):
        (kernels / "state").write_text(f"{state} {number}\n")
        git(kernels, "add", "state")
        git(kernels, "commit", "-q", "-m", f"{number} {state}")
    for name in ("t0", "t2"):
        shutil.copy(dump(f"linux-7.3/{name}.txt"), tmp_path / f"{name}.txt")
    git(kernels, "bisect", "start", "HEAD", "HEAD~4")
    out = git(
        kernels,
        *("bisect", "run", str(EXAMPLES / "bisect.sh")),
        check=False,
        GOOD=str(tmp_path / "t0.txt"),
        BUDGET=str(EXAMPLES / "bisect.toml"),
        BUILD="! grep -q unbuildable state",
        BOOT=f"boot() {{ cp {tmp_path}/$(cut -d' ' -f1 state).txt $1; }}; boot",
    )
    # The kernel that cannot be built may be the first bad one too, and git says so.
    assert "no code path takes more" in out
    log = git(kernels, "bisect", "log")
    assert "# good: " in log
    assert "first 'bad' commit could be any of" in out or "possible first bad commit" in log
    assert "3 t2" in log
    assert "4 t2" not in log.split("# skip:")[-1]
