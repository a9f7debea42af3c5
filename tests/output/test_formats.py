"""Rows in every format: the same values out as in, and files there whole or not at all."""

from __future__ import annotations

import csv
import gzip
import io
import json
import lzma
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pageowner_sql.dump.fields import escape
from pageowner_sql.output.formats import Format
from pageowner_sql.store.database import Database, Mode
from tests.support import covering
from tests.support.asking import csv_rows
from tests.support.runs import json_rows, load_labelled
from tests.support.synth import ERAS, FORGERIES
from tests.support.tool import Tool, environment, on_terminal

NAMES = sorted(set(FORGERIES))
SELECT_NAMES = "SELECT comm, count(*) AS n FROM headers GROUP BY comm ORDER BY comm"

AWKWARD = """
    SELECT 1::UTINYINT AS a, -5::HUGEINT AS b, 1.50::DECIMAL(4, 2) AS c, 0.1::DOUBLE AS d,
        true AS e, 'x'::BLOB || '\\xFF'::BLOB AS f, DATE '2026-11-23' AS g,
        TIMESTAMP '2026-11-23 12:00:00.5' AS h, TIMESTAMPTZ '2026-11-23 12:00:00+00' AS i,
        [1, NULL, 3] AS j, {'k': 'v', 'l': 2} AS l, map {'m': 1} AS m, NULL AS n, '' AS o,
        'a,b"c' || chr(10) || 'd' || chr(9) || 'e' AS p, INTERVAL 90 SECOND AS q,
        uuid '00000000-0000-0000-0000-000000000001' AS r, 2 AS "a", 3 AS "with ""quotes"" | bar"
"""


