"""The documentation of a named query, as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from pageowner_sql.output.plain import printable, printable_lines
from pageowner_sql.sql.catalog import NamedQuery
from pageowner_sql.sql.params import DUMP, REQUIRED, Param

WIDTH = 100


def documentation(query: NamedQuery) -> str:
    """Title, question, description, parameters, columns, and how to run it."""
    parts = [f"{query.name}: {query.title}", "", *_wrapped(f"Answers: {query.question}")]
    if query.description:
        parts += ["", *_paragraphs(query.description)]
    if query.needs:
        parts += ["", f"Needs dumps with: {', '.join(query.needs)}"]
    if query.params:
        parts += ["", "Parameters:", *_entries(map(_param, query.params))]
    columns = ((f"{column.name} {column.type}", column.meaning) for column in query.columns)
    parts += ["", "Columns:", *_entries(columns)]
    parts += ["", f"Run it: pageowner-sql query {query.name}{_example(query)}"]
    return printable_lines("\n".join(parts)) + "\n"


def _param(param: Param) -> tuple[str, str]:
    if param.default is not REQUIRED:
        default = f" [{param.default}]"
    else:
        default = f" [{_chosen(param)}]" if param.type == DUMP else " (required)"
    return f"{param.name} {param.type}", f"{param.help}{default}"


def _chosen(param: Param) -> str:
    if param.name in ("old", "new"):
        return "of the two newest of a boot, the older" if param.name == "old" else "the newest"
    return "the one loaded last"


def _example(query: NamedQuery) -> str:
    wanted = [param for param in query.params if param.default is REQUIRED and param.type != DUMP]
    return "".join(f" --param {param.name}={param.name.upper()}" for param in wanted)


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(text.split("\n\n")):
        yield from [""] if number else []
        yield from _wrapped(" ".join(paragraph.split()))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(printable(text), WIDTH)


def _entries(pairs: Iterable[tuple[str, str]]) -> list[str]:
    entries = [(printable(name), printable(text)) for name, text in pairs]
    width = max(len(name) for name, _ in entries) + 4
    return [
        line
        for name, text in entries
        for line in textwrap.wrap(
            text, WIDTH, initial_indent=f"  {name}".ljust(width), subsequent_indent=" " * width
        )
    ]
