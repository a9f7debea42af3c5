"""Completion of the command line, asked as the shells' scripts do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import DumpPath
from tests.support import ROOT
from tests.support.tool import Tool, environment


@pytest.fixture
def loaded(tool: Tool, dump: DumpPath) -> Tool:
    tool.once(__name__, lambda: tool.ok("load", dump("linux-7.3/boot.txt")))
    return tool


def offered(words: str) -> list[str]:
    """What bash is offered for the last word."""
    number = str(len(words.split(" ")) - 1)
    asked = environment(
        _PAGEOWNER_SQL_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=number
    )
    command = [sys.executable, "-m", "pageowner_sql"]
    done = subprocess.run(command, env=asked, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("pageowner-sql to", "top"),
        ("pageowner-sql top --full", "--full-stack"),
        ("pageowner-sql top --by subs", "subsystem"),
        ("pageowner-sql query stacks/thr", "stacks/through"),
        ("pageowner-sql --db {db} top bo", "boot"),
        ("pageowner-sql --db {db} query stacks/top bo", "boot"),
        ("pageowner-sql --db {db} diff boot bo", "boot"),
    ],
)
def test_a_word_is_completed(loaded: Tool, words: str, found: str) -> None:
    assert offered(words.format(db=loaded.db)) == [found]


def test_without_a_database_there_are_no_labels(tool: Tool) -> None:
    assert offered(f"pageowner-sql --db {tool.db} top x") == []
    assert not tool.db.exists()


def test_each_shell_has_its_script(tool: Tool) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "_PAGEOWNER_SQL_COMPLETE" in tool.ok("--show-completion", shell).out
    assert "use bash, zsh, fish" in tool.fails(2, "--show-completion", "csh")
