"""`report`: the figures of the page are those of SQL, and what a dump lacks is said."""

import base64
import html
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pytest

from pageowner_sql.output.model import (
    NOTHING,
    Block,
    Breakdown,
    Fact,
    Facts,
    Findings,
    FlameGraph,
    Histogram,
    MemoryMap,
    Report,
    Suspect,
    Suspects,
    Table,
    Timeline,
    Weights,
)
from pageowner_sql.output.page import embedded_json
from pageowner_sql.output.plain import printable
from pageowner_sql.output.report.markdown import escape
from pageowner_sql.questions.report import report
from pageowner_sql.questions.top import top_plan
from pageowner_sql.sql import filters
from pageowner_sql.sql.grouping import Key, Where
from pageowner_sql.sql.literals import literal
from pageowner_sql.store.database import Database, Mode
from tests.conftest import DumpPath
from tests.support import covering
from tests.support.runs import dumps_of, rows_of
from tests.support.synth import ERAS, STACK
from tests.support.tool import Tool

ALL = "SELECT count(*), sum(pages)::BIGINT, sum(bytes)::BIGINT FROM allocations WHERE dump = $dump"


@cache
def made(path: Path, label: str, *olds: str, where: Where | None = None) -> Report:
    """A report, made once for all tests of this file: nobody can change it."""
    with Database.open(path, Mode.READ) as database:
        dump, *older = dumps_of(database, [label, *olds])
        return report(database, dump, older, where=where)[0]


def held(path: Path, label: str) -> Weights:
    with Database.open(path, Mode.READ) as database:
        return Weights(*database.rows(ALL, {"dump": label})[0])


def blocks(page: Report) -> list[Block]:
    return [block for section in page.sections for block in section.blocks]


def facts(page: Report) -> dict[str, Fact]:
    return {
        fact.title: fact
        for block in blocks(page)
        if isinstance(block, Facts)
        for fact in block.facts
    }


def table(page: Report, name: str) -> Table:
    return next(each for each in blocks(page) if isinstance(each, Table) and each.name == name)


def check_sums(page: Report, new: Weights, old: Weights | None) -> None:
    """Whatever shows the whole dump adds up to it."""
    for block in blocks(page):
        if isinstance(block, Breakdown | Histogram):
            assert sum((part.weights for part in block.parts), NOTHING) == new, block.title
            if old is not None and block.parts[0].old is not None:
                before = [part.old for part in block.parts if part.old is not None]
                assert sum(before, NOTHING) == old, block.title
        if isinstance(block, FlameGraph):
            assert sum((sample.weights for sample in block.samples), NOTHING) == new
            assert sum((sample.old for sample in block.samples), NOTHING) == (old or NOTHING)
        if isinstance(block, MemoryMap):
            assert sum(cell.allocated for cell in block.cells) == new.pages


@pytest.mark.thorough
@pytest.mark.parametrize("label", ["7.3/t2", "6.1/t2", "5.10/t0"])
def test_the_figures_of_a_dump_add_up_to_it(real_runs: Path, label: str) -> None:
    page, whole = made(real_runs, label), held(real_runs, label)
    assert page.dump.weights == whole
    assert facts(page)["Allocated"].value == whole.bytes
    assert facts(page)["Allocations"].value == whole.records
    check_sums(page, whole, None)


@pytest.mark.thorough
def test_the_figures_of_a_difference_add_up_to_both_dumps(real_runs: Path) -> None:
    page = made(real_runs, "7.3/t2", "7.3/t1", "7.3/t0")
    new, old = held(real_runs, "7.3/t2"), held(real_runs, "7.3/t0")
    check_sums(page, new, old)
    assert [each.label for each in page.olds] == ["7.3/t0", "7.3/t1"]
    assert facts(page)["Change"].value == new.bytes - old.bytes
    changes = table(page, "changed_owners")
    place = [column.name for column in changes.columns].index("delta_bytes")
    assert sum(int(str(row[place])) for row in changes.rows) == new.bytes - old.bytes


