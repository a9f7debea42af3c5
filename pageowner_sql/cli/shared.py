"""Help for every command: its session, its failures, shared options. Light to import."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pageowner_sql.errors import PageOwnerError
from pageowner_sql.output.plain import printable

if TYPE_CHECKING:
    import typer
    from rich.progress import Progress as RichProgress

    from pageowner_sql.api import Session
    from pageowner_sql.workspace import Progress

DEFAULT_DATABASE = "pageowner.duckdb"

Command = Callable[..., None]


@dataclass(frozen=True)
class Shared:
    """The options that every command has; `memory_limit` in bytes."""

    given: str | None
    debug: bool = False
    memory_limit: int | None = None

    @property
    def db(self) -> str:
        """The database in use."""
        return database_file(self.given)


def named_database(given: str | None) -> str | None:
    """The database that the user names: as given, else $PAGEOWNER_DB."""
    return given or os.environ.get("PAGEOWNER_DB")


def database_file(given: str | None) -> str:
    """The database in use: the one that is named, else a file in the working directory."""
    return named_database(given) or DEFAULT_DATABASE


def shared(context: typer.Context) -> Shared:
    """The shared options of the command that runs in `context`."""
    return cast("Shared", context.find_root().obj)


@contextmanager
def session(
    context: typer.Context,
    *,
    show_sql: bool = False,
    files: bool = False,
    threads: int | None = None,
) -> Iterator[Session]:
    """A session on the database in use, which says on stderr what it loads.

    With `show_sql` it is dry. With `files`, for SQL of the user's own, SQL may use other files.
    Files that stand for dumps are kept only in a database that the user names.
    """
    from pageowner_sql.api import Session

    bar = ProgressBar()
    given = shared(context)
    opened = Session(
        given.db,
        say=bar.above(say),
        progress=bar.show,
        dry=show_sql,
        keep=named_database(given.given) is not None,
        files=files,
        memory_limit=given.memory_limit,
        threads=threads,
    )
    with bar, opened:
        yield opened


def say(message: str) -> None:
    """One line of talk on stderr; control characters in it are spelled out.

    A terminal gets it folded between words.
    """
    text = printable(message)
    if sys.stderr.isatty():
        import shutil
        import textwrap

        room = shutil.get_terminal_size().columns
        if len(text) > room:
            text = textwrap.fill(text, room, break_long_words=False, break_on_hyphens=False)
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def complain(error: object) -> None:
    """Say why something could not be done."""
    say(f"pageowner-sql: {error}")


@contextmanager
def failures(context: typer.Context) -> Iterator[Callable[[PageOwnerError], None]]:
    """A function that reports a file that failed; the command goes on with the next one.

    At the end the command exits with the code of the first failure. With --debug it raises.
    """
    from typer import Exit

    codes: list[int] = []

    def failed(error: PageOwnerError) -> None:
        if shared(context).debug:
            raise error
        complain(error)
        codes.append(error.exit_code)

    yield failed
    if codes:
        raise Exit(codes[0])


def with_options(
    command: Command,
    options: Mapping[str, Any],
    packed: tuple[str, ...],
    pack: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> Command:
    """`command` as Typer shall see it: `options` in place of the parameters `packed`."""
    own = inspect.signature(command, eval_str=True).parameters.values()
    added = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=_default(kind), annotation=kind
        )
        for name, kind in options.items()
    ]
    kept = [parameter for parameter in own if parameter.name not in packed]
    if clash := sorted({parameter.name for parameter in kept} & options.keys()):
        raise TypeError(f"{command.__name__}: {clash[0]} is the name of a shared option")

    @functools.wraps(command)
    def wrapped(*arguments: Any, **named: Any) -> None:
        values = {name: named.pop(name) for name in options}
        command(*arguments, **named, **pack(values))

    signature = inspect.Signature([*kept, *added])
    wrapped.__signature__ = signature  # type: ignore[attr-defined]  # what inspect.signature reads
    wrapped.__annotations__ = {each.name: each.annotation for each in signature.parameters.values()}
    return wrapped


def _default(kind: Any) -> bool | None:
    return False if kind.__origin__ is bool else None


def point(error: object) -> None:
    """Show on a terminal the line of the input that an error is in, with a caret."""
    if isinstance(error, PageOwnerError) and error.pointer and sys.stderr.isatty():
        for line in error.pointer:
            say(f"  {line}")


def _shows_progress() -> bool:
    """True where stderr is a terminal that may be drawn on."""
    return (
        sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


class ProgressBar:
    """The bar of the dump that is being loaded, one after the other. Use it in a `with`."""

    def __init__(self) -> None:
        self._label: str | None = None
        self._bar: RichProgress | None = None

    @property
    def show(self) -> Callable[[Progress], None] | None:
        """A function that draws how far a load is; None where nobody looks."""
        return self._show if _shows_progress() else None

    def above(self, say: Callable[[str], None]) -> Callable[[str], None]:
        """`say`, with the bar out of its way."""

        def said(line: str) -> None:
            self.stop()
            say(line)

        return said

    def _show(self, at: Progress) -> None:
        if self._bar is None or at.label != self._label:
            self.stop()
            self._label, self._bar = at.label, _bar(at)
            self._bar.start()
        task = self._bar.task_ids[0]
        self._bar.update(task, completed=at.done, records=at.records)

    def stop(self) -> None:
        """Take the bar off the screen."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _bar(at: Progress) -> RichProgress:
    from rich import progress
    from rich.console import Console
    from rich.markup import escape

    bar = progress.Progress(
        progress.TextColumn(escape(at.label)),
        progress.BarColumn(),
        progress.DownloadColumn(binary_units=True),
        progress.TransferSpeedColumn(),
        progress.TextColumn("{task.fields[records]:,} records"),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    bar.add_task("", total=at.total, records=0)
    return bar
