"""Every named query keeps what its front matter promises, on every real dump."""

from __future__ import annotations

from pathlib import Path

import pytest

import pageowner_sql as po
from pageowner_sql.errors import InputError, MissingFieldError, UsageError
from pageowner_sql.questions.named_query import named_plan
from pageowner_sql.questions.plan import Plan, run
from pageowner_sql.sql.catalog import DATABASE, NamedQuery, built_in, catalog, read_query
from pageowner_sql.sql.grouping import Where
from pageowner_sql.sql.params import DUMP, REQUIRED
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.sql_errors import Script
from pageowner_sql.store.stream import UserSql
from tests.support import covering
from tests.support.runs import REAL, dumps_of
from tests.support.tool import Tool

NAMES = [each.name for each in catalog() if isinstance(each, NamedQuery) and each.about == DATABASE]
# What the last dump of a run holds, those before it hold too.
LAST = frozenset({"5.10/t0", "6.1/t2", "7.3/t2", "7.3/t2.handle"})
OTHERS = frozenset(REAL) - LAST


def query(name: str) -> NamedQuery:
    return catalog().find(name)


def test_the_catalogue_is_large_enough_and_all_of_it_can_be_read() -> None:
    found = list(catalog())
    assert len(found) >= 25
    assert [each for each in found if not isinstance(each, NamedQuery)] == []
    themes = {each.theme for each in found if isinstance(each, NamedQuery)}
    assert {"owners", "stacks", "processes", "modules", "memcg", "gfp", "orders", "time"} <= themes


def test_queries_begin_with_a_part_that_they_share(tmp_path: Path) -> None:
    (tmp_path / "_ones.sql").write_text("WITH ones AS (SELECT 1 AS one)\n")
    columns = '[columns]\none = "INTEGER: x."\n'
    front = f'/*+++\ntitle = "t"\nquestion = "q?"\nbegins = "{{}}"\n{columns}+++*/\n'
    path = tmp_path / "query.sql"
    path.write_text(f"{front.format('_ones')}SELECT one FROM ones\n")
    assert read_query("query", path).sql == "WITH ones AS (SELECT 1 AS one)\nSELECT one FROM ones"
    assert not [name for name in catalog([tmp_path]).paths() if "_ones" in name]
    for name, why in (
        ("_none", "_none.sql does not lie beside it"),
        ("../_ones", "name of a part"),
    ):
        path.write_text(f"{front.format(name)}SELECT 1")
        with pytest.raises(InputError, match=why):
            read_query("query", path)


def test_a_parameter_takes_only_its_choices() -> None:
    by = next(param for param in query("fragmentation/blame").params if param.name == "by")
    assert by.read("stack") == "stack"
    with pytest.raises(UsageError, match="--param by: 'module' is not one of owner, stack"):
        by.read("module")


@pytest.mark.sampled
@pytest.mark.parametrize("name", NAMES)
def test_a_query_is_one_statement_with_an_order(name: str) -> None:
    asked = query(name)
    with Database.open("", Mode.MEMORY) as database:
        sql = UserSql(database, Script(name, asked.sql))
    assert len(sql.statements) == sql.queries == 1
    assert sql.parameters == {param.name for param in asked.params}
    assert "\nORDER BY " in f"\n{asked.sql}"
    assert asked.title
    assert asked.question.endswith("?")


def planned(
    database: Database, asked: NamedQuery, dumps: dict[str, Dump]
) -> tuple[Plan | None, str]:
    """The plan of a query; None, and why, where a dump lacks a field."""
    try:
        return named_plan(database, asked, {}, dumps, Where()), ""
    except MissingFieldError as error:
        return None, str(error)


@pytest.mark.sampled
@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dumps", covering([LAST, OTHERS], lambda dumps: dumps is LAST), ids=len)
def test_a_query_runs_on_every_dump_or_names_what_is_missing(
    name: str, dumps: frozenset[str], real_runs: Path
) -> None:
    asked = query(name)
    wanted = [param.name for param in asked.params if param.type == DUMP]
    assert all(param.default is not REQUIRED or param.type == DUMP for param in asked.params)
    declared = [(column.name, column.type) for column in asked.columns]
    ran = 0
    with Database.open(real_runs, Mode.READ) as database:
        for dump in dumps_of(database, sorted(dumps)):
            plan, refused = planned(database, asked, dict.fromkeys(wanted, dump))
            if plan is None:
                assert set(asked.needs) - set(dump.fields), refused
                assert any(field in refused for field in asked.needs)
                continue
            stream = run(database, plan)
            assert [(column.name, column.type) for column in stream.columns] == declared
            rows = list(stream.rows())
            # The order is the query's own; that it is total shows in the dumps of most records.
            if dump.label.endswith("/t2"):
                assert rows == list(run(database, plan).rows())
            ran += 1
    assert ran or asked.needs


