"""The JSON API: the answers of the Python API, at the addresses that the document names."""

from __future__ import annotations

import csv
import io
import json
import socket
import time
from pathlib import Path
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

import pageowner_sql as po
from pageowner_sql.server.endpoints import ENDPOINTS
from tests.cli.test_record import keep
from tests.server.test_guard import bearer
from tests.support.sampling import TRUTHS, samples
from tests.support.server import Reply, Server, running
from tests.support.tool import Tool

# An answer of each endpoint.
CALLS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "dumps": ("dumps", []),
    "top": ("top", [("dump", "7.3/t2"), ("by", "owner"), ("comm", "cat*"), ("not_pid", "1")]),
    "diff": ("diff", [("old", "7.3/t0"), ("new", "7.3/t2"), ("by", "owner")]),
    "leaks": ("leaks", [("dump", "7.3/t0"), ("dump", "7.3/t2"), ("by", "owner")]),
    "explain": ("explain", [("stack", "1")]),
    "page": ("page", [("dump", "7.3/t2"), ("place", "0x100-0x1ff")]),
    "allocations": ("allocations", [("dump", "7.3/t2"), ("where", "bytes > 4096")]),
    "flame": ("flame", [("dump", "7.3/t2"), ("old", "7.3/t0"), ("root", "comm")]),
    "map": ("map", [("dump", "7.3/t2"), ("by", "owner"), ("by", "order")]),
    "timeline": ("timeline", [("dump", f"7.3/t{at}") for at in range(3)]),
    "sql": ("sql", [("sql", "SELECT $n AS n"), ("param.n", "42")]),
    "queries": ("queries", []),
    "query/{name}": ("query/stacks/top", [("dump", "7.3/t2"), ("param.top", "3")]),
    "schema": ("schema", [("name", "dumps")]),
    "names": ("names", []),
}


def test_top_is_the_python_apis(server: Server, real_runs: Path) -> None:
    reply = server.api("top", CALLS["top"][1])
    with po.open(real_runs) as db:
        where = po.where(comm="cat*", not_pid=1)
        result = db.top("7.3/t2", by="owner", where=where)
        assert reply.rows == result.dicts()[:100]
        assert reply.json["truncated"] == (len(result.rows()) > 100)


def test_rows_bring_their_sql_and_what_is_known_of_them(server: Server, tool: Tool) -> None:
    words = [("dump", "7.3/t2"), ("by", "comm"), ("limit", "3")]
    reply = server.api("top", [*words, ("with", "caption"), ("with", "notes"), ("with", "trend")])
    answer = reply.json
    assert [column["kind"] for column in answer["columns"]] == [
        *("text", "count", "count", "bytes", "share")
    ]
    assert answer["truncated"]
    assert answer["caption"].startswith("7.3/t2: total 61,080 records")
    assert answer["trend"]["labels"][-3:] == ["7.3/t0", "7.3/t1", "7.3/t2"]
    assert [held[-1] for held in answer["trend"]["held"]] == [row["bytes"] for row in reply.rows]
    tool.db = Path(str(server.process.args[4]))  # type: ignore[index]  # the command's words
    assert json.loads(tool.ok("sql", answer["sql"], "--format", "json").out)[:3] == reply.rows


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_the_document_describes_every_answer(server: Server, endpoint: object) -> None:
    document = server.api("openapi.json").json
    assert set(document["paths"]) == {f"/api/{each.path}" for each in ENDPOINTS}
    path = endpoint.path  # type: ignore[attr-defined]
    asked, words = CALLS[path]
    operation = document["paths"][f"/api/{path}"]["get"]
    names = {each["name"] for each in operation["parameters"] if each["in"] == "query"}
    assert {name.partition(".")[0] for name, _ in words} <= names
    reply = server.api(asked, words)
    assert reply.status == 200, reply.body
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": document["components"]}).validate(reply.json)
    refused = server.api(asked, [*words, ("nothing", "1")])
    assert (refused.status, refused.error) == (400, "nothing: is not a parameter here")


