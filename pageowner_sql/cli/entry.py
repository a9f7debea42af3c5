"""Where both console scripts and `python -m pageowner_sql` begin: errors become exit codes here.

Nothing heavy is imported before it is known which command is wanted.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from threading import Event, Thread, Timer, main_thread
from types import FrameType
from typing import NoReturn

from pageowner_sql.cli.shared import complain, point, say
from pageowner_sql.errors import MemoryLimitError, PageOwnerError
from pageowner_sql.output.plain import printable

# As a shell tells of a process that a signal ended.
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_interrupted = Event()
_terminated = Event()
# Set when a signal that the watching thread saw has reached its handler, which was then within all
# of these calls. C may drop what the handler raised: then the thread is in one of them still.
_handled = Event()
_handled_in: list[tuple[FrameType, int]] = []


# Seconds after which a thread that wants Python's lock gets it. The threads that read a dump want
# it for moments between long stretches without, and would wait ten times as long by default.
SWITCH = 0.0005


def main() -> None:
    """Run the command line of this process and exit with its code."""
    prepare()
    leave(run(sys.argv[1:]))


def open_standard_streams() -> None:
    """Open those that are closed, or a database would be opened in their place and written to.

    Reading from a standard input and writing to an output that were closed fail, as they would.
    """
    for number, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)
    sys.stdin = sys.stdin or open(0, closefd=False, encoding="utf-8")  # noqa: SIM115  # ends with us
    sys.stdout = sys.stdout or open(1, "w", closefd=False, encoding="utf-8")  # noqa: SIM115  # ends with us
    sys.stderr = sys.stderr or open(2, "w", closefd=False, encoding="utf-8")  # noqa: SIM115  # ends with us


def leave(code: int) -> NoReturn:
    """Exit with `code`, at once: taking down DuckDB costs as much as a small report.

    And an interrupt in that time would end a finished command by the signal.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            code = code or PageOwnerError.exit_code
    os._exit(code)


def prepare() -> None:
    """What both scripts do before anything else."""
    open_standard_streams()
    watch_interrupts()
    sys.setswitchinterval(SWITCH)
    # What is imported stays, so looking through it for garbage again and again finds nothing.
    gc.set_threshold(50_000, 20, 20)


def watch_interrupts() -> None:
    """Remember an interrupt: DuckDB makes an error of its own of what its callbacks raise."""

    def note(number: int, frame: FrameType | None) -> None:
        _interrupted.set()
        _handled_in[:] = _calls(frame)
        _handled.set()
        if number == signal.SIGTERM:
            _terminated.set()
        database = sys.modules.get("pageowner_sql.store.database")
        if not hasattr(database, "Database"):
            # Nothing is open yet, and DuckDB aborts where its own import is interrupted.
            word, code = _ending()
            os.write(2, f"{word}\n".encode())
            os._exit(code)
        signal.default_int_handler(number, frame)

    def repeat(lost: sys.UnraisableHookArgs) -> None:
        if isinstance(lost.exc_value, KeyboardInterrupt):
            # It came in a callback that raises nothing: a moment later it is somewhere else.
            Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()
        else:
            sys.__unraisablehook__(lost)

    sys.unraisablehook = repeat
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    Thread(target=_insist, args=(reader,), daemon=True).start()
    for number in _SIGNALS:
        signal.signal(number, note)


def _insist(reader: int) -> None:
    """Interrupt DuckDB at each signal until the main thread is out of it.

    The handler may have to wait for DuckDB, or run within, and DuckDB still ends what it began.
    """
    while number := os.read(reader, 1):
        if number[0] not in _SIGNALS:
            continue
        while not _handled.wait(0.05) or _is_within():
            # None where no database was opened, or that is about to be.
            interrupts = sys.modules.get("pageowner_sql.store.interrupts")
            getattr(interrupts, "interrupt_all", _nothing)()
            time.sleep(0.01)
        _handled.clear()
        _handled_in.clear()


def _is_within() -> bool:
    """Whether the main thread is in the signal's handler, or in a call that it was in then."""
    frame = sys._current_frames().get(main_thread().ident or 0)  # noqa: SLF001  # documented, for debuggers
    calls = list(_calls(frame))
    return calls[0] in _handled_in or _handled_in[0] in calls


def _calls(frame: FrameType | None) -> Iterator[tuple[FrameType, int]]:
    """Where `frame` is, then where each of its callers is."""
    while frame is not None:
        yield frame, frame.f_lasti
        frame = frame.f_back


def _nothing() -> None:
    """Where there is no DuckDB, there is nothing to interrupt."""


