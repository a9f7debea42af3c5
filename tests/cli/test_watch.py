import os
import pty
import shutil
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

import pageowner_sql as po
from pageowner_sql import captures
from pageowner_sql.errors import InputError, UsageError
from pageowner_sql.live.sampler import Sample
from pageowner_sql.output.watch_screen import WatchScreen
from pageowner_sql.watch_rules import WatchRow, read_rule
from pageowner_sql.watches import Round, Watcher, systemd_unit
from tests.conftest import DumpPath
from tests.support import ROOT
from tests.support.live_file import StandIn, machine_folder
from tests.support.sampling import MIB, TRUTHS, samples
from tests.support.tool import Tool, environment

STACKS = "sys/kernel/debug/page_owner_stacks"


@pytest.fixture
def root(tmp_path: Path, dump: DumpPath) -> Path:
    text = dump("linux-7.3/show_stacks.txt").read_bytes()
    return machine_folder(tmp_path / "root", {f"{STACKS}/show_stacks": text})


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    made = Watcher("owner")
    yield made
    made.close()


def last_rows(watcher: Watcher, found: Iterator[Sample]) -> dict[str, WatchRow]:
    rows: list[WatchRow] = []
    for sample in found:
        rows = watcher.rows(sample)
    return {row.owner: row for row in rows}


def test_rows_tell_bytes_rate_and_history(watcher: Watcher) -> None:
    rows = last_rows(watcher, samples(21, 60, {"grower": lambda at, _: (1 + at) * 100 * MIB}))
    row = rows["make_grower"]
    assert row.bytes == pytest.approx(200 * MIB, rel=0.05)
    # 100 MiB in 20 minutes.
    assert row.rate == pytest.approx(300 * MIB, rel=0.2)
    assert len(row.history) == 21


def test_an_owner_that_holds_nothing_any_more_goes(watcher: Watcher) -> None:
    rows = last_rows(watcher, samples(60, 1, {"brief": lambda at, _: MIB if at < 0.1 else 0}))
    assert rows == {}


def test_owners_that_come_later_are_told(watcher: Watcher) -> None:
    first = next(samples(1, 1, {"early": lambda *_: MIB}))
    later = next(samples(1, 1, {"early": lambda *_: MIB, "late": lambda *_: MIB}))
    assert last_rows(watcher, iter([first, later])).keys() == {"make_early", "make_late"}


def test_bytes_can_be_by_stack() -> None:
    watcher = Watcher("stack")
    rows = watcher.rows(next(samples(1, 1, TRUTHS)))
    watcher.close()
    assert sorted(row.stack is not None for row in rows) == [True] * 4


# 571 to 600 MiB, by 60 MiB an hour.
HELD = tuple(MIB * held for held in range(571, 601))
ROW = WatchRow("unix_stream", "net/unix", " a+0x1/0x2", HELD, 29 * 60)


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ("owner=unix_stream > 500M", True),
        ("owner=net/unix > 500M", True),
        ("owner = unix_stream>700M", False),
        ("subsystem=net/unix > 50M/h", True),
        ("subsystem=net > 1", False),
        ("stack=a+0x1 > 1K", True),
        ("any > 1G", False),
        ("any > 500 MiB", True),
        ("any > 50 MB / h", True),
        ("leak of any > 50M/h", True),
        ("leak of any > 70M/h", False),
        ("leak of owner=other > 50M/h", False),
    ],
)
def test_a_rule_is_broken_by_those_above_it(rule: str, broken: bool) -> None:
    assert bool(read_rule(rule).broken_by([ROW])) is broken


def test_those_that_a_rule_names_count_together() -> None:
    other = replace(ROW, owner="unix_dgram", stack=" b+0x1/0x2")
    rows = [ROW, other, replace(ROW, owner="tcp", subsystem="net/ipv4")]
    for rule in (
        "subsystem=net/unix > 1G",
        "owner=net/unix > 110M/h",
        "leak of stack=+0x1 > 170M/h",
    ):
        [broken] = read_rule(rule).broken_by(rows)
        assert broken.bytes == (1800 if "stack" in rule else 1200) * MIB
    assert read_rule("any > 1G").broken_by(rows) == []
    seen = Round(rows, [(read_rule("subsystem=net/unix > 1G"), ROW)])
    assert [seen.breaks(row) for row in rows] == [True, True, False]


def test_a_spike_or_a_short_time_is_no_leak() -> None:
    rule = read_rule("leak of any > 1/h")
    spike = replace(ROW, history=(*HELD[:1] * 29, HELD[-1]))
    assert spike.rate == ROW.rate
    assert rule.broken_by([spike]) == []
    assert rule.broken_by([replace(ROW, history=HELD[:29])]) == []
    assert rule.broken_by([ROW]) == [ROW]