def test_rows_come_in_every_format(server: Server) -> None:
    words = [*CALLS["top"][1], ("limit", "5")]
    rows = server.api("top", words).rows
    as_csv = server.api("top", words, format="csv")
    assert as_csv.headers["content-disposition"] == 'attachment; filename="top.csv"'
    assert [row["owner"] for row in csv.DictReader(io.StringIO(as_csv.body.decode()))] == [
        row["owner"] for row in rows
    ]
    parquet = pq.read_table(io.BytesIO(server.api("top", words, format="parquet").body))
    arrow = pa.ipc.open_stream(server.api("top", words, format="arrows").body).read_all()
    assert parquet.column("bytes").to_pylist() == arrow.column("bytes").to_pylist()
    assert arrow.num_rows == len(rows)
    lines = server.api("top", words, format="jsonl").body.splitlines()
    assert [json.loads(line) for line in lines] == rows


def test_columns_of_one_name_and_odd_values_come_whole(server: Server) -> None:
    reply = server.api("sql", sql="SELECT 1 AS a, 2 AS a, 'NaN'::DOUBLE AS b, [1] AS c, '\x1b<'")
    assert list(reply.rows[0].values()) == [1, 2, None, [1], "\x1b<"]
    assert [column["name"] for column in reply.json["columns"]] == list(reply.rows[0])


def test_errors_have_the_messages_of_the_command_line(server: Server, real_runs: Path) -> None:
    with po.open(real_runs) as db:
        for call, status, words in (
            (lambda: db.top("7.3/t9"), 404, [("dump", "7.3/t9")]),
            (lambda: db.top("5.10/t0", by="comm"), 422, [("dump", "5.10/t0"), ("by", "comm")]),
            (lambda: po.where(since="soon"), 400, [("since", "soon")]),
        ):
            with pytest.raises(po.PageOwnerError) as raised:
                call()
            reply = server.api("top", words)
            assert reply.status == status
            # No file is looked for where a label is wanted.
            assert reply.error == str(raised.value).replace(", and there is no such file", "")


def test_an_error_in_sql_has_its_place(server: Server) -> None:
    reply = server.api("sql", sql="SELECT 1,\n  nothing")
    assert reply.status == 422
    error = reply.json["error"]
    assert (error["kind"], error["line"], error["column"]) == ("Sql", 2, 3)


def test_long_sql_comes_as_a_form(server: Server) -> None:
    sql = f"SELECT length('{'x' * 100_000}') AS n"
    form = {"Content-Type": "application/x-www-form-urlencoded", **bearer(server)}
    body = urlencode({"sql": sql}).encode()
    assert server.ask("/api/sql", method="POST", headers=form, body=body).rows == [{"n": 100_000}]
    plain = {**form, "Content-Type": "text/plain"}
    assert server.ask("/api/sql", method="POST", headers=plain, body=body).status == 400
    large = server.ask("/api/sql", method="POST", headers=form, body=b"sql=" + b"1" * (2 << 20))
    assert "larger than" in large.error


ATTACKS = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "FROM '/etc/passwd'",
    "FROM glob('/*')",
    "COPY (SELECT 1) TO '{folder}/x.csv'",
    "EXPORT DATABASE '{folder}'",
    "ATTACH '{folder}/x.duckdb' AS x",
    "ATTACH ':memory:' AS x",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 1",
    "PRAGMA enable_logging",
    "FROM enable_logging(storage = 'file', storage_path = '{folder}/x')",
    "FROM enable_profiling(save_location = '{folder}/x')",
    "DROP TABLE records",
    "DELETE FROM dumps",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP TABLE x AS SELECT 1",
    "WITH gone AS (DELETE FROM dumps RETURNING 1) FROM gone",
    "DETACH real_runs",
    "USE temp",
    "CREATE SECRET s (TYPE http)",
    "SELECT 1; DROP TABLE records",
    "EXPLAIN ANALYZE DELETE FROM dumps",
    "FROM read_parquet('http://127.0.0.1:{port}/')",
    "CALL force_checkpoint()",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_sql_reaches_nothing_but_the_tables(server: Server, attack: str, tmp_path: Path) -> None:
    reply = server.api("sql", sql=attack.format(folder=tmp_path, port=server.port))
    assert reply.status in (400, 422), reply.body
    assert b"root:" not in reply.body
    assert list(tmp_path.iterdir()) == []
    assert server.api("sql", sql="SELECT count(*) > 3 AS n FROM dumps").rows == [{"n": True}]


