"""check: which budgets a dump breaks, and what is said of it."""

from __future__ import annotations

import json
import lzma
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import pageowner_sql as po
from pageowner_sql.errors import InputError, MissingFieldError
from pageowner_sql.output.gate.formats import GateFormat, gate_output
from pageowner_sql.output.gate.model import GateReport
from tests.conftest import DumpPath
from tests.support import FIXTURES
from tests.support.tool import Tool

UNIX = """
[[budget]]
name = "net/unix does not grow"
by = "subsystem"
select = { subsystem = "net/unix" }
max_growth = "8M"
"""
DAY = date(2026, 11, 28)


def budget(tool: Tool, text: str = UNIX) -> Path:
    path = tool.folder / "budget.toml"
    path.write_text(text)
    return path


def checked(database: Path, *dumps: str, **table: Any) -> GateReport:
    with po.open(database) as db:
        return db.check(*dumps, budget={"budget": [{"name": "x", **table}]}, today=DAY)


def groups(report: GateReport) -> list[Any]:
    [check] = report.checks
    return [failure.keys[0][1] for failure in check.failures]


def test_a_dump_that_grew_breaks_its_budget(gate: Tool) -> None:
    done = gate.run("check", "t2", "t0", "--budget", budget(gate))
    assert done.code == 4
    assert done.err == "pageowner-sql: t2 against t0: broke 1 of 1 limits\n"
    assert "net/unix grew by 194 MiB (from 36.0 MiB to 230 MiB)" in done.out
    assert "delta_bytes = 203014144" in done.out
    assert "unix_dgram_sendmsg+0x11d/0x50e" in done.out
    assert "--show-sql prints them" in done.out


def test_a_dump_against_itself_keeps_its_budget(gate: Tool) -> None:
    done = gate.ok("check", "t0", "t0", "--budget", budget(gate))
    assert done.err == ""
    assert done.out.startswith("kept    net/unix does not grow: max_growth = 8.00 MiB\n")


