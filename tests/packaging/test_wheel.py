"""The wheel is the whole product: in an empty directory, beside only what it declares."""

import importlib.metadata
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import DumpPath
from tests.support import FIXTURES, ROOT

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("empty")]

SITE_PACKAGES = Path(sysconfig.get_path("purelib"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the build backend that is installed here: no network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel beside links to its declared dependencies; return the scripts' folder."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    install = [*pip, "install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (site_packages,) = home.glob("lib/python*/site-packages")
    for name in closure("pageowner-sql"):
        link(name, site_packages)
    return home / "bin"


def closure(root: str) -> set[str]:
    """Return every distribution that `root` needs without extras, and no other."""
    needed: set[str] = set()
    waiting = [root]
    while waiting:
        for requirement in requirements(waiting.pop()):
            if requirement not in needed:
                needed.add(requirement)
                waiting.append(requirement)
    return needed


def requirements(name: str) -> Iterator[str]:
    for text in importlib.metadata.requires(name) or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield re.sub(r"[-_.]+", "-", requirement.name).lower()


def link(name: str, target: Path) -> None:
    """Let `target` see the files of one distribution that is installed here."""
    files = importlib.metadata.files(name) or []
    for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
        if not (target / top).exists():
            (target / top).symlink_to(SITE_PACKAGES / top)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the checkout, so that nothing is found in it by accident."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.delenv("PAGEOWNER_DB", raising=False)


def run(script: Path, *args: str) -> str:
    done = subprocess.run([script, *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_package_comes_from_the_wheel(installed: Path) -> None:
    code = "import pageowner_sql; print(pageowner_sql.__file__)"
    assert installed.parent in Path(run(installed / "python", "-c", code).strip()).parents


def test_it_says_its_version(installed: Path) -> None:
    version = importlib.metadata.version("pageowner-sql")
    assert run(installed / "pageowner-sql", "--version").split()[-1] == version


def test_it_lists_every_named_query(installed: Path) -> None:
    listed = run(installed / "pageowner-sql", "query")
    # `lake query` lists those about lakes.
    paths = (ROOT / "queries").rglob("*.sql")
    names = [path.stem for path in paths if path.parent.name != "fleet"]
    assert names
    assert [name for name in names if name not in listed] == []


def test_it_loads_a_dump_and_answers(installed: Path, tmp_path: Path) -> None:
    dump = FIXTURES / "linux-7.3" / "boot.txt.xz"
    tool = installed / "pageowner-sql"
    run(tool, "load", str(dump))
    assert "boot" in run(tool, "dumps")
    assert run(tool, "top", "boot", "--by", "order")
    assert (tmp_path / "pageowner.duckdb").exists()


def test_the_drop_in_sorts(installed: Path, tmp_path: Path, dump: DumpPath) -> None:
    run(installed / "page_owner_sort", str(dump("linux-7.3/boot.txt")), "sorted.txt", "-m")
    assert (tmp_path / "sorted.txt").stat().st_size


def test_man_pages_completions_and_documents_ship(installed: Path) -> None:
    share = installed.parent / "share"
    names = [path.relative_to(ROOT / "share") for path in files_below("share")]
    assert names
    assert [name for name in names if not (share / name).exists()] == []
    listed = run(installed / "pageowner-sql", "docs").splitlines()
    assert len(listed) == len(list((ROOT / "docs").glob("*.md")))
    assert run(installed / "pageowner-sql", "docs", "tutorial").startswith("# ")


def test_every_data_file_of_the_package_ships(installed: Path) -> None:
    (shipped,) = installed.parent.glob("lib/python*/site-packages/pageowner_sql")
    # A source archive is not a git checkout, so the tree itself says what there is.
    package = [path.relative_to(ROOT / "pageowner_sql") for path in files_below("pageowner_sql")]
    names = [*package, *(path.relative_to(ROOT) for path in files_below("queries"))]
    assert names
    assert [name for name in names if not (shipped / name).exists()] == []


def files_below(folder: str) -> Iterator[Path]:
    for path in (ROOT / folder).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path