@pytest.mark.thorough
def test_the_largest_owner_is_the_one_of_sql(real_runs: Path) -> None:
    [first, *_] = table(made(real_runs, "7.3/t2"), "owners").rows
    with Database.open(real_runs, Mode.READ) as database:
        [expected] = database.rows(
            "SELECT owner, min(subsystem), sum(bytes)::BIGINT FROM live_allocations "
            "WHERE dump = '7.3/t2' GROUP BY owner ORDER BY 3 DESC LIMIT 1"
        )
    assert first[:3] == expected


@pytest.mark.thorough
def test_what_a_dump_lacks_is_said_and_left_out(real_runs: Path) -> None:
    page = made(real_runs, "5.10/t0")
    lacking = {row[0] for row in table(page, "fields").rows if row[2] == "missing"}
    assert {"alloc_ts", "comm", "memcg", "node"} <= lacking
    assert {"stack", "gfp"}.isdisjoint(lacking)
    [time] = [section for section in page.sections if section.name == "time"]
    [said] = [block for block in time.blocks if isinstance(block, Findings)]
    assert "no allocation times" in said.findings[0].text
    assert len(time.blocks) == 1
    keys = [block.key for block in blocks(page) if isinstance(block, Breakdown)]
    assert keys == ["subsystem", "allocator", "migratetype", "order"]


def suspects(page: Report) -> tuple[Suspect, ...]:
    [listed] = [each for each in blocks(page) if isinstance(each, Suspects) and not each.lead]
    return listed.suspects


def test_the_owners_of_one_leak_are_one_finding(real_runs: Path) -> None:
    page = made(real_runs, "7.3/t2", "7.3/t0", "7.3/t1")
    leak, *others = suspects(page)
    assert leak.verdict == "leak"
    assert dict(leak.headline.names) == {"comm": "sockleak", "owner": "unix_dgram_sendmsg"}
    owners, processes, stacks = leak.parts
    assert [row[0] for row in owners.rows] == [
        "unix_dgram_sendmsg",
        "unix_create1",
        "sock_alloc_inode",
        "sock_alloc_file",
        "alloc_slab_obj_exts",
    ]
    assert [row[0] for row in processes.rows] == ["sockleak"]
    growth = sum(int(str(row[2])) for row in owners.rows)
    assert int(str(processes.rows[0][1])) == growth == facts_of(leak)["Growth"].value
    assert all("unix_dgram_sendmsg" in str(row[1]) for row in stacks.rows[:1])
    assert not [each for each in others if each.verdict == "leak"]


def facts_of(suspect: Suspect) -> dict[str, Fact]:
    return {fact.title: fact for fact in suspect.facts}


def test_the_strongest_suspect_leads_the_report(real_runs: Path) -> None:
    page = made(real_runs, "7.3/t2", "7.3/t0")
    lead = page.sections[0].blocks[0]
    assert isinstance(lead, Suspects)
    assert lead.lead
    assert lead.suspects == suspects(page)[:1]
    sentences = [each for each in blocks(page) if isinstance(each, Findings)]
    assert "unix_dgram_sendmsg" not in str(sentences[0])


@pytest.mark.thorough
def test_two_dumps_give_no_confidence(real_runs: Path) -> None:
    [two, *_] = suspects(made(real_runs, "7.3/t2", "7.3/t0"))
    [three, *_] = suspects(made(real_runs, "7.3/t2", "7.3/t0", "7.3/t1"))
    assert "Confidence" not in facts_of(two)
    assert facts_of(three)["Confidence"].note == "that it rises, over 3 dumps"


def test_one_dump_has_suspects_and_no_leaks(real_runs: Path) -> None:
    page = made(real_runs, "7.3/t2")
    [section] = [section for section in page.sections if section.name == "leaks"]
    assert "cannot tell a leak" in section.intro
    assert {each.verdict for each in suspects(page)} == {"suspect"}
    [first, *_] = suspects(page)
    assert dict(first.headline.names)["comm"] == "sockleak"
    assert "leak" not in first.headline.text
    assert [column.name for column in first.parts[1].columns] == ["comm", "bytes"]


