"""Simulates a fleet: thousands of machines over days, made from a real dump, with the truth known.

`python -m benchmarks.fleet --hosts 2000 --days 30` writes such a lake, runs every query of
queries/fleet/ in a process of its own, and prints seconds, peak memory, and what each question
found of what was put in.

The laws: memory of 16 to 512 GiB, each size 0.65 times as frequent as the one before, and what a
machine holds grows with it; an owner's share differs between machines by a lognormal factor
(`spread`), and from day to day by another (`noise`), as does the whole machine's load; the new
kernel is rolled out evenly over the days.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from pageowner_sql.lake.delta import DeltaLake
from pageowner_sql.lake.dump_rows import dump_rows
from pageowner_sql.lake.lake import Lake
from pageowner_sql.lake.tables import arrow_schema
from pageowner_sql.sql.query import parameter_names
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.load import LoadOptions
from pageowner_sql.store.stream import stream
from pageowner_sql.workspace import Workspace

LEAST_DAYS = 5
QUERIES = (
    *("coverage", "prevalence", "regression", "outliers", "percentiles", "first_seen"),
    *("growth", "growing_hosts", "silent_hosts"),
)
ALL = 1_000_000
# Machines whose rows are made at once.
TOGETHER = 1000

ROOT = Path(__file__).parent.parent
DUMP = ROOT / "fixtures" / "linux-7.3" / "t0.txt.xz"
FIRST_DAY = datetime(2026, 6, 1, 3)  # noqa: DTZ001  # UTC, as all times of a lake
OLD, NEW = "7.3.0", "7.3.1"


@dataclass(frozen=True)
class Truth:
    """What is put into the fleet, by owner."""

    regressed: str = "anon_pipe_write"
    regression: float = 1.6
    leaked: str = "sock_alloc_inode"
    leaky: float = 0.03
    leak: float = 0.25
    slow: str = "__kernfs_new_node"
    creep: float = 0.01
    outlier: str = "mm_init"
    outlying: float = 0.004
    excess: float = 40
    prevalent: str = "ip_rt_init"
    share_old: float = 0.05
    share_new: float = 0.4
    appearing: str = "inet_hashinfo2_init"
    share_appearing: float = 0.3
    spread: float = 0.3
    noise: float = 0.05
    silent: float = 0.02

    @property
    def owners(self) -> set[str]:
        """The owners that something was put in for."""
        names = ("regressed", "leaked", "slow", "outlier", "prevalent", "appearing")
        return {getattr(self, name) for name in names}


@dataclass(frozen=True)
class Fleet:
    """A simulated fleet: how many machines and days, and what is put in."""

    hosts: int
    days: int
    seed: int = 1
    truth: Truth = Truth()

    @property
    def appears_on(self) -> int:
        """The day that a new stack appears on."""
        return self.days - 2


class Truths(NamedTuple):
    """The machines that leak, and those that stand out."""

    leaking: frozenset[str]
    outlying: frozenset[str]


@cache
def _sql(name: str) -> str:
    return (Path(__file__).parent / f"fleet_{name}.sql").read_text(encoding="utf-8")


def make_fleet(fleet: Fleet, location: Path) -> Truths:
    """Write the lake of a fleet; its machines of which something is true."""
    tables = DeltaLake(str(location))
    tables.make()
    with Database.open("", Mode.BARE) as database:
        database.run(f"SET VARIABLE seed = {fleet.seed:d}")
        database.connection.execute(_sql("random")).fetchall()
        _make_base(database, tables)
        _run(database, "hosts", fleet, 0)
        for day in range(fleet.days):
            _add_day(database, tables, fleet, day)
        # One that got the new kernel in the last days has not leaked enough to be seen.
        leaky = f"leaky AND upgrade_day <= {fleet.days - LEAST_DAYS}"
        return Truths(*(_hosts(database, which) for which in (leaky, "outlying")))


def _hosts(database: Database, which: str) -> frozenset[str]:
    rows = database.rows(f"SELECT host FROM hosts WHERE {which}")  # noqa: S608  # our own
    return frozenset(host for (host,) in rows)


@cache
def _base() -> dict[str, Any]:
    """A real dump's rows of a lake."""
    with closing(Workspace(":memory:")) as space:
        [dump] = space.load([str(DUMP)], LoadOptions(label="base"))
        return dump_rows(space.database, dump).tables


def _make_base(database: Database, tables: DeltaLake) -> None:
    rows = _base()
    tables.append("stacks", rows["stacks"])
    database.feed("real_stacks", rows["stacks"])
    database.feed("real_groups", rows["groups"])
    database.run(_sql("base"))
    database.run("CREATE TABLE owners AS SELECT DISTINCT owner FROM base ORDER BY owner")


def _add_day(database: Database, tables: DeltaLake, fleet: Fleet, day: int) -> None:
    """Write a day, a few hundred thousand rows at a time."""
    _run(database, "dumps", fleet, day)
    database.run("CREATE OR REPLACE TABLE sums (dump_id VARCHAR, records BIGINT, pages BIGINT)")
    for number in range(0, fleet.hosts, TOGETHER):
        names = {"from_host": number, "to_host": number + TOGETHER}
        _run(database, "groups", fleet, day, **names)
        rows = pa.table(stream(database, "FROM day_groups")).cast(arrow_schema("groups"))
        tables.append("groups", rows)
        database.run(
            "INSERT INTO sums SELECT dump_id, sum(records), sum(pages) FROM day_groups GROUP BY ALL"
        )
    totals = pa.table(stream(database, _sql("totals")))
    tables.append("dumps", totals.select(arrow_schema("dumps").names).cast(arrow_schema("dumps")))


