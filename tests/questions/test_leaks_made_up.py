"""leaks on made-up machines: other leaks, steps, churn and caches than those of the real runs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pageowner_sql.errors import InputError
from pageowner_sql.questions.leaks import leaks_plan, one_boot
from pageowner_sql.sql.grouping import Key, Where
from pageowner_sql.store.database import Database, Mode
from tests.support import covering
from tests.support.machine import Machine, write_dumps
from tests.support.runs import Row, dumps_of, load_labelled, rows_of

# Making up a machine takes a second or two.
pytestmark = pytest.mark.slow

SUSPECT = ("leak", "growing")
# Five dumps at times that nobody planned.
UNEQUAL = (24.0, 31.0, 90.0, 120.0, 236.0)
LEAKS = ("kmalloc", "unix", "pipe", "anon", "page tables", "shmem")


def asked(database: Path, labels: Sequence[str], key: Key = Key.COMM) -> list[Row]:
    with Database.open(database, Mode.READ) as opened:
        boot = one_boot(opened, dumps_of(opened, labels))
        return rows_of(opened, leaks_plan(opened, boot, [key], Where()))


def loaded(machine: Machine, times: Sequence[float], folder: Path) -> tuple[Path, list[str]]:
    """A database of this machine's dumps, and their labels."""
    files = write_dumps(machine, times, folder)
    load_labelled(folder / "db", files)
    return folder / "db", list(files)


def busy(leak: str = "kmalloc", *, nodes: int = 1, node: int | None = None) -> Machine:
    """Four minutes of a machine on which all sorts of things happen; `leaky` is the leak."""
    others = [stack for stack in LEAKS if stack != leak]
    machine = Machine(240, nodes=nodes)
    machine.leak("leaky", leak, 10, node=node)
    machine.step("database", others[0], 70, 4000)
    machine.step("late", others[1], 200, 3000, took=0.5)
    machine.churn("builder", others[2], 150, 3)
    machine.churn("poller", leak, 60, 8)
    machine.ring("logger", others[3], 60, 12)
    machine.leak("copier", "page cache", 25)
    return machine


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, list[str]]]:
    """Return a function that gives the database of a busy machine, made once."""
    known: dict[tuple[object, ...], tuple[Path, list[str]]] = {}

    def make(
        leak: str = "kmalloc", nodes: int = 1, node: int | None = None
    ) -> tuple[Path, list[str]]:
        asked_for = (leak, nodes, node)
        if asked_for not in known:
            machine = busy(leak, nodes=nodes, node=node)
            known[asked_for] = loaded(machine, UNEQUAL, tmp_path_factory.mktemp("made"))
        return known[asked_for]

    return make


Made = Callable[..., tuple[Path, list[str]]]


def verdicts(rows: Sequence[Row], key: str = "comm") -> dict[str, str]:
    return {row[key]: row["verdict"] for row in rows}


@pytest.mark.thorough
@pytest.mark.parametrize("leak", covering(LEAKS, lambda leak: leak in ("kmalloc", "unix")))
def test_the_leak_comes_first_and_nothing_else_is_one(made: Made, leak: str) -> None:
    database, labels = made(leak)
    rows = asked(database, labels)
    assert (rows[0]["comm"], rows[0]["verdict"], rows[0]["rank"]) == ("leaky", "leak", 1)
    assert verdicts(rows[1:]) == {
        "database": "one-time growth",
        "late": "one-time growth",
        "copier": "page cache filling",
        "cat": "reader's own",
        "builder": "churn",
        "poller": "churn",
        "logger": "churn",
        "swapper/0": "steady",
    }
    assert rows[0]["slope_bytes_per_hour"] == pytest.approx(10 * 4096 * 3600, rel=0.2)
    assert rows[0]["survivors_share"] == 1
    assert "100% of the old still there" in rows[0]["why"]


