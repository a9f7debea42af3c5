"""`sql`: statements from anywhere, parameters, places of errors, and a sandbox that holds."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import pytest

from pageowner_sql.errors import DatabaseError
from pageowner_sql.store.limits import memory_settings
from pageowner_sql.store.sandbox import open_sandbox
from tests.support import FIXTURES
from tests.support.asking import csv_rows
from tests.support.runs import json_rows, load_labelled
from tests.support.synth import ERAS
from tests.support.tool import Tool


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with one small dump."""
    folder = tmp_path_factory.mktemp("small")
    path = folder / "small.txt"
    names = (b"alpha", b"beta", b"42", b"it's")
    path.write_bytes(b"".join(ERAS[2].record(name, at) for at, name in enumerate(names)))
    load_labelled(folder / "small.duckdb", {"small": path})
    return folder / "small.duckdb"


@pytest.fixture
def loaded(tool: Tool, small: Path) -> Tool:
    """Return the program with one small dump."""
    shutil.copy(small, tool.db)
    return tool


def value(tool: Tool, *words: str | Path) -> object:
    [row] = json_rows(tool.ok("sql", *words, "--format", "json").out)
    [only] = row.values()
    return only


def test_sql_comes_from_argument_file_or_stdin(
    loaded: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = loaded.folder / "count.sql"
    file.write_text("SELECT count(*) AS n FROM allocations")
    assert value(loaded, "SELECT count(*) FROM allocations") == 4
    assert value(loaded, "-f", file) == 4
    for words in ((), ("-",), ("-f", "-")):
        monkeypatch.setattr(sys, "stdin", io.StringIO("SELECT count(*) FROM allocations;\n"))
        assert value(loaded, *words) == 4


def test_statements_run_one_after_the_other(loaded: Tool) -> None:
    sql = """
        CREATE TEMP TABLE names AS SELECT comm FROM headers;
        SET VARIABLE least = 'b';
        SELECT comm FROM names WHERE comm > getvariable('least') ORDER BY comm;
        SELECT count(*) AS n FROM names; -- the end
    """
    lines = [line.rstrip() for line in loaded.ok("sql", sql).out.splitlines()]
    assert lines[0] == "comm"
    assert lines[2:5] == ["beta", "it's", ""]
    assert [line.strip() for line in lines[5:]] == ["n", "─", "4"]
    assert "takes the rows of one statement, and 2 give rows" in loaded.fails(
        2, "sql", sql, "--format", "csv"
    )
    assert csv_rows(loaded.ok("sql", sql.replace("SELECT count", "-- "), "--format", "csv").out)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("a=5", ["5", "INTEGER"]),
        ("a=-5", ["-5", "INTEGER"]),
        ("a=99999999999999999999", ["99999999999999999999", "HUGEINT"]),
        ("a=1.5", ["1.5", "DOUBLE"]),
        ("a='5'", ["5", "VARCHAR"]),
        ("a=it's = so", ["it's = so", "VARCHAR"]),
        ("a=", ["", "VARCHAR"]),
        ("a='; DROP TABLE dumps; --", ["'; DROP TABLE dumps; --", "VARCHAR"]),
    ],
)
def test_a_parameter_is_a_value_and_never_sql(loaded: Tool, given: str, found: list[str]) -> None:
    sql = "SELECT $a::VARCHAR AS text, typeof($a) AS type"
    [row] = json_rows(loaded.ok("sql", sql, "--param", given, "--format", "json").out)
    assert list(row.values()) == found


