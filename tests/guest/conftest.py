"""A machine with the real kernel under QEMU, a Debian userland and the built wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.mounts import remove_tree

SHARED = Path(os.environ.get("PAGEOWNER_SQL_SHARED", ROOT.parent / "shared"))
KERNEL = SHARED / "kernel" / "bzImage"
BUILD = ROOT / "build" / "live"
PROGRAMS = ("qemu-system-x86_64", "debootstrap", "mke2fs", "debugfs", "unshare")
# bookworm's Python.
PYTHON = "3.11"
APPEND = "console=ttyS0 page_owner=on panic=-1 quiet root=/dev/vda rw init=/guest/run.sh"


def lacking() -> str | None:
    """What this machine lacks to boot the guest."""
    if not KERNEL.exists():
        return f"no kernel at {KERNEL}; PAGEOWNER_SQL_SHARED names its folder"
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        return f"install {' '.join(missing)} (qemu-system-x86, debootstrap, e2fsprogs, util-linux)"
    return None if os.geteuid() == 0 else "debootstrap takes root"


def run(*command: str | Path, seconds: int = 600) -> None:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")[-2000:]


def make_userland() -> Path:
    """Debian with Python and busybox, made once."""
    folder = BUILD / f"userland-{PYTHON}"
    if not folder.exists():
        partial = BUILD / "userland-partial"
        remove_tree(partial)
        partial.mkdir(parents=True)
        # It mounts /proc there; in a namespace of its own, that ends with it however it ends.
        alone = ("unshare", "--mount", "--propagation", "private")
        include = "--include=python3,busybox-static"
        try:
            run(*alone, "debootstrap", "--variant=minbase", include, "bookworm", partial)
        except AssertionError as error:
            pytest.skip(f"debootstrap cannot make a userland: {error}")
        shutil.rmtree(partial / "var/cache/apt")
        shutil.rmtree(partial / "var/lib/apt/lists")
        partial.rename(folder)
    return folder


def install_wheel(userland: Path) -> None:
    """Put the wheel of this tree, and what it depends on, into the userland."""
    target = userland / "opt/pageowner"
    pip = (sys.executable, "-m", "pip", "--quiet")
    if not target.exists():
        needed = [each for each in requires("pageowner-sql") or () if "extra ==" not in each]
        platforms = ("--platform=manylinux_2_28_x86_64", "--platform=manylinux2014_x86_64")
        only = ("--only-binary=:all:", f"--python-version={PYTHON}", *platforms)
        run(*pip, "install", "--target", target, *only, *needed)
    wheels = BUILD / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    os.environ.setdefault("PAGEOWNER_SQL_ASSETS", "skip")
    run(*pip, "wheel", "--no-deps", "--wheel-dir", wheels, ROOT)
    [wheel] = wheels.glob("*.whl")
    shutil.rmtree(target / "pageowner_sql", ignore_errors=True)
    with zipfile.ZipFile(wheel) as file:
        file.extractall(target)


def boot(disk: Path, log: Path) -> None:
    """Run the guest until it switches itself off; it begins no part after 13 minutes."""
    machine = ("-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2")
    drive = ("-drive", f"file={disk},format=raw,if=virtio", "-nographic", "-no-reboot")
    kernel = ("-m", "1200", "-kernel", str(KERNEL), "-append", APPEND)
    command = ["qemu-system-x86_64", *machine, *kernel, *drive]
    with log.open("wb") as output:
        subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=1800,
            check=False,
        )


@pytest.fixture(scope="session")
def results() -> Path:
    """Return the folder with what tests/guest/run.sh left in the guest."""
    if why := lacking():
        pytest.skip(why)
    given = os.environ.get("PAGEOWNER_SQL_GUEST_RESULTS")
    if given:
        return Path(given)
    userland = make_userland()
    install_wheel(userland)
    guest = userland / "guest"
    shutil.rmtree(guest, ignore_errors=True)
    guest.mkdir()
    shutil.copy(Path(__file__).parent / "run.sh", guest / "run.sh")
    (guest / "run.sh").chmod(0o755)
    disk, out = BUILD / "disk.img", BUILD / "out"
    disk.unlink(missing_ok=True)
    run("mke2fs", "-q", "-t", "ext4", "-d", userland, disk, "2500M")
    boot(disk, BUILD / "boot.log")
    shutil.rmtree(out, ignore_errors=True)
    BUILD.joinpath("out").mkdir()
    run("debugfs", "-R", f"rdump /guest/out {out}", disk)
    return out / "out"
