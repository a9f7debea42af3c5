"""Runs other SQL shells on the database: DuckDB's official client, and Harlequin."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pageowner_sql.errors import DatabaseError, PageOwnerError, UsageError


@dataclass(frozen=True)
class Client:
    """A program, its arguments to open a file for reading, and how to install it."""

    program: str
    reading: tuple[str, ...]
    install: str


CLIENTS: dict[str, Client] = {
    "duckdb": Client("duckdb", ("-readonly",), "pip install duckdb-cli"),
    "harlequin": Client("harlequin", ("--read-only",), "pip install 'pageowner-sql[harlequin]'"),
}


def run_client(name: str, path: str, *, write: bool) -> int:
    """Run the client on the database until it ends and return its exit code.

    Raises UsageError for an unknown name, PageOwnerError if it is not installed.
    """
    client = CLIENTS.get(name)
    if client is None:
        raise UsageError(f"--ui {name}: unknown shell; known: {', '.join(CLIENTS)}")
    program = _program(client.program)
    if program is None:
        raise PageOwnerError(f"--ui {name}: not installed; install it with: {client.install}")
    if not Path(path).exists():
        raise DatabaseError(f"{path}: no such database; make it with: pageowner-sql load DUMP")
    command = [program, *(() if write else client.reading), str(Path(path).resolve())]
    # The client handles Ctrl-C while it runs.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return subprocess.run(command, check=False, preexec_fn=_listen).returncode
    finally:
        signal.signal(signal.SIGINT, before)


def _listen() -> None:
    """Restore Ctrl-C, because a child inherits ignored signals."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _program(name: str) -> str | None:
    """The program next to this Python, where pip installs it, or on the PATH."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