@pytest.fixture(scope="module")
def names_that_attack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with a dump of every name that attacks."""
    folder = tmp_path_factory.mktemp("hostile")
    path = folder / "hostile.txt"
    path.write_bytes(b"".join(ERAS[2].record(name, at) for at, name in enumerate(NAMES)))
    load_labelled(folder / "hostile.duckdb", {"hostile": path})
    return folder / "hostile.duckdb"


@pytest.fixture
def hostile(tool: Tool, names_that_attack: Path) -> Tool:
    """Return the program with a dump of every name that attacks."""
    shutil.copy(names_that_attack, tool.db)
    return tool


def parquet_rows(sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def read_parquet(path: Path) -> list[str]:
    return [str(row[0]) for row in parquet_rows(f"FROM '{path}'")]


def read_arrow(path: Path) -> list[str]:
    names: list[str] = pa.ipc.open_file(path).read_all()["comm"].to_pylist()
    return names


def read_arrow_stream(path: Path) -> list[str]:
    names: list[str] = pa.ipc.open_stream(path).read_all()["comm"].to_pylist()
    return names


READERS: dict[str, Callable[[Path], list[str]]] = {
    "csv": lambda path: [row["comm"] for row in csv_rows(path.read_bytes().decode())],
    "tsv": lambda path: [row["comm"] for row in csv_rows(path.read_bytes().decode(), "\t")],
    "json": lambda path: [str(row["comm"]) for row in json.loads(path.read_bytes())],
    "jsonl": lambda path: [
        json.loads(line)["comm"] for line in path.read_bytes().split(b"\n")[:-1]
    ],
    "parquet": read_parquet,
    "arrow": read_arrow,
    "arrows": read_arrow_stream,
}


@pytest.mark.parametrize("form", covering(READERS, lambda form: form in ("csv", "json", "arrow")))
def test_hostile_names_come_out_exactly(hostile: Tool, form: str) -> None:
    path = hostile.folder / f"names.{form}"
    done = hostile.ok("sql", SELECT_NAMES, "-o", path)
    assert done.out == ""
    assert done.err == f"{path}: {len(NAMES)} rows\n"
    assert sorted(READERS[form](path)) == sorted(escape(name) for name in NAMES)


@pytest.mark.sampled
@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "tsv"])
def test_stdout_gets_what_a_file_gets(hostile: Tool, form: str) -> None:
    path = hostile.folder / f"names.{form}"
    hostile.ok("sql", SELECT_NAMES, "-o", path)
    done = hostile.ok("sql", SELECT_NAMES, "--format", form)
    assert done.out.encode() == path.read_bytes()
    assert done.err == ""


def test_a_table_shows_no_control_character_and_one_line_a_name(hostile: Tool) -> None:
    out = hostile.ok("sql", SELECT_NAMES, "--limit", "0").out
    assert len(out.splitlines()) == len(NAMES) + 2
    assert all(char.isprintable() for char in out.replace("\n", ""))
    assert r"\x1b[31mred\x1b[0m" in out
    assert "[/]" not in out
    assert "<script>al" in out


def test_rich_markup_in_a_name_is_text(hostile: Tool) -> None:
    assert "[bold]x[/bold] :smile:" in hostile.ok("sql", "SELECT '[bold]x[/bold] :smile:' AS a").out


def test_markdown_is_text_whatever_the_name(hostile: Tool) -> None:
    lines = hostile.ok("sql", SELECT_NAMES, "--format", "markdown").out.splitlines()
    assert lines[:2] == ["| comm | n |", "| --- | --: |"]
    assert len(lines) == len(NAMES) + 2
    for line in lines[2:]:
        assert line.replace(r"\|", "").count("|") == 3
        assert "<" not in line.replace("<br>", "")
    assert r"| \\x1b\[31mred\\x1b\[0m | 1 |" in lines
    assert "| &lt;script&gt;al | 1 |" in lines


def test_awkward_types_have_a_form_everywhere(hostile: Tool) -> None:
    [row] = csv_rows(hostile.ok("sql", AWKWARD, "--format", "csv").out)
    assert row["b"] == "-5"
    assert row["c"] == "1.50"
    assert row["f"] == r"x\xFF"
    assert row["i"].startswith("2026-11-23 ")
    assert row["j"] == "[1, NULL, 3]"
    assert row["p"] == 'a,b"c\nd\te'
    [found] = json_rows(hostile.ok("sql", AWKWARD, "--format", "json").out)
    assert found["b"] == -5
    assert found["j"] == [1, None, 3]
    assert found["l"] == {"k": "v", "l": 2}
    assert found["n"] is None
    assert found["o"] == ""
    assert found["a_1"] == 2
    for form in (Format.TABLE, Format.MARKDOWN):
        assert "1.50" in hostile.ok("sql", AWKWARD, "--format", form).out
    for form in (Format.PARQUET, Format.ARROW):
        path = hostile.folder / f"awkward.{form}"
        hostile.ok("sql", AWKWARD, "-o", path)
        assert path.stat().st_size


def test_csv_tells_nothing_from_the_empty_text(hostile: Tool) -> None:
    out = hostile.ok("sql", "SELECT NULL AS a, '' AS b, 'x' AS c", "--format", "csv").out
    assert out == 'a,b,c\n,"",x\n'


def test_json_has_no_nan_and_no_infinity(hostile: Tool) -> None:
    sql = """SELECT 'nan'::DOUBLE AS a, 'inf'::FLOAT AS b, 1.5::DOUBLE AS "c""d" """
    out = hostile.ok("sql", sql, "--format", "json").out
    assert json.loads(out) == [{"a": None, "b": None, 'c"d': 1.5}]


@pytest.mark.sampled
@pytest.mark.parametrize("form", ["json", "csv", "arrow", "jsonl", "table", "markdown"])
def test_no_rows_are_a_result_too(hostile: Tool, form: str) -> None:
    path = hostile.folder / "none"
    hostile.ok("sql", "SELECT 1 AS a WHERE false", "--format", form, "-o", path)
    if form == "arrow":
        assert pa.ipc.open_file(path).read_all().to_pydict() == {"a": []}
    elif form == "json":
        assert json.loads(path.read_text()) == []
    elif form == "jsonl":
        assert path.read_text() == ""
    else:
        assert "a" in path.read_text().splitlines()[0]


@pytest.mark.thorough
def test_an_arrow_file_gives_its_batches_in_any_order(hostile: Tool) -> None:
    import polars as pl

    path = hostile.folder / "many.arrow"
    sql = "SELECT i, if(i % 5 = 0, NULL, 'row ' || i) AS \"a ü\", [i] AS l FROM range(300000) t(i)"
    hostile.ok("sql", sql, "-o", path)
    with pa.memory_map(str(path)) as mapped:
        file = pa.ipc.open_file(mapped)
        last = file.num_record_batches - 1
        assert last > 0
        assert file.get_batch(last).to_pylist()[-1] == {
            "i": 299999,
            "a ü": "row 299999",
            "l": [299999],
        }
        table = file.read_all()
        table.validate(full=True)
        assert table["i"].to_pylist() == list(range(300000))
    assert pl.read_ipc(path).to_dict(as_series=False) == table.to_pydict()


@pytest.mark.sampled
@pytest.mark.parametrize("form", [form for form in Format if form is not Format.MARKDOWN])
def test_a_limit_takes_the_first_rows(hostile: Tool, form: Format) -> None:
    path = hostile.folder / "some"
    sql = "SELECT range AS i FROM range(100000) ORDER BY i DESC"
    hostile.ok("sql", sql, "--limit", "3", "--format", form, "-o", path)
    if form in (Format.ARROW, Format.ARROWS):
        opened = pa.ipc.open_file if form is Format.ARROW else pa.ipc.open_stream
        assert opened(path).read_all().to_pydict() == {"i": [99999, 99998, 99997]}
    elif form is Format.PARQUET:
        assert parquet_rows(f"FROM read_parquet('{path}')") == [(99999,), (99998,), (99997,)]
    else:
        text = path.read_text()
        assert text.count("9999") == 3
        assert text.index("99999") < text.index("99998") < text.index("99997")


def test_whole_numbers_beyond_64_bits_stay_exact(hostile: Tool) -> None:
    sql = "SELECT sum(i) AS total FROM (VALUES (9223372036854775807), (9223372036854775807)) v(i)"
    path = hostile.folder / "sum.parquet"
    hostile.ok("sql", sql, "-o", path)
    assert parquet_rows(f"SELECT total::HUGEINT FROM '{path}'") == [(2**64 - 2,)]
    assert "18446744073709551614" in hostile.ok("sql", sql, "--format", "json").out


@pytest.mark.thorough
def test_a_long_table_is_cut_and_says_so(hostile: Tool) -> None:
    done = hostile.ok("sql", "FROM range(10100)")
    lines = done.out.splitlines()
    assert lines[2].split() == ["0"]
    assert lines[-1].split() == ["10099"]
    assert len(lines) == 43
    assert "10,100 rows (40 shown)" in done.err
    done = hostile.ok("sql", "FROM range(10100)", "--limit", "0")
    assert len(done.out.splitlines()) == 10_102
    assert done.err == ""


@pytest.mark.thorough
def test_bytes_have_units_in_tables_alone(hostile: Tool) -> None:
    sql = "SELECT sum(bytes) AS held, sum(pages) AS p, 1536 AS bytes FROM allocations"
    [(size, pages)] = held_by(hostile)
    assert hostile.ok("sql", sql).out.splitlines()[-1].split() == [
        *(f"{size / 1024:.0f}", "KiB", f"{pages:,}", "1536")
    ]
    for form in ("csv", "markdown", "json"):
        out = hostile.ok("sql", sql, "--format", form).out
        assert f"{size}" in out
        assert f"{pages}" in out


def held_by(tool: Tool) -> list[tuple[int, int]]:
    with Database.open(tool.db, Mode.READ) as database:
        return database.rows("SELECT sum(bytes)::BIGINT, sum(pages)::BIGINT FROM allocations")


@pytest.mark.thorough
def test_the_ending_chooses_format_and_compression(hostile: Tool) -> None:
    plain = hostile.ok("sql", SELECT_NAMES, "--format", "csv").out.encode()
    for ending, unpack in ((".csv.gz", gzip.decompress), (".csv.xz", lzma.decompress)):
        path = hostile.folder / f"names{ending}"
        hostile.ok("sql", SELECT_NAMES, "-o", path)
        assert unpack(path.read_bytes()) == plain


def test_a_query_that_fails_on_its_way_leaves_the_old_file(hostile: Tool) -> None:
    path = hostile.folder / "rows.csv"
    path.write_text("old")
    sql = "SELECT CASE WHEN i < 300000 THEN i ELSE error('late') END AS i FROM range(400000) t(i)"
    for form in ("csv", "json", "parquet", "arrow", "table"):
        # Without a limit of its own a table may never read so far.
        line = hostile.fails(1, "sql", sql, "--format", form, "--limit", "0", "-o", path)
        assert line == "SQL: late"
        assert path.read_text() == "old"
    assert sorted(each.name for each in hostile.folder.iterdir()) == [
        "rows.csv",
        "test.duckdb",
    ]


def test_a_file_that_cannot_be_written_is_told_in_one_line(hostile: Tool) -> None:
    for form in ("csv", "arrow", "table"):
        missing = hostile.folder / "no" / "rows"
        assert "rows: " in hostile.fails(1, "sql", "SELECT 1", "--format", form, "-o", missing)
        assert "is a folder" in hostile.fails(
            1, "sql", "SELECT 1", "--format", form, "-o", hostile.folder
        )


@pytest.mark.sampled
@pytest.mark.parametrize("form", ["csv", "json", "arrow", "table", "parquet"])
def test_a_full_disk_is_told_in_one_line(hostile: Tool, form: str) -> None:
    sql = "SELECT repeat('x', 100) AS x FROM range(10000)"
    line = hostile.fails(1, "sql", sql, "--format", form, "-o", "/dev/full")
    assert line == "/dev/full: cannot be written: No space left on device"


@pytest.mark.sampled
@pytest.mark.parametrize("form", ["csv", "jsonl", "table"])
def test_a_reader_that_leaves_early_is_no_error(hostile: Tool, form: str) -> None:
    process = hostile.start("sql", "FROM range(9000)", "--limit", "0", "--format", form)
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    errors = process.stderr.read()
    process.communicate()
    assert process.returncode == 0, errors
    assert errors == b""


@pytest.mark.thorough
def test_appending_to_a_file_through_stdout_keeps_what_it_had(hostile: Tool) -> None:
    path = hostile.folder / "all.csv"
    path.write_text("before\n")
    command = [sys.executable, "-m", "pageowner_sql", *hostile.arguments("sql", "SELECT 1 AS a")]
    with path.open("ab") as file:
        subprocess.run(
            [*command, "--format", "csv"], stdout=file, check=True, env=environment(), timeout=60
        )
    assert path.read_text() == "before\na\n1\n"


def test_binary_formats_do_not_go_to_a_terminal(hostile: Tool) -> None:
    main, other = os.openpty()
    command = [sys.executable, "-m", "pageowner_sql", *hostile.arguments("sql", "SELECT 1")]
    done = subprocess.run(
        [*command, "--format", "parquet"],
        stdout=other,
        stderr=subprocess.PIPE,
        env=environment(),
        check=False,
        timeout=60,
    )
    os.close(main)
    os.close(other)
    assert done.returncode == 2
    assert b"give a file with -o" in done.stderr


@pytest.mark.thorough
def test_colour_is_for_terminals_that_want_it(hostile: Tool) -> None:
    assert "\x1b[" not in hostile.ok("top", "hostile", "--by", "comm").out
    words = hostile.arguments("sql", "SELECT 1 AS a")
    assert "\x1b[" in on_terminal(*words)
    assert "\x1b[" not in on_terminal(*words, NO_COLOR="1")


# What Linux counts from this process's own start. ru_maxrss starts with the parent's memory.
PEAK = """
import re, sys
from pathlib import Path
from pageowner_sql.cli import entry
code = entry.run(sys.argv[1:])
status = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) >> 10)
sys.exit(code)
"""


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("form", ["parquet", "csv", "arrow"])
def test_ten_million_rows_are_written_in_bounded_memory(hostile: Tool, form: str) -> None:
    path = hostile.folder / f"many.{form}"
    sql = "SELECT i, 'row number ' || i AS text FROM range(10000000) t(i)"
    # A program in a file: DuckDB takes `python -c` for a person who wants a progress bar.
    program = hostile.folder / "peak.py"
    program.write_text(PEAK)
    command = [sys.executable, str(program), *hostile.arguments("sql", sql, "-o", path)]
    done = subprocess.run(command, capture_output=True, check=True, env=environment(), timeout=300)
    assert b"10,000,000 rows" in done.stderr
    # As values these rows take above 600 MB.
    assert int(done.stdout) < 450
    path.unlink()


def test_python_reads_the_csv_that_duckdb_wrote_line_by_line(hostile: Tool) -> None:
    out = hostile.ok("sql", SELECT_NAMES, "--format", "csv").out
    assert [len(row) for row in csv.reader(io.StringIO(out, newline=""))] == [2] * (len(NAMES) + 1)


@pytest.mark.sampled
@pytest.mark.parametrize("form", ["csv", "json", "table"])
def test_what_arrow_does_not_know_comes_out_as_duckdb_writes_it(hostile: Tool, form: str) -> None:
    sql = "SELECT '10110'::BIT AS \"a b\", TIMETZ '10:11:12+02' AS t, 1 AS t, '1'::BIT AS t"
    out = hostile.ok("sql", sql, "--format", form).out
    assert "10110" in out
    assert "10:11:12+02" in out


def test_a_statement_that_duckdb_cannot_describe_is_an_error_of_the_sql(hostile: Tool) -> None:
    assert hostile.fails(1, "sql", "UPDATE EXTENSIONS").startswith("SQL: ")
