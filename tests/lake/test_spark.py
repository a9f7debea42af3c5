"""Spark gives DuckDB's rows, from the same lake and the same query files."""

from __future__ import annotations

import os
import pickle
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

import pageowner_sql as po
from benchmarks.fleet import NEW, OLD, Fleet, make_fleet
from pageowner_sql.errors import DatabaseError, UsageError
from pageowner_sql.lake import spark
from pageowner_sql.lake.delta import DeltaLake
from pageowner_sql.lake.spark import _view, spark_session, spark_sql
from pageowner_sql.lake.tables import TABLES
from pageowner_sql.questions.named_query import lake_query
from pageowner_sql.sql.catalog import LAKE, NamedQuery, catalog
from tests.lake.rows import same_rows
from tests.support import ROOT
from tests.support.object_store import BUCKET, object_store
from tests.support.tool import Tool, environment

DumpPath = Callable[[str], Path]
NAMES = [each.name for each in catalog() if isinstance(each, NamedQuery) and each.about == LAKE]
COHORTS = {"fleet/regression": {"old": OLD, "new": NEW}}
HAS_SPARK = find_spec("pyspark") is not None and shutil.which("java") is not None
needs_spark = [
    pytest.mark.thorough,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not HAS_SPARK and not os.environ.get("CI"),
        reason="pyspark or a Java runtime is not installed: pip install '.[spark]'",
    ),
    # pyspark's own, at its import.
    pytest.mark.filterwarnings("ignore"),
]


def marked(function: Callable[..., None]) -> Callable[..., None]:
    for mark in needs_spark:
        function = mark(function)
    return function


@pytest.mark.parametrize("name", NAMES)
def test_a_query_keeps_to_what_both_engines_have(name: str) -> None:
    """The portable subset: no macro, list or hash of one engine, and no decimal numbers."""
    sqlglot = pytest.importorskip("sqlglot")
    asked = catalog().find(name)
    spark_sql(asked.sql)
    tree = sqlglot.parse_one(asked.sql, read="duckdb")
    exp = sqlglot.exp
    numbers = [each.name for each in tree.find_all(exp.Literal) if not each.is_string]
    # Spark computes with decimals where DuckDB takes doubles.
    assert [number for number in numbers if "." in number and "e" not in number] == []
    assert not list(tree.find_all(exp.Anonymous, exp.Lambda, exp.Qualify, exp.Pivot))
    words = ("median", "rank", "dense_rank", "row_number", "date_diff", "coalesce")
    sums = ("count", "sum", "min", "max", "avg", "variance")
    allowed = {*words, *sums, "abs", "ceil", "exp", "greatest", "least", "ln", "power", "sqrt"}
    shapes = (exp.Cast, exp.Case, exp.If, exp.And, exp.Or, exp.Connector)
    called = {
        each.sql_name().lower() for each in tree.find_all(exp.Func) if not isinstance(each, shapes)
    }
    assert called - allowed <= {"datediff", "date_diff", "ceiling", "pow"}


def test_an_engine_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--engine: hive is not an engine"):
        po.Lake(tmp_path, engine="hive")
    with pytest.raises(UsageError, match="--master: is Spark's"):
        po.Lake(tmp_path, master="local[2]")


@marked
@pytest.mark.parametrize("master", ["local[2]", "local-cluster[2,1,1024]"])
def test_spark_gives_the_rows_of_duckdb(master: str, tmp_path: Path) -> None:
    make_fleet(Fleet(60, 7), tmp_path / "lake")
    lake, tables = po.Lake(tmp_path / "lake"), DeltaLake(str(tmp_path / "lake"))
    with spark_session(master) as session:
        for table in TABLES:
            _view(session, tables, table)
        for name in NAMES:
            params = COHORTS.get(name, {})
            query = lake_query(catalog().find(name), params)
            rows = session.sql(spark_sql(query.sql), args=dict(query.parameters)).collect()
            assert same_rows(list(map(tuple, rows)), lake.query_values(name, params).rows()), name


@marked
def test_spark_adds_and_asks_as_duckdb_does(tmp_path: Path, dump: DumpPath) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("nothing\n")
    dumps = [dump("linux-7.3/t0.txt"), wrong, dump("linux-6.1/t0.txt")]
    # Of two dumps of one host and time, chance says which is the newer.
    hosts = r"linux-(?P<host>[\d.]+)"
    sums = "SELECT stack_key, sum(pages), sum(records) FROM groups GROUP BY 1 ORDER BY 1"
    found = []
    for engine, master in (("duckdb", None), ("spark", "local[2]")):
        lake = po.Lake(tmp_path / engine, engine=engine, master=master)
        failed: list[Exception] = []
        assert lake.add(*dumps, from_path=hosts, failed=failed.append) == 2
        assert str(failed[0]).startswith(f"{wrong}: ")
        result = lake.query("fleet/percentiles")
        found.append((lake.sql(sums).rows(), result.rows(), result.columns))
    assert found[0][0] == found[1][0]
    assert same_rows(found[0][1], found[1][1])
    assert found[0][2] == found[1][2]


