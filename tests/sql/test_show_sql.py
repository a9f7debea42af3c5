"""`--show-sql`: what it prints runs as it stands, in `sql` and in the official client."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pageowner_sql.dump.fields import escape
from pageowner_sql.errors import UsageError
from pageowner_sql.questions.diff import Sides, diff_query
from pageowner_sql.questions.flame import flame_query
from pageowner_sql.questions.leaks import leaks_plan, one_boot
from pageowner_sql.questions.memory_map import cells_query, layers_of, layers_query
from pageowner_sql.questions.page import page_answer
from pageowner_sql.questions.report_queries import (
    ages_query,
    pageblocks_query,
    strays_query,
    times_query,
)
from pageowner_sql.questions.top import top_query, totals_query
from pageowner_sql.sql import filters
from pageowner_sql.sql.grouping import Key, Where, grouping
from pageowner_sql.sql.literals import literal
from pageowner_sql.sql.query import Query, body, inline, parameter_names
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.dumps import all_dumps, by_label
from tests.support import PAGE_OWNER_DUMPS, ROOT, covering
from tests.support.asking import REAL_KEYS, ask_official_client, csv_rows
from tests.support.runs import dumps_of, json_rows, label_of
from tests.support.synth import ERAS, FORGERIES, NAMES
from tests.support.tool import Tool

CALLS: tuple[tuple[str, ...], ...] = (
    *(("top", "7.3/t2", "--by", key, "--limit", "5") for key in REAL_KEYS),
    ("top", "7.3/t2", "--by", "comm", "--by", "order", "--name", "cat", "--name", "'; DROP TAB--"),
    (
        "top",
        "7.3/t2",
        "--by",
        "stack",
        "--since",
        "5s",
        "--until",
        "boot+30s",
        "--function",
        "vfs_write",
    ),
    (
        "top",
        "7.3/t2",
        "--by",
        "stack",
        "--not-function",
        "vfs_*",
        "--where",
        "pages > 1 -- x",
        "--limit",
        "5",
    ),
    ("diff", "7.3/t0", "7.3/t2", "--by", "owner", "--not-comm", "c*", "--min-delta", "64K"),
    (
        "top",
        "6.1/t1",
        "--by",
        "stack",
        "--owner",
        "handle_mm_fault",
        "--module",
        "vmlinux",
        "--pid",
        "1",
    ),
    ("query", "stacks/through", "--param", "dump=7.3/t1", "--param", "function=it's"),
    ("query", "owners/top", "--param", "dump=7.3/t1", "--pid", "1", "--limit", "3"),
    ("query", "time/rate", "--param", "dump=7.3/t1", "--param", "step=2s"),
    ("sql", "SELECT comm FROM headers WHERE pid = $pid ORDER BY 1 -- $no", "--param", "pid=1"),
    ("sql", "SELECT $a AS a, '$a', $$ $a $$ AS b /* $a */;", "--param", "a=it's\n\x1b[31m"),
    ("sql", "SELECT count(*) AS n FROM live_allocations", "--tgid", "1", "--limit", "1"),
    ("export", "7.3/boot", "--format", "csv", "--limit", "20", "--memcg", "/"),
    ("export", "7.3/boot", "--format", "csv", "--limit", "20"),
    ("export", "7.3/t1", "--format", "csv", "--comm", "c*", "--not-pid", "1", "--since", "90s"),
    ("export", "7.3/t1", "--format", "csv", "--function", "unix*", "--where", "pages > 1"),
    ("schema", "dumps"),
    ("schema",),
    ("schema", "human_bytes"),
)


@pytest.fixture
def real(tool: Tool, real_runs: Path) -> Tool:
    """Return the program with the database of all real dumps."""
    tool.db = real_runs
    return tool


@pytest.mark.sampled
@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_what_is_shown_gives_the_same_rows_everywhere(real: Tool, call: tuple[str, ...]) -> None:
    shown = real.ok(*call, "--show-sql")
    assert shown.out.endswith(";\n")
    assert all(char.isprintable() or char == "\n" for char in shown.out)
    file = real.folder / "shown.sql"
    file.write_text(shown.out)
    ran = [word for word in call if word not in ("--format", "csv")]
    rows = csv_rows(real.ok(*ran, "--format", "csv").out)
    assert csv_rows(real.ok("sql", "-f", file, "--format", "csv").out) == rows
    theirs = csv_rows(ask_official_client(real.db, shown.out))
    assert [list(map(_near, row.values())) for row in theirs] == [
        list(map(_near, row.values())) for row in rows
    ]


def _rows(database: Database, query: Query) -> list[tuple[Any, ...]]:
    """The rows of a query, shares rounded: sums are added in any order."""
    rows = database.rows(query.sql, query.parameters)
    return [tuple(round(v, 12) if isinstance(v, float) else v for v in row) for row in rows]


@pytest.mark.thorough
@pytest.mark.parametrize("name", covering(PAGE_OWNER_DUMPS, lambda name: "/t1." in name))
def test_what_is_shown_gives_the_rows_of_what_runs(real_runs: Path, name: str) -> None:
    """The SQL over live_allocations that people read, against the SQL over tables that runs."""
    with Database.open(real_runs, Mode.READ) as database:
        dump = by_label(all_dumps(database), label_of(name))
        assert dump
        keys = [key for key in Key if grouping([key]).fields <= set(dump.fields)]
        where = replace(
            filters.where(not_order=3, function="*alloc*", since="boot+1ms", where="pages < 99")
            if "alloc_ts" in dump.fields
            else filters.where(not_order=3, function="*alloc*", where="pages < 99"),
            labels=(dump.label,),
        )
        whole = Where(labels=(dump.label,))
        for query in (
            *(top_query(grouping([key]), whole) for key in keys),
            *(top_query(grouping([key]), where, 9) for key in keys),
            *(totals_query(each) for each in (whole, where)),
            flame_query([Key.ORDER], where, dump.label, dump.label),
            diff_query(grouping([Key.OWNER]), where, Sides((dump.label,), (dump.label,)), limit=5),
            cells_query(where, 5),
            layers_query(layers_of(dump), where, 5),
            pageblocks_query(where, 9),
            strays_query(where, 9, 20),
            *((ages_query(where), times_query(where, 10**9)) if "alloc_ts" in dump.fields else ()),
        ):
            assert _rows(database, query.shown) == _rows(database, query), inline(query)


LEAKS_BY = (
    *([key] for key in Key if key.value in REAL_KEYS),
    [Key.OWNER, Key.COMM],
    [Key.FUNCTION, Key.ORDER],
    [Key.STACK, Key.PID, Key.ORDER],
)


@pytest.mark.parametrize(
    "keys", covering(LEAKS_BY, lambda keys: keys == [Key.OWNER, Key.COMM]), ids="+".join
)
def test_leaks_as_shown_gives_the_rows_of_what_runs(real_runs: Path, keys: list[Key]) -> None:
    selected = filters.where(not_order=3, function="*alloc*", where="pages < 99")
    with Database.open(real_runs, Mode.READ) as database:
        dumps = dumps_of(database, ("7.3/t0", "7.3/t1", "7.3/t2"))
        for boot in (one_boot(database, dumps), one_boot(database, dumps[2:])):
            for where in (Where(), selected):
                query = leaks_plan(database, boot, keys, where).query
                assert _rows(database, query.shown) == _rows(database, query), inline(query)


@pytest.mark.sampled
@pytest.mark.parametrize("word", ["40960", "4096-81920"])
def test_a_page_as_shown_gives_the_rows_of_what_runs(real_runs: Path, word: str) -> None:
    with Database.open(real_runs, Mode.READ) as database:
        [dump] = dumps_of(database, ("7.3/t1",))
        for where in (Where(), filters.where(not_comm="cat")):
            query = page_answer(database, dump, word, where).plan.query
            rows = _rows(database, query)
            assert rows
            assert _rows(database, query.shown) == rows


SHOWN = (
    ("top", "7.3/t2", "--by", "module", "--by", "zone", "--since", "5s"),
    ("diff", "7.3/t0", "7.3/t2", "--by", "memcg"),
    ("leaks", "7.3/t0", "7.3/t1", "7.3/t2"),
    ("leaks", "7.3/t2", "--by", "stack", "--where", "pages > 1"),
    ("page", "40960", "7.3/t2"),
    ("page", "4096-8192", "7.3/t2"),
    ("flame", "7.3/t2", "7.3/t0"),
    ("map", "7.3/t2"),
    ("report", "7.3/t2", "7.3/t0"),
    ("explain", "42"),
    ("dumps",),
    ("symbols",),
    ("query", "gfp/flags", "--param", "dump=7.3/t2"),
    ("export", "7.3/t2"),
    ("export", "7.3/t2", "--format", "csv"),
    ("export", "7.3/t2", "--format", "page_owner", "--comm", "cat"),
    ("export", "7.3/t2", "--format", "show_stacks"),
)
# Ids of internal tables are not columns of any documented one.
INTERNAL_ID = re.compile(r"\b(header|rest|layout|page_state)_id\b")


def test_internal_tables_are_not_shown(real: Tool) -> None:
    listed = json_rows(real.ok("schema", "--all", "--format", "json").out)
    internal = {row["name"] for row in listed if row["comment"].startswith("Internal: ")}
    assert {"records", "known_rests"} <= internal
    macros = [re.escape(name.partition("(")[0]) for name in internal if "(" in name]
    tables = [name for name in internal if "(" not in name]
    used = re.compile(rf"\b(?:FROM|JOIN) (?:{'|'.join(tables)})\b|\b(?:{'|'.join(macros)})\(")
    for call in SHOWN:
        shown = real.ok(*call, "--show-sql").out
        found = used.search(shown) or INTERNAL_ID.search(shown)
        assert not found, (call, found)
    for path in sorted((ROOT / "queries").glob("*/*.sql")):
        text = body(path.read_text())
        found = used.search(text) or INTERNAL_ID.search(text)
        assert not found, (path.name, found)


def _near(text: str) -> str:
    """Two releases print the last digit of a DOUBLE in their own ways."""
    try:
        return f"{float(text):.12g}" if "." in text else text
    except ValueError:
        return text


def test_showing_runs_nothing(real: Tool) -> None:
    done = real.ok("sql", "SELECT error('ran')", "--show-sql")
    assert done.out == "SELECT error('ran');\n"
    target = real.folder / "shown.sql"
    real.ok("top", "7.3/t2", "--show-sql", "-o", target)
    assert target.read_text() == real.ok("top", "7.3/t2", "--show-sql").out


@pytest.mark.sampled
@pytest.mark.parametrize(
    "words",
    [
        ("top", "{new}"),
        ("diff", "old", "{new}"),
        ("query", "stacks/top", "--param", "dump={new}"),
        ("export", "{new}", "--format", "csv"),
        ("flame", "{new}"),
        ("map", "{new}"),
        ("leaks", "{new}"),
        ("report", "{new}", "old"),
    ],
    ids=lambda words: str(words[0]),
)
def test_showing_loads_nothing(tool: Tool, words: tuple[str, ...]) -> None:
    """A file that is not in the database is named in a comment, and its SQL is that of after."""
    old, new = tool.folder / "old.txt", tool.folder / "new.txt"
    old.write_bytes(ERAS[2].record(b"old", 1))
    new.write_bytes(ERAS[2].record(b"new", 2) + ERAS[2].record(b"more", 3))
    tool.ok("load", old)
    call = [word.format(new=new) for word in words]
    before = tool.db.read_bytes()
    done = tool.ok(*call, "--show-sql")
    comment, _, sql = done.out.partition("\n")
    assert comment == f"-- over the tables as they are after: pageowner-sql load {new}"
    assert done.err == ""
    assert tool.db.read_bytes() == before
    tool.ok("load", new)
    assert sql == tool.ok(*call, "--show-sql").out


@pytest.mark.thorough
@pytest.mark.parametrize(
    "call",
    [("query",), ("sql", "SELECT name, len(sql) AS n FROM named_queries ORDER BY name LIMIT 50")],
    ids=lambda call: str(call[0]),
)
def test_the_catalogue_comes_with_the_sql_that_asks_for_it(
    tool: Tool, loaded_t0: Path, call: tuple[str, ...]
) -> None:
    tool.db = loaded_t0
    rows = csv_rows(tool.ok(*call, "--format", "csv").out)
    shown = tool.ok(*call, "--show-sql").out
    assert csv_rows(ask_official_client(tool.db, shown)) == rows
    assert csv_rows(tool.ok("sql", shown, "--format", "csv").out) == rows


def test_showing_makes_no_database(tool: Tool) -> None:
    new = tool.folder / "new.txt"
    new.write_bytes(ERAS[2].record(b"new"))
    assert "dump IN ['new']" in tool.ok("top", new, "--show-sql").out
    assert [path.name for path in tool.folder.iterdir()] == ["new.txt"]


def test_the_text_of_a_dump_can_be_asked_for(real: Tool) -> None:
    shown = real.ok("export", "7.3/boot", "--show-sql").out
    assert shown.startswith("SELECT raw\nFROM dump_texts")
    rows = csv_rows(real.ok("sql", shown, "--limit", "2", "--format", "csv").out)
    assert len(rows) == 2


@pytest.mark.sampled
@pytest.mark.parametrize("form", ["page_owner", "show_stacks"])
def test_what_a_selection_writes_can_be_asked_for(real: Tool, form: str) -> None:
    words = ("export", "7.3/boot", "--format", form, "--comm", "swapper*", "--where", "pages > 1")
    shown = real.ok(*words, "--show-sql").out
    assert "FROM live_allocations c" in shown
    assert "VARIABLE" not in shown
    written = real.folder / "written"
    real.ok(*words, "-o", written)
    pieces = [raw for (raw,) in real.rows(shown) if isinstance(raw, bytes)]
    assert pieces
    assert b"".join(pieces) == written.read_bytes()


@pytest.mark.thorough
def test_hostile_names_are_selected_by_the_sql_that_is_shown(tool: Tool) -> None:
    path = tool.folder / "names.txt"
    path.write_bytes(b"".join(ERAS[2].record(name, at) for at, name in enumerate(FORGERIES)))
    tool.ok("load", path)
    shown = []
    for name in FORGERIES:
        words = ["--name", escape(name), "--by", "comm"]
        done = tool.ok("top", "names", *words, "--show-sql")
        assert all(char.isprintable() or char == "\n" for char in done.out)
        shown.append(done.out)
    asked = "".join(f"CREATE TEMP TABLE t{at} AS {sql}" for at, sql in enumerate(shown))
    union = " UNION ALL ".join(f"SELECT {at}, comm, records FROM t{at}" for at in range(len(shown)))
    rows = csv_rows(ask_official_client(tool.db, f"{asked}{union} ORDER BY 1;\n"))
    assert [(row["comm"], row["records"]) for row in rows] == [
        (escape(name), str(FORGERIES.count(name))) for name in FORGERIES
    ]


TEXTS = st.one_of(NAMES.map(escape), st.text(), st.text("'\\\"$;-\n\r\x1b\0", max_size=8))
VALUES = st.recursive(
    st.one_of(
        TEXTS,
        st.booleans(),
        st.integers(-(2**127) + 1, 2**127 - 1),
        st.floats(allow_nan=False),
        st.binary(max_size=9),
        st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)),  # noqa: DTZ001  # TIMESTAMP has no zone
        st.dates(date(1, 1, 1), date(9999, 12, 31)),
        st.timedeltas(timedelta(days=-9999), timedelta(days=9999)),
        st.decimals(-(10**9), 10**9, places=3),
    ),
    lambda inner: st.dictionaries(st.text("ab' \"", min_size=1), inner, min_size=1, max_size=3),
    max_leaves=4,
) | st.lists(TEXTS, max_size=3)


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@given(value=VALUES)
def test_a_literal_is_the_value(connection: duckdb.DuckDBPyConnection, value: Any) -> None:
    text = literal(value)
    [(found,)] = connection.execute(f"SELECT {text}").fetchall()
    assert found == value, text
    assert all(char.isprintable() or ord(char) > 0x9F for char in text)


@given(value=TEXTS)
def test_a_text_is_inert_on_a_terminal(value: str) -> None:
    text = literal(value)
    assert not set(text) & {"\n", "\r", "\x1b", "\0", "\x7f", "\u202e", "\u2028", "\x9b"}


def test_odd_values_have_literals_too(connection: duckdb.DuckDBPyConnection) -> None:
    moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
    sql = f"SELECT {literal(None)}, {literal(math.nan)}, {literal(-math.inf)}, 1 -{literal(-1)}"
    [(nothing, nan, least, two)] = connection.execute(sql).fetchall()
    assert nothing is None
    assert math.isnan(nan)
    assert (least, two) == (-math.inf, 2)
    epoch = connection.execute(f"SELECT epoch_us({literal(moment)})").fetchall()
    assert epoch == [(int(moment.timestamp() * 1e6),)]
    assert connection.execute(f"SELECT {literal(Decimal('-0.50'))}").fetchall() == [
        (Decimal("-0.50"),)
    ]
    with pytest.raises(TypeError, match="no SQL literal for a set"):
        literal(set())


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT $a, $b_2", {"a", "b_2"}),
        ("SELECT '$a', \"$a\", $$ $a $$, $q$ $a $q$, E'\\'$a' -- $a\n /* $a /* $a */ $a */", set()),
        ("SELECT '''$a', $b", {"b"}),
        ("SELECT $1", {"1"}),
        ("SELECT a$b, $ä", {"ä"}),
    ],
)
def test_a_parameter_is_told_from_text_that_looks_like_one(sql: str, names: set[str]) -> None:
    assert parameter_names(sql) == names


def test_a_parameter_without_a_value_is_named() -> None:
    with pytest.raises(UsageError, match=r"parameter a has no value; give it with --param a=VALUE"):
        inline(Query("SELECT $a"))


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT 1 ; -- x", "SELECT 1"),
        ("SELECT 1 /* ; */ ;;\n", "SELECT 1"),
        ("SELECT ';--'", "SELECT ';--'"),
        ("SELECT 1 -- ;\n + 1", "SELECT 1 -- ;\n + 1"),
        ("-- nothing", ""),
    ],
)
def test_the_body_of_a_statement_ends_with_its_last_word(sql: str, text: str) -> None:
    assert body(sql) == text
