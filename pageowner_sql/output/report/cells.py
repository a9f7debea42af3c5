"""One value of a table or a fact as text; web/src/table/cells.ts draws the same kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pageowner_sql.output import units
from pageowner_sql.output.plain import printable
from pageowner_sql.output.source_links import source_link, split_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from pageowner_sql.output.model import CellKind, Table, Value

_NOTHING = "\N{EN DASH}"
_BARS = "▁▂▃▄▅▆▇█"
_NUMBERS: dict[CellKind, Callable[[float], str]] = {
    "count": lambda value: units.count(int(value)),
    "bytes": units.size,
    "share": units.share,
    "delta_count": lambda value: units.signed(units.count(int(value))),
    "delta_bytes": lambda value: units.signed(units.size(value)),
    "rate": lambda value: units.signed(f"{units.size(value)}/h"),
    "duration": lambda value: units.duration(int(value)),
}


def is_number(kind: CellKind) -> bool:
    """Whether values of that kind are right-aligned."""
    return kind in _NUMBERS


def cell_text(value: Value, kind: CellKind) -> str:
    """Return the value as text; a missing value is a dash."""
    if value is None:
        return _NOTHING
    if isinstance(value, tuple):
        if kind == "series":
            return sparkline([float(item) for item in value])
        return " < ".join(printable(str(item)) for item in value)
    if isinstance(value, str):
        return printable(value)
    return _NUMBERS.get(kind, str)(value)


def row_values(table: Table, row: tuple[Value, ...]) -> list[tuple[Value, CellKind]]:
    """Pair a row's values with their kinds; a stack starts at the row's owner, if it has one."""
    names = [column.name for column in table.columns]
    owner = row[names.index("owner")] if "owner" in names else None
    return [
        (_from_owner(value, owner) if column.kind == "stack" else value, column.kind)
        for column, value in zip(table.columns, row, strict=True)
    ]


def _from_owner(frames: Value, owner: Value) -> Value:
    """Remove the allocator's frames, which are the same in every stack."""
    names = (
        [frame for frame in frames if isinstance(frame, str)] if isinstance(frames, tuple) else []
    )
    functions = [split_frame(name).name for name in names]
    if not isinstance(owner, str) or owner not in functions[1:]:
        return frames
    return ("\N{HORIZONTAL ELLIPSIS}", *names[functions.index(owner) :])


class FrameLink(NamedTuple):
    """A frame as a page shows it: its function, its place, and the address of that, or ''."""

    name: str
    place: str
    address: str


def frame_links(frames: Value, template: str | None) -> list[FrameLink]:
    """The frames of a stack; their functions link to their places."""
    names = frames if isinstance(frames, tuple) else ()
    split = [split_frame(printable(str(name))) for name in names]
    return [FrameLink(each.name, each.place, source_link(template, each)) for each in split]


def sparkline(values: list[float]) -> str:
    """Draw values as bars from 0 to the largest: `▁▃▆█`."""
    top = max(values, default=0)
    if top <= 0:
        return _BARS[0] * len(values)
    last = len(_BARS) - 1
    return "".join(_BARS[round(max(0.0, value) / top * last)] for value in values)
