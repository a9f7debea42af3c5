"""Several dumps in one database: how tests make it, and how they ask it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pageowner_sql.dump.source import open_source
from pageowner_sql.questions.plan import Plan
from pageowner_sql.sql.query import inline
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.dumps import Dump, all_dumps, the_dump
from pageowner_sql.store.load import LoadOptions, load
from tests.support import PAGE_OWNER_DUMPS

Row = dict[str, Any]


def label_of(name: str) -> str:
    """The label of a real dump: linux-7.3/t0.txt is 7.3/t0."""
    return name.removeprefix("linux-").removesuffix(".txt")


REAL = tuple(label_of(name) for name in PAGE_OWNER_DUMPS)


def load_labelled(database: Path, files: Mapping[str, Path]) -> None:
    """Load each file under its label."""
    with Database.open(database, Mode.WRITE) as opened:
        for label, path in files.items():
            with open_source(str(path)) as source:
                load(opened, source, LoadOptions(label=label))


def dumps_of(database: Database, labels: Sequence[str]) -> list[Dump]:
    """The dumps of these labels, in this order."""
    dumps = all_dumps(database)
    return [the_dump(dumps, label) for label in labels]


def rows_of(database: Database, plan: Plan) -> list[Row]:
    """What a plan gives, as `--show-sql` prints it: so every test of rows tests that too."""
    assert not plan.before
    result = database.connection.sql(inline(plan.query))
    return [dict(zip(result.columns, row, strict=True)) for row in result.fetchall()]


def json_rows(text: str) -> list[Row]:
    """The rows of `--format json`."""
    found: list[Row] = json.loads(text)
    return found
