"""The shell: what is typed, completed, stopped and shown; and the other clients on our file."""

import contextvars
import functools
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from pageowner_sql.cli.commands import run_command
from pageowner_sql.errors import DatabaseError, PageOwnerError
from pageowner_sql.shell import show, words
from pageowner_sql.shell.completion import ShellCompleter
from pageowner_sql.shell.dots import DOTS, run_dot
from pageowner_sql.shell.loop import history_file, run_line, run_shell
from pageowner_sql.shell.session import ShellSession, stoppable
from pageowner_sql.store.database import Database, Mode
from tests.support import ENDLESS, ROOT

CTRL_C, CTRL_D = "\x03", "\x04"


@pytest.fixture
def session(shell_db: Path) -> Iterator[ShellSession]:
    with ShellSession(str(shell_db)) as opened:
        yield opened


@pytest.fixture
def keyboard() -> Iterator[PipeInput]:
    with create_pipe_input() as typed, create_app_session(input=typed, output=DummyOutput()):
        yield typed


def offered(session: ShellSession, text: str) -> list[str]:
    """What Tab offers behind `text`."""
    completer = ShellCompleter(session)
    return [each.text for each in completer.get_completions(Document(text), CompleteEvent())]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("exit", ".quit"),
        ("quit;", ".quit"),
        ("\\q", ".quit"),
        (" help ", ".help"),
        ("help stacks/top", ".help stacks/top"),
        ("SELECT help", None),
        ("help me please", None),
        (".top", ".top"),
    ],
)
def test_words_of_other_shells_are_understood(text: str, command: str | None) -> None:
    assert words.as_dot(text) == command


def test_a_command_runs_with_its_options(session: ShellSession) -> None:
    asked: list[list[str]] = []
    session._run_words = lambda said: asked.append(list(said))  # in place of the program
    run_line(session, ".top t0 --by owner --comm 'a name'")
    run_line(session, ".help leaks")
    assert asked == [["top", "t0", "--by", "owner", "--comm", "a name"], ["leaks", "--help"]]


def test_a_command_answers_in_the_shell(
    session: ShellSession, capfd: pytest.CaptureFixture[str]
) -> None:
    def run(said: Sequence[str]) -> None:
        run_command(["--db", session.path, *said])

    session._run_words = run  # as the program does
    run_line(session, ".top t0 --by owner --limit 1")
    assert "unix_dgram_sendmsg" in capfd.readouterr().out
    with pytest.raises(PageOwnerError, match="see: pageowner-sql top --help"):
        run_line(session, ".top t0 --nonsense")


def test_the_timer_and_the_number_of_rows(
    session: ShellSession, capfd: pytest.CaptureFixture[str]
) -> None:
    run_line(session, ".timer on")
    run_line(session, ".maxrows 3")
    run_line(session, "SELECT * FROM range(9);")
    out, err = capfd.readouterr()
    assert len(out.splitlines()) == 5
    assert re.search(r"^\d+\.\d{3} s$", err, re.MULTILINE)
    run_line(session, ".maxrows all")
    run_line(session, "SELECT * FROM range(99);")
    assert len(capfd.readouterr().out.splitlines()) == 101


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("exit", True),
        ("help", True),
        ("", True),
        ("  \n", True),
        (".tables", True),
        ("SELECT 1", False),
        ("SELECT 1;", True),
        ("SELECT 1\n;  \n", True),
        ("SELECT ';", False),
        ("SELECT ';'", False),
        ("SELECT ';';", True),
        ("SELECT 1 -- done;", False),
        ("SELECT 1; -- done", True),
        ("SELECT 1 /* ; ", False),
        ('SELECT ";', False),
        ("-- nothing yet", True),
        ("SELECT $$;", False),
        ("SELECT $$;\n$$;", True),
        ("SELECT $a$ ; $$ ;", False),
        ("SELECT $1, $name;", True),
    ],
)
def test_enter_runs_what_is_whole(text: str, whole: bool) -> None:
    assert words.is_whole(text) is whole


def test_a_session_at_the_keyboard(
    shell_db: Path, keyboard: PipeInput, capfd: pytest.CaptureFixture[str]
) -> None:
    keyboard.send_text("SELECT count(*) AS records\nFROM allocations\n;\n")
    keyboard.send_text("SELEC 1;\n")
    keyboard.send_text(f"a line that is given up{CTRL_C}")
    keyboard.send_text(".mode csv\n.nonsense\n\n;\nSELECT 1 AS one;\n")
    keyboard.send_text(CTRL_D)
    # In a thread of its own: a browser's tests leave an event loop running in this one.
    here = contextvars.copy_context()
    with ThreadPoolExecutor(1) as apart:
        apart.submit(here.run, functools.partial(run_shell, str(shell_db), write=False)).result()
    out, err = capfd.readouterr()
    assert re.search(r"records\n─+\n\s*34,546\n", out)
    assert out.endswith("one\n1\n")
    assert err.splitlines() == [
        f"{shell_db}, read-only (--write allows changes)",
        ".help lists commands; SQL ends with ;",
        "1 row",
        'SQL, line 1, column 1: syntax error at or near "SELEC"',
        "  SELEC 1;",
        "  ^",
        ".nonsense: unknown command; see .help",
        "1 row",
    ]
    assert "FROM allocations" in history_file().read_text()
    assert history_file().stat().st_mode & 0o077 == 0