@pytest.mark.sampled
@pytest.mark.parametrize("name", NAMES)
def test_a_query_is_documented_where_people_ask(name: str, tool: Tool) -> None:
    out = tool.ok("query", name, "--help").out
    asked = query(name)
    assert out.startswith(f"{name}: ")
    words = " ".join(out.split())
    assert " ".join(asked.question.split()) in words
    for param in asked.params:
        assert f"{param.name} {param.type} " in words
    for column in asked.columns:
        assert f"{column.name} {column.type} " in words


def test_the_list_has_every_query(tool: Tool) -> None:
    lines = tool.ok("query", "--format", "csv").out.splitlines()
    assert [line.partition(",")[0] for line in lines[1:]] == NAMES


MINE = """/*+++
title = "Mine"
question = "Whose?"
[params.name]
type = "str"
default = "it's"
help = "A name."
[columns]
name = "VARCHAR: the name."
+++*/
SELECT $name AS name
ORDER BY name
"""


@pytest.mark.thorough
def test_a_folder_of_ones_own_joins(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("given", "named", "here/queries"):
        path = tool.folder / folder / "my" / f"{folder[0]}.sql"
        path.parent.mkdir(parents=True)
        path.write_text(MINE)
    monkeypatch.chdir(tool.folder / "here")
    monkeypatch.setenv("PAGEOWNER_QUERIES", str(tool.folder / "named"))
    listed = tool.ok("query", "--queries", tool.folder / "given", "--format", "csv").out
    assert {"my/g", "my/n", "my/h"} <= {line.partition(",")[0] for line in listed.splitlines()}
    with Database.open(tool.db, Mode.WRITE):
        pass
    given = ["--queries", str(tool.folder / "given")]
    for name in ("my/h", "n", "my/g"):
        out = tool.ok("query", name, *given, "--format", "csv").out
        assert out == "name\nit's\n"
    shown = tool.ok("query", "my/h", "--param", "name=a'b", "--show-sql").out
    assert shown == "SELECT 'a''b' AS name\nORDER BY name;\n"


def test_a_built_in_query_keeps_its_name(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("named", "given", "here/queries"):
        path = tool.folder / folder / "stacks" / "top.sql"
        path.parent.mkdir(parents=True)
        path.write_text(MINE)
    monkeypatch.chdir(tool.folder / "here")
    monkeypatch.setenv("PAGEOWNER_QUERIES", str(tool.folder / "named"))
    given = ["--queries", str(tool.folder / "given")]
    assert "Whose?" not in tool.ok("query", "stacks/top", "--help", *given).out
    assert "Whose?" not in tool.ok("query", *given).out


def hostile(folder: Path, sql: str) -> Path:
    """A query in a folder, of one column whatever it is."""
    path = folder / "my" / "q.sql"
    path.parent.mkdir(parents=True)
    path.write_text(MINE.replace("SELECT $name AS name\nORDER BY name\n", "") + sql)
    path.write_text(path.read_text().replace('[params.name]\ntype = "str"\n', ""))
    text = path.read_text().replace('default = "it\'s"\nhelp = "A name."\n', "")
    path.write_text(text)
    return path


READING = "SELECT content AS name FROM read_text('secret.txt')"


def test_what_lies_in_the_working_directory_runs_in_a_sandbox(
    tool: Tool, loaded_t0: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool.db = loaded_t0
    (tool.folder / "secret.txt").write_text("hidden")
    path = hostile(tool.folder / "queries", READING)
    monkeypatch.chdir(tool.folder)
    assert "disabled by configuration" in tool.fails(1, "query", "my/q", "--format", "csv")
    assert "hidden" in tool.ok("query", "my/q", "--queries", "queries", "--format", "csv").out
    monkeypatch.setenv("PAGEOWNER_QUERIES", str(path.parent.parent))
    assert "hidden" in tool.ok("query", "my/q", "--format", "csv").out


def test_nothing_but_the_command_runs_what_nobody_named(
    tool: Tool, loaded_t0: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile(tool.folder / "queries", "SELECT 'x' AS name")
    monkeypatch.chdir(tool.folder)
    with po.open(loaded_t0) as db, pytest.raises(UsageError, match="PAGEOWNER_QUERIES to trust"):
        db.query("my/q")
    tool.db = loaded_t0
    assert tool.ok("query", "my/q", "--format", "csv").out == "name\nx\n"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("COPY (SELECT 1) TO 'stolen.csv'", "a statement of type COPY"),
        ("SELECT 1 AS name; SELECT 2 AS name", "2 statements"),
        ("-- nothing", "0 statements"),
        ("", "0 statements"),
        ("SET threads = 1", "a statement of type SET"),
        ("ATTACH 'other.duckdb'", "a statement of type ATTACH"),
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_a_query_that_is_not_one_select_is_refused(
    tool: Tool,
    loaded_t0: Path,
    monkeypatch: pytest.MonkeyPatch,
    sql: str,
    said: str,
    *,
    named: bool,
) -> None:
    tool.db = loaded_t0
    path = hostile(tool.folder / "queries", sql)
    monkeypatch.chdir(tool.folder)
    words = ["--queries", "queries"] if named else []
    told = tool.fails(1, "query", "my/q", *words)
    assert told == f"{path}: holds {said}; a named query is one SELECT"
    assert sorted(each.name for each in tool.folder.iterdir()) == ["queries"]


def test_a_wrong_file_is_told_and_keeps_no_other_out(tool: Tool) -> None:
    folder = tool.folder / "queries"
    folder.mkdir()
    (folder / "bad.sql").write_text("SELECT 1")
    done = tool.ok("query", "--queries", folder, "--format", "csv")
    assert "stacks/top," in done.out
    assert done.err == f"{folder}/bad.sql: does not begin with /*+++ … +++*/ that documents it\n"
    assert "does not begin with" in tool.fails(1, "query", "bad", "--queries", folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "Mine"', "", "title is missing"),
        ('title = "Mine"', "title = ", "not TOML"),
        ('title = "Mine"', "a" + ".a" * 100_000 + " = 1", "a key of too many parts"),
        ('title = "Mine"', "title = " + "[" * 100_000, "maximum recursion depth"),
        ('title = "Mine"', f"title = 0x{'f' * 5000}", "a number of too many digits"),
        ('title = "Mine"', 'title = "Mine"' + "\n" * (1 << 20), "larger than 1 MiB"),
        ('type = "str"', 'type = "text"', "type must be one of str, int"),
        ('type = "str"', 'type = "int"', "default: "),
        ("$name AS", "$other AS", "$name is declared and not the other"),
        ('"VARCHAR: the name."', '"the name"', 'write it as "TYPE: what it means."'),
        ('question = "Whose?"', 'question = "Whose?"\nauthor = "me"', "unknown key 'author'"),
        ('question = "Whose?"', 'question = "Whose?"\nneeds = 1', "needs: write it as a list"),
        ('question = "Whose?"', 'question = "Whose?"\nneeds = [1]', "needs: write it as a list"),
        ('question = "Whose?"', 'question = "Whose?"\nneeds = "pid"', "needs: write it as a list"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "mine.sql"
    path.write_text(MINE.replace(old, new))
    with pytest.raises(InputError) as raised:
        read_query("mine", path)
    assert str(raised.value).startswith(f"{path}: ")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "nothing: no query has this name; see: pageowner-sql query"),
        (["top"], "top: no query has this name; say which: "),
        (["stacks/tpo"], "there is stacks/top"),
        (["stacks/top", "--param", "size=1"], "has no parameter size; it has dump, top"),
        (["stacks/top", "--param", "top=many"], "not a whole number: 'many'"),
        (["time/rate", "--param", "step=soon"], "not a time: 'soon'"),
        (["--queries", "/no/such/folder"], "no such folder"),
    ],
)
def test_wrong_usage_says_what_to_do(
    tool: Tool, real_runs: Path, words: list[str], said: str
) -> None:
    tool.db = real_runs
    done = tool.run("query", *words)
    assert done.code == 2
    assert said in done.err.splitlines()[-1]


def test_the_catalogue_is_a_table(tool: Tool, real_runs: Path) -> None:
    tool.db = real_runs
    sql = "SELECT name FROM named_queries WHERE about = 'database' ORDER BY name"
    assert tool.ok("sql", sql, "--format", "csv").out.splitlines()[1:] == NAMES


def test_the_built_in_queries_lie_in_a_folder_that_is_there() -> None:
    assert (built_in() / "stacks" / "top.sql").is_file()
    with pytest.raises(UsageError, match="no query has this name"):
        catalog().find("../pyproject")
