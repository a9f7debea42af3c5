"""The questions about a fleet keep what their front matter says, and find what was put in."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean, variance
from typing import Any

import pytest

import pageowner_sql as po
from benchmarks.fleet import NEW, OLD, QUERIES, Fleet, Truth, Truths, judge, make_fleet
from benchmarks.fleet_errors import NOTHING
from pageowner_sql.errors import UsageError
from pageowner_sql.sql.catalog import LAKE, NamedQuery, catalog
from pageowner_sql.sql.params import REQUIRED
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.sql_errors import Script
from pageowner_sql.store.stream import UserSql
from tests.lake.rows import same_rows
from tests.support.tool import Tool

NAMES = [each.name for each in catalog() if isinstance(each, NamedQuery) and each.about == LAKE]
COHORTS: dict[str, dict[str, Any]] = {"fleet/regression": {"old": OLD, "new": NEW}}
# Few machines: what is put in is larger than in the benchmark, so that few can show it.
TRUTH = Truth(leaky=0.06, leak=0.6, creep=0.02, outlying=0.02, regression=2)
FLEET = Fleet(250, 12, truth=TRUTH)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> tuple[po.Lake, Truths]:
    location = tmp_path_factory.mktemp("fleet") / "lake"
    truths = make_fleet(FLEET, location)
    return po.Lake(location), truths


def test_there_is_a_query_for_each_question() -> None:
    assert {f"fleet/{name}" for name in QUERIES} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_query_is_one_statement_with_an_order(name: str) -> None:
    asked = catalog().find(name)
    with Database.open("", Mode.BARE) as database:
        sql = UserSql(database, Script(name, asked.sql))
    assert len(sql.statements) == sql.queries == 1
    assert "\nORDER BY" in asked.sql
    assert asked.question.endswith("?")
    required = {param.name for param in asked.params if param.default is REQUIRED}
    assert required == COHORTS.get(name, {}).keys()


@pytest.mark.sampled
@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_query_gives_the_columns_that_it_documents(
    name: str, fleet: tuple[po.Lake, Truths]
) -> None:
    asked, lake = catalog().find(name), fleet[0]
    result = lake.query(name, **COHORTS.get(name, {}))
    declared = [(column.name, column.type) for column in asked.columns]
    assert [(column.name, column.type) for column in result.columns] == declared
    rows = result.rows()
    assert rows or name == "fleet/silent_hosts"
    assert same_rows(lake.query(name, **COHORTS.get(name, {})).rows(), rows)
    if any(param.name == "top" for param in asked.params):
        assert same_rows(lake.query(name, top=1, **COHORTS.get(name, {})).rows(), rows[:1])


@pytest.mark.slow
def test_what_was_put_in_is_found_and_nothing_else(fleet: tuple[po.Lake, Truths]) -> None:
    lake, truths = fleet
    found = {each.question: each for each in judge(lake, TRUTH, truths)}
    assert all(each.wrong == 0 for each in found.values()), found
    hosts = found.pop("growing_hosts")
    # A host of a few small pages may not be told from noise.
    assert hosts.found >= 0.8 * hosts.put_in
    assert all(each.found == each.put_in > 0 for each in found.values()), found


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(10))
def test_where_nothing_is_put_in_nothing_is_found(seed: int, tmp_path: Path) -> None:
    make_fleet(Fleet(150, 8, seed=seed, truth=NOTHING), tmp_path / "lake")
    lake = po.Lake(tmp_path / "lake")
    # Of ten results with all their intervals at 0.95, one in two may have a wrong one.
    rows = lake.query(
        "fleet/regression", confidence=0.995, top=10_000, **COHORTS["fleet/regression"]
    )
    assert {row["verdict"] for row in rows.dicts()} == {"undecided"}
    growth = lake.query("fleet/growth", confidence=0.995, top=10_000).dicts()
    assert {row["verdict"] for row in growth} == {"none"}
    assert lake.query("fleet/growing_hosts", confidence=0.995).rows() == []
    assert lake.query("fleet/outliers").rows() == []
    assert lake.query("fleet/first_seen").rows() == []


@pytest.mark.thorough
def test_a_fleet_is_the_same_for_a_seed(tmp_path: Path) -> None:
    sums = "SELECT count(*), sum(pages), sum(bytes) FROM groups"
    rows = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        make_fleet(replace(FLEET, hosts=10, days=2, seed=seed), tmp_path / name)
        rows.append(po.Lake(tmp_path / name).sql(sums).rows())
    assert rows[0] == rows[1] != rows[2]


def test_intervals_are_those_of_the_books() -> None:
    """Newcombe (1998) gives 56/70 against 48/80 as 0.2, from 0.0524 to 0.3339 at 95 %."""
    sql = catalog().find("fleet/regression").sql
    formulas = sql[sql.index("effects AS (") : sql.index("judged AS (")].rstrip().rstrip(",")
    # One test at 90 % has the tail of one at 95 % with Bonferroni's factor for two measures.
    with Database.open("", Mode.BARE) as database:
        tested = """
            tested AS (
                SELECT 48 AS old_holding, 56 AS new_holding, 80 AS old_hosts, 70 AS new_hosts,
                    46 AS without, 14 AS new_without, 0.0 AS new_places, sqrt(-2 * ln(0.025)) AS t
            ),
        """
        [(low, high)] = database.rows(
            f"WITH {tested} {formulas} SELECT d_low, d_high FROM intervals"
        )
    assert low == pytest.approx(0.0524, abs=3e-4)
    assert high == pytest.approx(0.3339, abs=3e-4)


HELD = """
SELECT owner, host || coalesce(kernel, '') AS boot, date_diff('day', DATE '2026-06-01', d.day) AS t,
    sum(g.bytes)::DOUBLE AS bytes
