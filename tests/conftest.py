"""Fixtures for every test: the real dumps unpacked, and a browser where there is one."""

import lzma
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from pageowner_sql.store import database as store
from tests.support import FIXTURES, PAGE_OWNER_DUMPS, made_once, shared_folder
from tests.support.runs import label_of, load_labelled
from tests.support.tool import Tool, steers

# No deadline: a slow machine is no defect. The blob lets a failure in CI be replayed elsewhere.
settings.register_profile("thorough", deadline=None, print_blob=True)
settings.register_profile("project", settings.get_profile("thorough"), max_examples=25)
settings.load_profile("project")

# Whoever starts the tests may have wishes of their own; the tests say theirs where they have any.
for name in filter(steers, list(os.environ)):
    del os.environ[name]

# A shell that starts them in the background has them ignore Ctrl-C, and those that send it hang.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

DumpPath = Callable[[str], Path]


@pytest.fixture(scope="session", autouse=True)
def _new_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Copy a database that is new and empty: making one takes longer than many a test.

    Each version that tests give the program is made by it once, and so is what cannot be copied.
    """
    make = store.Database._make
    folder = tmp_path_factory.mktemp("new")

    def copy(path: Path, config: Any) -> None:
        made = folder / f"{store.VERSION}.duckdb"
        if not made.exists():
            make(made, config)
        fresh = path.with_name(f".{path.name}.copy")
        try:
            shutil.copyfile(made, fresh)
            path.hardlink_to(fresh)
        except OSError:
            make(path, config)
        finally:
            store.discard(fresh)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.Database, "_make", copy)
        yield


@pytest.fixture(scope="session")
def dump(tmp_path_factory: pytest.TempPathFactory) -> DumpPath:
    """Return a function from a name below fixtures/ without .xz to the path of its plain text."""
    shared = shared_folder(tmp_path_factory)

    def unpack(name: str) -> Path:
        packed = FIXTURES / f"{name}.xz"
        return made_once(shared / "fixtures" / name, lambda target: _unpack(packed, target))

    return unpack


@pytest.fixture(scope="session")
def real_runs(dump: DumpPath, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database of all real dumps, labelled 7.3/t0 and so on; tests only read it."""
    files = {label_of(name): dump(name) for name in PAGE_OWNER_DUMPS}
    target = shared_folder(tmp_path_factory) / "real_runs.duckdb"
    return made_once(target, lambda new: load_labelled(new, files))


@pytest.fixture
def tool(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Tool:
    """Return the program, with a database of the test's own that does not exist yet."""
    monkeypatch.delenv("PAGEOWNER_DB", raising=False)
    return Tool(tmp_path, capfd, shared_folder(tmp_path_factory))


@pytest.fixture(scope="session")
def loaded_t0(dump: DumpPath, tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {"t0": dump("linux-7.3/t0.txt")}
    target = shared_folder(tmp_path_factory) / "loaded.duckdb"
    return made_once(target, lambda new: load_labelled(new, files))


@pytest.fixture
def shell_db(tool: Tool, loaded_t0: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    shutil.copy(loaded_t0, tool.db)
    return tool.db


def _unpack(packed: Path, target: Path) -> None:
    with lzma.open(packed) as source, target.open("wb") as plain:
        shutil.copyfileobj(source, plain, 1 << 20)
    target.chmod(0o444)


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, object],
) -> dict[str, object]:
    """Start the machine's own Chromium, and keep it from calling home."""
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": quiet}


def pytest_configure(config: pytest.Config) -> None:
    """Try more examples where thorough tests run."""
    if "not thorough" not in config.option.markexpr:
        settings.load_profile("thorough")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each case of a sampled test thorough, except the first."""
    begun = set()
    for item in items:
        if item.get_closest_marker("sampled") is None:
            continue
        function = item.nodeid.partition("[")[0]
        if function in begun:
            item.add_marker(pytest.mark.thorough)
        begun.add(function)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without Chromium a browser test is skipped with a word, and fails in CI."""
    if CHROMIUM or item.get_closest_marker("browser") is None:
        return
    if os.environ.get("CI"):
        pytest.fail("CI must have Chromium: .ci/run installs it", pytrace=False)
    pytest.skip("no chromium on PATH (apt-get install chromium)")