@pytest.mark.parametrize(
    "rule", ["", "any", "owner > 5M", "leak of any > 5M", "comm=x > 5M", "any > x"]
)
def test_what_is_not_a_rule_is_refused(rule: str) -> None:
    with pytest.raises(UsageError, match="--when: not a"):
        read_rule(rule)


def test_a_rule_about_stacks_needs_stacks(tool: Tool, root: Path) -> None:
    words = ("watch", "--root", root, "--for", "0s", "--when", "stack=vfs_write > 1P")
    said = "--when: 'stack=vfs_write > 1P' is about stacks; say --by stack, too"
    assert tool.fails(2, *words) == said
    tool.ok(*words, "--by", "stack")


def test_rows_are_text_where_nobody_looks(tool: Tool, root: Path) -> None:
    done = tool.ok("watch", "--root", root, "--every", "100ms", "--for", "100ms", "--limit", "2")
    lines = done.out.splitlines()
    assert [bool(line) for line in lines] == [True, True, False] * 2
    assert len(lines[0].split("\t")) == 5


def test_a_broken_rule_acts_once_and_gives_the_code(tool: Tool, root: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with po.open(tool.db) as db:
        rounds = list(
            db.watch(root=root, rounds=3, every=0.1, when=["any > 1K"], do=f"echo done >>{log}")
        )
    assert all(each.broken for each in rounds)
    # Once for each owner that broke it would be a flood.
    assert log.read_text() == "done\n"
    done = tool.run("watch", "--root", root, "--when", "any > 1K", "--exit-code", "9")
    assert done.code == 9
    assert "any > 1K: " in done.err


def test_a_broken_rule_captures(
    tool: Tool, root: Path, dump: DumpPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = StandIn(dump("linux-7.3/boot.txt").read_bytes())
    monkeypatch.setattr(captures, "SYSTEM", file.calls)
    with po.open(tool.db) as db:
        list(db.watch(root=root, rounds=2, every=0.1, when=["any > 1K"], capture=True))
        [taken] = db.dumps()
    assert (taken.records, taken.host) == (len(file.records), "node7")


def test_metrics_are_what_rows_are(tool: Tool, root: Path, tmp_path: Path) -> None:
    file = tmp_path / "pageowner.prom"
    tool.ok("watch", "--root", root, "--for", "0s", "--openmetrics", file)
    lines = file.read_text().splitlines()
    assert lines[1] == "# TYPE pageowner_bytes gauge"
    assert lines[-1] == "# EOF"
    assert all(line.startswith('pageowner_bytes{owner="') for line in lines[2:-1])
    assert len(lines) > 20


def test_a_systemd_unit_is_printed(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["/usr/bin/pageowner-sql", "watch", "--when", "any > 1G", "--print-unit"]
    monkeypatch.setattr(sys, "argv", words)
    unit = tool.ok("watch", "--when", "any > 1G", "--print-unit").out
    assert 'ExecStart=/usr/bin/pageowner-sql watch --when "any > 1G"\n' in unit
    assert f"WorkingDirectory={Path.cwd()}\n" in unit
    monkeypatch.setattr(sys, "argv", [str(ROOT / "pageowner_sql" / "__main__.py"), *words[1:]])
    unit = tool.ok("watch", "--exit-code", "9", "--when", "any > 1G", "--print-unit").out
    assert f"ExecStart={sys.executable} -m pageowner_sql watch " in unit
    assert "RestartPreventExitStatus=9\n" in unit
    assert "not a rule" in tool.fails(2, "watch", "--when", "x", "--print-unit")


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("--every=2s", "--every=2s"),
        ("", '""'),
        (";", '";"'),
        ("a b", '"a b"'),
        ('say "$HOME" 50%', '"say \\"$$HOME\\" 50%%"'),
        ("a\\b\nc", '"a\\\\b\\nc"'),
    ],
)
def test_a_unit_has_words_as_systemd_reads_them(word: str, written: str) -> None:
    assert f"ExecStart=/bin/x {written}\n" in systemd_unit(["/bin/x", word], "/")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    rule = 'owner=a "b" % $c > 5M'
    unit = systemd_unit([sys.executable, "-m", "x", "--when", rule, ";", ""], str(tmp_path), 9)
    # The mount that it needs is the machine's own.
    own = "".join(line for line in unit.splitlines(True) if "sys-kernel-debug" not in line)
    (tmp_path / "own.service").write_text(own)
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "own.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "own.service" not in done.stderr
    assert done.returncode == 0, done.stderr


def test_sums_that_go_away_are_told(tool: Tool, root: Path) -> None:
    with po.open(tool.db) as db:
        rounds = db.watch(root=root, every=0.1)
        assert next(rounds).rows
        (root / f"{STACKS}/show_stacks").unlink()
        with pytest.raises(InputError, match=r"^show_stacks: cannot be read any more$"):
            next(rounds)


def test_actions_need_a_rule(tool: Tool) -> None:
    assert tool.fails(2, "watch", "--do", "true").startswith("--do, --capture, --exit-code: need")


def test_keys_sort_filter_and_pause() -> None:
    rows = [
        WatchRow("b", "mm", None, (29, 30), 3600),
        WatchRow("a", "net", None, (11, 20), 3600),
        WatchRow("c", "net", None, (10,), 0),
    ]
    screen = WatchScreen()

    def names() -> str:
        return "".join(row.owner for row in screen.chosen(rows, 9))

    assert names() == "bac"
    screen.press("r")
    assert names() == "abc"
    screen.press("n")
    assert names() == "abc"
    for key in "/NETx\x7f\r":
        screen.press(key)
    assert names() == "ac"
    screen.press("p")
    assert screen.paused
    for key in "/\x1b":
        screen.press(key)
    assert names() == "abc"
    screen.press("q")
    assert screen.ended


def until_shown(process: subprocess.Popen[bytes], seen: bytearray, text: bytes) -> None:
    end = time.monotonic() + 60
    while text not in seen and process.poll() is None:
        assert time.monotonic() < end, bytes(seen)[-500:]
        time.sleep(0.05)


def test_a_terminal_shows_a_table_and_takes_keys(root: Path) -> None:
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (30, 120))
    command = [sys.executable, "-m", "pageowner_sql", "watch", "--root", str(root)]
    seen = bytearray()

    def read() -> None:
        try:
            while piece := os.read(leader, 1 << 16):
                seen.extend(piece)
        except OSError:
            return

    ends = {"stdin": follower, "stdout": follower, "stderr": follower}
    with subprocess.Popen(command, cwd=ROOT, env=environment(TERM="xterm"), **ends) as process:  # type: ignore[call-overload]  # the three ends
        os.close(follower)
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            until_shown(process, seen, b"q quit")
            for keys, shown in (
                (b"n/mm", b"filter: mm_"),
                (b"\r", b"filter: mm"),
                (b"p", b"paused"),
            ):
                os.write(leader, keys)
                until_shown(process, seen, shown)
            os.write(leader, b"q")
            assert process.wait(60) == 0, bytes(seen)[-500:]
        finally:
            process.kill()
    assert b"subsystem" in seen


