"""Apache Spark as the engine: the same lake, the same query files, in Spark's dialect."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pageowner_sql.errors import DatabaseError, InputError, PageOwnerError, UsageError
from pageowner_sql.lake.tables import BY_DAY, COLUMNS, TABLES
from pageowner_sql.store.limits import processors

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from pageowner_sql.lake.delta import DeltaLake
    from pageowner_sql.lake.dump_rows import DumpRows
    from pageowner_sql.lake.loader import AddOptions, Found
    from pageowner_sql.sql.query import Query

# A Connect server, which has its own Java.
_CONNECT: Final = "sc://"
# Seconds; pyspark would try for minutes.
_ANSWER: Final = 30.0
# Dumps of one job: what their tasks return is in the driver's memory.
_JOB: Final = 128
# A class of Hadoop's that Spark does not bring.
_NO_S3: Final = "S3AFileSystem not found"
# How a warning of pyspark begins.
_PANDAS: Final = "PySpark does not yet fully support pandas"
_SETTINGS: Final[Mapping[str, str]] = {
    "spark.app.name": "pageowner_sql",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
_SPARK_TYPES: Final[Mapping[str, str]] = {
    "string": "STRING",
    "int32": "INT",
    "int64": "BIGINT",
    "bool": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "tags": "MAP<STRING, STRING>",
    "list": "ARRAY<STRING>",
}


def need_spark(master: str) -> None:
    """Raise InputError without the extra, or without a Java runtime if `master` is not a server."""
    for module in ("pyspark", "sqlglot", "grpc"):
        if find_spec(module) is None:
            raise InputError(f"{module} is not installed: pip install 'pageowner-sql[spark]'")
    if master.startswith(_CONNECT):
        return
    if "JAVA_HOME" not in os.environ and shutil.which("java") is None:
        raise InputError("there is no Java: apt-get install default-jre-headless")


@contextmanager
def spark_session(master: str) -> Iterator[SparkSession]:
    """A session on a master (local[N], spark://…, yarn), or on a Connect server (sc://…)."""
    # Of what pandas does for Spark, nothing is used here.
    warnings.filterwarnings("ignore", _PANDAS, FutureWarning)
    import pyspark
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    if master.startswith("local"):
        # Workers on this machine have what this process has; a cluster has its own Python.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("PYTHONWARNINGS", f"ignore:{_PANDAS}:FutureWarning")
        # Without it the executors of a local cluster do not find Spark's own files.
        os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
        # Spark's 200 tasks for each step are for a cluster.
        builder = builder.config("spark.sql.shuffle.partitions", str(2 * processors()))
    if master.startswith(_CONNECT):
        _reach(master)
        builder = builder.remote(master)
    else:
        builder = builder.master(master)
        for name, value in _SETTINGS.items():
            builder = builder.config(name, value)
    with spark_errors(master):
        session = builder.getOrCreate()
    try:
        session.conf.set("spark.sql.session.timeZone", "UTC")
        yield session
    finally:
        session.stop()


def _reach(master: str) -> None:
    """Raise DatabaseError where a Connect server does not answer."""
    import grpc
    from pyspark.sql.connect.client import DefaultChannelBuilder

    with spark_errors(master):
        channel = DefaultChannelBuilder(master).toChannel()
    try:
        grpc.channel_ready_future(channel).result(timeout=_ANSWER)
    except grpc.FutureTimeoutError as error:
        raise DatabaseError(f"{master}: no Spark Connect server answers") from error
    finally:
        channel.close()


@contextmanager
def spark_errors(name: str) -> Iterator[None]:
    """Raise Spark's errors as DatabaseError, on one line."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise DatabaseError(f"{name}: Spark: {_said(str(error))}") from error


def _said(text: str) -> str:
    """The line of an error of Spark that tells what is wrong."""
    if _NO_S3 in text:
        return (
            "has no client of S3; start it with the package org.apache.hadoop:hadoop-aws in the "
            "version of its Hadoop (docs/fleet.md)"
        )
    lines = [line.strip(" :") for line in text.splitlines()]
    # The first line of Java's is what Python called.
    told = [line for line in lines if line and not line.startswith("An error occurred while")]
    return told[0] if told else "failed"


def spark_sql(sql: str) -> str:
    """A query in Spark's dialect; parameters are `:name` there.

    Raises UsageError for what is not one query, or has no counterpart there.
    """
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        trees = sqlglot.parse(sql, read="duckdb")
        if len(trees) != 1 or not isinstance(trees[0], sqlglot.exp.Query):
            raise UsageError("--engine spark: takes one SELECT")
        refuse = sqlglot.ErrorLevel.RAISE
        return trees[0].sql(dialect="spark", pretty=True, unsupported_level=refuse)
    except SqlglotError as error:
        [first, *_] = str(error).splitlines()
        raise UsageError(f"--engine spark: cannot translate the SQL: {first}") from error


class Spark:
    """Runs queries on a lake's tables; its session lasts from the first until `close`."""

    def __init__(self, lake: DeltaLake, master: str) -> None:
        need_spark(master)
        self._lake = lake
        self._master = master
        self._session: SparkSession | None = None
        self._ending = ExitStack()

    def rows(self, query: Query) -> Any:
        """The rows of a query as a pyarrow Table. Raises DatabaseError for what Spark refuses."""
        asked = spark_sql(query.sql)
        if self._session is None:
            self._session = self._ending.enter_context(spark_session(self._master))
        with spark_errors(self._lake.location):
            for table in TABLES:
                _view(self._session, self._lake, table)
            return self._session.sql(asked, args=dict(query.parameters)).toArrow()

    def close(self) -> None:
        """End the session."""
        self._session = None
        self._ending.close()


def _view(session: SparkSession, lake: DeltaLake, table: str) -> None:
    """The table's files as Delta's log lists them, without a library of Delta for Spark."""
    schema = ", ".join(f"`{name}` {_SPARK_TYPES[kind]}" for name, kind in COLUMNS[table].items())
    files = lake.spark_files(lake.open(table))
    if files:
        reader = session.read.schema(schema)
        if table in BY_DAY:
            reader = reader.option("basePath", lake.spark_folder(table))
        rows = reader.parquet(*files).select(*COLUMNS[table])
    else:
        rows = session.createDataFrame([], schema)
    rows.createOrReplaceTempView(table)


def load_on_spark(
    master: str,
    dumps: Sequence[Found],
    options: AddOptions,
    failed: Callable[[PageOwnerError], None] | None,
) -> Iterator[tuple[str, DumpRows]]:
    """Path and rows of each dump, loaded by this program's own reader, one task a dump.

    The paths must be the same on every machine of the cluster.
    """
    from pageowner_sql.lake.dump_rows import DumpRows
    from pageowner_sql.lake.loader import pass_error

    # Spark's workers run in folders of their own.
    load = _task(options, str(Path.cwd()))
    schema = "path STRING, sha256 STRING, name STRING, rows BINARY"
    need_spark(master)
    with spark_session(master) as session, spark_errors(master):
        for at in range(0, len(dumps), _JOB):
            paths = [dump.path for dump in dumps[at : at + _JOB]]
            wanted = session.createDataFrame([(path,) for path in paths], "path STRING")
            tasks = wanted.repartitionByRange(len(paths), "path")
            loaded = tasks.mapInArrow(load, schema).toArrow().to_pylist()
            for path in paths:
                tables = {row["name"]: row for row in loaded if row["path"] == path}
                with pass_error(failed):
                    if _FAILED in tables:
                        raise InputError(tables[_FAILED]["rows"].decode())
                    sha256 = next(iter(tables.values()))["sha256"]
                    rows = {name: _unpacked(row["rows"]) for name, row in tables.items()}
                    yield path, DumpRows(sha256, rows)


_FAILED: Final = "failed"


def _task(options: AddOptions, folder: str) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """A function that Spark runs on other machines: batches of paths -> batches of rows."""

    def load(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        from pageowner_sql.lake.loader import Loader
        from pageowner_sql.workspace import say_nothing

        with Loader(options, say_nothing) as loader:
            for batch in batches:
                for path in batch.column("path").to_pylist():
                    yield pa.RecordBatch.from_pylist(_packed_rows(loader, path, folder))

    return load


def _packed_rows(loader: Any, path: str, folder: str) -> list[dict[str, Any]]:
    try:
        rows = loader.rows(path, folder)
    except PageOwnerError as error:
        return [{"path": path, "sha256": "", "name": _FAILED, "rows": str(error).encode()}]
    return [
        {"path": path, "sha256": rows.sha256, "name": name, "rows": _packed(table)}
        for name, table in rows.tables.items()
    ]


def _packed(table: Any) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _unpacked(packed: bytes) -> Any:
    import pyarrow as pa

    return pa.ipc.open_stream(packed).read_all()