def test_a_shell_on_no_database_says_so_at_once(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="no such database; make it with"):
        run_shell(str(tmp_path / "none.duckdb"), write=True)
    assert not (tmp_path / "none.duckdb").exists()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("SELECT * FROM live_", "live_allocations"),
        ("SELECT stack_te", "stack_text"),
        ("SELECT com", "comm"),
        ("SELECT count(*) FROM allocations whe", "where"),
        ("SELECT approx_", "approx_quantile"),
        ("FROM dump('t", "t0'"),
        (".qu", ".query"),
        (".query sta", "stacks/top"),
        (".query stacks/top to", "top="),
        (".help gfp/", "gfp/flags"),
        (".schema alloc", "allocations"),
        (".mode ma", "markdown"),
        ("SELECT * FROM allocations a WHERE a.pageb", "pageblock"),
        ("FROM dump('t0') AS l WHERE l.page_o", "page_order"),
        ("SELECT * FROM live_allocations WHERE owner = 'unix_dgram", "unix_dgram_sendmsg'"),
        ("SELECT * FROM live_allocations WHERE comm IN ('cat', 'sockl", "sockleak'"),
        ("SELECT * FROM live_allocations WHERE dump = 't", "t0'"),
        (".top t", "t0"),
    ],
)
def test_tab_offers(session: ShellSession, text: str, name: str) -> None:
    assert name in offered(session, text)


def test_tab_offers_files(session: ShellSession, tmp_path: Path) -> None:
    (tmp_path / "mine.sql").touch()
    assert offered(session, f".read {tmp_path}/mi") == ["ne.sql"]


def test_a_long_word_costs_no_time(session: ShellSession) -> None:
    for text in ("x" * 1_000_000, "x" * 1_000_000 + " = '", "x" * 1_000_000 + " FROM liv"):
        assert ("live_allocations" in offered(session, text)) == text.endswith("liv")


def test_tab_offers_what_was_just_made_in_quotes_where_it_needs_them(session: ShellSession) -> None:
    assert offered(session, "FROM drop_") == []
    run_line(session, """CREATE TEMP TABLE "drop_; \x1b[31m" AS SELECT 1;""")
    assert offered(session, "FROM drop_") == ['"drop_; \x1b[31m"']
    [completion] = ShellCompleter(session).get_completions(Document("FROM drop_"), CompleteEvent())
    assert "\x1b" not in completion.display_text


def test_tab_offers_nothing_while_another_holds_the_file(
    session: ShellSession, shell_db: Path
) -> None:
    with Holder(shell_db, "write"):
        assert offered(session, "FROM liv") == []


def test_a_query_is_stopped_and_the_shell_is_not(
    session: ShellSession, capfd: pytest.CaptureFixture[str]
) -> None:
    at_once = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    at_once.start()
    with pytest.raises(KeyboardInterrupt):
        run_line(session, ENDLESS)
    run_line(session, "SELECT 42 AS answer;")
    assert "42" in capfd.readouterr().out


@pytest.mark.parametrize("mode", ["table", "markdown", "csv"])
def test_ctrl_c_stops_rows_on_their_way(session: ShellSession, mode: str) -> None:
    run_line(session, f".mode {mode}")
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        run_line(session, "SELECT range, repeat('x', 50) AS x FROM range(10000000000);")


def test_ctrl_c_between_two_queries_stops_the_work(session: ShellSession) -> None:
    started = threading.Event()

    def work() -> None:
        started.set()
        time.sleep(0.3)
        database.rows(ENDLESS)

    with session.database() as database:
        threading.Thread(target=interrupt_after, args=(started,)).start()
        with pytest.raises(KeyboardInterrupt):
            stoppable(work)


def interrupt_after(event: threading.Event) -> None:
    event.wait()
    os.kill(os.getpid(), signal.SIGINT)


class Holder:
    """Another process that has the file open."""

    def __init__(self, db: Path, mode: str) -> None:
        code = (
            "import sys; from pageowner_sql.store.database import Database, Mode\n"
            "with Database.open(sys.argv[1], Mode(sys.argv[2])):\n"
            "    print('open', flush=True); sys.stdin.read()"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(db), mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )

    def __enter__(self) -> int:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"open\n"
        return self.process.pid

    def __exit__(self, *_: object) -> None:
        self.process.communicate()


def test_a_shell_that_reads_keeps_no_load_waiting(session: ShellSession, shell_db: Path) -> None:
    run_line(session, "SELECT count(*) FROM live_allocations;")
    with Holder(shell_db, "write"):
        pass


