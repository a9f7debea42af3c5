"""The program as its users run it, in this process: arguments in, exit code and output out."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pageowner_sql.cli import entry
from pageowner_sql.store.database import Database, Mode
from tests.support import ROOT, made_once

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

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str], shared: Path) -> None:
        self.folder = folder
        self.shared = shared
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

    def once(self, key: str, load: Callable[[], object]) -> None:
        """Have in the database what `load` puts there: a copy, where it ran before for this key."""

        def make(target: Path) -> None:
            load()
            shutil.copyfile(self.db, target)

        made = made_once(self.shared / "loaded" / key, make)
        shutil.copyfile(made, self.db)

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


def environment(**extra: str) -> dict[str, str]:
    """This process's, without what would change what the program does, and with `extra`."""
    kept = {name: value for name, value in os.environ.items() if not steers(name)}
    # Nobody is there to leave a pager.
    return kept | {"PAGEOWNER_PAGER": "cat"} | extra


def steers(name: str) -> bool:
    """Whether a variable changes what the program does or how it looks; not how it is built."""
    looks = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "TTY_COMPATIBLE")
    own = name.startswith(("PAGEOWNER_", "PAGE_OWNER_"))
    return name in looks or (own and not name.startswith("PAGEOWNER_SQL_"))


def on_terminal(*words: str | Path, columns: int = 160, **extra: str) -> str:
    """What the program writes to a terminal of that width; it must succeed."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (50, columns))
    command = [sys.executable, "-m", "pageowner_sql", *map(str, words)]
    env = environment(TERM="xterm", **extra)
    with subprocess.Popen(command, stdout=follower, stderr=follower, cwd=ROOT, env=env) as process:
        os.close(follower)
        seen = b""
        with suppress(OSError):  # how a terminal says that nobody writes to it any more
            while piece := os.read(leader, 1 << 16):
                seen += piece
    os.close(leader)
    text = seen.decode().replace("\r\n", "\n")
    assert process.returncode == 0, text
    return text


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