@pytest.mark.thorough
@pytest.mark.parametrize("count", covering([2, 3, 4], lambda count: count == 2))
def test_the_leak_comes_first_with_any_dumps_left_out(made: Made, count: int) -> None:
    database, labels = made()
    for some in itertools.combinations(labels, count):
        rows = asked(database, some)
        assert (rows[0]["comm"], rows[0]["verdict"]) == ("leaky", "leak"), some
        found = {row["comm"] for row in rows if row["verdict"] in SUSPECT}
        # Of seven seconds a lifetime of eight is a long one.
        assert found <= ({"leaky", "poller", "logger"} if some[-1] == "d1" else {"leaky"}), some


@pytest.mark.thorough
def test_the_path_of_the_leak_comes_first(made: Made) -> None:
    """Churn on the same path, by another process, neither hides nor heads it."""
    database, labels = made()
    for key, word in ((Key.STACK, "acme_open"), (Key.OWNER, "acme_open"), (Key.MODULE, "acme")):
        first = asked(database, labels, key)[0]
        assert word in str(first[key.column]), key
        assert first["verdict"] in SUSPECT


@pytest.mark.thorough
@pytest.mark.parametrize("node", covering([0, 2], lambda node: node == 2))
def test_the_leak_of_one_node(made: Made, node: int) -> None:
    database, labels = made("unix", 3, node)
    rows = asked(database, labels)
    assert (rows[0]["comm"], rows[0]["verdict"]) == ("leaky", "leak")
    by_node = asked(database, labels, Key.NODE)
    assert by_node[0]["node"] == node
    assert by_node[0]["verdict"] in SUSPECT
    with Database.open(database, Mode.READ) as opened:
        boot = one_boot(opened, dumps_of(opened, labels))
        both = rows_of(opened, leaks_plan(opened, boot, [Key.NODE, Key.COMM], Where()))
    assert (both[0]["node"], both[0]["comm"], both[0]["verdict"]) == (node, "leaky", "leak")
    assert [row["verdict"] for row in both[1:] if row["verdict"] in SUSPECT] == []


@pytest.mark.thorough
def test_one_dump_tells_what_piles_up(made: Made) -> None:
    database, labels = made()
    rows = asked(database, labels[-1:])
    assert (rows[0]["comm"], rows[0]["verdict"]) == ("leaky", "growing")
    found = verdicts(rows)
    assert found["database"] == found["late"] == "one-time growth"
    assert (found["builder"], found["cat"]) == ("churn", "reader's own")
    assert found["copier"] == "page cache filling"


@pytest.mark.thorough
def test_one_dump_of_a_leak_beside_its_own_churn(tmp_path: Path) -> None:
    """Far more comes and goes than stays, by the same process on the same path."""
    machine = Machine(240)
    machine.leak("leaky", "unix", 5)
    machine.churn("leaky", "unix", 400, 5)
    machine.churn("builder", "kmalloc", 300, 10)
    machine.step("database", "anon", 120, 5000)
    rows = asked(*loaded(machine, (240,), tmp_path), Key.COMM)
    assert (rows[0]["comm"], rows[0]["verdict"]) == ("leaky", "growing")
    assert rows[0]["steady_bytes"] == pytest.approx(5 * 4096 * 230, rel=0.2)
    assert verdicts(rows)["database"] == "one-time growth"
    assert verdicts(rows)["builder"] == "churn"


@pytest.mark.thorough
def test_one_dump_says_what_its_short_window_cannot_tell(tmp_path: Path) -> None:
    machine = Machine(240)
    machine.ring("queue", "kmalloc", 100, 30)
    [row] = [row for row in asked(*loaded(machine, (240,), tmp_path)) if row["comm"] == "queue"]
    assert row["verdict"] == "churn" or row["why"].endswith(", or lives no longer")