def test_a_name_that_is_a_number_can_be_asked_for(loaded: Tool) -> None:
    sql = "SELECT count(*) FROM headers WHERE comm = $name"
    assert value(loaded, sql, "--param", "name='42'") == 1
    assert value(loaded, sql, "--param", "name=it's") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["SELECT $a"], "$a has no value; give it with --param a=VALUE"),
        (["SELECT 1", "--param", "b=1"], "--param b: the SQL has no $b; it has none"),
        (["SELECT $a", "--param", "b=1"], "it has $a"),
        (["SELECT 1", "--param", "b"], "not a KEY=VALUE: 'b'"),
        (["SELECT 1", "-f", "x.sql"], "TEXT or -f FILE, not both"),
        ([""], "SQL: holds no statement"),
        (["SELECT 1", "--write", "--sandbox"], "leave out --write"),
        (["SELEC 1"], 'SQL, line 1, column 1: syntax error at or near "SELEC"'),
        (["SELECT 1;\nSELECT\n  'é' 'é'"], "line 3, column 7: syntax error"),
    ],
)
def test_wrong_usage_says_what_to_do(loaded: Tool, words: list[str], said: str) -> None:
    assert said in loaded.fails(2, "sql", *words)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT 1 AS a;\n\nSELECT 'é', nothing FROM dumps", "SQL, line 3, column 13: "),
        ("FROM no_such_table", "SQL, line 1, column 6: Table with name no_such_table"),
        ("SELECT CAST(label AS INTEGER) FROM dumps", "SQL, line 1, column 8: Could not convert"),
        ("SELECT error('one' || chr(10) || 'two')", "SQL: one two"),
    ],
)
def test_an_error_points_at_line_and_column(loaded: Tool, sql: str, said: str) -> None:
    for form in ("table", "csv", "parquet"):
        target = loaded.folder / "rows"
        words = ("--format", form, "-o", target) if "1 AS a" not in sql else ()
        done = loaded.run("sql", sql, *words)
        assert done.code == 1
        assert done.err.splitlines()[-1].startswith(f"pageowner-sql: {said}"), done.err
        assert not target.exists()


def test_an_error_in_a_file_names_the_file(loaded: Tool) -> None:
    file = loaded.folder / "wrong.sql"
    file.write_text("SELECT 1 AS a;\nSELECT b\n")
    assert f"{file}, line 2, column 8: " in loaded.run("sql", "-f", file).err
    assert "No such file" in loaded.fails(1, "sql", "-f", loaded.folder / "none.sql")
    file.write_bytes(b"SELECT '\xff'")
    assert "is not UTF-8 at byte 8" in loaded.fails(1, "sql", "-f", file)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM records",
        "UPDATE dumps SET label = 'x'",
        "DROP TABLE dumps",
        "CREATE TABLE mine (i INTEGER)",
        "INSERT INTO meta VALUES ('a', 'b')",
    ],
)
def test_the_database_is_only_changed_with_write(loaded: Tool, sql: str) -> None:
    before = loaded.db.read_bytes()
    assert "--write allows changes" in loaded.fails(1, "sql", sql)
    assert loaded.db.read_bytes() == before
    done = loaded.ok("sql", sql, "--write")
    assert done.out == ""
    if sql.startswith("DELETE"):
        assert done.err == "4 rows changed\n"
        assert loaded.rows("SELECT count(*) FROM records") == [(0,)]


def test_write_does_not_make_a_database(tool: Tool) -> None:
    assert "no such database" in tool.fails(1, "sql", "SELECT 1", "--write")
    assert not tool.db.exists()


def test_a_selection_holds_for_every_view(loaded: Tool) -> None:
    for table in ("records", "allocations", "live_allocations", "dump('small')", "record_texts"):
        assert value(loaded, f"SELECT count(*) FROM {table}", "--name", "it's") == 1
    assert value(loaded, "SELECT count(*) FROM headers", "--name", "it's") == 4


def test_a_selection_that_no_dump_knows_is_refused(loaded: Tool) -> None:
    assert "no memory cgroups" in loaded.fails(1, "sql", "FROM records", "--memcg", "a")


def test_a_selection_says_which_dumps_it_leaves_out(loaded: Tool) -> None:
    loaded.ok("load", FIXTURES / "dialects" / "linux-3.19.txt")
    done = loaded.ok("sql", "SELECT count(*) AS n FROM records", "--pid", "1", "--format", "csv")
    assert csv_rows(done.out) == [{"n": "1"}]
    assert done.err == "linux-3.19: left out; it does not know what was selected by\n"


def test_times_with_a_zone_need_no_other_package(loaded: Tool) -> None:
    sql = "SELECT TIMESTAMPTZ '2026-11-23 12:00:00+00' AS at"
    for form in ("table", "csv", "json", "markdown"):
        assert "2026" in loaded.ok("sql", sql, "--format", form).out


def test_python_variables_are_no_tables(loaded: Tool) -> None:
    for name in ("rows", "asked", "text", "COMMANDS", "database"):
        assert "does not exist" in loaded.fails(1, "sql", f"FROM {name}")


