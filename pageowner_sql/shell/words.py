"""Parses input lines: whether one is complete, and the words of a dot command."""

from __future__ import annotations

import re
import shlex
from functools import cache
from typing import TYPE_CHECKING

from pageowner_sql.errors import UsageError

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_DOLLARS = re.compile(r"\$([A-Za-z_]\w*)?\$")
_PLAIN = re.compile(r"[A-Za-z_]\w*")


@cache
def lexer() -> Lexer:
    """The lexer for SQL: PostgreSQL's, which has DuckDB's quotes and comments."""
    from pygments.lexers.sql import PostgresLexer

    return PostgresLexer(stripnl=False, ensurenl=False)


def is_dot(text: str) -> bool:
    """Whether this is a dot command."""
    return text.lstrip().startswith(".")


# What people type in other shells, and what it is here.
_HABITS = {
    **dict.fromkeys(("exit", "quit", "\\q", ":q"), ".quit"),
    **dict.fromkeys(("help", "?", "\\?", "\\h"), ".help"),
    **dict.fromkeys(("\\d", "\\dt"), ".schema"),
}


def as_dot(text: str) -> str | None:
    """The dot command that `text` is, also by a word of other shells; None for SQL."""
    if is_dot(text):
        return text
    first, _, rest = text.strip().rstrip("; ").partition(" ")
    if (command := _HABITS.get(first.lower())) is None or " " in rest.strip():
        return None
    return f"{command} {rest}" if rest and command != ".quit" else command


def is_whole(text: str) -> bool:
    """Whether Enter runs this: a dot command or a word like it, an empty line, or SQL up to a `;`.

    A `;` in quotes or in a comment does not end a statement.
    """
    from pygments.token import Comment, Error, Punctuation, is_token_subtype

    if not text.strip() or as_dot(text) is not None:
        return True
    said = [
        (at, kind, value)
        for at, kind, value in lexer().get_tokens_unprocessed(text)
        if value.strip() and not is_token_subtype(kind, Comment)
    ]
    # The lexer reports an open $$ as an error.
    if any(kind is Error and _DOLLARS.match(text, at) for at, kind, _ in said):
        return False
    return not said or said[-1][1:] == (Punctuation, ";")


def words(text: str) -> list[str]:
    """The words of a dot command, without quotes. Raises UsageError for an open quote."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{text.strip()}: a quote is not closed") from error


def pairs(given: list[str]) -> tuple[list[str], dict[str, str]]:
    """The words that are labels, and parameters from words NAME=VALUE."""
    found = {}
    labels = []
    for word in given:
        name, equals, value = word.partition("=")
        if equals and name:
            found[name] = value
        else:
            labels.append(word)
    return labels, found


def identifier(name: str) -> str:
    """A name as an SQL identifier, quoted if necessary."""
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'
