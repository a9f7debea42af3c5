"""The entry: which command, which exit code, and never a traceback that nobody asked for."""

import os
import pty
import subprocess
import sys
from contextlib import suppress
from importlib import import_module

import pytest
import typer

from pageowner_sql import __version__
from pageowner_sql.cli import commands, entry
from pageowner_sql.cli.shared import database_file
from tests.support import ROOT
from tests.support.synth import ERAS
from tests.support.tool import Tool, environment

PROGRAM = [sys.executable, "-m", "pageowner_sql"]


def shell(script: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a script with the program as "$@"."""
    command = ["bash", "-c", script, "bash", *PROGRAM, *words]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=environment(), check=False
    )


def test_the_version(tool: Tool) -> None:
    assert tool.ok("--version").out == f"pageowner-sql {__version__}\n"
    assert shell('"$@" --version').stdout == f"pageowner-sql {__version__}\n"


@pytest.mark.sampled
@pytest.mark.parametrize("command", commands.COMMANDS, ids=lambda command: command.name)
def test_every_command_exists_and_says_what_it_does(tool: Tool, command: commands.Command) -> None:
    target = getattr(import_module(command.module), command.function)
    assert callable(target)
    out = tool.ok(command.name, "--help").out
    assert out.startswith(f"Usage: pageowner-sql {command.name} ")
    assert out.count("\n") > 4
    assert f"  {command.name} " in tool.ok("--help").out


@pytest.mark.parametrize("words", [(), ("dumps",), ("symbols",)], ids=str)
def test_a_list_of_commands_cuts_no_sentence(tool: Tool, words: tuple[str, ...]) -> None:
    listed = tool.ok(*words, "--help").out.partition("\nOptions:")[2]
    assert "..." not in listed
    assert all(len(line) <= 80 for line in listed.splitlines())


def test_no_command_is_both_there_and_announced() -> None:
    assert not {command.name for command in commands.COMMANDS} & set(commands.LATER)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nonsense",), "No such command 'nonsense'; see: pageowner-sql --help"),
        (("--nonsense",), "No such option: --nonsense; see: pageowner-sql --help"),
        (("load",), "Missing argument 'INPUT'; see: pageowner-sql load --help"),
        (("dumps", "rm"), "Missing argument 'LABEL'; see: pageowner-sql dumps rm --help"),
        (("dumps", "--format", "nonsense"), "Invalid value for '--format': 'nonsense' is not one"),
        (("load", "LICENSE", "--label", ""), "--label: the empty text is not a name"),
        (("report", "x", "-o", "x.pdf"), "a report cannot be written as 'x.pdf'; its name may end"),
    ],
)
def test_wrong_usage_is_one_line(tool: Tool, words: tuple[str, ...], told: str) -> None:
    assert tool.fails(2, *words).startswith(told)


def test_a_command_of_a_later_version_is_refused_by_name(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "LATER", ("tomorrow",))
    assert tool.fails(2, "tomorrow") == "tomorrow: this version has no such command yet"


def test_the_database_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAGEOWNER_DB", raising=False)
    assert database_file(None) == "pageowner.duckdb"
    monkeypatch.setenv("PAGEOWNER_DB", "other.duckdb")
    assert database_file(None) == "other.duckdb"
    assert database_file("given.duckdb") == "given.duckdb"


def test_what_nobody_foresaw_is_one_line_too(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_command: commands.Command) -> None:
        raise ZeroDivisionError("a\nb\x1b[31m")

    monkeypatch.setattr(commands, "typer_command", broken)
    told = "unexpected error: ZeroDivisionError: a\\x0ab\\x1b[31m; run with --debug"
    assert tool.fails(1, "load", "x") == told
    with pytest.raises(ZeroDivisionError):
        entry.run(["--debug", "load", "x"])


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (typer.Abort(), 130, "interrupted\n"),
        (typer.Exit(3), 3, ""),
        (BrokenPipeError(), 0, ""),
        (OSError(28, "No space left on device", "f"), 1, "f: No space left on device\n"),
    ],
)
def test_how_an_end_becomes_an_exit_code(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, told: str
) -> None:
    def ends(_command: commands.Command) -> None:
        raise error

    monkeypatch.setattr(commands, "typer_command", ends)
    monkeypatch.setattr(entry, "_abandon_stdout", lambda: None)
    done = tool.run("load", "x")
    assert (done.code, done.err.removeprefix("pageowner-sql: "), done.out) == (code, told, "")


@pytest.fixture
def many(tool: Tool) -> str:
    """A database whose list of dumps is longer than a pipe holds."""
    paths = []
    for number in range(30):
        path = tool.folder / f"{'x' * 150}{number}.txt"
        path.write_bytes(ERAS[2].record(b"x", number))
        paths.append(path)
    tool.once(__name__, lambda: tool.ok("load", *paths))
    return str(tool.db)


@pytest.mark.thorough
def test_a_reader_that_goes_away(many: str) -> None:
    script = '"$@" | head -c 1; echo " ${PIPESTATUS[0]}"'
    done = shell(script, "--db", many, "dumps", "--format", "csv")
    assert (done.stdout, done.stderr) == ("l 0\n", "")


@pytest.mark.thorough
def test_a_full_device(many: str) -> None:
    done = shell('"$@" >/dev/full', "--db", many, "dumps", "--format", "csv")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr


@pytest.mark.sampled
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed(many: str, closed: str) -> None:
    """What runs from a daemon may have none; a file opened in its place would be written over."""
    done = shell(f'"$@" {closed}', "--db", many, "sql", "SELECT 1 AS one", "--format", "csv")
    assert done.returncode == (1 if " >&-" in f" {closed}" else 0)
    assert "unexpected" not in done.stderr
    assert done.stderr.count("\n") == (1 if closed == ">&-" else 0)


def on_a_terminal(tool: Tool, *words: str, **extra: str) -> tuple[str, str]:
    """What a command writes to stdout, and to a terminal as its stderr."""
    master, slave = pty.openpty()
    env = {**environment(), "TERM": "xterm", **extra}
    command = [*PROGRAM, *tool.arguments(*words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=slave, cwd=ROOT, env=env) as run:
        os.close(slave)
        out = run.communicate()[0]
    assert run.returncode == 0
    seen = b""
    with suppress(OSError):  # how a terminal says that nobody writes to it any more
        while piece := os.read(master, 1 << 16):
            seen += piece
    os.close(master)
    return out.decode(), seen.decode()


@pytest.mark.thorough
def test_progress_is_drawn_on_a_terminal_alone(tool: Tool) -> None:
    for number in range(4):
        path = tool.folder / f"t{number}.txt"
        path.write_bytes(ERAS[2].record(b"x", number))
    out, seen = on_a_terminal(tool, "load", str(tool.folder / "t0.txt"))
    assert out.startswith("t0: 1 records")
    assert "t0" in seen
    assert "1 records" in seen
    for number, extra in ((1, {"NO_COLOR": "1"}), (2, {"TERM": "dumb"})):
        path = tool.folder / f"t{number}.txt"
        out, seen = on_a_terminal(tool, "load", str(path), **extra)
        assert out.startswith(f"t{number}: 1 records")
        assert seen == ""
    done = tool.ok("load", tool.folder / "t3.txt")
    assert "\x1b" not in done.out
    assert done.err == ""
