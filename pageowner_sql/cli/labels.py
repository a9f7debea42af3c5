"""Words that mean a dump: a label, a file (loaded first, once), or nothing for the last one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pageowner_sql.cli.progress import ProgressBar
from pageowner_sql.cli.shared import say
from pageowner_sql.output.plain import printable
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump
from pageowner_sql.workspace import Workspace


@dataclass(frozen=True)
class Opened:
    """A database open for reading, and the dumps that were asked for, in that order."""

    database: Database
    dumps: tuple[Dump, ...]


def resolve(db_path: str, word: str | None, *, show_sql: bool = False) -> tuple[Database, Dump]:
    """The database, open for reading, and the dump that `word` means; None means the last one."""
    workspace = Workspace(db_path, say=say, dry=show_sql)
    try:
        if word is None:
            last = workspace.last()
            return workspace.database, last
    except BaseException:
        workspace.close()
        raise
    opened = resolve_all(db_path, [word], show_sql=show_sql)
    return opened.database, opened.dumps[0]


def resolve_all(
    db_path: str, words: Sequence[str], *, show_sql: bool = False, files: bool = False
) -> Opened:
    """The database, open for reading, and the dumps that `words` mean: labels, else files."""
    bar = ProgressBar()
    workspace = Workspace(db_path, say=bar.above(say), progress=bar.show, dry=show_sql, files=files)
    try:
        with bar:
            dumps = workspace.dumps_of(words)
        for path in workspace.assumed:
            print(f"-- over the tables as they are after: pageowner-sql load {printable(path)}")  # noqa: T201  # a part of the SQL
        return Opened(workspace.database, tuple(dumps))
    except BaseException:
        workspace.close()
        raise