def test_a_shell_that_waits_says_who_holds_the_file(session: ShellSession, shell_db: Path) -> None:
    with (
        Holder(shell_db, "write") as pid,
        pytest.raises(DatabaseError, match=f"is held by process {pid}; wait"),
    ):
        run_line(session, "SELECT 1;")


def test_what_was_made_stays_and_then_the_shell_says_that_it_holds_the_file(
    session: ShellSession, shell_db: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run_line(session, "CREATE TEMP TABLE mine AS SELECT 7 AS seven;")
    run_line(session, "SET threads = 1;")
    err = capfd.readouterr().err
    assert err.count(f"process {os.getpid()} now holds {shell_db}") == 1
    run_line(session, "SELECT * FROM mine;")
    assert re.search(r"seven\n─+\n\s*7\n", capfd.readouterr().out)


def test_only_write_changes_the_file(
    session: ShellSession, shell_db: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DatabaseError, match=r"read-only mode; --write allows changes"):
        run_line(session, "UPDATE dumps SET host = 'here';")
    session.close()
    with ShellSession(str(shell_db), write=True) as writing:
        run_line(writing, "UPDATE dumps SET host = 'here';")
    assert "1 row changed" in capfd.readouterr().err
    with Database.open(shell_db, Mode.READ) as database:
        assert database.value("SELECT host FROM dumps") == "here"


def test_dot_commands(
    session: ShellSession, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def shown(text: str) -> str:
        run_dot(session, text)
        return capfd.readouterr().out

    helped = shown(".help")
    assert all(f"{dot.name} " in helped for dot in DOTS)
    assert "Stacks that hold the most memory" in shown(".help stacks/top")
    assert "live_allocations" in shown(".tables")
    assert "live_allocations" in shown(".schema")
    assert "alloc_ts" in shown(".schema allocations")
    assert "stacks/top" in shown(".query")
    run_dot(session, ".mode csv")
    assert shown(".query stacks/top top=3").count("post_alloc_hook") == 3
    (tmp_path / "a file.sql").write_text("SELECT 1 AS a;\nSELECT 2 AS b")
    assert shown(".read 'a file.sql'") == "a\n1\nb\n2\n"
    with pytest.raises(EOFError):
        run_dot(session, ".quit")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (".nonsense", ".nonsense: unknown command; see .help"),
        (".read", ".read: wrong arguments; usage: .read FILE"),
        (".read none.sql", "none.sql: No such file or directory"),
        (".read 'none", "a quote is not closed"),
        (
            ".mode parquet",
            ".mode parquet: unknown format; known: table, csv, tsv, json, jsonl, markdown",
        ),
        (".query nonsense", "nonsense: no query has this name"),
        (".query stacks/top 3", "3: no dump has this label; there is t0"),
        (".query stacks/top dump=t9", "t9: no dump has this label; there is t0"),
        (".schema nonsense", "nonsense: no table, view or macro has this name"),
    ],
)
def test_a_dot_command_that_cannot_be_done_says_why(
    session: ShellSession, text: str, told: str
) -> None:
    with pytest.raises(PageOwnerError, match=re.escape(told)):
        run_dot(session, text)


@pytest.mark.parametrize("form", ["table", "csv", "tsv", "json", "jsonl", "markdown"])
def test_hostile_names_are_inert_in_every_mode(
    session: ShellSession, form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    run_dot(session, f".mode {form}")
    hostile = "chr(27) || '[31m' || chr(8238) || chr(7) || chr(155)"
    run_line(session, f"SELECT {hostile} AS \"\x1b]0;\x07\", '<script>' AS b;")
    out = capfd.readouterr().out
    assert "<script>" in out or "&lt;script&gt;" in out
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", out)


def test_long_results_go_through_the_pager(
    session: ShellSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\ncat > {seen}\n")
    pager.chmod(0o700)
    monkeypatch.setenv("PAGER", str(pager))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    run_line(session, "SELECT * FROM range(5);")
    assert not seen.exists()
    run_line(session, "SELECT * FROM range(500);")
    assert "499" in seen.read_text()


def test_a_pager_that_is_left_early_is_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PAGER", "true")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    show.page(iter(["a long line of text\n"] * 100_000))


def test_the_next_result_goes_to_a_file_and_no_other(
    session: ShellSession, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows, plain = tmp_path / "rows.csv", tmp_path / "rows"
    run_line(session, f".once {rows}")
    run_line(session, "SELECT * FROM range(99) t(n);")
    run_line(session, "SELECT 7 AS here;")
    assert rows.read_text().splitlines() == ["n", *map(str, range(99))]
    out, err = capfd.readouterr()
    assert out.split()[-1] == "7"
    assert f"{rows}: 99 rows" in err
    run_line(session, ".mode tsv")
    run_line(session, f".output {plain}")
    run_line(session, "SELECT 1 AS a, 2 AS b;")
    assert plain.read_text() == "a\tb\n1\t2\n"
    run_line(session, f".once {tmp_path}/nowhere/x.csv")
    with pytest.raises(PageOwnerError, match=r"x\.csv: cannot be written"):
        run_line(session, "SELECT 1;")
    run_line(session, "SELECT 1;")