def test_metrics_replace_no_file_in_use(tool: Tool, root: Path, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/boot.txt"))
    words = ("watch", "--root", root, "--for", "0s", "--openmetrics")
    link = tool.folder / "metrics.prom"
    for file, said in (
        (tool.db, "belongs to the database in use; give another file"),
        (root / f"{STACKS}/show_stacks", "is an input; give another file to write to"),
    ):
        before = file.read_bytes()
        link.unlink(missing_ok=True)
        link.hardlink_to(file)
        for target in (file, link):
            assert tool.fails(2, *words, target) == f"{target}: {said}"
            with po.open(tool.db) as db, pytest.raises(UsageError, match=said.split(";")[0]):
                list(db.watch(root=root, rounds=1, openmetrics=target))
        assert file.read_bytes() == before


def test_metrics_are_whole_for_whoever_reads_them(
    tool: Tool, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "pageowner.prom"
    file.write_text("before\n")
    seen = []
    replace = Path.replace

    def look(self: Path, target: Path) -> Path:
        seen.append(file.read_text())
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", look)
    with po.open(tool.db) as db:
        list(db.watch(root=root, rounds=2, every=0.1, openmetrics=file))
    assert seen[0] == "before\n"
    assert seen[1].endswith("# EOF\n")
    assert sorted(tmp_path.glob("*.prom")) == [file]


def test_a_hostile_database_gets_no_capture(
    tool: Tool, root: Path, dump: DumpPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view in place of a table could give anything, and read any file."""
    monkeypatch.setattr(captures, "SYSTEM", StandIn(dump("linux-7.3/t0.txt").read_bytes()).calls)
    tool.ok("load", dump("linux-5.10/t0.txt"))
    with duckdb.connect(str(tool.db)) as connection:
        connection.execute("ALTER TABLE dumps RENAME TO other")
        connection.execute("CREATE VIEW dumps AS FROM other")
    words = ("--root", root, "--when", "any > 1K", "--capture", "--for", "1ms")
    for command in (("watch", *words), ("serve", "--port", "0")):
        done = tool.run(*command)
        assert done.code == 1
        assert "its table dumps is a view" in done.err
