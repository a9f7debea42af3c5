"""Whose memory the stacks of the real dumps are."""

import csv
import lzma
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pageowner_sql.dump.source import open_source
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.load import LoadOptions, load
from pageowner_sql.store.owner_rules import read_rules
from pageowner_sql.store.owners import sync_owners
from tests.support import FIXTURES

DUMPS = ("linux-5.10/t0", "linux-6.1/t2", "linux-7.3/t2")

# The test's own idea of what asks for pages on behalf of others, apart from the rules.
PLUMBING = re.compile(
    r"(__)?(alloc_pages|alloc_frozen_pages|folio_alloc|vma_alloc_folio|kmalloc|kzalloc|kvmalloc"
    r"|kmem_cache|krealloc|vmalloc|vzalloc|get_free_pages|alloc_skb|pte_alloc|pmd_alloc|pud_alloc"
    r"|filemap_get_folio|mempool|xas|radix_tree|mas|slab_alloc|kstrdup|kmemdup|get_zeroed_page)"
    r"|post_alloc_hook|prep_new_page|get_page_from_freelist|pagecache_get_page|new_slab"
    r"|allocate_slab|refill_|alloc_slab|sock_alloc_send|grab_cache|create_empty_buffers"
)


@pytest.fixture(scope="module")
def real() -> Iterator[Database]:
    """The last dump of each kernel, with owners."""
    with Database.open("", Mode.MEMORY) as database:
        for name in DUMPS:
            with open_source(str(FIXTURES / f"{name}.txt.xz")) as source:
                load(database, source, LoadOptions(label=name))
        with database.transaction():
            sync_owners(database, read_rules())
        yield database


def held(database: Database, dump: str, key: str) -> dict[str, int]:
    rows = database.rows(
        f"SELECT {key}, sum(bytes)::BIGINT FROM allocations JOIN stack_owners USING (stack_id) "
        "WHERE dump = $dump GROUP BY ALL",
        {"dump": dump},
    )
    return dict(rows)


@pytest.mark.sampled
@pytest.mark.parametrize("dump", DUMPS)
def test_the_largest_owners_are_those_found_by_hand(real: Database, dump: str) -> None:
    with (Path(__file__).parent / "expected_owners.csv").open() as file:
        expected = [
            (row["owner"], row["subsystem"], int(row["records"]), int(row["bytes"]))
            for row in csv.DictReader(file)
            if row["dump"] == dump
        ]
    found = real.rows(
        "SELECT owner, subsystem, count(*), sum(bytes)::BIGINT AS held FROM allocations "
        "JOIN stack_owners USING (stack_id) WHERE dump = $dump GROUP BY owner, subsystem "
        "ORDER BY held DESC, owner, subsystem LIMIT 40",
        {"dump": dump},
    )
    assert found == expected


@pytest.mark.parametrize("dump", DUMPS)
def test_the_leak_is_the_unix_sockets(real: Database, dump: str) -> None:
    owners = held(real, dump, "owner")
    assert max(owners, key=owners.__getitem__) == "unix_dgram_sendmsg"
    subsystems = held(real, dump, "subsystem")
    assert max(subsystems, key=subsystems.__getitem__) == "net/unix"


def test_every_stack_has_one_owner_and_a_known_subsystem(real: Database) -> None:
    stacks = real.value("SELECT count(*) FROM stacks")
    assert real.value("SELECT count(DISTINCT stack_id) FROM stack_owners") == stacks
    assert real.value("SELECT count(*) FROM stack_owners") == stacks
    assert real.rows("SELECT * FROM stack_owners WHERE subsystem IN ('other', '(no stack)')") == []


def test_plumbing_owns_nothing_where_anyone_else_is_there(real: Database) -> None:
    stacks = real.rows(
        "SELECT owner, owner_pos, function_stack FROM stack_owners JOIN stacks USING (stack_id)"
    )
    for owner, pos, text in stacks:
        if PLUMBING.match(owner):
            outside = text.split("\n")[pos + 1 :]
            entered = [name for name in outside if not PLUMBING.match(name)]
            assert set(entered) <= {"start_kernel", "__pcs_replace_empty_main"}, text


def meminfo(name: str) -> dict[str, int]:
    with lzma.open(FIXTURES / f"{name}.meminfo.xz", "rt") as file:
        lines = file.read().splitlines()
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}


@pytest.mark.parametrize("dump", DUMPS[1:])
@pytest.mark.parametrize(
    ("subsystem", "account", "within"),
    [("anonymous memory", "AnonPages", 0.01), ("shmem", "Shmem", 0.06)],
)
def test_agrees_with_the_kernels_own_accounts(
    real: Database, dump: str, subsystem: str, account: str, within: float
) -> None:
    ours = held(real, dump, "subsystem")[subsystem]
    assert ours == pytest.approx(meminfo(dump)[account], rel=within)


def test_kernel_stacks_are_what_the_kernel_says(real: Database) -> None:
    dump = "linux-7.3/t2"
    assert held(real, dump, "subsystem")["kernel stacks"] == meminfo(dump)["KernelStack"]
