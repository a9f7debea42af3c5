"""The way in: a newcomer's first commands, on machines that lack something."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.mounts import mounts_below, remove_tree

FIND_PYTHON = ROOT / "scripts" / "find-python"
STAMPS = (".venv/.installed", ".venv/.installed-dev")

# Stands in for an interpreter: `has_venv` decides what its import of venv comes to.
FAKE_PYTHON = """#!/bin/sh
case "$2" in
    *version_info*'3.%d'*) echo python3.12-venv ;;
    *version_info*) exit {too_old} ;;
    *venv*) exit {no_venv} ;;
esac
"""


def find_python(folder: Path, **python: int) -> subprocess.CompletedProcess[str]:
    fake = folder / "python3"
    fake.write_text(FAKE_PYTHON.format(**python))
    fake.chmod(0o755)
    command = ["/bin/sh", str(FIND_PYTHON)]
    return subprocess.run(
        command, env={"PATH": str(folder)}, capture_output=True, text=True, check=False
    )


def test_a_new_enough_python_is_taken(tmp_path: Path) -> None:
    assert find_python(tmp_path, too_old=0, no_venv=0).stdout == "python3\n"


def test_a_python_without_venv_names_the_package_that_brings_it(tmp_path: Path) -> None:
    found = find_python(tmp_path, too_old=0, no_venv=1)
    assert found.returncode == 1
    assert found.stderr.count("\n") == 1
    assert "sudo apt-get install python3-venv" in found.stderr


def test_a_machine_with_an_old_python_alone_says_so(tmp_path: Path) -> None:
    found = find_python(tmp_path, too_old=1, no_venv=0)
    assert found.returncode == 1
    assert "No Python of 3.11 or later" in found.stderr


@pytest.fixture
def fresh_clone(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for stamp in STAMPS:
        (tmp_path / stamp).parent.mkdir(exist_ok=True)
        (tmp_path / stamp).touch()
    return tmp_path


def dry_run(folder: Path, target: str) -> str:
    command = ["make", "--dry-run", "--no-print-directory", "-C", str(folder), target]
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("target", ["demo", "test"])
def test_a_second_run_asks_no_registry(fresh_clone: Path, target: str) -> None:
    assert "pip install" not in dry_run(fresh_clone, target)


@pytest.mark.parametrize("target", ["demo", "test"])
def test_a_changed_pyproject_installs_again(fresh_clone: Path, target: str) -> None:
    for stamp in STAMPS:
        os.utime(fresh_clone / stamp, (0, 0))
    assert "pip install" in dry_run(fresh_clone, target)


def test_help_lists_every_target_that_explains_itself(fresh_clone: Path) -> None:
    command = ["make", "--no-print-directory", "-C", str(fresh_clone)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for target in ("help", "demo", "test", "check", "clean"):
        assert f"make {target} " in shown


@pytest.fixture
def mounted(fresh_clone: Path) -> Iterator[Path]:
    """A folder below build/ with a file system of its own, as an interrupted program leaves one."""
    folder = fresh_clone / "build" / "live" / "userland-partial" / "proc"
    folder.mkdir(parents=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(folder)], check=False)
    if done.returncode:
        pytest.skip("may not mount a tmpfs here")
    (folder / "precious").touch()
    yield folder
    if mounts_below(folder):
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_clean_stops_at_what_is_mounted(fresh_clone: Path, mounted: Path) -> None:
    (fresh_clone / "build" / "wheel").touch()
    subprocess.run(["make", "-C", str(fresh_clone), "clean"], capture_output=True, check=False)
    assert (mounted / "precious").exists()
    assert not (fresh_clone / "build" / "wheel").exists()


def test_a_folder_goes_without_what_is_mounted_there(fresh_clone: Path, mounted: Path) -> None:
    assert mounts_below(fresh_clone / "build") == [mounted.resolve()]
    remove_tree(fresh_clone / "build")
    assert not (fresh_clone / "build").exists()
    remove_tree(fresh_clone / "build")
