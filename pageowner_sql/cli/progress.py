"""A progress bar on stderr, where someone looks at it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[int, int], None]


def wanted() -> bool:
    """True where stderr is a terminal that may be drawn on."""
    return (
        sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


@contextmanager
def progress(name: str, total: int | None) -> Iterator[Report | None]:
    """Give a function to call with bytes and records done; None where nobody looks.

    `total` is the size of the file in bytes, None where it is not known.
    """
    if not wanted():
        yield None
        return
    from rich import progress as rich_progress
    from rich.console import Console
    from rich.markup import escape

    columns = (
        rich_progress.TextColumn(escape(name)),
        rich_progress.BarColumn(),
        rich_progress.DownloadColumn(binary_units=True),
        rich_progress.TransferSpeedColumn(),
        rich_progress.TextColumn("{task.fields[records]:,} records"),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, records=0)

        def report(done: int, records: int) -> None:
            bar.update(task, completed=done, records=records)

        yield report
