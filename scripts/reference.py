#!/usr/bin/env python3
"""Write docs/cli.md, schema.md and queries.md from the program, and the outputs in the tutorials.

`make docs` runs it; tests/test_docs.py fails if a page is out of date.
"""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from pathlib import Path

from pageowner_sql.cli import dumps, entry, lake, symbols
from pageowner_sql.cli.commands import COMMANDS
from pageowner_sql.sql.catalog import NamedQuery, catalog
from pageowner_sql.sql.params import DUMP, REQUIRED, Param
from pageowner_sql.store.database import Database, Mode, statement

ROOT = Path(__file__).parent.parent
WRITTEN = (
    "<!-- Written by scripts/reference.py from the program: change that, then `make docs`. -->\n"
)
# Commands that have commands.
_GROUPS = {
    "dumps": dumps.app.registered_commands,
    "lake": lake.app.registered_commands,
    "symbols": symbols.app.registered_commands,
}


def pages() -> dict[str, str]:
    """The text of every page, by its name in docs/."""
    return {
        "cli.md": cli(),
        "schema.md": schema(),
        "queries.md": queries(),
        "tutorial.md": tutorial(),
        "leak-hunting.md": leak_hunting(),
        "bug-report.md": bug_report(),
        "tutorial-80x24.md": tutorial_80x24(),
    }


def cli() -> str:
    """The `--help` of every command."""
    parts = ["# Commands\n", WRITTEN, f"```\n{_help()}```\n"]
    for command in (each for each in COMMANDS if each.name != "sort"):
        parts += [f"## {command.name}\n", f"```\n{_help(command.name)}```\n"]
        for name in (each.name for each in _GROUPS.get(command.name, ())):
            parts += [f"### {command.name} {name}\n", f"```\n{_help(command.name, str(name))}```\n"]
    drop_in = _help("sort")
    parts += ["## sort, page_owner_sort\n", f"```\n{drop_in}```\n"]
    return "\n".join(parts)


def _help(*words: str) -> str:
    os.environ.update(TERMINAL_WIDTH="100", NO_COLOR="1")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = entry.run([*words, "--help"])
    if code:
        raise SystemExit(f"{' '.join(words)} --help ended with {code}")
    return "\n".join(line.rstrip() for line in out.getvalue().strip().splitlines()) + "\n"


def schema() -> str:
    """Every table, view and macro of a new database, with its comments."""
    parts = ["# Tables, views and macros\n", WRITTEN]
    parts += [
        "`pageowner-sql schema` shows the same of a file; any DuckDB client reads the comments.\n"
    ]
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    path = folder / f"reference-{os.getpid()}.duckdb"
    try:
        with Database.open(path, Mode.WRITE) as database:
            for name, kind, comment in database.rows(
                statement("describe/objects"), {"everything": True}
            ):
                parts += [f"## {name}\n", f"{kind.capitalize()}. {_cell(comment)}\n"]
                parts += _columns(database, name)
    finally:
        path.unlink(missing_ok=True)
    return "\n".join(parts)


def _columns(database: Database, name: str) -> list[str]:
    columns = database.rows(statement("describe/columns"), {"name": name})
    return [_table(("column", "type", "meaning"), columns)] if columns else []


def queries() -> str:
    """Every named query: its question, parameters and columns."""
    parts = ["# Named queries\n", WRITTEN, "Run one with `pageowner-sql query NAME --param K=V`.\n"]
    for query in catalog():
        if not isinstance(query, NamedQuery):
            raise query
        parts += [f"## {query.name}\n", f"{query.title}. *{query.question}*\n"]
        parts += [f"{query.description}\n"] if query.description else []
        parts += [f"Needs dumps with: {', '.join(query.needs)}.\n"] if query.needs else []
        if query.params:
            parts.append(
                _table(("parameter", "type", "default", "meaning"), map(_param, query.params))
            )
        columns = ((each.name, each.type, each.meaning) for each in query.columns)
        parts.append(_table(("column", "type", "meaning"), columns))
    return "\n".join(parts)


def tutorial() -> str:
    """The tutorial, with the current output of its commands."""
    return _ran("tutorial.md")


def leak_hunting() -> str:
    """The tutorial on leaks, with the current output of its commands."""
    return _ran("leak-hunting.md")


def bug_report() -> str:
    """The page on bug reports, likewise."""
    return _ran("bug-report.md")


def tutorial_80x24() -> str:
    """The tutorial's commands, typed into a terminal of 80 columns and 24 lines."""
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\$ (.*)$", text, re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        env = {**_environment(folder), "TERM": "xterm", "PAGER": "cat"}
        screens = [_screen(command, env) for command in commands]
    head = "# The tutorial in a terminal of 80 columns and 24 lines\n"
    why = "What the commands of the [tutorial](tutorial.md) print there, messages included."
    more = "Where it is longer than the screen, the pager shows the rest.\n"
    return "\n".join([head, WRITTEN, why, more, *(f"```console\n{each}```\n" for each in screens)])


def _screen(command: str, env: dict[str, str]) -> str:
    """A command and what the terminal shows of its output, without the time it took."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, 80))
    words = ["bash", "-o", "pipefail", "-c", command]
    with subprocess.Popen(words, stdout=follower, stderr=follower, cwd=ROOT, env=env) as process:
        os.close(follower)
        seen = b""
        with contextlib.suppress(OSError):  # how a terminal says that nobody writes any more
            while piece := os.read(leader, 1 << 16):
                seen += piece
    os.close(leader)
    if process.returncode:
        raise SystemExit(f"{command}: ended with {process.returncode}: {seen.decode()}")
    lines = [_without_time(line) for line in seen.decode().replace("\r\n", "\n").splitlines()]
    cut = [f"… {len(lines) - 22} more lines"] if len(lines) > 23 else []
    return "\n".join([f"$ {command}", *(lines[:22] if cut else lines), *cut]) + "\n"


def _environment(folder: str) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PAGEOWNER_DB": f"{folder}/pageowner.duckdb",
        "NO_COLOR": "1",
    }


def _without_time(line: str) -> str:
    return re.sub(r", [\d.]+ s$", "", line).rstrip()


def _ran(page: str) -> str:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        env = _environment(folder)

        def run(block: re.Match[str]) -> str:
            commands = [line[2:] for line in block[1].splitlines() if line.startswith("$ ")]
            return "```console\n" + "".join(_printed(each, env) for each in commands) + "```\n"

        return re.sub(r"```console\n(.*?)```\n", run, text, flags=re.DOTALL)


def _printed(command: str, env: dict[str, str]) -> str:
    """A command and its output, without the time it took."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],  # noqa: S607  # the reader's bash
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
        env=env,
    )
    lines = [_without_time(line) for line in done.stdout.splitlines()]
    return "\n".join([f"$ {command}", *lines]) + "\n"


def _param(param: Param) -> tuple[object, ...]:
    default = param.default
    if default is REQUIRED:
        default = "the dump loaded last" if param.type == DUMP else "required"
    return param.name, param.type, default, param.help


def _table(
    head: tuple[str, ...], rows: Iterator[tuple[object, ...]] | list[tuple[object, ...]]
) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(value: object) -> str:
    text = " ".join(str("" if value is None else value).split())
    return text.replace("|", "\\|").replace("<", "&lt;")


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (ROOT / "docs" / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