@pytest.mark.thorough
def test_one_dump_of_a_leak_in_bursts(tmp_path: Path) -> None:
    machine = Machine(240)
    machine.leak("leaky", "unix", 20, burst=300)
    machine.step("database", "anon", 120, 20_000)
    rows = asked(*loaded(machine, (240,), tmp_path), Key.COMM)
    assert (rows[0]["comm"], rows[0]["verdict"]) == ("leaky", "growing")
    assert verdicts(rows)["database"] == "one-time growth"


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [1, 2])
def test_a_leak_drowned_in_its_own_churn(tmp_path: Path, seed: int) -> None:
    """It leaks a hundredth of what it frees; what is oldest tells."""
    machine = Machine(300, seed=seed)
    machine.step("database", "anon", 90, 4000)
    machine.churn("builder", "kmalloc", 200, 10)
    machine.leak("leaky", "unix", 3)
    machine.churn("leaky", "unix", 200, 20)
    rows = asked(*loaded(machine, (60, 180, 300), tmp_path))
    assert (rows[0]["comm"], rows[0]["verdict"]) == ("leaky", "growing")
    assert "steadily, the rest comes and goes" in rows[0]["why"]
    assert verdicts(rows)["builder"] == "churn"


@pytest.mark.thorough
def test_what_lives_long_but_is_freed_is_no_leak(tmp_path: Path) -> None:
    """It still fills up over the dumps, but of what the first held next to nothing is there."""
    machine = Machine(300)
    machine.step("database", "anon", 90, 4000)
    machine.churn("slow", "kmalloc", 60, 150)
    rows = asked(*loaded(machine, (60, 300), tmp_path))
    assert verdicts(rows)["slow"] in {"growing", "churn"}


@pytest.mark.thorough
@pytest.mark.parametrize("burst", covering([8, 64], lambda burst: burst == 64))
def test_a_leak_in_bursts(tmp_path: Path, burst: int) -> None:
    machine = Machine(300)
    machine.leak("leaky", "unix", 20, burst=burst)
    machine.step("database", "anon", 150, 20_000)
    machine.churn("builder", "kmalloc", 100, 5)
    rows = asked(*loaded(machine, (30, 120, 210, 300), tmp_path))
    assert (rows[0]["comm"], rows[0]["verdict"]) == ("leaky", "leak")
    assert verdicts(rows)["database"] == "one-time growth"


@pytest.mark.thorough
def test_a_leak_of_large_blocks_before_many_small_ones(tmp_path: Path) -> None:
    machine = Machine(120)
    machine.leak("large", "unix", 2, order=3)
    machine.leak("small", "kmalloc", 8)
    machine.churn("builder", "anon", 300, 2)
    rows = asked(*loaded(machine, (30, 75, 120), tmp_path))
    assert [row["comm"] for row in rows[:2]] == ["large", "small"]
    assert {row["verdict"] for row in rows[:2]} == {"leak"}


@pytest.mark.thorough
def test_a_step_alone_is_no_leak(tmp_path: Path) -> None:
    for number, at in enumerate((40, 80, 110)):
        machine = Machine(120)
        machine.step("database", "anon", at, 4000)
        machine.churn("builder", "kmalloc", 100, 2)
        folder = tmp_path / str(number)
        folder.mkdir()
        rows = asked(*loaded(machine, (30, 60, 90, 120), folder))
        assert {row["comm"] for row in rows if row["verdict"] in SUSPECT} == set()


def test_a_reader_of_another_name_is_known_by_what_it_writes(tmp_path: Path) -> None:
    machine = Machine(200)
    machine.leak("leaky", "pipe", 4)
    for number, at in enumerate((50, 100, 150, 200)):
        machine.read(at, comm="my-collector")
        (tmp_path / f"d{number}.txt").write_text(machine.snapshot(at))
    files = {f"d{number}": tmp_path / f"d{number}.txt" for number in range(4)}
    load_labelled(tmp_path / "db", files)
    rows = asked(tmp_path / "db", list(files))
    assert rows[0]["comm"] == "leaky"
    assert verdicts(rows)["my-collector"] == "reader's own"


