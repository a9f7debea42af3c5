"""The shell's loop: a line editor around a session."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, has_focus
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer

from pageowner_sql.errors import PageOwnerError
from pageowner_sql.shell.completion import ShellCompleter
from pageowner_sql.shell.dots import run_dot
from pageowner_sql.shell.session import ShellSession
from pageowner_sql.shell.show import say
from pageowner_sql.shell.words import as_dot, is_whole, lexer
from pageowner_sql.store.database import MEMORY
from pageowner_sql.store.sql_errors import Script

PROMPT = "pageowner> "
GOES_ON = "      ...> "


def run_shell(
    path: str,
    *,
    write: bool,
    timeout: float | None = None,
    settings: Mapping[str, str | int] | None = None,
    run_words: Callable[[Sequence[str]], None] | None = None,
) -> None:
    """Read and run until Ctrl-D or `.quit`. Raises DatabaseError if `path` cannot be opened.

    `settings` are DuckDB's; `run_words` runs the program's commands.
    """
    opened = ShellSession(
        path, write=write, timeout=timeout, settings=settings, run_words=run_words
    )
    with opened as session:
        with session.database():
            # Report a file that cannot be opened now, not after the first statement.
            pass
        _greet(session)
        editor = _editor(session)
        with suppress(EOFError):
            while True:
                _once(session, editor)


def _greet(session: ShellSession) -> None:
    if session.path == MEMORY:
        say("a database in memory, which ends with the shell")
    elif session.keeps:
        say(f"{session.held}, for writing; {session.let_go}")
    else:
        say(f"{session.path}, read-only (--write allows changes)")
    say(".help lists commands; SQL ends with ;")


def _once(session: ShellSession, editor: PromptSession[str]) -> None:
    """One round. Raises EOFError at the end."""
    try:
        text = editor.prompt()
    except KeyboardInterrupt:
        # Drop the line, keep the shell.
        return
    try:
        run_line(session, text)
    except KeyboardInterrupt:
        say("cancelled")
    except PageOwnerError as error:
        say(str(error))
        for line in error.pointer or ():
            say(f"  {line}")


def run_line(session: ShellSession, text: str) -> None:
    """Run a line: a dot command, SQL, or nothing."""
    start = time.monotonic()
    if (command := as_dot(text)) is not None:
        run_dot(session, command)
    elif text.strip().strip(";"):
        session.sql(Script("SQL", text))
    if session.timer and text.strip():
        say(f"{time.monotonic() - start:.3f} s")


def _editor(session: ShellSession) -> PromptSession[str]:
    return PromptSession(
        PROMPT,
        multiline=True,
        prompt_continuation=GOES_ON,
        lexer=PygmentsLexer(type(lexer())),
        completer=ShellCompleter(session),
        complete_while_typing=False,
        complete_in_thread=False,
        history=_history(),
        enable_history_search=True,
        key_bindings=_keys(),
        # $EDITOR would write the line to a file that others may read.
        enable_open_in_editor=False,
    )


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @Condition
    def whole() -> bool:
        return is_whole(get_app().current_buffer.text)

    @keys.add("enter", filter=has_focus(DEFAULT_BUFFER) & whole)
    def _run(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    return keys


def history_file() -> Path:
    """The file of the history: $XDG_STATE_HOME/pageowner-sql/history."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state, "pageowner-sql", "history")


def _history() -> History:
    """The history file, readable only by its owner; in memory if it cannot be written."""
    path = history_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with path.open("ab"):
            pass
    except OSError:
        return InMemoryHistory()
    return FileHistory(path)