@pytest.mark.sampled
@pytest.mark.parametrize("olds", [(), ("7.3/t0",)], ids=["one", "two"])
def test_the_totals_of_owners_are_those_of_top(real_runs: Path, olds: tuple[str, ...]) -> None:
    page = made(real_runs, "7.3/t2", *olds)
    with Database.open(real_runs, Mode.READ) as database:
        dumps = dumps_of(database, ["7.3/t2"])
        plan = top_plan(database, dumps, [Key.OWNER], Where())
        totals = {row["owner"]: row["bytes"] for row in rows_of(database, plan)}
    shown = [(row[0], row[2]) for row in table(page, "owners").rows]
    assert len(shown) == len(dict(shown)) > 100
    assert dict(shown).items() <= totals.items()
    if olds:
        names = [column.name for column in table(page, "changed_owners").columns]
        place = names.index("bytes")
        changed = {row[1]: row[place] for row in table(page, "changed_owners").rows}
        assert changed["ext4_da_write_begin"] == totals["ext4_da_write_begin"]
        assert changed.items() <= totals.items()


def timelines(page: Report) -> list[Timeline]:
    return [block for block in blocks(page) if isinstance(block, Timeline)]


def test_three_dumps_have_a_timeline_that_adds_up(real_runs: Path) -> None:
    labels = ("7.3/t0", "7.3/t1", "7.3/t2")
    [drawn] = timelines(made(real_runs, "7.3/t2", "7.3/t0", "7.3/t1"))
    assert drawn.labels == labels
    assert [layer.by for layer in drawn.layers] == ["owner", "comm", "subsystem", "function_stack"]
    sums = [held(real_runs, label).bytes for label in labels]
    for layer in drawn.layers:
        assert [sum(sizes) for sizes in zip(*layer.bytes, strict=True)] == sums, layer.by
    owners = dict(zip(drawn.layers[0].names, drawn.layers[0].bytes, strict=True))
    assert (*owners,)[:1] == ("unix_dgram_sendmsg",)
    assert (*owners,)[-1:] == ("(others)",)
    with Database.open(real_runs, Mode.READ) as database:
        newest = [dump.newest_alloc_ts or 0 for dump in dumps_of(database, labels)]
    assert drawn.times == tuple(ts - newest[0] for ts in newest)


def test_two_dumps_have_no_timeline(real_runs: Path) -> None:
    assert timelines(made(real_runs, "7.3/t2", "7.3/t0")) == []


@pytest.mark.thorough
def test_why_there_are_no_suspects_is_said(real_runs: Path) -> None:
    page = made(real_runs, "7.3/t2", "6.1/t0")
    [section] = [section for section in page.sections if section.name == "leaks"]
    [said] = section.blocks
    assert isinstance(said, Findings)
    assert "Not known" in said.findings[0].text


def test_a_selection_holds_for_every_figure(real_runs: Path) -> None:
    where = filters.where(name="dd")
    page = made(real_runs, "7.3/t2", where=where)
    with Database.open(real_runs, Mode.READ) as database:
        rows = database.rows(f"{ALL} AND comm = 'dd'", {"dump": "7.3/t2"})
    assert page.dump.weights == Weights(*rows[0])
    check_sums(page, page.dump.weights, None)


@pytest.mark.thorough
def test_the_sql_behind_each_figure_runs_and_gives_it(real_runs: Path) -> None:
    page = made(real_runs, "7.3/t2", "7.3/t0")
    with Database.open(real_runs, Mode.READ) as database:
        for block in blocks(page):
            if isinstance(block, Breakdown):
                rows = database.rows(block.sql)
                # status, the key, old_ of records, pages, bytes, new_ likewise, delta_ likewise
                assert sum(row[7] for row in rows) == page.dump.weights.bytes
                assert sum(row[4] for row in rows) == page.olds[0].weights.bytes
            elif isinstance(block, Facts):
                for sql in {fact.sql for fact in block.facts if fact.sql}:
                    assert len(database.rows(sql)) == 1


