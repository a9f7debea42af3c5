"""The program as its users run it, in this process: arguments in, exit code and output out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pageowner_sql.cli import entry
from pageowner_sql.store.database import Database, Mode
from tests.support import ROOT

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True)
class Done:
    """How a call ended."""

    code: int
    out: str
    err: str


class Tool:
    """Runs commands on a database of the test's own."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.db = folder / "test.duckdb"
        self._capfd = capfd

    def arguments(self, *words: str | Path) -> list[str]:
        return ["--db", str(self.db), *map(str, words)]

    def run(self, *words: str | Path) -> Done:
        """Run one command, whatever comes of it."""
        self._capfd.readouterr()
        code = entry.run(self.arguments(*words))
        out, err = self._capfd.readouterr()
        assert "Traceback" not in err
        return Done(code, out, err)

    def ok(self, *words: str | Path) -> Done:
        """Run one command that must succeed."""
        done = self.run(*words)
        assert done.code == 0, done.err
        return done

    def fails(self, code: int, *words: str | Path) -> str:
        """Run one command that must fail so, in one line; return that line."""
        done = self.run(*words)
        assert done.code == code, (done.code, done.out, done.err)
        assert done.out == ""
        [line] = done.err.splitlines()
        return line.removeprefix("pageowner-sql: ")

    def start(self, *words: str | Path) -> subprocess.Popen[bytes]:
        """Start one command as a process of its own."""
        command = [sys.executable, "-m", "pageowner_sql", *self.arguments(*words)]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=ROOT, env=environment()
        )

    def rows(self, sql: str, **parameters: object) -> list[tuple[object, ...]]:
        """What the database says."""
        with Database.open(self.db, Mode.READ) as database:
            return database.rows(sql, parameters)

    def labels(self) -> list[str]:
        return [str(label) for (label,) in self.rows("SELECT label FROM dumps ORDER BY dump_id")]

    def text(self, label: str) -> bytes:
        """A dump's bytes, as the database gives them back."""
        sql = """
            SELECT t.raw FROM dump_texts t JOIN dumps d USING (dump_id)
            WHERE d.label = $label ORDER BY t.ord, t.piece
        """
        return b"".join(bytes(raw) for (raw,) in self.rows(sql, label=label))  # type: ignore[call-overload]  # BLOBs are bytes


def environment() -> dict[str, str]:
    """This process's, without what would change what the program does."""
    return {key: value for key, value in os.environ.items() if key != "PAGEOWNER_DB"}


HOLD = """
import sys
from pageowner_sql.store.database import Database, Mode
with Database.open(sys.argv[1], Mode(sys.argv[2])):
    print("open", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held(path: Path, mode: Mode) -> Iterator[int]:
    """Another process that has the database open; its id."""
    command = [sys.executable, "-c", HOLD, str(path), mode.value]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=ROOT, env=environment()) as process:
        assert process.stdout
        assert process.stdout.readline() == b"open\n"
        yield process.pid
        process.communicate(b"\n")
