"""stack_owners follows the rules: a user's, newer ones, and in files opened to read."""

import json
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import pytest

from benchmarks.distinct_stacks import dump
from pageowner_sql.dump.source import open_source
from pageowner_sql.store.database import Database, Mode, Parameters, statement
from pageowner_sql.store.load import Keep, LoadOptions, load
from pageowner_sql.store.owner_rules import read_rules
from pageowner_sql.store.owners import explain_stack, owners_digest, sync_owners
from tests.support.owning import PAGE, SLAB, stored

MINE = """
[[frame]]
name = "packets are what I look at"
role = "owner"
function = ["__alloc_skb"]

[[frame]]
name = "my wrapper"
role = "plumbing"
function = ["my_alloc"]
module = ["mydrv"]

[[subsystem]]
name = "mine ({module})"
frame = ["my_*"]
module = ["vmlinux", "mydrv"]
"""


@pytest.fixture
def database() -> Iterator[Database]:
    with Database.open("", Mode.MEMORY) as opened:
        yield opened


def test_a_users_rules_overrule_the_built_in_ones(database: Database, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(MINE)
    packet = stored(database, f"{SLAB} < __alloc_skb < unix_dgram_sendmsg", [mine])
    assert (packet.decision.owner, packet.decision.source) == ("__alloc_skb", "built-in")
    wrapped = stored(database, f"{PAGE} < my_alloc [mydrv] < my_probe [mydrv]", [mine])
    assert (wrapped.decision.owner, wrapped.decision.subsystem) == ("my_probe", "mine (mydrv)")
    assert wrapped.decision.source == str(mine)


def test_old_stacks_follow_new_rules(database: Database, tmp_path: Path) -> None:
    before = stored(database, f"{PAGE} < my_alloc [mydrv] < my_probe [mydrv]")
    assert before.decision.owner == "my_alloc"
    mine = tmp_path / "mine.toml"
    mine.write_text(MINE)
    assert sync_owners(database, read_rules([mine])) == 1
    assert explain_stack(database, before.stack_id).decision.owner == "my_probe"
    assert sync_owners(database, read_rules([mine])) == 0


def test_only_new_stacks_are_derived_and_lost_ones_leave(database: Database) -> None:
    stored(database, f"{PAGE} < unix_bind")
    stored(database, f"{PAGE} < tcp_v4_connect")
    assert sync_owners(database, read_rules()) == 0
    database.run("DELETE FROM stacks WHERE stack_id = 1")
    assert sync_owners(database, read_rules()) == 0
    assert database.rows("SELECT stack_id, owner FROM stack_owners") == [(2, "tcp_v4_connect")]


@pytest.mark.thorough
def test_a_file_opened_to_read_takes_other_rules_for_this_connection(tmp_path: Path) -> None:
    path = tmp_path / "pages.duckdb"
    mine = tmp_path / "mine.toml"
    mine.write_text(MINE)
    with Database.open(path, Mode.WRITE) as database:
        stored(database, f"{SLAB} < __alloc_skb < unix_dgram_sendmsg")
        database.run("CREATE VIEW whose AS SELECT owner FROM stack_owners")
        stored_digest = owners_digest(database)
    with Database.open(path, Mode.READ) as database:
        assert sync_owners(database, read_rules()) == 0
        assert database.rows("FROM whose") == [("unix_dgram_sendmsg",)]
        assert sync_owners(database, read_rules([mine])) == 1
        assert database.rows("FROM whose") == [("__alloc_skb",)]
    with Database.open(path, Mode.READ) as database:
        assert owners_digest(database) == stored_digest
        assert database.rows("FROM whose") == [("unix_dgram_sendmsg",)]


@pytest.mark.thorough
def test_a_file_without_owners_opened_to_read_gets_them(tmp_path: Path) -> None:
    path = tmp_path / "pages.duckdb"
    with Database.open(path, Mode.WRITE) as database:
        stored(database, f"{PAGE} < unix_bind")
        for table in ("stack_owners", "owner_rules", "owner_state"):
            database.run(f"DROP TABLE {table}")
    with Database.open(path, Mode.READ) as database:
        assert sync_owners(database, read_rules()) == 1
        assert explain_stack(database, 1).decision.owner == "unix_bind"


@pytest.mark.thorough
def test_another_databases_owners_are_not_taken_for_its_own(tmp_path: Path) -> None:
    path = tmp_path / "other.duckdb"
    with Database.open(path, Mode.WRITE) as other:
        stored(other, f"{PAGE} < unix_bind")
    with Database.open("", Mode.MEMORY) as database:
        database.run(f"ATTACH '{path}' AS other (READ_ONLY)")
        assert stored(database, f"{PAGE} < tcp_v4_connect").decision.owner == "tcp_v4_connect"


# Joins that compare each row of the one side with each of the other.
EACH_WITH_EACH = ("BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN", "CROSS_PRODUCT")


def rows_met(operator: dict[str, Any]) -> int:
    """The rows that an operator and those below it handed on, and those compared for them."""
    below = operator.get("children", [])
    met = int(operator["intermediate_rows"]) + sum(map(rows_met, below))
    if operator["type"] in EACH_WITH_EACH:
        met += prod(int(each["intermediate_rows"]) for each in below)
    return met


def test_the_work_grows_with_the_names_and_not_with_names_times_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "dump.txt"
    path.write_bytes(b"".join(dump(1000, None)))
    met: list[int] = []

    def counted(database: Database, sql: str, parameters: Parameters | None = None) -> object:
        value = asked(database, sql, parameters)
        if sql == statement("owners"):
            found = json.loads(database.connection.get_profiling_information())
            met.extend(map(rows_met, found["operator"]))
        return value

    asked = Database.value
    with Database.open("", Mode.MEMORY) as database, open_source(str(path)) as source:
        load(database, source, LoadOptions("dump", keep=Keep(owners=False)))
        frames = database.value("SELECT count(*) FROM frames")
        database.run("SET enable_profiling = 'no_output'")
        monkeypatch.setattr(Database, "value", counted)
        assert sync_owners(database, read_rules([])) == 1000
    assert met
    # Frames meet 800 rows each where every function meets all rules of its module.
    assert sum(met) < 100 * frames