@pytest.mark.thorough
def test_the_command_writes_page_and_markdown(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-6.1/t0.txt"), dump("linux-6.1/t1.txt"))
    page, text = tool.folder / "r.html", tool.folder / "r.md"
    tool.ok("report", "t1", "t0", "-o", page, "--title", "<b>Friday</b>")
    assert "&lt;b&gt;Friday&lt;/b&gt;" in page.read_text("utf-8")
    tool.ok("report", "t1", "-o", text)
    assert text.read_text("utf-8").startswith("# Memory of t1")
    tool.ok("report", "t1", "-o", tool.folder / "r.txt", "--format", "markdown")
    assert (tool.folder / "r.txt").read_text("utf-8").startswith("# Memory of t1")


def test_a_selection_of_nothing_makes_a_page(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/boot.txt"))
    tool.ok("report", "boot", "--where", "pid < 0", "-o", tool.folder / "r.html")
    assert "0 B" in (tool.folder / "r.html").read_text()


# What a call and its dumps say that a redacted report must not, each told apart from all else.
SECRETS = {
    "label": "zz-label-one", "old": "zz-label-two", "host": "zz-host.example", "boot": "zz-boot-id",
    "tag": "zz-tag-value", "folder": "zz-folder", "comm": "zz'qjxkvw\\x1b", "memcg": "zz-cg.slice",
    "reader": "zz-reader", "absent": "zz-ab'sent", "absent memcg": "zz-no.slice",
    "function": "zz_no_function", "module": "zz_module", "owner": "zz_owner",
    "pid": "471100471", "tgid": "471100472",
}  # fmt: skip
LEAKY = b"zz'qjxkvw\x1b"
CHARGED = b"Charged to memcg %s\n\n" % SECRETS["memcg"].encode()


def forms(secret: str) -> set[str]:
    """How a text can be written in a page: as it is, escaped, in parts, as bytes."""
    raw = secret.encode().decode("unicode_escape") if "\\x" in secret else secret
    plain = {secret, raw, printable(raw)}
    more = {html.escape(each) for each in plain} | {escape(each) for each in plain}
    more |= {json.dumps(each)[1:-1] for each in plain} | {embedded_json(e)[1:-1] for e in plain}
    more |= {quote(each) for each in plain} | {each.encode().hex() for each in plain}
    more |= {base64.b64encode(each.encode()).decode() for each in plain}
    more |= {literal(each)[1:-1] for each in plain} | {each.replace("'", "''") for each in plain}
    more |= {part for each in plain for part in re.split(r"['\x1b\\]", each) if len(part) > 4}
    return more


@pytest.fixture
def secretive(tool: Tool) -> Tool:
    """Two dumps of secret names: one process leaks, and another writes the dump itself."""
    folder = tool.folder / SECRETS["folder"]
    folder.mkdir()
    for number, label in enumerate((SECRETS["old"], SECRETS["label"])):
        text = b""
        for each in range(60 * (number + 1)):
            comm = (LEAKY, SECRETS["reader"].encode())[each % 2]
            text += ERAS[2].record(comm, each, STACK + CHARGED)
        (folder / f"{label}.txt").write_bytes(text)
        tool.ok("load", folder / f"{label}.txt", "--host", SECRETS["host"], "--boot",
                SECRETS["boot"], "--tag", f"place={SECRETS['tag']}")  # fmt: skip
    return tool


FILTERS: list[list[str]] = [
    [],
    ["--name", SECRETS["comm"]],
    ["--not-name", SECRETS["absent"], "--not-memcg", SECRETS["absent memcg"]],
    ["--memcg", SECRETS["memcg"]],
    ["--memcg", SECRETS["memcg"] + "*", "--not-name", SECRETS["absent"] + "*"],
    ["--not-function", SECRETS["function"], "--not-module", SECRETS["module"]],
    ["--not-owner", SECRETS["owner"], "--not-pid", SECRETS["pid"], "--not-tgid", SECRETS["tgid"]],
    ["--where", f"comm <> {literal(SECRETS['absent'])} AND pid <> {SECRETS['pid']}"],
]


@pytest.mark.thorough
@pytest.mark.sampled
@pytest.mark.parametrize("ending", ["html", "md"])
@pytest.mark.parametrize("filters", FILTERS, ids=lambda words: " ".join(words[::2]) or "all")
@pytest.mark.parametrize("compared", covering([True, False], bool), ids=["two", "one"])
def test_a_redacted_report_holds_no_secret_in_any_form(
    secretive: Tool, filters: list[str], ending: str, *, compared: bool
) -> None:
    page = secretive.folder / f"r.{ending}"
    labels = [SECRETS["label"], *([SECRETS["old"]] if compared else [])]
    secretive.ok("report", *labels, *filters, "-o", page, "--redact")
    text = page.read_text("utf-8")
    found = {name for name, secret in SECRETS.items() if any(f in text for f in forms(secret))}
    assert found == set()
    assert str(secretive.folder) not in text
    assert "dump-" in text


@pytest.mark.thorough
@pytest.mark.parametrize("ending", ["html", "md"])
def test_redaction_takes_the_names_out_of_a_real_dump(
    tool: Tool, dump: DumpPath, ending: str
) -> None:
    tool.ok("load", *(dump(f"linux-7.3/{name}.txt") for name in ("t0", "t1", "t2")))
    tool.ok("report", "t2", "t0", "--name", "sockleak", "-o", tool.folder / "a.md", "--redact")
    assert "sockleak" not in (tool.folder / "a.md").read_text("utf-8")
    page = tool.folder / f"r.{ending}"
    tool.ok("report", "t2", "t0", "t1", "-o", page, "--redact")
    text = page.read_text("utf-8")
    words = set(re.findall(r"[\w.-]+", text))
    names = {str(name) for (name,) in tool.rows("SELECT DISTINCT comm FROM headers")}
    names |= {str(name) for (name,) in tool.rows("SELECT DISTINCT memcg FROM rests")}
    functions = {str(name) for (name,) in tool.rows("SELECT DISTINCT function FROM frames")}
    # A process may be called as a function is, or as a tool that reads dumps: those names stay.
    common = functions | {"cat", "ssh", "sshd", "python3", "dd", "None", "init", "user", "tar"}
    assert {name for name in names - common if len(name) > 2 and name in words} == set()
    assert "handle_mm_fault" in text


@pytest.mark.thorough
def test_the_same_name_has_another_hash_in_every_report(secretive: Tool) -> None:
    pages = []
    for name in ("one.md", "two.md"):
        secretive.ok("report", SECRETS["label"], "-o", secretive.folder / name, "--redact")
        pages.append((secretive.folder / name).read_text("utf-8"))
    first, second = (set(re.findall(r"(?:comm|memcg|dump)-[0-9a-f]{10}", page)) for page in pages)
    assert len(first) == len(second) >= 4
    assert not first & second


@pytest.mark.thorough
def test_show_sql_runs_nothing_and_prints_all(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/t0.txt"), dump("linux-7.3/t1.txt"))
    sql = tool.ok("report", "t1", "t0", "--show-sql").out
    with Database.open(tool.db, Mode.READ) as database:
        statements = [each for each in sql.split(";\n") if each.strip()]
        for statement in statements:
            database.rows(statement)
    assert len(statements) > 10


@pytest.mark.thorough
def test_a_summary_makes_no_report(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/t0.txt"))
    tool.ok("sort", "--dump", "t0", tool.folder / "sorted.txt", "--cull=stacktrace")
    tool.ok("load", tool.folder / "sorted.txt")
    assert "summary" in tool.fails(1, "report", "sorted", "-o", tool.folder / "r.html")
