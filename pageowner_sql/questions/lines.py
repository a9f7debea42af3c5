"""Source lines in the rows of other questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pageowner_sql.errors import MissingFieldError, UsageError
from pageowner_sql.output.source_links import is_web_template
from pageowner_sql.questions.plan import Answer
from pageowner_sql.sql.grouping import Key
from pageowner_sql.sql.query import Query, render
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import has_symbols

_NONE = "--lines: no frame has a source line; give the kernel's files with: symbols add vmlinux"


@dataclass(frozen=True)
class Lines:
    """Whether source lines are wanted, and how they are written: a URL with {file} and {line}."""

    wanted: bool = False
    url: str | None = None

    @classmethod
    def of(cls, *, lines: bool, source_url: str | None) -> Lines:
        """What was asked for; a URL asks for lines. Raises UsageError for one without {file}."""
        if source_url is not None and "{file}" not in source_url:
            raise UsageError(
                f"--source-url: has no {{file}}: {source_url!r} (use https://…/{{file}}#L{{line}})"
            )
        return cls(lines or source_url is not None, source_url)

    @classmethod
    def of_page(cls, *, lines: bool, source_url: str | None) -> Lines:
        """The same for a page, which links into the web only. Raises UsageError for another URL."""
        made = cls.of(lines=lines, source_url=source_url)
        if source_url is not None and not is_web_template(source_url):
            raise UsageError(
                f"--source-url: a page links to https://HOST/… only, not to {source_url!r}"
            )
        return made


def check_lines(database: Database) -> None:
    """Raise MissingFieldError where no frame has a source line."""
    if not has_symbols(database) and not database.value(
        "SELECT 1 FROM frames WHERE file IS NOT NULL LIMIT 1"
    ):
        raise MissingFieldError(_NONE)


def answer_with_lines(
    database: Database, answer: Answer, keys: Sequence[Key], lines: Lines
) -> Answer:
    """The answer, its stacks with source lines where they are wanted; without a trend then."""
    if not lines.wanted:
        return answer
    check_lines(database)
    if Key.STACK not in keys:
        raise UsageError("--lines: shows the lines of stacks; group --by stack")
    return _wrapped(answer, "lines", lines)


def explanation_with_lines(database: Database, answer: Answer, lines: Lines) -> Answer:
    """The frames of an explained stack with their source lines."""
    if not lines.wanted:
        return answer
    check_lines(database)
    return _wrapped(answer, "lines_explained", lines)


def _wrapped(answer: Answer, template: str, lines: Lines) -> Answer:
    query = answer.plan.query
    made = replace(
        _wrap(query, template, lines), readable=lambda: _wrap(query.shown, template, lines)
    )
    plan = replace(answer.plan, query=made)
    return replace(answer, plan=plan, trend=lambda: None)


def _wrap(query: Query, template: str, lines: Lines) -> Query:
    made = render(
        template,
        {**query.parameters, "source_url": lines.url},
        question=query.sql,
        linked=lines.url is not None,
    )
    return replace(made, expression=query.expression)