@marked
def test_what_spark_refuses_is_one_line(tmp_path: Path) -> None:
    DeltaLake(str(tmp_path / "lake")).make()
    with pytest.raises(DatabaseError, match=r"^spark://nowhere"):
        po.Lake(tmp_path / "lake", engine="spark", master="spark://nowhere").query("fleet/coverage")


@marked
def test_sql_and_report_are_asked_of_spark(tmp_path: Path, tool: Tool) -> None:
    lake = tmp_path / "lake"
    make_fleet(Fleet(30, 6), lake)
    asked = "SELECT host, count(*) AS dumps FROM dumps WHERE day >= $d GROUP BY host ORDER BY host"
    words = ("lake", "sql", lake, asked, "--param", "d=2026-06-03", "--format", "csv")
    spark = ("--engine", "spark", "--master", "local[2]")
    assert tool.ok(*words, *spark).out == tool.ok(*words).out
    assert "'2026-06-03'" in tool.ok(*words, *spark, "--show-sql").out
    assert "takes one SELECT" in tool.fails(2, "lake", "sql", lake, "DROP TABLE dumps", *spark)
    pages = []
    for engine in ((), spark):
        page = tmp_path / "fleet.md"
        tool.ok("lake", "report", lake, "-o", page, *engine)
        pages.append([line for line in page.read_text().splitlines() if line.startswith("#")])
    assert pages[0] == pages[1]
    assert "## What the lake covers" in pages[0]


@marked
def test_spark_without_a_client_of_s3_says_so(
    dump: DumpPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hadoop's is a jar of its own, which neither PyPI nor Debian has."""
    with object_store() as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        url = f"s3://{BUCKET}/lake"
        po.Lake(url).add(dump("linux-7.3/t0.txt"))
        with (
            po.Lake(url, engine="spark", master="local[2]") as lake,
            pytest.raises(DatabaseError, match=r"^s3://fleet/lake: Spark: has no client of S3"),
        ):
            lake.query("fleet/coverage")


@contextmanager
def connect_server(folder: Path) -> Iterator[str]:
    """A Spark Connect server of this machine, which writes its log into `folder`; its address."""
    import pyspark

    home = Path(pyspark.__file__).parent
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": port,
        "spark.sql.shuffle.partitions": 2,
        "spark.ui.enabled": "false",
    }
    command = [str(home / "bin" / "spark-submit"), "--master", "local[2]"]
    command += [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
    command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    variables = environment(SPARK_HOME=str(home), PYSPARK_PYTHON=sys.executable)
    log = folder / "server.log"
    with (
        log.open("wb") as written,
        subprocess.Popen(
            [*command, "spark-internal"], cwd=ROOT, env=variables, stdout=written, stderr=written
        ) as process,
    ):
        try:
            while b"server started at" not in log.read_bytes():
                assert process.poll() is None, log.read_text()
                time.sleep(0.1)
            yield f"sc://127.0.0.1:{port}"
        finally:
            process.kill()


@marked
def test_a_connect_server_gives_the_rows_of_duckdb(tmp_path: Path, dump: DumpPath) -> None:
    folder = dump("linux-7.3/t0.txt").parent
    sums = "SELECT stack_key, sum(pages) AS pages FROM groups WHERE day >= $d GROUP BY 1 ORDER BY 1"
    # The session of this process has a Java of its own; the other one finds none.
    script = f"""
import pickle, sys
import pageowner_sql as po
with po.Lake(sys.argv[1], engine="spark", master=sys.argv[2]) as lake:
    added = lake.add("t0.txt", host="a")
    asked = lake.query("fleet/percentiles", top=5).rows(), lake.sql({sums!r}, d="2020-01-01").rows()
    sys.stdout.buffer.write(pickle.dumps((added, *asked)))
"""
    variables = environment(PATH=str(tmp_path))
    variables.pop("JAVA_HOME", None)
    with connect_server(tmp_path) as address:
        command = [sys.executable, "-c", script, str(tmp_path / "lake"), address]
        done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, check=True)
    assert b"Warning" not in done.stderr
    added, percentiles, rows = pickle.loads(done.stdout)  # noqa: S301  # written just above
    with po.Lake(tmp_path / "lake") as lake:
        assert added == 1
        assert same_rows(percentiles, lake.query("fleet/percentiles", top=5).rows())
        assert rows == lake.sql(sums, d="2020-01-01").rows()


@marked
def test_a_connect_server_that_is_not_there_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark, "_ANSWER", 0.5)
    DeltaLake(str(tmp_path / "lake")).make()
    asked = po.Lake(tmp_path / "lake", engine="spark", master="sc://127.0.0.1:9")
    with pytest.raises(DatabaseError, match=r"^sc://127.0.0.1:9: no Spark Connect server answers"):
        asked.query("fleet/coverage")
