"""A progress bar on stderr, where someone looks at it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from pageowner_sql.workspace import Progress


def wanted() -> bool:
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
        return self._show if wanted() else None

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
