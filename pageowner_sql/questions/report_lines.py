"""Source lines in the stacks of a report's tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pageowner_sql.output.model import Block, Section, Suspects, Table, Value
from pageowner_sql.questions.report_queries import ReportQueries
from pageowner_sql.sql.query import render

Frames = tuple[str, ...]


def sections_with_lines(asked: ReportQueries, sections: Sequence[Section]) -> list[Section]:
    """The sections, each frame of a stack written `function (file:line)` where that is known."""
    stacks = sorted({frames for section in sections for frames in _stacks(section)})
    if not stacks:
        return list(sections)
    query = render("report_lines", {"function_stacks": ["\n".join(frames) for frames in stacks]})
    lined = {
        tuple(stack.split("\n")): _placed(stack.split("\n"), places)
        for stack, places in asked.rows(query)
    }
    url = asked.lines.url

    def block(each: Block) -> Block:
        match each:
            case Table():
                return _lined(each, lined, url)
            case Suspects():
                suspects = (
                    replace(one, parts=tuple(_lined(part, lined, url) for part in one.parts))
                    for one in each.suspects
                )
                return replace(each, suspects=tuple(suspects))
            case _:
                return each

    return [replace(each, blocks=tuple(map(block, each.blocks))) for each in sections]


def _tables(section: Section) -> Iterator[Table]:
    for block in section.blocks:
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Suspects):
            for suspect in block.suspects:
                yield from suspect.parts


def _stacks(section: Section) -> Iterator[Frames]:
    for table in _tables(section):
        for row in table.rows:
            for column, value in zip(table.columns, row, strict=True):
                if column.kind == "stack" and isinstance(value, tuple):
                    yield tuple(map(str, value))


def _placed(frames: Sequence[str], places: Sequence[str | None]) -> Frames:
    if len(frames) != len(places):
        return tuple(frames)
    pairs = zip(frames, places, strict=True)
    return tuple(f"{frame} ({place})" if place else frame for frame, place in pairs)


def _lined(table: Table, lined: Mapping[Frames, Frames], url: str | None) -> Table:
    def value(of: Value) -> Value:
        return lined.get(tuple(map(str, of)), of) if isinstance(of, tuple) else of

    if all(column.kind != "stack" for column in table.columns):
        return table
    rows = tuple(tuple(map(value, row)) for row in table.rows)
    return replace(table, rows=rows, source_url=url)
