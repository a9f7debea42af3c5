"""The catalog of named queries in force, as a table of a connection."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pageowner_sql.questions.plan import Plan
from pageowner_sql.sql.catalog import DATABASE, Catalog, CatalogError, NamedQuery, catalog
from pageowner_sql.sql.query import Query
from pageowner_sql.store.database import Database, Mode, statement
from pageowner_sql.store.stream import Stream, stream

_LISTED = "SELECT name, title, question FROM named_queries WHERE about = $about ORDER BY name"

_COLUMNS = ("name", "theme", "title", "question", "description", "about", "needs", "sql", "file")


def catalog_in_force(folders: Sequence[str] = ()) -> Catalog:
    """The built-in queries, those of `./queries`, of $PAGEOWNER_QUERIES and of `folders`.

    People who run a command do not always know what lies in the working directory, so the queries
    there are not trusted.
    """
    listed = os.environ.get("PAGEOWNER_QUERIES", "").split(os.pathsep)
    here = Path("queries")
    named = [Path(folder) for folder in (*listed, *folders) if folder]
    return catalog(named, [here] if here.is_dir() else [])


def add_named_queries(database: Database, found: Catalog) -> list[CatalogError]:
    """Give this connection the table `named_queries`; what was wrong with files left out."""
    wrong = [each for each in found if isinstance(each, CatalogError)]
    for query in named_queries_table(found):
        database.run(query.sql, query.parameters)
    return wrong


def named_queries_table(found: Catalog) -> tuple[Query, ...]:
    """The statements that give a connection the table `named_queries`."""
    queries = [each for each in found if isinstance(each, NamedQuery)]
    return (
        Query(statement("named_queries")),
        Query(statement("named_queries_rows"), _columns(queries)),
    )


def catalog_plan(found: Catalog, about: str = DATABASE) -> Plan:
    """Name, title and question of every query about databases or lakes, on any database."""
    return Plan(Query(_LISTED, {"about": about}), named_queries_table(found))


def catalog_stream(
    found: Catalog, about: str = DATABASE
) -> tuple[Database, Stream, list[CatalogError]]:
    """Name, title and question of these queries, in a database of its own, to be closed."""
    database = Database.open("", Mode.BARE)
    wrong = add_named_queries(database, found)
    return database, stream(database, _LISTED, {"about": about}), wrong


def _columns(queries: list[NamedQuery]) -> dict[str, list[object]]:
    rows = [
        (
            q.name,
            q.theme,
            q.title,
            q.question,
            q.description,
            q.about,
            list(q.needs),
            q.sql,
            str(q.path),
        )
        for q in queries
    ]
    columns: dict[str, list[object]] = {
        name: [row[at] for row in rows] for at, name in enumerate(_COLUMNS)
    }
    columns["parameters"] = [
        [{"name": p.name, "type": p.type, "help": p.help} for p in q.params] for q in queries
    ]
    columns["columns"] = [
        [{"name": c.name, "type": c.type, "meaning": c.meaning} for c in q.columns] for q in queries
    ]
    return columns
