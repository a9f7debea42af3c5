"""DuckDB's errors in SQL of the user's own, as one line that names line and column."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from pageowner_sql.errors import DatabaseError, UsageError

LONGEST = 400

_JSON = re.compile(r"\{\"exception_type\".*\}", re.DOTALL)
# What our own second connection, which writes, puts before an error of the first.
_BY_WRITER = re.compile(r"^.*registered as 'rows' failed: (?:\w+: )?", re.DOTALL)
# Characters of a line that are shown with an error, and how many of them before the place.
_WIDE, _BEFORE = 76, 60
_KIND = re.compile(r"^[A-Z][\w -]*? Error: ")


class SqlError(DatabaseError):
    """A statement that DuckDB refused, or that failed on the way."""


class SqlSyntaxError(UsageError):
    """A text that is not SQL."""


@dataclass(frozen=True)
class Script:
    """SQL as people gave it; `name` says where it came from: a file, `SQL` for an argument."""

    name: str
    text: str

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of a byte offset; columns count characters."""
        before = self.text.encode()[:offset].decode(errors="ignore")
        return before.count("\n") + 1, len(before) - before.rfind("\n")

    def place(self, offset: int) -> str:
        """`name, line N, column N` of a byte offset."""
        line, column = self.position(offset)
        return f"{self.name}, line {line}, column {column}"

    def pointer(self, offset: int) -> tuple[str, str]:
        """The line of a byte offset, and below it a caret at the place."""
        before = self.text.encode()[:offset].decode(errors="ignore")
        start = before.rfind("\n") + 1
        line = self.text[start:].partition("\n")[0]
        # A long line is cut, so that both fit below each other.
        skipped = max(len(before) - start - _BEFORE, 0)
        shown = line[skipped : skipped + _WIDE].replace("\t", " ")
        return shown, " " * (len(before) - start - skipped) + "^"


@contextmanager
def sql_errors(script: Script) -> Iterator[None]:
    """DuckDB's errors become SqlError or SqlSyntaxError, one line each.

    The connection must have been given `errors_as_json`, or places are missing.
    """
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.ParserException as error:
        raise _pointed(SqlSyntaxError(describe(error, script)), error, script) from error
    except duckdb.Error as error:
        raise _pointed(SqlError(describe(error, script)), error, script) from error


def _pointed(
    told: SqlError | SqlSyntaxError, error: duckdb.Error, script: Script
) -> SqlError | SqlSyntaxError:
    if position := _facts(str(error)).get("position"):
        told.pointer = script.pointer(int(position))
        told.place = script.position(int(position))
    return told


def located(error: duckdb.Error) -> bool:
    """Whether DuckDB said where the error is."""
    return "position" in _facts(str(error))


def describe(error: duckdb.Error, script: Script) -> str:
    """The error in one line that begins with its place, where DuckDB told that."""
    text = str(error)
    facts = _facts(text)
    message = facts.get("exception_message") or _KIND.sub("", _BY_WRITER.sub("", text))
    message = " ".join(str(message).partition("\nLINE ")[0].split())
    if len(message) > LONGEST:
        message = message[:LONGEST] + " …"
    position = facts.get("position")
    where = script.place(int(position)) if position else script.name
    advice = _advice(message) or _reserved(message, script)
    return f"{where}: {message.rstrip('!') if advice else message}{advice}"


def _advice(message: str) -> str:
    if "read-only mode" in message:
        return "; --write allows changes"
    if "disabled by configuration" in message or "configuration has been locked" in message:
        return " (--sandbox)"
    if "pytz" in message:
        return "; a TIMESTAMP WITH TIME ZONE needs pytz in Python; cast it to VARCHAR"
    return ""


def _reserved(message: str, script: Script) -> str:
    """What to write for the column whose name is a word of SQL."""
    near = "syntax error" in message and re.search(
        r"(?i)(?<![\"\w])order(?!\s+by\b|[\"\w])", script.text
    )
    return '; order is a word of SQL: write page_order or "order"' if near else ""


def _facts(text: str) -> dict[str, str]:
    found = _JSON.search(text)
    try:
        facts = json.loads(found.group()) if found else {}
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}
