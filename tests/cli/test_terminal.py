"""Every key of every command, as a terminal shows it: pictures stand beside rows only there."""

import os
import pty
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest

from pageowner_sql.questions.flame import ROOTS
from pageowner_sql.questions.memory_map import LayerKey
from pageowner_sql.sql.grouping import Key
from tests.conftest import DumpPath
from tests.support import ROOT
from tests.support.asking import REAL_KEYS
from tests.support.tool import Tool, environment

CALLS = """
import sys
from pageowner_sql.cli import entry
entry.prepare()
for line in sys.argv[1:]:
    print(f"\\n== {entry.run(line.split())} {line}", flush=True)
"""


def calls_on_a_terminal(calls: list[str], columns: int = 100) -> str:
    """Run each call of one process on a terminal; what stands there in the end."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (50, columns))
    command, env = [sys.executable, "-c", CALLS, *calls], environment(TERM="xterm")
    with subprocess.Popen(command, stdout=follower, stderr=follower, cwd=ROOT, env=env):
        os.close(follower)
        seen = b""
        with suppress(OSError):  # how a terminal says that nobody writes to it any more
            while piece := os.read(leader, 1 << 16):
                seen += piece
    os.close(leader)
    return seen.decode()


@pytest.fixture
def three(tool: Tool, dump: DumpPath) -> Tool:
    paths = [dump(f"linux-7.3/{name}.txt") for name in ("t0", "t1", "t2")]
    tool.once(__name__, lambda: tool.ok("load", *paths))
    return tool


def keyed(folder: Path) -> dict[str, list[str]]:
    """The calls of each command that takes a key, one a key."""
    return {
        "top": [f"top t2 --by {key}" for key in REAL_KEYS],
        "top of two": [
            f"top t2 --by order --by {key}" for key in REAL_KEYS if key is not Key.ORDER
        ],
        "diff": [f"diff t2 t0 --by {key}" for key in REAL_KEYS],
        "leaks": [f"leaks --by {key}" for key in REAL_KEYS],
        "map": [f"map t2 --by {key}" for key in LayerKey],
        "flame": [f"flame t2 --root {key} -o {folder}/x.folded" for key in ROOTS],
    }


@pytest.mark.thorough
@pytest.mark.parametrize("command", keyed(Path()))
def test_every_key_works_on_a_terminal(three: Tool, command: str) -> None:
    calls = keyed(three.folder)[command]
    text = calls_on_a_terminal([f"--db {three.db} {call}" for call in calls])
    ends = [line for line in text.splitlines() if line.startswith("== ")]
    assert ends == [f"== 0 --db {three.db} {call}" for call in calls], text
    if command in ("top", "top of two"):
        assert text.count("trend") >= len(calls)