def _ending() -> tuple[str, int]:
    """What is said of a command that a signal stopped, and its exit code."""
    return ("terminated", TERMINATED) if _terminated.is_set() else ("interrupted", INTERRUPTED)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; the exit code. Never raises but under `--debug`."""
    arguments = list(arguments)
    if arguments == ["--version"]:
        from pageowner_sql import __version__

        return exit_code_of(lambda: print(f"pageowner-sql {__version__}"))  # noqa: T201  # what was asked for
    if instruction := os.environ.get("_PAGEOWNER_SQL_COMPLETE"):
        return exit_code_of(lambda: _complete(instruction))
    before, rest = split_shared(arguments)
    debug = "--debug" in before
    if not rest and not {"-h", "--help", "--version"} & set(before):
        return exit_code_of(lambda: _first_steps(before), debug=debug)
    if rest[:1] == ["sort"]:
        options = [word for word in before if word not in ("--debug", "--no-pager")]
        return exit_code_of(lambda: _advised(lambda: _sort([*options, *rest[1:]])), debug=debug)
    return exit_code_of(lambda: _advised(lambda: _typer(arguments)), debug=debug)


def split_shared(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Cut a command line before the command's name: the shared options, and the rest."""
    at = 0
    while at < len(arguments) and arguments[at].startswith(("--debug", "--no-pager", "--db")):
        at += 2 if arguments[at] == "--db" else 1
    return list(arguments[:at]), list(arguments[at:])


def _complete(instruction: str) -> int:
    """Print the completions that a shell's script asks for."""
    from typer.completion import (  # type: ignore[attr-defined]  # no __all__
        completion_init,
        shell_complete,
    )

    from pageowner_sql.cli.commands import program
    from pageowner_sql.cli.completions import PROGRAM, VARIABLE

    completion_init()
    return shell_complete(program(), {}, PROGRAM, VARIABLE, instruction)


def _first_steps(before: Sequence[str]) -> int:
    """Say what to do first, or next where there is a database."""
    from pathlib import Path

    from pageowner_sql.cli.shared import database_file

    file = before[before.index("--db") + 1] if "--db" in before[:-1] else None
    path = database_file(file)
    dump = "LABEL" if Path(path).exists() else "DUMP"
    first = f"{path} holds dumps" if dump == "LABEL" else f"There is no database here ({path})"
    steps = [
        ("pageowner-sql load DUMP…", "read page_owner, or files of it"),
        (f"pageowner-sql top {dump}", "who holds the memory"),
        (f"pageowner-sql diff {dump} {dump}", "what changed between two dumps"),
        ("pageowner-sql leaks", "what grows without end"),
        (f"pageowner-sql report {dump} -o report.html", "all of it as a page"),
        ("pageowner-sql query", "the named queries"),
        ("pageowner-sql shell", "SQL"),
        ("pageowner-sql --help", "every command and option"),
    ]
    print(f"{printable(first)}. A dump's file can stand wherever a label can.\n")  # noqa: T201  # what was asked for
    for command, meaning in steps:
        print(f"  {command:<44}{meaning}")  # noqa: T201  # what was asked for
    return 0


def _advised(work: Callable[[], int | None]) -> int | None:
    """Do `work` of a command with --memory-limit; what lacks memory names the option."""
    try:
        return work()
    except MemoryLimitError as error:
        raise MemoryLimitError(f"{error}; allow more with --memory-limit") from error


def _sort(arguments: list[str]) -> int | None:
    from pageowner_sql.cli import sort

    return sort.main(arguments)


def _typer(arguments: list[str]) -> int:
    from pageowner_sql.cli.commands import run_command

    return run_command(arguments)


def exit_code_of(work: Callable[[], int | None], *, debug: bool = False) -> int:
    """Do `work`; its exit code, or that of the error it ended with, told in one line."""
    try:
        code = work() or 0
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has what they wanted.
        _abandon_stdout()
        return 0
    except SystemExit as stop:
        # Rich makes one of the same.
        if not isinstance(stop.__context__, BrokenPipeError):
            raise
        _abandon_stdout()
        return 0
    except KeyboardInterrupt:
        word, code = _ending()
        say(word)
        return code
    except Exception as error:
        if debug:
            raise
        if _interrupted.is_set():
            word, code = _ending()
            say(word)
            return code
        message, code = _explain(error)
        complain(message)
        point(error)
    return code


def _explain(error: Exception) -> tuple[str, int]:
    if isinstance(error, PageOwnerError):
        return str(error), error.exit_code
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}", PageOwnerError.exit_code
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"unexpected error: {what}; run with --debug", PageOwnerError.exit_code


def _abandon_stdout() -> None:
    """Let the interpreter's last flush of stdout go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
