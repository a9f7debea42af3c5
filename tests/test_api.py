"""The Python API: the same answers as the command line's, as Python objects."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import pageowner_sql as po
from pageowner_sql.cli.commands import COMMANDS, Command
from pageowner_sql.cli.options import SELECTION
from pageowner_sql.errors import (
    DatabaseError,
    InputError,
    LabelError,
    MissingFieldError,
    UsageError,
)
from pageowner_sql.store.database import Database
from tests.conftest import DumpPath
from tests.support import run_python
from tests.support.runs import json_rows
from tests.support.synth import ERAS, FORGERIES
from tests.support.tool import Tool


def small(folder: Path, name: str = "small") -> Path:
    path = folder / f"{name}.txt"
    path.write_bytes(b"".join(ERAS[2].record(each, at) for at, each in enumerate(FORGERIES)))
    return path


def test_importing_and_naming_loads_no_database() -> None:
    code = "import sys, pageowner_sql as po; print('duckdb' in sys.modules, 'open' in dir(po))"
    assert run_python(code).split() == ["False", "True"]


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        _ = po.nothing


@pytest.mark.sampled
@pytest.mark.parametrize("by", ["comm", "owner", "order"])
def test_top_is_the_command_lines(tool: Tool, real_runs: Path, by: str) -> None:
    tool.db = real_runs
    rows = json_rows(tool.ok("top", "7.3/t2", "--by", by, "--format", "json").out)
    with po.open(real_runs) as db:
        assert db.top("7.3/t2", by=by).dicts() == rows


def test_a_query_is_the_command_lines(tool: Tool, real_runs: Path) -> None:
    tool.db = real_runs
    words = ("--param", "dump=7.3/t2", "--param", "top=3", "--format", "json")
    rows = json_rows(tool.ok("query", "stacks/top", *words).out)
    with po.open(real_runs) as db:
        result = db.query("stacks/top", dump="7.3/t2", top=3)
        assert result.dicts() == rows
        assert [column.name for column in result.columns] == list(rows[0])
        assert {query.name for query in db.queries()} >= {"stacks/top", "owners/top"}


def test_results_become_frames_of_every_kind(real_runs: Path, tmp_path: Path) -> None:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    with po.open(real_runs) as db:
        result = db.top("7.3/t2", by=["comm", po.Key.ORDER])
        rows = result.rows()
        assert list(result) == rows
        frame, table, polars = result.df(), result.arrow(), result.pl()
        assert isinstance(frame, pd.DataFrame)
        assert isinstance(table, pa.Table)
        assert isinstance(polars, pl.DataFrame)
        assert len(frame) == table.num_rows == polars.height == len(rows)
        assert frame["pages"].sum() == 119700
        assert pa.table(result)["records"].to_pylist() == [row[2] for row in rows]
        assert result.write(tmp_path / "rows.json") == len(rows)
        assert json.loads((tmp_path / "rows.json").read_text()) == result.dicts()


def test_sql_binds_its_parameters(real_runs: Path) -> None:
    with po.open(real_runs) as db:
        sql = "SELECT count(*) FROM headers WHERE comm = $comm"
        assert db.sql(sql, comm="'; DROP TAB--").rows()[0][0] > 0
        assert db.sql("SET VARIABLE a = 2; SELECT getvariable('a')").rows() == [(2,)]
        assert db.sql("SELECT $a AS a", a=[1, 2]).rows() == [([1, 2],)]


def test_a_selection_holds_for_its_result_alone(real_runs: Path) -> None:
    with po.open(real_runs) as db:
        where = po.where(name=["cat", "sockleak"], since="10s")
        some = db.sql("SELECT count(*) FROM dump('7.3/t2')", where=where)
        every = db.sql("SELECT count(*) FROM dump('7.3/t2')")
        assert 0 < some.rows()[0][0] < every.rows()[0][0] == 61080
        total = sum(row["records"] for row in db.top("7.3/t2", by="comm", where=where).dicts())
        assert some.rows() == [(total,)]


def test_the_sql_of_a_result_runs_elsewhere(tool: Tool, real_runs: Path) -> None:
    tool.db = real_runs
    with po.open(real_runs) as db:
        result = db.top("7.3/t2", by="comm", limit=3)
        sql, rows = result.sql, result.dicts()
    assert json_rows(tool.ok("sql", sql, "--format", "json").out) == rows


def test_load_makes_the_file_and_gives_the_dumps(tmp_path: Path) -> None:
    file = tmp_path / "new.duckdb"
    with po.open(file) as db:
        with pytest.raises(DatabaseError, match="no such database"):
            db.top()
        [dump] = db.load(small(tmp_path), label="mine", tags={"a": "b"}, page_size=65536)
        assert (dump.label, dump.records, dump.page_size) == ("mine", len(FORGERIES), 65536)
        assert [each.label for each in db.load(small(tmp_path))] == ["mine"]
        assert [each.label for each in db.dumps()] == ["mine"]
        assert db.top(by="comm", where=po.where(name="\\xff")).rows()[0][1] == 1
        with pytest.raises(InputError, match="no such file"):
            db.load(tmp_path / "none.txt")
        assert db.top(by="order").rows()


@pytest.mark.thorough
def test_other_processes_read_the_file_while_a_session_is_open(tool: Tool) -> None:
    with po.open(tool.db) as db:
        db.load(small(tool.folder))
        db.top().rows()
        process = tool.start("sql", "SELECT count(*) AS n FROM records", "--format", "csv")
        out, errors = process.communicate()
    assert (out.split(), errors) == ([b"n", str(len(FORGERIES)).encode()], b"")
    assert isinstance(process, subprocess.Popen)


def test_a_load_closes_results_and_says_so(tmp_path: Path) -> None:
    with po.open(tmp_path / "new.duckdb") as db:
        db.load(small(tmp_path))
        result = db.top(by="comm")
        assert result.rows()
        other = tmp_path / "other.txt"
        other.write_bytes(ERAS[2].record(b"other"))
        assert db.top(other, by="comm").rows()[0][0] == "other"
        assert not result.is_open
        with pytest.raises(InputError, match="closed; run its query again"):
            result.rows()


def test_dumps_can_live_in_memory(tmp_path: Path, dump: DumpPath) -> None:
    with po.open() as db:
        db.load(small(tmp_path))
        assert db.top(dump("linux-7.3/boot.txt"), by="owner", limit=1).rows()
        assert [each.label for each in db.dumps()] == ["small", "boot"]
        assert db.sql("SELECT count(*) FROM dumps").rows() == [(2,)]


def test_export_gives_the_bytes(tmp_path: Path) -> None:
    path = small(tmp_path)
    with po.open() as db:
        db.load(path)
        assert db.export("small", tmp_path / "out.txt") == path.stat().st_size
    assert (tmp_path / "out.txt").read_bytes() == path.read_bytes()


def test_a_notebook_shows_names_as_text(tmp_path: Path) -> None:
    with po.open() as db:
        db.load(small(tmp_path))
        html = db.top(by="comm")._repr_html_()
    assert "&lt;script&gt;al" in html
    assert "<script" not in html
    assert "\x1b" not in html
    assert html.count("<tr>") == len(set(FORGERIES)) + 1


def test_what_cannot_be_asked_is_an_error_of_ours(real_runs: Path) -> None:
    with po.open(real_runs) as db:
        with pytest.raises(UsageError, match="keys are stack"):
            db.top("7.3/t2", by="nothing")
        with pytest.raises(MissingFieldError, match="comm"):
            db.top("5.10/t0", by="comm")
        with pytest.raises(LabelError, match="no dump has this label"):
            db.top("nothing")
        with pytest.raises(UsageError, match="no query has this name"):
            db.query("nothing")
        with pytest.raises(UsageError, match="since: not a time: 'soon'"):
            po.where(since="soon")
        with pytest.raises(po.PageOwnerError, match="line 1, column 8"):
            db.sql("SELECT nothing")


def test_two_sessions_of_a_process_read_one_file(tmp_path: Path) -> None:
    """A notebook's cell that opens the file is run again."""
    path = tmp_path / "new.duckdb"
    with po.open(path) as first:
        first.load(small(tmp_path))
        rows = first.top(by="comm").rows()
        with po.open(path) as second:
            assert second.top(by="comm").rows() == rows
        assert first.top(by="comm").rows() == rows


