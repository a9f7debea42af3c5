"""SQL with its named parameters, and the same SQL with their values written into it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from pageowner_sql.errors import UsageError
from pageowner_sql.sql.literals import literal
from pageowner_sql.sql.render import sql_environment

# Block comments nest; three deep is deeper than people write them.
_COMMENT = r"/\*(?:[^*/]|\*(?!/)|/(?!\*)|INNER)*\*/"
_COMMENTS = _COMMENT.replace("INNER", _COMMENT.replace("INNER", _COMMENT.replace("|INNER", "")))

# Where a `$` means nothing: strings, quoted names, comments. Then the parameters themselves.
_TOKEN = re.compile(
    rf"""
      [eE]'(?:[^'\\]|\\.|'')*'
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    | --[^\n]*
    | {_COMMENTS}
    | \$(?P<tag>[^\W\d]\w*)?\$(?:.*?\$(?(tag)(?P=tag))\$|.*)
    | (?<![\w$])\$(?P<name>\w+)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Query:
    """One statement or several, and the values of the named parameters that they use.

    `expression` is SQL of a person that was put into it, as it stands there. `readable` gives the
    query that is shown instead, which gives the same rows.
    """

    sql: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    expression: str = ""
    readable: Callable[[], Query] | None = field(default=None, compare=False)

    @property
    def shown(self) -> Query:
        """The query as people read it."""
        return self.readable() if self.readable else self


def render(template: str, parameters: Mapping[str, Any], **structure: object) -> Query:
    """The query that the template TEMPLATE.sql.j2 makes of `structure` (closed sets only).

    Of `parameters` the query keeps those that its text uses: DuckDB refuses any other. What is
    called EXPRESSION is SQL, which a template must not indent: it may hold texts of several lines.
    """
    text = sql_environment().get_template(f"{template}.sql.j2").render(**structure)
    sql = text.strip()
    used = parameter_names(sql)
    kept = {name: value for name, value in parameters.items() if name in used}
    expression = f"(\n{kept.pop(EXPRESSION)}\n)" if EXPRESSION in kept else ""
    if expression:
        sql = _replaced(sql, lambda name: expression if name == EXPRESSION else f"${name}")
    return Query(sql, kept, expression)


def render_both(template: str, parameters: Mapping[str, Any], **structure: object) -> Query:
    """The query of `render`, and with `shown` the one that people read instead."""
    query = render(template, parameters, **structure, shown=False)
    readable = partial(render, template, parameters, **structure, shown=True)
    return replace(query, readable=readable)


EXPRESSION = "expression"


def without_expression(query: Query) -> Query:
    """The query with nothing in place of its expression: it may hold names."""
    if not query.expression:
        return query
    return Query(query.sql.replace(query.expression, "(/* redacted */ true)"), query.parameters)


def parameter_names(sql: str) -> frozenset[str]:
    """The named parameters of `sql`."""
    return frozenset(found["name"] for found in _TOKEN.finditer(sql) if found["name"])


def inline(query: Query) -> str:
    """The query's SQL with its values written into it: runs as it stands in any DuckDB client.

    Raises UsageError where a parameter has no value.
    """
    query = query.shown

    def value(name: str) -> str:
        if name not in query.parameters:
            raise UsageError(f"parameter {name} has no value; give it with --param {name}=VALUE")
        return literal(query.parameters[name])

    return _replaced(query.sql, value)


def computed(query: Query, name: str, expression: str) -> Query:
    """The query with the parameter `name` replaced by an SQL expression that gives its value."""
    sql = _replaced(query.sql, lambda each: expression if each == name else f"${each}")
    return Query(sql, {key: value for key, value in query.parameters.items() if key != name})


def _replaced(sql: str, value: Callable[[str], str]) -> str:
    def put(found: re.Match[str]) -> str:
        return value(found["name"]) if found["name"] else found.group()

    return _TOKEN.sub(put, sql)


def runnable(*queries: Query) -> str:
    """What `--show-sql` prints: each query inlined and ended, ready for a shell."""
    return "".join(f"{body(inline(query))};\n" for query in queries)


def body(sql: str) -> str:
    """A statement without the comments, spaces and semicolons behind it."""

    def blank(found: re.Match[str]) -> str:
        comment = found.group().startswith(("--", "/*"))
        return " " * len(found.group()) if comment else found.group()

    return sql[: len(_TOKEN.sub(blank, sql).rstrip(" \t\r\n;"))]


def limited(query: Query, limit: int | None) -> Query:
    """The first rows of a query, in its order."""
    if limit is None:
        return query
    return Query(f"FROM (\n{body(query.sql)}\n)\nLIMIT {limit:d}", query.parameters)