def test_the_sql_gives_the_rows_that_break_a_limit(gate: Tool) -> None:
    file = budget(gate)
    shown = gate.ok("check", "t2", "t0", "--budget", file, "--show-sql").out
    out = gate.run("check", "t2", "t0", "--budget", file, "--format", "json").out
    [check] = json.loads(out)["checks"]
    [row] = json.loads(gate.ok("sql", check["sql"], "--format", "json").out)
    assert check["sql"] in shown
    [failure] = check["failures"]
    assert row == {**failure["keys"], **failure["evidence"]}


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("table", "broken"),
    [
        ({"by": "subsystem", "max_bytes": "200M"}, ["net/unix"]),
        ({"by": "subsystem", "max_pages": 50000}, ["net/unix"]),
        ({"by": "subsystem", "max_records": 20000}, ["page cache"]),
        ({"by": "subsystem", "max_share": "40%"}, ["net/unix"]),
        ({"by": "owner", "max_growth": "60M"}, ["unix_dgram_sendmsg", "ext4_da_write_begin"]),
        (
            {"by": "comm", "max_growth_share": 2, "ignore_below": "8M"},
            ["sockleak", "cat"],
        ),
        ({"by": "comm", "verdicts": ["leak"]}, ["sockleak"]),
        ({"by": ["comm", "memcg"], "max_bytes": "200M"}, ["sockleak"]),
        ({"by": "order", "max_bytes": "200M"}, [0, 3]),
        ({"by": "function-stack", "max_growth": "1G"}, []),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_each_limit_names_what_breaks_it(
    two_dumps: Path, table: dict[str, Any], broken: list[Any]
) -> None:
    report = checked(two_dumps, "t2", "t0", **table)
    assert sorted(map(str, groups(report))) == sorted(map(str, broken))
    assert all(failure.stack for failure in report.checks[0].failures if failure.keys[-1][1])


def test_a_new_stack_is_told_with_its_frames(two_dumps: Path) -> None:
    report = checked(two_dumps, "t2", "t0", by="stack", max_new="1M")
    [failure] = report.checks[0].failures
    assert "sock_alloc_inode+0x3f/0xb7" in failure.stack
    assert failure.row["status"] == "new"


def test_mixed_pageblocks_are_counted_by_zone(two_dumps: Path) -> None:
    report = checked(two_dumps, "t2", max_mixed_pageblocks=0)
    rows = [failure.row for failure in report.checks[0].failures]
    assert {row["migratetype"] for row in rows} >= {"Movable"}
    assert all(int(str(row["mixed_blocks"])) > 0 for row in rows)


def test_a_value_that_nothing_has_is_a_note(two_dumps: Path) -> None:
    report = checked(two_dumps, "t2", by="owner", select={"owner": "kswap"}, max_bytes=0)
    assert not report.broken
    assert report.notes[0].startswith("x: --owner kswap: nothing has this in t2")


SUPPRESSED = f"""{UNIX}
[[suppression]]
budget = "net/unix does not grow"
match = {{ subsystem = "net/*" }}
reason = "fixed in -next"
until = 2026-12-31

[[suppression]]
reason = "an older one"
match = {{ owner = "kvm_init" }}
until = 2027-01-31
"""


@pytest.mark.parametrize(
    ("today", "broken", "notes"),
    [
        (date(2026, 12, 31), 0, ["suppression (an older one): nothing needs it"]),
        (
            date(2027, 1, 1),
            1,
            [
                "suppression (fixed in -next): ended on 2026-12-31",
                "suppression (an older one): nothing needs it",
            ],
        ),
    ],
)
def test_a_suppression_holds_until_its_day(
    gate: Tool, today: date, broken: int, notes: list[str]
) -> None:
    with po.open(gate.db) as db:
        report = db.check("t2", "t0", budget=budget(gate, SUPPRESSED), today=today)
    [check] = report.checks
    assert (check.broken, check.suppressed) == (broken, 1 - broken)
    assert list(report.notes) == notes
    [failure] = check.failures
    assert (failure.suppression is None) == bool(broken)
    assert ("known until 2026-12-31" in gate_output(report, GateFormat.TEXT)) != bool(broken)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1", "the file: nothing is called 'x'; there is budget, suppression"),
        ("", "holds no [[budget]]"),
        ("[[budget]]", "budget: name: give a text"),
        ("[[budget]]\nname = 'a'", "a: limits nothing; give one of max_bytes"),
        ("[[budget]]\nname = 'a'\nmax_bytes = '8X'", "a: max_bytes: not a size: '8X'"),
        ("[[budget]]\nname = 'a'\nmax_bytes = true", "a: max_bytes: not a number from 0: True"),
        ("[[budget]]\nname = 'a'\nmax_bytes = 1", "a: say what is limited: by = 'subsystem'"),
        ("[[budget]]\nname = 'a'\nby = 'x'\nmax_bytes = 1", "a: by: 'x' is not a valid Key"),
        ("[[budget]]\nname = 'a'\nby = 'comm'\nmax_share = 'x'", "a: max_share: not a share: 'x'"),
        ("[[budget]]\nname = 'a'\nby = 'comm'\nverdicts = 'x'", "a: verdicts: not a verdict: 'x'"),
        (f"{UNIX}{UNIX}", "two budgets are called 'net/unix does not grow'"),
        (f"{UNIX}[[suppression]]\nreason = 'r'", "suppression (r): until: give a date"),
        ("[budget", "not TOML: "),
        ("a = " + "[" * 100_000, "not TOML: maximum recursion depth"),
        ("a = 1" + "0" * 5000, "not TOML: Exceeds the limit"),
        ("a" + ".a" * 100_000 + " = 1", "not TOML: a key of too many parts"),
        ("#" * (1 << 20) + "\n", "not TOML: larger than 1 MiB"),
        (f"[[budget]]\nname = 'a'\nby = 'comm'\nmax_pages = 0x{'f' * 5000}", "not TOML: a number"),
        (f"[[budget]]\nname = 'a'\nby = 'comm'\nmax_pages = {9 * 10**18 * 2}", "a: max_pages: not"),
    ],
)
def test_a_budget_that_is_wrong_is_refused_in_a_line(gate: Tool, text: str, told: str) -> None:
    file = budget(gate, text)
    assert gate.fails(1, "check", "t0", "--budget", file).startswith(f"{file}: {told}")


def test_growth_needs_a_baseline(gate: Tool) -> None:
    file = budget(gate)
    told = f"{file}: net/unix does not grow: max_growth needs a baseline"
    assert gate.fails(1, "check", "t0", "--budget", file).startswith(told)
    assert gate.fails(2, "check", "t0") == "check: give --budget FILE.toml, or --make-budget"


def test_a_limit_of_what_a_dump_does_not_count_is_an_error(dump: DumpPath) -> None:
    with po.open() as db:
        db.load(dump("linux-7.3/show_stacks.txt"))
        table = {"name": "x", "by": "stack"}
        with pytest.raises(MissingFieldError, match=r"x: max_records: .* does not count records"):
            db.check("show_stacks", budget={"budget": [{**table, "max_records": 1}]})
        report = db.check("show_stacks", budget={"budget": [{**table, "max_bytes": "8M"}]})
        assert report.checks[0].broken