def test_a_file_that_is_open_in_another_way_says_so(tmp_path: Path) -> None:
    path = tmp_path / "new.duckdb"
    with po.open(path) as first, po.open(path) as second:
        first.load(small(tmp_path))
        assert first.top().rows()
        with pytest.raises(DatabaseError, match="already open in this process; close that"):
            second.load(small(tmp_path))
        assert first.top().rows()


def test_a_session_that_is_closed_stays_closed(tmp_path: Path) -> None:
    for path in (tmp_path / "new.duckdb", ":memory:"):
        with po.open(path) as db:
            db.load(small(tmp_path))
        db.close()
        with pytest.raises(InputError, match="this session is closed"):
            db.top()
        with pytest.raises(InputError, match="this session is closed"):
            db.load(small(tmp_path))


def test_load_prints_nothing(
    tmp_path: Path, dump: DumpPath, capfd: pytest.CaptureFixture[str]
) -> None:
    path = small(tmp_path)
    (tmp_path / "small.meminfo").write_bytes(dump("linux-7.3/t0.meminfo").read_bytes())
    with po.open() as db:
        db.load(path)
        assert db.sql("SELECT count(*) FROM account_files").rows() == [(1,)]
    assert capfd.readouterr() == ("", "")


# A command's options that its method has under another name, that say how rows are written, or that
# bound the process.
_OTHER_NAMES = {
    "boot": "boot_id",
    "tag": "tags",
    "with_": "accounts",
    "param": "params",
    "queries": "folders",
    "old_side": "old",
    "new_side": "new",
    "labels": "dumps",
    "label": "dump",
    "wanted": "name",
    "yes": "ask",
    "make_budget": "by",
    "source": "sources",
    "print_unit": "by",
    "exit_code": "when",
}
_OF_OUTPUT = {
    "context",
    "output",
    "show_sql",
    "full_stack",
    "format",
    "form",
    "limit",
    "file",
    "help_",
    "text",
    "print_script",
}
_OF_PROCESS = {"timeout", "threads", "for_"}
# Commands whose method has another name, or several.
_METHODS = {
    "dumps": ("list_dumps", "remove", "change", "compact"),
    "query": ("query_values", "queries"),
    "sql": ("script", "sql"),
    "shell": ("script",),
    "load": ("load",),
    "serve": ("find", "reader"),
    "check": ("check", "make_budget"),
    "symbols": ("symbols", "add_symbols", "remove_symbols"),
    "lake": ("add", "query_values", "script", "sql"),
}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_its_method(command: Command) -> None:
    names = _METHODS.get(command.name, (command.name,))
    owner = po.Lake if command.name == "lake" else po.Session
    methods = [getattr(owner, name) for name in names]
    assert all(method.__doc__ for method in methods)
    function = getattr(import_module(command.module), command.function)
    if command.name in ("dumps", "sort", "shell", "query", "serve", "symbols", "lake"):
        return
    takes = {name for method in methods for name in inspect.signature(method).parameters}
    options = set(inspect.signature(function).parameters) - _OF_OUTPUT - _OF_PROCESS
    options -= set(SELECTION)
    if command.name not in ("load", "capture"):
        options = {"dump" if name == "label" else name for name in options}
    lacking = {name for name in options if not {name, _OTHER_NAMES.get(name)} & takes}
    assert not lacking


