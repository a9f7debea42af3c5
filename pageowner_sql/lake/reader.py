"""A lake's tables as views of a DuckDB connection: one state of the lake, whoever writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from pageowner_sql.lake.delta import DeltaLake, lake_errors
from pageowner_sql.lake.tables import BY_DAY, TABLES, duckdb_types
from pageowner_sql.sql.catalog import ColumnDoc
from pageowner_sql.sql.literals import literal
from pageowner_sql.sql.query import Query
from pageowner_sql.store.database import Database, Mode


def open_views(lake: DeltaLake, settings: Mapping[str, str | int]) -> tuple[Database, list[Query]]:
    """A connection, to be closed, and the statements that give it the lake's tables.

    Table dumps is opened first: the rows of what it lists were written before it.
    """
    database = Database.open("", Mode.BARE, settings=settings)
    # What errors call it.
    database.path = lake.location
    views = []
    try:
        # Days are the names of folders; times are UTC.
        database.run("SET TimeZone = 'UTC'")
        sizes = {table: lake.files(lake.open(table)) for table in TABLES}
        if not lake.is_local:
            _read_objects(lake, database, sizes.values())
        for table, files in sizes.items():
            source = _source(table, list(files))
            views.append(Query(f"CREATE OR REPLACE VIEW {table} AS {source}"))
    except BaseException:
        database.close()
        raise
    return database, views


def open_rows(
    rows: object, columns: Sequence[ColumnDoc], settings: Mapping[str, str | int]
) -> tuple[Database, str]:
    """A connection, to be closed, and a query that gives rows of another engine.

    They get the types of `columns`, where there are any.
    """
    database = Database.open("", Mode.BARE, settings=settings)
    database.feed("lake_rows", rows)
    typed = (f'CAST("{each.name}" AS {each.type}) AS "{each.name}"' for each in columns)
    return database, f"SELECT {', '.join(typed) or '*'} FROM lake_rows"  # noqa: S608  # documented columns


@contextmanager
def lake_views(lake: DeltaLake, settings: Mapping[str, str | int]) -> Iterator[Database]:
    """A connection that has the lake's tables."""
    database, views = open_views(lake, settings)
    with database:
        for view in views:
            database.run(view.sql)
        yield database


def _read_objects(lake: DeltaLake, database: Database, sizes: Iterable[Mapping[str, int]]) -> None:
    """Let a connection read files of an object store.

    DuckDB's own reader of them is an extension, which is not everywhere.
    """
    from pageowner_sql.lake.object_files import ObjectFiles

    known = {path: size for files in sizes for path, size in files.items()}
    with lake_errors(lake.location):
        database.connection.register_filesystem(ObjectFiles(lake.root, known))


def _source(table: str, files: list[str]) -> str:
    types = duckdb_types(table)
    if not files:
        columns = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in types.items())
        return f"SELECT {columns} WHERE false"
    partitions = ", hive_partitioning = true, hive_types = {day: DATE}" if table in BY_DAY else ""
    return _select(types, f"read_parquet({literal(files)}{partitions})")


def _select(types: dict[str, str], source: str) -> str:
    columns = ", ".join(f'"{name}"' for name in types)
    return f"SELECT {columns} FROM {source}"  # noqa: S608  # a closed set of names, and literals
