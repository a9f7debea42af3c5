"""What was typed: whether it is whole, and the words of a dot command."""

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
    """The lexer for SQL: PostgreSQL's, whose quotes and comments are DuckDB's."""
    from pygments.lexers.sql import PostgresLexer

    return PostgresLexer(stripnl=False, ensurenl=False)


def is_dot(text: str) -> bool:
    """Whether this is a command of the shell's own."""
    return text.lstrip().startswith(".")


def is_whole(text: str) -> bool:
    """Whether Enter runs this: a dot command, nothing at all, or SQL up to a `;`.

    A `;` in quotes or in a comment ends nothing.
    """
    from pygments.token import Comment, Error, Punctuation, is_token_subtype

    if not text.strip() or is_dot(text):
        return True
    said = [
        (at, kind, value)
        for at, kind, value in lexer().get_tokens_unprocessed(text)
        if value.strip() and not is_token_subtype(kind, Comment)
    ]
    # The lexer knows a $$ only with its other end.
    if any(kind is Error and _DOLLARS.match(text, at) for at, kind, _ in said):
        return False
    return not said or said[-1][1:] == (Punctuation, ";")


def words(text: str) -> list[str]:
    """The words of a dot command, quotes taken off. Raises UsageError where one is left open."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{text.strip()}: a quote is left open") from error


def pairs(given: list[str]) -> dict[str, str]:
    """Parameters from words of the form K=V. Raises UsageError for another form."""
    found = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"{word}: write a parameter as NAME=VALUE")
        found[name] = value
    return found


def identifier(name: str) -> str:
    """A name as SQL takes it: in quotes where it is not plain."""
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'