def test_dumps_are_changed_and_removed(tmp_path: Path) -> None:
    with po.open(tmp_path / "x.duckdb") as db:
        db.load(small(tmp_path, "one"), small(tmp_path, "two"), tags={"a": "b"})
        [dump] = db.dumps()
        db.change("one", label="other", page_size=65536, tags={"a": "", "c": "d"})
        [dump] = db.dumps()
        assert (dump.label, dump.page_size, dict(dump.tags)) == ("other", 65536, {"c": "d"})
        assert db.list_dumps(brief=True).dicts()[0]["label"] == "other"
        with pytest.raises(UsageError, match="say what to set"):
            db.change("other")
        assert [each.label for each in db.remove("other")] == ["other"]
        before, after = db.compact()
        assert before >= after > 0
        assert db.dumps() == []


def test_a_load_tells_its_progress_and_what_failed(tmp_path: Path) -> None:
    seen: list[po.Progress] = []
    failed: list[str] = []
    path, wrong = small(tmp_path), tmp_path / "wrong.txt"
    wrong.write_bytes(b"nothing\n")
    with po.Session(progress=seen.append) as db:
        dumps = db.load(wrong, path, failed=lambda error: failed.append(str(error)))
    assert [dump.label for dump in dumps] == ["small"]
    assert seen[-1] == ("small", path.stat().st_size, path.stat().st_size, len(FORGERIES))
    assert failed[0].startswith(f"{wrong}: ")


