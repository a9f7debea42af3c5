"""Whom to write to about the frames of a stack, by the kernel's MAINTAINERS file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pageowner_sql.errors import InputError, MissingFieldError
from pageowner_sql.open_files import protect_input
from pageowner_sql.questions.plan import Answer
from pageowner_sql.sql.query import render
from pageowner_sql.store.database import Database
from pageowner_sql.symbols.maintainers import Entry, entries_of, is_maintainers, read_maintainers

_FILES = """
SELECT DISTINCT file FROM frames WHERE stack_id = $stack_id AND file IS NOT NULL ORDER BY file
"""


def maintainers_answer(database: Database, answer: Answer, path: str) -> Answer:
    """The explained frames of a stack with columns maintainer_entry and maintainers.

    Raises InputError where the file cannot be read or is another, MissingFieldError where no
    source file of the stack is known.
    """
    entries = _entries(path)
    query = answer.plan.query
    files = database.rows(_FILES, {"stack_id": query.parameters["stack_id"]})
    if not files:
        raise MissingFieldError(
            "--maintainers: no source file of this stack is known; give the kernel's files with: "
            "symbols add vmlinux"
        )
    nearest = [
        (file, entry.name, entry.mail)
        for file, place, entry in entries_of(entries, [file for (file,) in files])
        if place == 0
    ]
    made = render(
        "explain_maintainers",
        {
            **query.parameters,
            "files": [file for file, _, _ in nearest],
            "entries": [name for _, name, _ in nearest],
            "mails": [mail for _, _, mail in nearest],
        },
        question=query.sql,
    )
    return replace(answer, plan=replace(answer.plan, query=made))


def _entries(path: str) -> list[Entry]:
    protect_input(path)
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if not is_maintainers(text):
        raise InputError(f"{path}: not the kernel's MAINTAINERS file")
    return read_maintainers(text)
