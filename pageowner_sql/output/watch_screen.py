"""The screen of `watch`: rows as a table, and what keys do to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pageowner_sql.output.plain import printable
from pageowner_sql.output.units import signed, size

if TYPE_CHECKING:
    from rich.table import Table

HELP = "b by bytes  r by rate  n by name  / filter  p pause  q quit"
_ESCAPE = "\x1b"


class ScreenRow(Protocol):
    """A row of the screen."""

    @property
    def owner(self) -> str: ...  # noqa: D102
    @property
    def subsystem(self) -> str: ...  # noqa: D102
    @property
    def stack(self) -> str | None: ...  # noqa: D102
    @property
    def bytes(self) -> int: ...  # noqa: D102
    @property
    def rate(self) -> float | None: ...  # noqa: D102
    @property
    def history(self) -> Sequence[int]: ...  # noqa: D102


AnyRow = TypeVar("AnyRow", bound=ScreenRow)


@dataclass
class WatchScreen:
    """How rows are sorted and filtered, and whether they stand still."""

    order: str = "b"
    filter: str = ""
    paused: bool = False
    ended: bool = False
    typing: bool = False

    def press(self, key: str) -> None:
        """Do what a key means; while a filter is typed, it is text up to Enter."""
        if self.typing:
            self._type(key)
        elif key in "brn":
            self.order = key
        elif key == "p":
            self.paused = not self.paused
        elif key == "/":
            self.typing, self.filter = True, ""
        elif key == "q":
            self.ended = True

    def _type(self, key: str) -> None:
        if key in "\r\n":
            self.typing = False
        elif key == _ESCAPE:
            self.typing, self.filter = False, ""
        elif key in "\x7f\b":
            self.filter = self.filter[:-1]
        elif key.isprintable():
            self.filter += key

    def chosen(self, rows: Sequence[AnyRow], limit: int) -> list[AnyRow]:
        """The rows to show, in order."""
        found = [row for row in rows if self.filter.lower() in _text(row).lower()]
        if self.order == "r":
            found.sort(key=lambda row: -(row.rate or 0))
        elif self.order == "n":
            found.sort(key=_text)
        return found[:limit]

    def caption(self) -> str:
        """One line below the rows."""
        said = f"  filter: {self.filter}{'_' if self.typing else ''}" if self._filters else ""
        return f"{HELP}{'  paused' if self.paused else ''}{said}"

    @property
    def _filters(self) -> bool:
        return bool(self.filter) or self.typing


def _text(row: ScreenRow) -> str:
    return f"{row.owner} {row.subsystem} {row.stack or ''}"


def cells(row: ScreenRow) -> tuple[str, ...]:
    """A row as texts: bytes, bytes an hour, history, owner, subsystem."""
    rate = "" if row.rate is None else f"{signed(size(row.rate))}/h"
    return (
        *(size(row.bytes), rate, _sparkline(row.history)),
        *(printable(row.owner), printable(row.subsystem)),
    )


def _sparkline(history: Sequence[int]) -> str:
    from sparklines import sparklines

    [line] = sparklines(list(history), minimum=0, maximum=max(*history, 1))
    return str(line)


def watch_table(rows: Sequence[ScreenRow], broken: Sequence[Any], caption: str) -> Table:
    """The table of a terminal; owners that break a rule are red."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, caption=Text(caption), caption_justify="left", expand=True)
    for name in ("bytes", "change"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("trend", "owner", "subsystem"):
        table.add_column(name, no_wrap=True)
    for row in rows:
        style = "red" if row in broken else ""
        table.add_row(*(Text(cell, style=style) for cell in cells(row)))
    return table