def test_one_boot_though_every_page_has_moved(tmp_path: Path) -> None:
    machine = Machine(120)
    machine.leak("leaky", "unix", 10)
    files = write_dumps(machine, (40, 80, 120), tmp_path)
    for number, path in enumerate(files.values()):
        moved = re.sub(r"PFN 0x", f"PFN 0x{number + 1}0", path.read_text())
        path.write_text(moved)
    load_labelled(tmp_path / "db", files)
    rows = asked(tmp_path / "db", list(files))
    assert (rows[0]["comm"], rows[0]["verdict"]) == ("leaky", "leak")
    assert rows[0]["survivors_share"] == 1


def test_another_boot_is_refused(tmp_path: Path) -> None:
    dumps = {}
    for seed in (1, 2):
        machine = Machine(60 * seed, seed=seed)
        machine.leak("leaky", "unix", 10)
        dumps[f"boot{seed}"] = tmp_path / f"boot{seed}.txt"
        dumps[f"boot{seed}"].write_text(machine.snapshot(60 * seed))
    load_labelled(tmp_path / "db", dumps)
    with pytest.raises(InputError, match=r"of the 900 oldest .* 0 .*they are of two boots"):
        asked(tmp_path / "db", list(dumps))


@pytest.mark.thorough
def test_all_arrives_at_the_moment_of_a_dump(tmp_path: Path) -> None:
    """Times that tell nothing but the dump: what grows from each to the next is no single step."""
    machine = Machine(100)
    for place in range(5):
        machine.step("leaky", "unix", 20 * place + 10, 300, took=0.01)
    machine.step("database", "anon", 50, 5000)
    rows = asked(*loaded(machine, [20 * place + 11 for place in range(5)], tmp_path))
    assert rows[0]["comm"] == "leaky"
    assert rows[0]["verdict"] in SUSPECT
    assert verdicts(rows)["database"] == "one-time growth"


@pytest.mark.thorough
def test_a_leak_that_begins_late_is_not_lost(tmp_path: Path) -> None:
    """Of most pairs of dumps the slope is nothing."""
    machine = Machine(240)
    machine.leak("leaky", "pipe", 20, start=185)
    machine.step("database", "anon", 100, 3000)
    machine.churn("builder", "kmalloc", 100, 2)
    rows = asked(*loaded(machine, range(40, 241, 40), tmp_path))
    assert rows[0]["comm"] == "leaky"
    assert rows[0]["verdict"] in SUSPECT
    assert {row["comm"] for row in rows if row["verdict"] in SUSPECT} == {"leaky"}


@pytest.mark.thorough
@pytest.mark.parametrize("freed", [3, 6])
def test_what_goes_along_with_a_leak_is_none(tmp_path: Path, freed: int) -> None:
    """Page tables: a thousandth of all that grows, part of which is freed again."""
    machine = Machine(240)
    machine.leak("leaky", "anon", 100)
    machine.leak("worker", "page tables", 0.1, start=30)
    for block in range(20):
        machine.append(7, 150 if block < freed else float("inf"), "worker", "page tables")
    rows = {row["comm"]: row for row in asked(*loaded(machine, (40, 90, 140, 190, 240), tmp_path))}
    assert rows["leaky"]["verdict"] == "leak"
    assert rows["worker"]["growth_share"] < 0.002
    assert 0.6 < rows["worker"]["survivors_share"] < 0.95
    assert rows["worker"]["verdict"] == "growing"
    assert "little of all that grew" in rows["worker"]["why"]


@pytest.mark.thorough
def test_a_small_leak_beside_a_large_one_is_one(tmp_path: Path) -> None:
    """Of which nothing is ever freed."""
    machine = Machine(240)
    machine.leak("leaky", "anon", 100)
    machine.leak("trickle", "kmalloc", 0.15)
    rows = asked(*loaded(machine, (40, 90, 140, 190, 240), tmp_path))
    assert verdicts(rows)["trickle"] == "leak"
