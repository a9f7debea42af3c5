"""Dumps that a gate compares: a machine before and after a leak in unix sockets."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import DumpPath
from tests.support import made_once, shared_folder
from tests.support.runs import load_labelled
from tests.support.tool import Tool


@pytest.fixture(scope="session")
def two_dumps(dump: DumpPath, tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {name: dump(f"linux-7.3/{name}.txt") for name in ("t0", "t2")}
    target = shared_folder(tmp_path_factory) / "gate.duckdb"
    return made_once(target, lambda new: load_labelled(new, files))


@pytest.fixture
def gate(tool: Tool, two_dumps: Path) -> Tool:
    """Return the program on a database with the dumps t0 and t2."""
    shutil.copy(two_dumps, tool.db)
    return tool
