"""A pager for output that does not fit on the terminal, used as git uses one."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast

# Quit if the text fits on one screen, keep colours, leave the text on the screen.
_DEFAULT = "less -FRX"
_NONE = ("", "cat")

_off = False


def use_pager(*, wanted: bool) -> None:
    """Allow or forbid a pager for what this process writes from now on."""
    global _off  # noqa: PLW0603  # an option of the process, like the pager's variables
    _off = not wanted


def pager_command() -> list[str] | None:
    """The words of the pager: $PAGEOWNER_PAGER, $PAGER, else less. None where there is none."""
    names = ("PAGEOWNER_PAGER", "PAGER")
    said = next((os.environ[name] for name in names if name in os.environ), _DEFAULT)
    words = shlex.split(said)
    if _off or said.strip() in _NONE or not words or shutil.which(words[0]) is None:
        return None
    return words


class _Screen(io.BufferedIOBase):
    """Bytes for the terminal. The pager starts when they do not fit on it.

    Writing raises BrokenPipeError when the user has quit the pager.
    """

    def __init__(self, terminal: BinaryIO, command: list[str], height: int) -> None:
        self._terminal = terminal
        self._command = command
        self._height = height
        self._held = bytearray()
        self._process: subprocess.Popen[bytes] | None = None

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(cast(bytes, data))
        if self._process is None:
            self._held += piece
            if self._held.count(b"\n") < self._height:
                return len(piece)
            self._terminal.flush()
            env = {"LESS": "FRX", "LV": "-c"} | dict(os.environ)
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, env=env)
            piece = bytes(self._held)
        sink = self._process.stdin
        if sink is not None:
            sink.write(piece)
            sink.flush()
        return len(piece)

    def finish(self) -> None:
        """Write what fits on the screen, or wait until the user has quit the pager."""
        if self._process is None:
            self._terminal.write(self._held)
            self._terminal.flush()
            return
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        while self._process.poll() is None:
            # Ctrl-C is for the pager: it ends a search there.
            with suppress(KeyboardInterrupt):
                self._process.wait()


@contextmanager
def open_pager(terminal: BinaryIO) -> Iterator[BinaryIO]:
    """A file for people: stdout, by way of a pager if it is a terminal and too low."""
    command = pager_command() if sys.stdout.isatty() else None
    if command is None:
        yield terminal
        return
    screen = _Screen(terminal, command, shutil.get_terminal_size().lines)
    try:
        yield cast(BinaryIO, screen)
    finally:
        screen.finish()
