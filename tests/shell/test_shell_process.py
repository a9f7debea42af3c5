"""The shell as a process: piped, in a real terminal, and other clients on our file."""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pageowner_sql.errors import UsageError
from pageowner_sql.shell import clients
from tests.support import ENDLESS, run_python
from tests.support.tool import Tool, environment


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_a_session_in_a_real_terminal(shell_db: Path, tmp_path: Path) -> None:
    with Tmux(shell_db, tmp_path) as terminal:
        terminal.until("pageowner>")
        terminal.keys("SELECT count(*) AS n FROM live_all", "Tab")
        terminal.until("FROM live_allocations")
        terminal.keys("\\;", "Enter")
        terminal.until("34,546")
        terminal.keys(ENDLESS.replace(";", "\\;"), "Enter")
        terminal.until(r"1000000\) b;\n")
        # Until the query runs, Ctrl-C would only give up the line.
        time.sleep(1)
        terminal.keys("C-c")
        # Keys that come before the prompt are the terminal's own.
        terminal.until(r"cancelled\npageowner>")
        terminal.keys("SELECT 40 + 2 AS answer\\;", "Enter")
        terminal.until(r"answer\n─+\n +42\n1 row\npageowner>")
        terminal.keys("C-d")
        terminal.until("left with 0")


class Tmux:
    """The shell in a terminal of 80 columns."""

    def __init__(self, db: Path, folder: Path) -> None:
        self.socket = str(folder / "tmux")
        program = f"{sys.executable} -m pageowner_sql --db {db} shell; echo left with $?; cat"
        self.tmux("new-session", "-d", "-x", "80", "-y", "24", program)

    def tmux(self, *words: str) -> str:
        command = ["tmux", "-S", self.socket, "-f", "/dev/null", *words]
        env = {**environment(), "LC_ALL": "C.UTF-8"}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout

    def keys(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def until(self, pattern: str) -> None:
        """Wait until the screen shows `pattern`."""
        screen = ""
        for _ in range(100):
            screen = self.tmux("capture-pane", "-p")
            if re.search(pattern, screen):
                return
            time.sleep(0.1)
        raise AssertionError(screen)

    def __enter__(self) -> "Tmux":
        return self

    def __exit__(self, *_: object) -> None:
        self.tmux("kill-server")


def test_where_stdin_is_no_terminal_it_is_sql(shell_db: Path) -> None:
    done = piped(shell_db, "SELECT 1 AS a;\nSELECT 'b' AS b", "shell")
    assert (done.returncode, done.stdout) == (0, "a\n─\n1\n\nb\n─\nb\n"), done.stderr
    done = piped(shell_db, "SELECT nonsense", "shell")
    assert done.returncode == 1
    assert done.stderr.startswith("pageowner-sql: stdin, line 1, column 8: ")


def piped(db: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pageowner_sql", "--db", str(db), *arguments]
    return subprocess.run(
        command, input=text, capture_output=True, text=True, env=environment(), check=False
    )


def test_without_a_line_editor_it_says_how_to_get_one() -> None:
    code = """
import pty, os, sys
sys.modules["prompt_toolkit"] = None
from pageowner_sql.cli import entry
_, side = pty.openpty()
os.dup2(side, 0)
print(entry.run(["shell"]), flush=True)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert done.stderr == (
        "pageowner-sql: shell: needs a line editor; get it with: "
        "pip install 'pageowner-sql[shell]'\n"
    )


def test_the_official_client_reads_our_file(shell_db: Path) -> None:
    text = "SELECT label, human_bytes(4096) AS page FROM dumps; SELECT stack_text(1) FROM dumps;"
    done = piped(shell_db, f".mode csv\n{text}", "shell", "--ui", "duckdb")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("label,page\nt0,4.0 KiB\n")
    assert "+0x" in done.stdout
    refused = piped(shell_db, "UPDATE dumps SET host = 'x';", "shell", "--ui", "duckdb")
    assert "read-only" in refused.stderr
    assert refused.returncode == 1
    done = piped(shell_db, "UPDATE dumps SET host = 'x';", "shell", "--ui", "duckdb", "--write")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_client_that_is_not_there(
    tool: Tool, shell_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tool.fails(2, "shell", "--ui", "nonsense") == (
        "--ui nonsense: unknown shell; known: duckdb, harlequin"
    )
    monkeypatch.setattr(clients, "_program", lambda _: None)
    assert tool.fails(1, "shell", "--ui", "harlequin") == (
        "--ui harlequin: not installed; install it with: pip install 'pageowner-sql[harlequin]'"
    )
    with pytest.raises(UsageError):
        clients.run_client("", str(shell_db), write=False)


def test_sql_and_queries_load_no_line_editor() -> None:
    loaded = run_python(
        "import sys; from pageowner_sql.cli import commands, shell, sql\n"
        "print(*(name for name in ('prompt_toolkit', 'pygments', 'duckdb') if name in sys.modules))"
    )
    assert loaded.split() == []
