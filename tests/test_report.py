"""`report`: the figures of the page are those of SQL, and what a dump lacks is said."""

from pathlib import Path

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
    Table,
    Weights,
)
from pageowner_sql.questions.report import report
from pageowner_sql.sql.grouping import Where
from pageowner_sql.store.database import Database, Mode
from tests.conftest import DumpPath
from tests.runs import dumps_of
from tests.tool import Tool

ALL = "SELECT count(*), sum(pages)::BIGINT, sum(bytes)::BIGINT FROM allocations WHERE dump = $dump"


def made(path: Path, label: str, *olds: str, where: Where | None = None) -> Report:
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


@pytest.mark.parametrize("label", ["7.3/t2", "6.1/t2", "5.10/t0"])
def test_the_figures_of_a_dump_add_up_to_it(real_runs: Path, label: str) -> None:
    page, whole = made(real_runs, label), held(real_runs, label)
    assert page.dump.weights == whole
    assert facts(page)["Allocated"].value == whole.bytes
    assert facts(page)["Allocations"].value == whole.records
    check_sums(page, whole, None)


def test_the_figures_of_a_difference_add_up_to_both_dumps(real_runs: Path) -> None:
    page = made(real_runs, "7.3/t2", "7.3/t1", "7.3/t0")
    new, old = held(real_runs, "7.3/t2"), held(real_runs, "7.3/t0")
    check_sums(page, new, old)
    assert [each.label for each in page.olds] == ["7.3/t0", "7.3/t1"]
    assert facts(page)["Change"].value == new.bytes - old.bytes
    changes = table(page, "changed_owners")
    place = [column.name for column in changes.columns].index("delta_bytes")
    assert sum(int(str(row[place])) for row in changes.rows) == new.bytes - old.bytes


def test_the_largest_owner_is_the_one_of_sql(real_runs: Path) -> None:
    [first, *_] = table(made(real_runs, "7.3/t2"), "owners").rows
    with Database.open(real_runs, Mode.READ) as database:
        [expected] = database.rows(
            "SELECT owner, subsystem, sum(bytes)::BIGINT FROM live_allocations "
            "WHERE dump = '7.3/t2' GROUP BY ALL ORDER BY 3 DESC LIMIT 1"
        )
    assert first[:3] == expected


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


def test_the_leak_of_the_real_dumps_is_the_first_suspect(real_runs: Path) -> None:
    page = made(real_runs, "7.3/t2", "7.3/t0", "7.3/t1")
    suspects = table(page, "leaks")
    assert suspects.rows[0][:2] == ("leak", "unix_dgram_sendmsg")
    [first, *_] = [block for block in blocks(page) if isinstance(block, Findings)]
    assert "looks like a leak" in first.findings[0].text
    assert first.findings[0].names == (("owner", "unix_dgram_sendmsg"),)


def test_why_there_are_no_suspects_is_said(real_runs: Path) -> None:
    page = made(real_runs, "7.3/t2", "6.1/t0")
    [section] = [section for section in page.sections if section.name == "leaks"]
    [said] = section.blocks
    assert isinstance(said, Findings)
    assert "Not known" in said.findings[0].text


def test_a_selection_holds_for_every_figure(real_runs: Path) -> None:
    where = Where(names=("dd",))
    page = made(real_runs, "7.3/t2", where=where)
    with Database.open(real_runs, Mode.READ) as database:
        rows = database.rows(f"{ALL} AND comm = 'dd'", {"dump": "7.3/t2"})
    assert page.dump.weights == Weights(*rows[0])
    check_sums(page, page.dump.weights, None)


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
    tool.ok("report", "boot", "--name", "nobody", "-o", tool.folder / "r.html")
    assert "0 B" in (tool.folder / "r.html").read_text()


def test_redaction_takes_the_names_out_of_page_and_sql(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/t0.txt"), "--host", "secret-host")
    page = tool.folder / "r.html"
    tool.ok("report", "t0", "-o", page, "--redact", "--name", "java-app")
    text = page.read_text("utf-8")
    assert "secret-host" not in text
    assert "java-app" not in text
    assert "app.slice" not in text
    assert "handle_mm_fault" in text


def test_show_sql_runs_nothing_and_prints_all(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/t0.txt"), dump("linux-7.3/t1.txt"))
    sql = tool.ok("report", "t1", "t0", "--show-sql").out
    with Database.open(tool.db, Mode.READ) as database:
        statements = [each for each in sql.split(";\n") if each.strip()]
        for statement in statements:
            database.rows(statement)
    assert len(statements) > 10


def test_a_summary_makes_no_report(tool: Tool, dump: DumpPath) -> None:
    tool.ok("load", dump("linux-7.3/t0.txt"))
    tool.ok("sort", "--dump", "t0", tool.folder / "sorted.txt", "--cull=stacktrace")
    tool.ok("load", tool.folder / "sorted.txt")
    assert "summary" in tool.fails(1, "report", "sorted", "-o", tool.folder / "r.html")