FROM groups g JOIN dumps d USING (dump_id) JOIN stacks USING (stack_key)
GROUP BY ALL
"""


def _slope(times: Sequence[int], held: Mapping[int, float]) -> tuple[float, float, float, int]:
    """Slope and residual variance as shares of the mean, sum of squares, degrees of freedom."""
    values = [held.get(t, 0.0) for t in times]
    t_mean, mean = fmean(times), fmean(values)
    sxx = sum((t - t_mean) ** 2 for t in times)
    slope = sum((t - t_mean) * (y - mean) for t, y in zip(times, values, strict=True)) / sxx
    rest = sum((y - mean - slope * (t - t_mean)) ** 2 for t, y in zip(times, values, strict=True))
    df = len(times) - 2
    return slope / mean, max(rest / df, 4096**2) / mean**2, sxx, df


def _digamma(x: float, step: float = 1e-4) -> float:
    return (math.lgamma(x + step) - math.lgamma(x - step)) / (2 * step)


def _trigamma(x: float) -> float:
    return (_digamma(x + 1e-2) - _digamma(x - 1e-2)) / 2e-2


@pytest.mark.slow
def test_growth_is_judged_by_a_moderated_t(fleet: tuple[po.Lake, Truths]) -> None:
    """Smyth (2004), equations 6 and 8, with the gamma function in place of the query's series."""
    lake, _ = fleet
    days: dict[str, set[int]] = defaultdict(set)
    held: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    for owner, boot, t, amount in lake.sql(HELD).rows():
        days[boot].add(t)
        held[owner, boot][t] = amount
    fits = {
        key: _slope(sorted(days[key[1]]), values)
        for key, values in held.items()
        if key[0] == TRUTH.leaked and len(days[key[1]]) >= 5
    }
    halves = [df / 2 for *_, df in fits.values()]
    logs = [math.log(s2) - _digamma(df / 2) + math.log(df / 2) for _, s2, _, df in fits.values()]
    upper = variance(logs) * (1 + 2 * math.sqrt(2 / (len(logs) - 1)))
    d0 = 1 + 2 / max(upper - fmean(map(_trigamma, halves)), 0.002)
    s0 = math.exp(fmean(logs) + _digamma(d0 / 2) - math.log(d0 / 2))
    rows = lake.query("fleet/growing_hosts", owner=TRUTH.leaked).dicts()
    assert rows
    for row in rows:
        slope, s2, sxx, df = fits[row["owner"], row["host"] + row["kernel"]]
        t = slope / math.sqrt((df * s2 + d0 * s0) / (df + d0) / sxx)
        n = df + d0
        z = math.sqrt(n * math.log(1 + t * t / n)) * (8 * n + 1) / (8 * n + 3)
        assert row["growth"] == pytest.approx(slope, rel=1e-6)
        assert row["score"] == pytest.approx(z, rel=0.01)


@pytest.mark.sampled
@pytest.mark.slow
@pytest.mark.parametrize("name", ["fleet/percentiles", "fleet/first_seen"])
def test_a_url_gives_the_rows_of_the_folder(name: str, fleet: tuple[po.Lake, Truths]) -> None:
    lake, _ = fleet
    # Object stores are read through Arrow; a file's URL takes that way too.
    remote = po.Lake(Path(lake.location).as_uri())
    rows = remote.query(name).rows()
    assert rows
    assert same_rows(rows, lake.query(name).rows())


@pytest.mark.thorough
@pytest.mark.slow
def test_the_report_has_what_was_put_in(
    fleet: tuple[po.Lake, Truths], tool: Tool, tmp_path: Path
) -> None:
    lake, _ = fleet
    out = tmp_path / "fleet.md"
    tool.ok("lake", "report", lake.location, "-o", out, "--title", "Mine")
    text = out.read_text()
    assert text.startswith("# Mine\n")
    assert f"{NEW} against {OLD}" in text
    parts = {part.partition("\n")[0]: part for part in text.split("\n## ")}
    assert TRUTH.regressed in parts["Changed between kernels"]
    assert TRUTH.slow in parts["Growing day by day"]
    assert TRUTH.leaked in parts["Hosts that grow"]
    assert TRUTH.outlier in parts["Hosts that stand out"]
    assert TRUTH.appearing in parts["New stacks"]
    # Of what is the same in both kernels only the percentiles speak.
    assert "vm_area_dup" not in parts["Changed between kernels"]
    page = tmp_path / "fleet.html"
    tool.ok("lake", "report", lake.location, "-o", page)
    assert TRUTH.regressed in page.read_text()


def test_a_query_about_dumps_is_refused(fleet: tuple[po.Lake, Truths]) -> None:
    with pytest.raises(UsageError, match="is about the dumps of a database"):
        fleet[0].query("stacks/top")
    with po.open() as db, pytest.raises(UsageError, match="lake query LAKE fleet/growth"):
        db.query("fleet/growth")
