"""Completion in bash, zsh and fish, by Typer's own scripts: commands, options, labels, queries."""

from __future__ import annotations

from collections.abc import Iterator

import typer

from pageowner_sql.errors import PageOwnerError, UsageError

PROGRAM = "pageowner-sql"
# The scripts set it when they ask for completions.
VARIABLE = "_PAGEOWNER_SQL_COMPLETE"
SHELLS = ("bash", "zsh", "fish")


def script(shell: str) -> str:
    """The script that a shell reads once. Raises UsageError for an unknown shell."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # no __all__

    if shell not in SHELLS:
        raise UsageError(f"--show-completion: no script for {shell!r}; use {', '.join(SHELLS)}")
    return get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell)


def labels(context: typer.Context, incomplete: str) -> list[str]:
    """The labels of the database in use that begin so; the shell adds files where there is none."""
    from pathlib import Path

    from pageowner_sql.cli.shared import database_file
    from pageowner_sql.store.database import Database, Mode
    from pageowner_sql.store.dumps import all_dumps

    path = database_file(context.find_root().params.get("db"))
    if not Path(path).is_file():
        return []
    try:
        with Database.open(path, Mode.READ) as database:
            found = [dump.label for dump in all_dumps(database)]
    except PageOwnerError:
        # Another process has the file.
        return []
    return [label for label in found if label.startswith(incomplete)]


def query_names(incomplete: str) -> Iterator[tuple[str, str]]:
    """The named queries that begin so, with their titles."""
    from pageowner_sql.questions.query_catalog import catalog_in_force
    from pageowner_sql.sql.catalog import NamedQuery

    for query in catalog_in_force():
        if isinstance(query, NamedQuery) and query.name.startswith(incomplete):
            yield query.name, query.title
