"""Units of numbers: of this program's columns by their names, of people's SQL by where it reads."""

from collections.abc import Iterator

import pytest

from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.sql_errors import Script
from pageowner_sql.store.stream import Column, UserSql
from pageowner_sql.store.units import Unit, unit_of

B, C, S = Unit.BYTES, Unit.COUNT, Unit.SHARE


@pytest.fixture(scope="module", params=["made for old versions", "read"])
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("units") / "x.duckdb"
    with Database.open(path, Mode.WRITE) as database:
        database.run("CREATE TABLE mine AS SELECT 1 AS bytes, 2 AS pages")
        if request.param != "read":
            yield database
            return
    with Database.open(path, Mode.READ) as database:
        yield database


def units(database: Database, sql: str) -> list[Unit | None]:
    [stream] = UserSql(database, Script("SQL", sql)).streams({})
    return [column.unit for column in stream.columns]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("bytes", B),
        ("old_bytes", B),
        ("slope_bytes_per_hour", Unit.BYTES_PER_HOUR),
        ("growth_share", S),
        ("rejected", C),
        ("delta_pages", C),
        ("kilobytes", None),
        ("bytes_read", None),
    ],
)
def test_a_name(name: str, unit: Unit | None) -> None:
    assert unit_of(name) == unit


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT bytes AS b, pages AS p, comm FROM allocations", [B, C, None]),
        ("SELECT sum(bytes) AS total, max(a.bytes) FROM allocations a", [B, B]),
        ("SELECT bytes / 1024 AS bytes FROM allocations", [None]),
        ("SELECT pages * 4096 AS bytes FROM allocations", [None]),
        ("SELECT bytes - 0 AS x, bytes + pages AS bytes FROM allocations", [B, None]),
        ("SELECT coalesce(bytes, 0), -bytes, bytes::DOUBLE FROM allocations", [B, B, B]),
        ("SELECT CASE WHEN pid = 1 THEN bytes ELSE 0 END FROM allocations", [B]),
        ("SELECT CASE WHEN pid = 1 THEN bytes ELSE pages END AS bytes FROM allocations", [None]),
        ("SELECT count(*) AS bytes, count(comm) FROM allocations", [C, C]),
        ("SELECT 1 AS bytes", [None]),
        ("SELECT bytes, pages FROM mine", [None, None]),
        ("SELECT * FROM mine", [None, None]),
        ("FROM (SELECT bytes AS x, 7 AS bytes FROM allocations)", [B, None]),
        ("SELECT x, t.bytes FROM (SELECT bytes AS x, 7 AS bytes FROM allocations) t", [B, None]),
        ("WITH c AS (SELECT sum(bytes) AS s FROM allocations) SELECT s, s AS t FROM c", [B, B]),
        ("WITH allocations AS (SELECT 1 AS bytes) SELECT bytes FROM allocations", [None]),
        ("WITH c(bytes) AS (SELECT pid FROM allocations) SELECT bytes FROM c", [None]),
        ("SELECT a.bytes, m.bytes FROM allocations a, mine m", [B, None]),
        ("SELECT bytes FROM allocations UNION ALL SELECT bytes FROM allocations", [B]),
        ("SELECT bytes FROM allocations UNION ALL SELECT 1", [None]),
        ("SELECT bytes AS b FROM dump('t0')", [B]),
        ("SELECT * REPLACE (pages AS bytes) FROM (SELECT bytes, pages FROM allocations)", [C, C]),
        ("SELECT 1 AS x, * EXCLUDE (pages) FROM (SELECT bytes, pages FROM allocations)", [None, B]),
        ("SELECT * RENAME (pid AS bytes) FROM (SELECT pid FROM allocations)", [None]),
        ("SELECT sum(COLUMNS('^(pages|bytes)$')) FROM mine", [None, None]),
        ("SELECT bytes, max(bytes) OVER () AS m, lag(bytes) OVER () FROM allocations", [B, B, B]),
        ("SELECT pid AS x, x AS bytes FROM allocations", [None, None]),
        ("SELECT 3 AS bytes, bytes AS x FROM dumps", [None, B]),
        ("SELECT 3 AS pages, pages AS x FROM page_states", [None, None]),
        ("SELECT bytes AS pages, pages AS bytes FROM allocations", [B, C]),
        ("SELECT b AS bytes FROM allocations t(b)", [None]),
        ("SELECT sum(bytes) AS bytes, bytes AS x FROM allocations GROUP BY ALL", [B, B]),
        ("VALUES (1, 2)", [None, None]),
        ("DESCRIBE allocations", [None] * 6),
    ],
)
def test_people_s_sql(database: Database, sql: str, expected: list[Unit | None]) -> None:
    assert units(database, sql) == expected


def test_a_long_or_deep_statement_has_no_units(database: Database) -> None:
    assert units(database, f"SELECT bytes{' + 0' * 400} FROM allocations") in ([B], [None])
    assert units(database, f"SELECT bytes FROM allocations -- {'x' * 200_000}") == [None]


def test_a_pivot_is_read_without_units(database: Database) -> None:
    assert Column("bytes", "BIGINT").unit is None
    sql = "SUMMARIZE SELECT bytes FROM allocations"
    assert set(units(database, sql)) == {None}
