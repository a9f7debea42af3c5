"""The tables of the kernel's accounts fit what is read, and each account finds its dump."""

from collections.abc import Iterator

import duckdb
import pytest

from pageowner_sql.dump.account_tables import ACCOUNT_TABLES, account_cells
from pageowner_sql.dump.accounts import parse_account
from pageowner_sql.dump.kinds import Kind
from pageowner_sql.side_files import account_name, pair
from pageowner_sql.store.database import statement
from tests.conftest import DumpPath
from tests.support import FIXTURES, KERNELS

REAL = [
    (f"{kernel}/{path.name.removesuffix('.xz')}", Kind(path.name.split(".")[-2]))
    for kernel in KERNELS
    for path in sorted((FIXTURES / kernel).glob("*info.xz"))
]


def cells(kind: Kind, data: bytes) -> list[tuple[str, tuple[object, ...]]]:
    return list(account_cells(parse_account(kind, [data])))


@pytest.fixture(scope="module")
def tables() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a database with nothing but the tables of accounts.sql."""
    with duckdb.connect(config={"storage_compatibility_version": "v1.5.0"}) as connection:
        connection.execute(statement("accounts"))
        yield connection


@pytest.mark.sampled
@pytest.mark.parametrize(("name", "kind"), REAL)
def test_cells_fit_their_tables(
    tables: duckdb.DuckDBPyConnection, dump: DumpPath, name: str, kind: Kind
) -> None:
    for table, row in cells(kind, dump(name).read_bytes())[:50]:
        places = ", ".join("?" for _ in range(len(row) + 1))
        values = [value.decode() if isinstance(value, bytes) else value for value in row]
        tables.execute(f"INSERT INTO {table} VALUES ({places})", [1, *values])


@pytest.mark.parametrize("table", ACCOUNT_TABLES)
def test_columns_are_those_of_the_schema(tables: duckdb.DuckDBPyConnection, table: str) -> None:
    sql = "SELECT column_name FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index"
    columns = [name for (name,) in tables.execute(sql, [table]).fetchall()]
    assert columns == ["dump_id", *ACCOUNT_TABLES[table]]


@pytest.mark.parametrize(
    ("name", "stem", "kind"),
    [
        ("t0.meminfo.xz", "t0", Kind.MEMINFO),
        ("t0-allocinfo.txt", "t0", Kind.ALLOCINFO),
        ("monday_1_slabinfo.zst", "monday_1", Kind.SLABINFO),
        ("t2.handle.zoneinfo", "t2.handle", Kind.ZONEINFO),
        ("pagetypeinfo", None, Kind.PAGETYPEINFO),
        ("buddyinfo.log.gz", None, Kind.BUDDYINFO),
    ],
)
def test_a_name_says_whose_account_it_is(name: str, stem: str | None, kind: Kind) -> None:
    assert account_name(name) == (stem, kind)


@pytest.mark.parametrize("name", ["t0.txt", "mymeminfo", "meminfo.py", "t0.meminfo.xz.part", ""])
def test_other_names_name_no_account(name: str) -> None:
    assert account_name(name) is None


def test_dumps_get_the_files_that_bear_their_name() -> None:
    others = ["t0.meminfo.xz", "t1.meminfo", "t1-allocinfo", "t9.meminfo", "README", "meminfo"]
    assert pair(["t0.txt.xz", "t1.txt", "t1.handle.txt"], others) == {
        "t0.txt.xz": ["t0.meminfo.xz"],
        "t1.txt": ["t1-allocinfo", "t1.meminfo"],
        "t1.handle.txt": [],
    }


def test_a_lone_dump_gets_the_bare_files_unless_one_bears_its_name() -> None:
    others = ["meminfo", "zoneinfo.xz", "t0.meminfo"]
    assert pair(["t0.txt"], others) == {"t0.txt": ["t0.meminfo", "zoneinfo.xz"]}
