"""What is published: wheels for other processors, a README that an index can show."""

import importlib.util
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

import hatch_build
from tests.support import ROOT

TEXT = """# A

![a picture](docs/pictures/a.png)
[a page](docs/a.md#part), [another](https://example.org/), [below](#below)
"""


@pytest.fixture(scope="module")
def release() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release", ROOT / "scripts" / "release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_links_of_the_readme_lead_to_where_the_project_is() -> None:
    assert hatch_build.published_readme(TEXT, "https://host/me/it") == (
        "# A\n\n"
        "![a picture](https://host/me/it/raw/HEAD/docs/pictures/a.png)\n"
        "[a page](https://host/me/it/blob/HEAD/docs/a.md#part), "
        "[another](https://example.org/), [below](#below)\n"
    )


def test_without_a_place_the_readme_has_no_link_that_leads_nowhere() -> None:
    assert hatch_build.published_readme(TEXT, None) == (
        "# A\n\na page, [another](https://example.org/), [below](#below)\n"
    )
    readme = hatch_build.published_readme((ROOT / "README.md").read_text("utf-8"), None)
    assert "](docs/" not in readme


def test_a_processor_that_is_not_a_target_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGEOWNER_SQL_TARGET", "aarch64")
    assert hatch_build.platform_tag() == "manylinux_2_17_aarch64.manylinux2014_aarch64"
    monkeypatch.setenv("PAGEOWNER_SQL_TARGET", "z80")
    with pytest.raises(ValueError, match="z80: not a target"):
        hatch_build.platform_tag()


@pytest.mark.slow
def test_a_wheel_for_another_processor_comes_from_the_archive_without_git(
    release: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGEOWNER_SQL_URL", "https://host/me/it")
    dist = tmp_path / "dist"
    dist.mkdir()
    archive = release.build(ROOT, "sdist", dist)
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "source", filter="data")
    [source] = (tmp_path / "source").iterdir()
    assert not (source / ".git").exists()
    wheel = release.build(source, "wheel", dist, "aarch64")
    release.check_wheel(wheel, "aarch64", release.TARGETS["aarch64"])
    with zipfile.ZipFile(wheel) as packed:
        [name] = [each for each in packed.namelist() if each.endswith("METADATA")]
        text = packed.read(name).decode()
    assert "Project-URL: Source, https://host/me/it\n" in text
    assert "](https://host/me/it/raw/HEAD/docs/pictures/report.png)" in text
    with pytest.raises(SystemExit, match="not for x86_64"):
        release.check_wheel(wheel, "x86_64", release.TARGETS["x86_64"])