@pytest.mark.thorough
def test_questions_are_the_command_lines(tool: Tool, real_runs: Path) -> None:
    tool.db = real_runs
    form = ("--by", "owner", "--format", "json")
    with po.open(real_runs) as db:
        rows = json_rows(tool.ok("diff", "7.3/t0", "7.3/t2", *form).out)
        assert db.diff("7.3/t0", "7.3/t2", by="owner").dicts() == rows
        rows = json_rows(tool.ok("leaks", "7.3/t0", "7.3/t2", *form).out)
        assert db.leaks("7.3/t0", "7.3/t2", by="owner").dicts() == rows
        rows = json_rows(tool.ok("explain", "1", "--format", "json").out)
        assert db.explain(1).dicts() == rows
        rows = json_rows(tool.ok("schema", "dumps", "--format", "json").out)
        assert db.schema("dumps").dicts() == rows


@pytest.mark.thorough
def test_pictures_are_models(real_runs: Path, tmp_path: Path) -> None:
    with po.open(real_runs) as db:
        graph = db.flame("7.3/t2", "7.3/t0", root="comm")
        assert (graph.old_label, graph.root_keys, bool(graph.samples)) == (
            "7.3/t0",
            ("comm",),
            True,
        )
        memory = db.map("7.3/t2", by=["owner", "order"])
        assert [layer.by for layer in memory.layers] == ["owner", "order"]
        assert db.report("7.3/t2", title="Mine").title == "Mine"
        assert "SELECT" in db.report_sql("7.3/t2")
        assert db.sort("7.3/t2", tmp_path / "out.txt", "-m", "--cull=name") == 0
        assert b"times" in (tmp_path / "out.txt").read_bytes()


@pytest.mark.thorough
def test_a_sort_says_what_it_leaves_out_of_files_and_dumps(tmp_path: Path) -> None:
    dump = tmp_path / "d.txt"
    dump.write_bytes(ERAS[2].record(b"a", 1) + b"Page allocated via order x\n\n")
    with po.open() as db:
        assert db.sort(dump, tmp_path / "file.txt", "--cull=name") == 1
        db.load(dump)
        assert db.sort("d", tmp_path / "dump.txt", "--cull=name") == 1
        with pytest.raises(po.PageOwnerError, match=r"compat 4\.19: no such tool"):
            db.sort("d", tmp_path / "dump.txt", compat="4.19")
    assert (tmp_path / "file.txt").read_bytes() == (tmp_path / "dump.txt").read_bytes()


# Statements about the session's state and the database itself.
_ABOUT_STATE = ("BEGIN", "COMMIT", "ROLLBACK", "SET ", "PRAGMA")


@pytest.mark.sampled
@pytest.mark.parametrize("call", ["top", "diff", "leaks", "flame", "map", "report"])
def test_each_statement_is_executed_once_in_a_call(
    real_runs: Path, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Counter[tuple[str, str]] = Counter()
    execute = Database.rows

    def counted(self: Database, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        if not sql.startswith(_ABOUT_STATE):
            asked[sql, repr(parameters)] += 1
        return execute(self, sql, parameters)

    with po.open(real_runs) as db:
        monkeypatch.setattr(Database, "rows", counted)
        dumps = (
            ("7.3/t2", "7.3/t0") if call in ("diff", "leaks", "report", "flame") else ("7.3/t2",)
        )
        made = getattr(db, call)(*dumps)
        if isinstance(made, po.Result):
            made.rows()
            made.caption()
            made.notes()
    assert {sql: times for (sql, _), times in asked.items() if times > 1} == {}


PUBLIC = [
    (name, inspect.unwrap(member))
    for name, member in inspect.getmembers(po.Session, inspect.isfunction)
    if not name.startswith("_")
]


@pytest.mark.parametrize(("name", "method"), PUBLIC, ids=[name for name, _ in PUBLIC])
def test_a_method_documents_its_arguments_and_no_others(name: str, method: Any) -> None:
    text = inspect.getdoc(method) or ""
    assert re.match(r"[A-Z].*[.:]", text), name
    parameters = [each for each in inspect.signature(method).parameters if each != "self"]
    assert [each for each in parameters if not re.search(rf"\b{each}\b", text)] == []
    told = re.search(r"^Args:\n((?:[ ].*\n?)*)", text, re.MULTILINE)
    named = re.findall(r"^ {4}([\w, ]+):", told[1], re.MULTILINE) if told else []
    assert {each for line in named for each in line.split(", ")} <= set(parameters)
