"""A kernel to resolve frames of, where there is one, and a small module made by the compiler."""

from __future__ import annotations

import lzma
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.support import ROOT, made_once, shared_folder
from tests.support.tool import Tool

pytest.importorskip("symbolic")

SOURCE = """\
#define SECTION(name) __attribute__((section(name), used))
static const char info[] SECTION(".modinfo") = "name=tiny";
static volatile int sink;
static inline __attribute__((always_inline)) int helper(int value)
{
    sink = value;
    return sink + 1;
}
int first(int value)
{
    return helper(value);
}
int second(int value)
{
    return first(value) + 2;
}
"""


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a relocatable file with DWARF, as a kernel module is."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.c").write_text(SOURCE)
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler on PATH")
    options = ["-g", "-O1", "-fno-inline-functions-called-once", "-c", "-Wa,--gdwarf-5"]
    command = [compiler, *options, "tiny.c", "-o", "tiny.ko"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "tiny.ko"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder with a kernel and dumps of it: beside the project, or in a variable."""
    folder = Path(os.environ.get("PAGEOWNER_SQL_SHARED", ROOT.parent / "shared"))
    if not (folder / "kernel" / "vmlinux.debug.xz").exists():
        pytest.skip(f"no kernel in {folder} ($PAGEOWNER_SQL_SHARED names another folder)")
    return folder


@pytest.fixture(scope="session")
def modules(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the kernel's modules."""

    def unpack(folder: Path) -> None:
        with tarfile.open(shared / "kernel" / "modules.tar.xz") as packed:
            packed.extractall(folder, filter="data")

    return made_once(shared_folder(tmp_path_factory) / "modules", unpack)


@pytest.fixture(scope="session")
def vmlinux(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the kernel's debug file, unpacked."""

    def unpack(target: Path) -> None:
        packed = shared / "kernel" / "vmlinux.debug.xz"
        with lzma.open(packed) as source, target.open("wb") as plain:
            shutil.copyfileobj(source, plain, 1 << 20)

    return made_once(shared_folder(tmp_path_factory) / "kernel" / "vmlinux", unpack)


@pytest.fixture
def resolved(tool: Tool, shared: Path, modules: Path, vmlinux: Path) -> Tool:
    """Return the program on a database of a run, with the symbols of its kernel."""

    def load() -> None:
        folder = shared / "dumps" / "linux-7.3-modules"
        tool.ok("load", *(folder / f"{name}.txt.xz" for name in ("r0", "r4", "r4.show_stacks")))
        tool.ok("symbols", "add", vmlinux, modules)

    tool.once("resolved", load)
    return tool