def test_dumps_of_two_boots_have_no_verdict(real_runs: Path) -> None:
    with pytest.raises(InputError, match="two boots"):
        checked(real_runs, "7.3/t2", "6.1/t2", by="comm", verdicts=["leak"])


def test_two_kernels_are_compared_by_owner(real_runs: Path) -> None:
    """The allocator's functions have other names in 6.1, so no function stack is in both."""
    select = {"not-subsystem": ["page cache", "anonymous memory", "shmem"]}
    table = {"by": "owner", "select": select, "max_growth": "8M"}
    assert groups(checked(real_runs, "7.3/t2", "6.1/t0", **table)) == ["unix_dgram_sendmsg"]
    assert groups(checked(real_runs, "7.3/t0", "6.1/t0", **table)) == []
    table["by"] = "function-stack"
    report = checked(real_runs, "7.3/t0", "6.1/t0", **table)
    assert all(failure.row["old_bytes"] == 0 for failure in report.checks[0].failures)


@pytest.mark.thorough
@pytest.mark.parametrize("key", ["subsystem", "comm", "order"])
def test_a_made_budget_is_kept_by_its_dump_alone(gate: Tool, key: str) -> None:
    file = gate.folder / "made.toml"
    gate.ok("check", "t0", "--make-budget", "--by", key, "--headroom", "10", "-o", file)
    gate.ok("check", "t0", "--budget", file)
    done = gate.run("check", "t2", "t0", "--budget", file, "--format", "json")
    assert done.code == 4
    broken = [check["budget"] for check in json.loads(done.out)["checks"] if check["broken"]]
    assert {"subsystem": "subsystem net/unix", "comm": "comm sockleak", "order": "order 3"}[
        key
    ] in broken


@pytest.fixture(params=["broken", "suppressed", "kept"])
def report(request: pytest.FixtureRequest, gate: Tool) -> GateReport:
    text = SUPPRESSED if request.param == "suppressed" else UNIX
    with po.open(gate.db) as db:
        new = "t0" if request.param == "kept" else "t2"
        return db.check(new, "t0", budget=budget(gate, text), today=DAY)


def test_junit_fits_its_schema(report: GateReport) -> None:
    import xmlschema

    text = gate_output(report, GateFormat.JUNIT)
    xmlschema.XMLSchema(FIXTURES / "schemas" / "junit-10.xsd").validate(text)
    [suite] = ET.fromstring(text)  # noqa: S314  # our own
    assert suite.get("failures") == str(len(report.broken))
    failures = [each.text or "" for each in suite.iter("failure")]
    assert len(failures) == len(report.broken)
    assert all("unix_dgram_sendmsg" in text and "SELECT" in text for text in failures)
    skipped = sum(check.suppressed for check in report.checks)
    assert len(list(suite.iter("skipped"))) == skipped


def test_sarif_fits_its_schema(report: GateReport) -> None:
    import jsonschema

    content = json.loads(gate_output(report, GateFormat.SARIF))
    schema = json.loads(lzma.decompress((FIXTURES / "schemas/sarif-2.1.0.json.xz").read_bytes()))
    jsonschema.Draft4Validator(schema).validate(content)
    [run] = content["runs"]
    assert len(run["results"]) == sum(len(check.failures) for check in report.checks)
    for result in run["results"]:
        assert result["ruleId"] == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]
        [place] = result["locations"]
        assert place["physicalLocation"]["region"] == {"startLine": 2}
        assert len(result["stacks"][0]["frames"]) == 16


def test_annotations_are_lines_with_places(report: GateReport) -> None:
    lines = gate_output(report, GateFormat.GITHUB).splitlines()
    failures = [each for check in report.checks for each in check.failures]
    levels = ["::notice" if each.suppression else "::error" for each in failures]
    assert [line.partition(" ")[0] for line in lines[: len(levels)]] == levels
    where = ",line=2,title=net/unix does not grow%3A max_growth::"
    assert all(where in line for line in lines[: len(levels)])
    issues = json.loads(gate_output(report, GateFormat.GITLAB))
    assert len(issues) == sum(not each.suppression for each in failures)
    for issue in issues:
        assert issue["location"]["lines"] == {"begin": 2}
        assert len(issue["fingerprint"]) == 64


@pytest.mark.thorough
@pytest.mark.parametrize("form", GateFormat)
def test_a_hostile_name_is_text_in_every_format(real_runs: Path, form: GateFormat) -> None:
    import xmlschema

    report = checked(real_runs, "7.3/t2", by="comm", max_bytes=0)
    text = gate_output(report, form)
    assert "\x1b" not in text
    if form is GateFormat.JUNIT:
        xmlschema.XMLSchema(FIXTURES / "schemas" / "junit-10.xsd").validate(text)