ESCAPES = (
    "FROM '{secret}'",
    "FROM read_csv('{secret}')",
    "FROM read_text('{secret}')",
    "FROM read_blob('{secret}')",
    "FROM read_json('{secret}')",
    "FROM read_parquet('{secret}')",
    "FROM parquet_metadata('{secret}')",
    "FROM sniff_csv('{secret}')",
    "FROM glob('{folder}/*')",
    "FROM read_blob('{folder}/test.duckdb')",
    "FROM read_text('{folder}/test.duckdb')",
    "FROM glob('{folder}/test.duckdb*')",
    "FROM read_csv('{folder}/test.duckdb.wal')",
    "ATTACH '{folder}/test.duckdb' AS again",
    "COPY (SELECT 1) TO '{folder}/test.duckdb'",
    "FROM read_text('/proc/self/environ')",
    "FROM read_csv('/dev/stdin')",
    "CREATE TEMP TABLE t (a VARCHAR); COPY t FROM '{secret}'",
    "CREATE TEMP VIEW v AS FROM read_text('{secret}'); FROM v",
    "COPY (SELECT 1) TO '{folder}/out.csv'",
    "COPY (SELECT 1) TO '{folder}/out.parquet' (FORMAT parquet)",
    "COPY (SELECT 1) TO '/dev/stdout'",
    "COPY (SELECT 1) TO '/dev/fd/2'",
    "EXPORT DATABASE '{folder}/out'",
    "IMPORT DATABASE '{folder}'",
    "ATTACH '{folder}/out.duckdb' AS out",
    "ATTACH '{secret}' AS out",
    "ATTACH ':memory:' AS out",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{folder}/evil.duckdb_extension'",
    "FROM read_csv('http://127.0.0.1:9/x.csv')",
    "SET enable_external_access = true",
    "RESET enable_external_access",
    "SET lock_configuration = false",
    "SET allowed_directories = ['/']",
    "SET temp_directory = '{folder}'",
    "SET memory_limit = '1TB'",
    "SET threads = 64",
    "PRAGMA threads = 64",
    "SET python_enable_replacements = true",
    "PRAGMA enable_profiling = 'json'",
    "SET profiling_output = '{folder}/out.json'",
    "SET log_query_path = '{folder}/out.log'",
    "CALL enable_logging(storage = 'file', storage_config = {{'path': '{folder}/out'}})",
    "SET extension_directory = '{folder}'",
    "SET home_directory = '{folder}'",
    "CREATE TABLE mine (i INTEGER)",
    "DELETE FROM records",
)


@pytest.mark.sampled
@pytest.mark.parametrize("attempt", ESCAPES)
def test_nothing_gets_out_of_the_sandbox(loaded: Tool, attempt: str) -> None:
    secret = loaded.folder / "secret.csv"
    secret.write_text("the secret\n")
    database, names = loaded.db.read_bytes(), sorted(loaded.folder.iterdir())
    done = loaded.run("sql", attempt.format(secret=secret, folder=loaded.folder), "--sandbox")
    assert done.code == 1, done
    assert "secret\n" not in done.out + done.err
    assert len(done.err.splitlines()) == 1
    assert sorted(loaded.folder.iterdir()) == names
    assert loaded.db.read_bytes() == database


def test_the_sandbox_answers_what_the_tables_know(loaded: Tool) -> None:
    rows = loaded.folder / "rows.csv"
    sql = """
        CREATE TEMP TABLE names AS SELECT comm, owner FROM live_allocations;
        SELECT comm FROM names WHERE comm = $name
    """
    words = ("--sandbox", "--param", "name=it's", "--pid", "3", "-o", rows)
    loaded.ok("sql", sql, *words)
    assert rows.read_text() == "comm\nit's\n"
    assert value(loaded, "SELECT count(*) FROM named_queries", "--sandbox") != 0


def test_the_sandbox_bounds_memory(loaded: Tool) -> None:
    """Nothing may be spilled either: a folder for that could be written to and read."""
    sql = "SELECT count(DISTINCT repeat('x', 99) || i) FROM range(9999999) t(i)"
    with (
        open_sandbox(loaded.db, memory_settings(320 << 20)) as database,
        pytest.raises(DatabaseError, match="emory"),
    ):
        database.rows(sql)