@pytest.mark.parametrize(
    "words",
    [
        [("where", "1 = 1; DROP TABLE dumps")],
        [("where", "pfn IN (SELECT 1 FROM read_text('/etc/passwd'))")],
        [("where", "true) OR (true")],
        [("comm", "'; DROP TABLE dumps; --")],
        [("dump", "/etc/passwd")],
        [("dump", "fixtures/linux-7.3/t0.txt.xz")],
        [("by", "comm; DROP TABLE dumps")],
        [("limit", "1e9")],
        [("limit", "10001")],
        [("limit", "-1")],
        [("format", "../../x")],
    ],
)
def test_hostile_words_are_refused(server: Server, words: list[tuple[str, str]]) -> None:
    base = [] if words[0][0] == "dump" else [("dump", "7.3/t2")]
    reply = server.api("top", [*base, *words])
    assert 400 <= reply.status < 500, reply.body
    assert b"root:" not in reply.body


def test_a_query_of_another_folder_is_not_reached(server: Server) -> None:
    for name in ("../../etc/passwd", "..%2f..%2fx", "stacks/../../x", "stacks/top.sql"):
        assert server.api(f"query/{name}").status in (400, 404)


ENDLESS = "SELECT sum(a.range * b.range) AS n FROM range(10000000) a, range(10000000) b"


def test_an_endless_query_is_stopped(server: Server) -> None:
    reply = server.api("sql", sql=ENDLESS)
    assert (reply.status, reply.error) == (504, "took longer than 5 seconds, and was stopped")
    assert server.api("sql", sql="SELECT 1 AS n").rows == [{"n": 1}]


def test_it_tells_how_far_an_answer_is(server: Server) -> None:
    sql = "SELECT sum(hash(range)) AS n FROM range(20000000000)"
    connection = server.connect()
    named = {"X-Question": "one", **bearer(server)}
    connection.request("GET", f"/api/sql?{urlencode({'sql': sql})}", headers=named)
    told: list[float] = []
    for _ in range(100):
        share = server.api("progress", of="one").json["share"]
        told += [share] if share else []
        if len(told) == 3:
            break
        time.sleep(0.1)
    connection.close()
    assert len(told) == 3
    assert 0 < told[0] <= told[1] <= told[2] < 1
    assert server.api("progress", of="other").json == {"share": None}
    assert server.ask("/api/progress?of=one").status == 401


def test_a_query_that_needs_too_much_memory_fails_alone(server: Server) -> None:
    reply = server.api("sql", sql="SELECT list(range) AS n FROM range(3000000000)")
    # DuckDB itself, the kernel, or the time limit refuses it first.
    assert reply.status in (422, 504, 507), reply.body
    assert server.api("sql", sql="SELECT 1 AS n").rows == [{"n": 1}]


@pytest.mark.slow
def test_a_query_ends_when_its_reader_has_gone(real_runs: Path) -> None:
    with running(real_runs, "--timeout", "90s") as server:
        head = f"GET /api/sql?{urlencode({'sql': ENDLESS})} HTTP/1.1\r\n"
        head += f"Host: localhost\r\nAuthorization: Bearer {server.token}\r\n\r\n"
        for _ in range(8):
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                client.sendall(head.encode())
                time.sleep(0.3)
        # More than are worked on at once would hold the others back.
        assert server.api("sql", sql="SELECT 1 AS n").rows == [{"n": 1}]


@pytest.mark.slow
def test_more_requests_than_may_wait_are_refused(server: Server) -> None:
    connections = [server.connect() for _ in range(50)]
    for connection in connections:
        connection.request("GET", f"/api/sql?{urlencode({'sql': ENDLESS})}", headers=bearer(server))
    refused = [
        reply
        for connection in connections[-5:]
        if (reply := connection.getresponse()).status == 503
    ]
    for connection in connections:
        connection.close()
    assert refused
    assert refused[0].headers["retry-after"] == "1"


def test_hostile_names_stay_data(tmp_path: Path, tool: Tool) -> None:
    from tests.test_api import small

    tool.ok("load", small(tmp_path))
    with running(tool.db) as server:
        names = [row["comm"] for row in server.api("top", by="comm").rows]
        assert any("<script>" in name for name in names)
        # Filters are proven with all of them; here, that a URL brings them.
        for name in names[::4]:
            glob = name.replace("*", "\\*")
            [row] = server.api("top", by="comm", comm=glob).rows
            assert row["comm"] == name


def test_the_database_is_let_go_of_and_opened_again(tmp_path: Path, tool: Tool) -> None:
    from tests.test_api import small

    tool.ok("load", small(tmp_path, "one"))
    with running(tool.db) as server:
        assert [row["label"] for row in server.api("dumps").rows] == ["one"]
        time.sleep(2)
        tool.ok("dumps", "set", "one", "--label", "other")
        assert [row["label"] for row in server.api("dumps").rows] == ["other"]
        time.sleep(2)
        tool.db.unlink()
        reply: Reply = server.api("dumps")
        assert reply.status == 503
        assert "no such database" in reply.error
        assert reply.headers["retry-after"] == "1"