def _run(database: Database, name: str, fleet: Fleet, day: int, **more: object) -> None:
    values = {
        **asdict(fleet.truth),
        "hosts": fleet.hosts,
        "days": fleet.days,
        "day": day,
        "at": FIRST_DAY + timedelta(days=day),
        "appears_on": fleet.appears_on,
        "old": OLD,
        "new": NEW,
        **more,
    }
    sql = _sql(name)
    used = parameter_names(sql)
    database.run(sql, {key: value for key, value in values.items() if key in used})


class Judgement(NamedTuple):
    """What a question found of what was put in, and what it found beside."""

    question: str
    put_in: int
    found: int
    wrong: int


def judge(lake: Lake, truth: Truth, truths: Truths) -> list[Judgement]:
    """Ask a simulated lake its questions, and compare with the truth."""
    more = _names(lake, "regression", "name", "more", "less", old=OLD, new=NEW)
    appeared = _names(lake, "first_seen", "owner")
    slow = _names(lake, "growth", "owner", "everywhere")
    some = _names(lake, "growth", "owner", "some hosts")
    outliers = _pairs(lake, "outliers")
    growing = _pairs(lake, "growing_hosts")
    leaks = {(host, truth.leaked) for host in truths.leaking}
    # Who leaks for long stands out, too.
    standing = {(host, truth.outlier) for host in truths.outlying}
    return [
        _judged("regression", {truth.regressed, truth.prevalent}, more, {truth.leaked}),
        _judged("first_seen", {truth.appearing}, appeared, set()),
        _judged("growth everywhere", {truth.slow}, slow, set()),
        _judged("growth on some hosts", {truth.leaked}, some, {truth.appearing}),
        _judged("outliers", standing, outliers, leaks),
        _judged(
            "growing_hosts", leaks, growing, {pair for pair in growing if pair[1] in truth.owners}
        ),
    ]


def _judged(question: str, put_in: set[Any], found: set[Any], right: set[Any]) -> Judgement:
    return Judgement(question, len(put_in), len(put_in & found), len(found - put_in - right))


def _names(lake: Lake, name: str, column: str, *verdicts: str, **params: Any) -> set[Any]:
    """The names of a query's rows, with one of `verdicts` where there are some."""
    rows = lake.query(f"fleet/{name}", top=ALL, **params).dicts()
    return {row[column] for row in rows if not verdicts or row["verdict"] in verdicts}


def _pairs(lake: Lake, name: str, **params: Any) -> set[Any]:
    rows = lake.query(f"fleet/{name}", top=ALL, **params).dicts()
    return {(row["host"], row["owner"]) for row in rows}


def main() -> None:
    """Make a fleet unless it is there, measure every query, and judge the answers."""
    parser = argparse.ArgumentParser(prog="benchmarks.fleet", description=__doc__)
    parser.add_argument("--hosts", type=int, default=2000)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--folder", type=Path, default=Path("build/fleet"), help="for the lakes")
    parser.add_argument("--query", help="only measure this one, in this process")
    asked = parser.parse_args()
    location = asked.folder / f"{asked.hosts}x{asked.days}"
    if asked.query:
        print(json.dumps(_measured(location, asked.query)))
        return
    fleet = Fleet(asked.hosts, asked.days)
    truths = _truths(fleet, location)
    [(rows, dumps)] = Lake(location).sql("SELECT count(*), count(DISTINCT dump_id) FROM groups")
    size = sum(path.stat().st_size for path in location.rglob("*.parquet"))
    print(f"{dumps:,} dumps, {rows:,} groups, {size:,} bytes, {size / dumps:,.0f} a dump\n")
    print("| query | s | CPU s | MiB |\n|---|---|---|---|")
    for name in QUERIES:
        words = ["--hosts", str(asked.hosts), "--days", str(asked.days), "--query", name]
        command = [sys.executable, "-m", "benchmarks.fleet", "--folder", str(asked.folder), *words]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        wall, cpu, peak = json.loads(done.stdout)
        print(f"| {name} | {wall:.1f} | {cpu:.1f} | {peak:,.0f} |", flush=True)
    print("\n| question | put in | found | found wrongly |\n|---|---|---|---|")
    for each in judge(Lake(location), fleet.truth, truths):
        print(f"| {each.question} | {each.put_in} | {each.found} | {each.wrong} |")


def _truths(fleet: Fleet, location: Path) -> Truths:
    kept = location.with_suffix(".json")
    if not kept.exists():
        start = time.monotonic()
        made = make_fleet(fleet, location)
        kept.write_text(json.dumps([sorted(each) for each in made]))
        print(f"made in {time.monotonic() - start:.0f} s")
    return Truths(*map(frozenset, json.loads(kept.read_text())))


def _measured(location: Path, name: str) -> tuple[float, float, float]:
    """Seconds, seconds of CPU and peak MiB of one query in this process."""
    start = time.monotonic()
    params: dict[str, Any] = {"old": OLD, "new": NEW} if name == "regression" else {}
    Lake(location).query(f"fleet/{name}", **params).rows()
    used = resource.getrusage(resource.RUSAGE_SELF)
    # ru_maxrss would count the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.partition("VmHWM:")[2].split()[0])
    return time.monotonic() - start, used.ru_utime + used.ru_stime, peak / 1024


if __name__ == "__main__":
    main()
