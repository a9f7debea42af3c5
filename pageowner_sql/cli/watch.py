"""`watch`: a running machine's memory as it moves."""

from __future__ import annotations

import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from pageowner_sql.cli.shared import session
from pageowner_sql.errors import UsageError
from pageowner_sql.output.watch_screen import WatchScreen, cells, watch_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pageowner_sql.watches import Round


class By(StrEnum):
    """What a row is."""

    OWNER = "owner"
    STACK = "stack"


Key = Annotated[By, typer.Option("--by", help="What a row is")]
Every = Annotated[str, typer.Option(metavar="TIME", help="How often to look")]
During = Annotated[
    str | None, typer.Option("--for", metavar="TIME", help="How long [until it is stopped]")
]
Rules = Annotated[
    list[str] | None,
    typer.Option(
        "--when", metavar="RULE", help="'owner=X > 500M', 'leak of any > 50M/h', …; repeats"
    ),
]
Do = Annotated[
    str | None, typer.Option(metavar="COMMAND", help="Run this when a rule begins to be broken")
]
Capture = Annotated[
    bool, typer.Option("--capture", help="Capture page_owner when a rule begins to be broken")
]
ExitCode = Annotated[
    int | None,
    typer.Option(min=0, max=255, metavar="N", help="End with this code once a rule is broken"),
]
Metrics = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Write what owners hold, for node_exporter's textfiles"),
]
Unit = Annotated[
    bool, typer.Option("--print-unit", help="Print a systemd unit of this command, and stop")
]
Limit = Annotated[int, typer.Option(min=1, metavar="N", help="Rows to show")]
Root = Annotated[str, typer.Option(metavar="DIR", help="Where proc and sys lie")]


def watch(
    context: typer.Context,
    *,
    by: Key = By.OWNER,
    every: Every = "2s",
    for_: During = None,
    when: Rules = None,
    do: Do = None,
    capture: Capture = False,
    exit_code: ExitCode = None,
    openmetrics: Metrics = None,
    print_unit: Unit = False,
    limit: Limit = 30,
    root: Root = "/",
) -> None:
    """Watch who holds memory on this machine, as top(1) shows processes.

    Only root may do it. It reads the kernel's sums of stacks (6.9 and later), which are cheap. On a
    terminal keys sort by bytes, rate or name, filter, pause and quit; elsewhere rows are lines of
    text, a block a look. A rule is a limit on what an owner or subsystem holds (`owner=NAME >
    500M`, `any > 1G`) or gains (`owner=NAME > 50M/h`); `leak of any > 50M/h` waits for 30 looks,
    and a spike does not break it.
    """
    from pageowner_sql.sql.timespec import duration
    from pageowner_sql.watch_rules import read_rule
    from pageowner_sql.watches import systemd_unit

    for rule in when or ():
        read_rule(rule, by.value)
    if not when and (do or capture or exit_code is not None):
        raise UsageError("--do, --capture, --exit-code: need a rule; say it with --when")
    pause = duration(every, "--every") / 1e9
    if pause < 0.1:
        raise UsageError("--every: less than 100ms; the reading itself takes as long")
    if print_unit:
        words = [word for word in sys.argv[1:] if word != "--print-unit"]
        typer.echo(systemd_unit([*_program(), *words], os.getcwd(), exit_code), nl=False)  # noqa: PTH109  # a text
        return
    code, stop = 0, threading.Event()
    with session(context) as db:
        rounds = db.watch(
            by=by.value,
            every=pause,
            rounds=None if for_ is None else int(duration(for_, "--for") / 1e9 / pause) + 1,
            when=when or (),
            do=do,
            capture=capture,
            openmetrics=openmetrics,
            root=root,
            stop=stop,
        )
        shown = _on_screen(rounds, limit, stop) if _is_seen() else _as_text(rounds, limit)
        for each in shown:
            if each.broken and exit_code is not None:
                code = exit_code
                stop.set()
    raise typer.Exit(code)


def _program() -> list[str]:
    """The words that start this program from anywhere."""
    script = os.path.abspath(sys.argv[0])  # noqa: PTH100  # a link stays one
    if os.path.basename(script) == "__main__.py":  # noqa: PTH119  # a text
        return [sys.executable, "-m", "pageowner_sql"]
    return [script]


def _is_seen() -> bool:
    return sys.stdout.isatty() and sys.stdin.isatty() and os.environ.get("TERM") != "dumb"


def _as_text(rounds: Iterable[Round], limit: int) -> Iterator[Round]:
    for each in rounds:
        for row in each.rows[:limit]:
            typer.echo("\t".join(cells(row)))
        typer.echo("")
        sys.stdout.flush()
        yield each


def _on_screen(rounds: Iterable[Round], limit: int, stop: threading.Event) -> Iterator[Round]:
    from rich.live import Live

    screen = WatchScreen()
    now: list[Round] = []
    with Live(screen=True, auto_refresh=False) as live:

        def draw() -> None:
            if now:
                # Beside rows there are the names of columns and the line of keys.
                room = max(1, live.console.height - 2)
                chosen = screen.chosen(now[-1].rows, min(limit, room))
                red = [row for row in chosen if now[-1].breaks(row)]
                live.update(watch_table(chosen, red, screen.caption()), refresh=True)

        def press(key: str) -> None:
            screen.press(key)
            if screen.ended:
                stop.set()
            draw()

        with _keys(press):
            for each in rounds:
                if not screen.paused:
                    now[:] = [each]
                    draw()
                yield each


@contextmanager
def _keys(press: Callable[[str], None]) -> Iterator[None]:
    """Hand on each key that is pressed, from a thread."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            if select.select([terminal], [], [], 0.1)[0]:
                for key in os.read(terminal, 64).decode(errors="replace"):
                    press(key)

    thread = threading.Thread(target=read, daemon=True)
    tty.setcbreak(terminal)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