def test_samples_stand_where_dumps_do(tool: Tool) -> None:
    keep(tool.db, list(samples(9, 600, TRUTHS)))
    first, last = "@2026-11-28T00:00:00", "@01:20"
    with running(tool.db) as server:
        times = [row["taken_at"] for row in server.api("query/samples/times").rows]
        assert (len(times), times[0]) == (9, "2026-11-28 00:00:00")
        top = server.api("top", dump=last, by="owner").rows
        changed = server.api("diff", old=first, new=last, by="owner").rows
        words = [("dump", "@00:00..01:20"), ("by", "owner")]
        verdicts = {row["owner"]: row["verdict"] for row in server.api("leaks", words).rows}
        drawn = server.api("timeline", [("dump", f"@00:{at}0") for at in range(3)])
        assert drawn.json["timeline"]["labels"][0] == first
        # Numbers of stacks and dumps stay, whatever else was asked for.
        [stack, *_] = server.api("top", dump=last, by="stack", limit="1").rows
        frames = server.api("explain", stack=str(stack["stack_id"]), sample=last).rows
        assert frames[1]["function"] in stack["stack"]
        sql = "SELECT count(*) AS n FROM dumps WHERE label = '@2026-11-28T01:20:00'"
        assert server.api("sql", sql=sql, sample=last).rows == [{"n": 1}]
        assert server.api("sql", sql="SELECT count(*) AS n FROM dumps").rows == [{"n": 0}]
        for word in ("@", "@x", "@99:99", "@/etc/passwd", f"@{'9' * 5000}"):
            assert server.api("top", dump=word).status == 404, word
    with po.open(tool.db) as db:
        assert top == db.top(last, by="owner").dicts()
        assert changed == db.diff(first, last, by="owner").dicts()
        expected = {
            row["owner"]: row["verdict"] for row in db.leaks(words[0][1], by="owner").dicts()
        }
        assert verdicts == expected


@pytest.mark.thorough
def test_samples_recorded_meanwhile_are_there(
    tmp_path: Path, tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    found = list(samples(6, 600, TRUTHS))
    keep(tool.db, found[:3])
    with running(tool.db) as server:
        before = server.api("top", dump="@0s", by="owner").rows
        time.sleep(1.5)
        keep(tool.db, found[3:])
        assert server.api("top", dump="@30m", by="owner").rows == before
        assert server.api("top", dump="@0s", by="owner").rows != before
        assert any(folder.iterdir())
        server.stop()
    assert list(folder.iterdir()) == []


def test_nothing_that_was_asked_is_logged(real_runs: Path) -> None:
    with running(real_runs) as server:
        server.ask("/api/dumps?secret=1")
        server.api("top", comm="nobody")
        server.ask("/secret", method="BROKEN")
        said = server.stop()
    assert server.token not in said
    assert "secret" not in said
    assert "nobody" not in said


def test_the_token_can_be_kept(real_runs: Path, tmp_path: Path, tool: Tool) -> None:
    file = tmp_path / "token"
    tokens = []
    for _ in range(2):
        with running(real_runs, "--token-file", str(file)) as server:
            tokens.append(server.token)
    assert tokens[0] == tokens[1]
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    tool.db = real_runs
    assert "chmod 600" in tool.fails(1, "serve", "--port", "0", "--token-file", file)


def test_what_cannot_be_served_says_so(tool: Tool, real_runs: Path) -> None:
    assert "no such database" in tool.fails(1, "serve")
    tool.db = real_runs
    assert "no dump has this label" in tool.fails(1, "serve", "nothing")
    assert "give another with --host or --port" in tool.fails(1, "serve", "--host", "192.0.2.1")


@pytest.mark.thorough
def test_a_file_is_served_without_being_kept(tmp_path: Path) -> None:
    from tests.test_api import small

    path = small(tmp_path, "one")
    with running(None, str(path), folder=tmp_path) as server:
        assert server.url.endswith("&dump=one")
        time.sleep(1.5)
        assert [row["label"] for row in server.api("dumps").rows] == ["one"]
        server.stop()
    assert list(tmp_path.glob("*.duckdb")) == []
