"""Whose memory a stack is on kernels that no fixture is from, and what explains it."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pageowner_sql.errors import InputError
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.owner_rules import read_rules
from pageowner_sql.store.owners import Explanation, explain_stack, sync_owners
from tests.support.owning import PAGE, SLAB, store, stored

CASES = tomllib.loads((Path(__file__).parent / "owner_cases.toml").read_text())["case"]


@pytest.fixture
def database() -> Iterator[Database]:
    with Database.open("", Mode.MEMORY) as opened:
        yield opened


@pytest.fixture(scope="module")
def decided() -> dict[str, tuple[str, str]]:
    """Owner and subsystem of the stack of each case, by the case's name."""
    with Database.open("", Mode.MEMORY) as database, database.transaction():
        for case in CASES:
            store(database, case["stack"].replace("SLAB", SLAB).replace("PAGE", PAGE))
        sync_owners(database, read_rules())
        rows = database.rows("SELECT owner, subsystem FROM stack_owners ORDER BY stack_id")
    return {case["name"]: row for case, row in zip(CASES, rows, strict=True)}


@pytest.mark.thorough
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_owner_and_subsystem(decided: dict[str, tuple[str, str]], case: dict[str, str]) -> None:
    assert decided[case["name"]] == (case["owner"], case["subsystem"])


def met(said: Explanation) -> list[tuple[str, str]]:
    """The frames that met a part of the subsystem rule, and what they met."""
    return [(each.function, each.subsystem_by) for each in said.frames if each.subsystem_by]


def test_explains_every_frame_and_the_rule_that_decided(database: Database) -> None:
    said = stored(
        database,
        f"{SLAB} < kmem_cache_alloc < __alloc_skb < alloc_skb_with_frags < sock_alloc_send_pskb < "
        "unix_dgram_sendmsg < __sys_sendto < do_syscall_64",
    )
    assert [(frame.role, frame.rule) for frame in said.frames] == [
        *[("plumbing", "page allocator")] * 3,
        *[("plumbing", "slab allocator")] * 3,
        *[("helper", "skb allocation")] * 3,
        ("owner", None),
        ("owner", None),
        ("boundary", "system call entry"),
    ]
    assert [frame.pos for frame in said.frames if frame.is_owner] == [9]
    assert (said.decision.owner_by, said.decision.rule) == ("first", "net/unix")
    assert met(said) == [("unix_dgram_sendmsg", "owner unix_*")]


def test_explains_each_part_of_a_rule_of_several(database: Database) -> None:
    said = stored(database, f"{SLAB} < kmem_cache_alloc_node < copy_process < kernel_clone")
    assert [(function, by.split()[0]) for function, by in met(said)] == [
        ("kmem_cache_alloc_node", "via"),
        ("copy_process", "owner"),
    ]


def test_explains_the_frame_that_stood_in_for_an_unknown_owner(database: Database) -> None:
    said = stored(database, f"{PAGE} < frobnicate < unix_stream_connect < unix_bind")
    assert met(said) == [("unix_stream_connect", "owner unix_*")]


def test_explains_no_stack_that_is_not_there(database: Database) -> None:
    sync_owners(database, read_rules())
    with pytest.raises(InputError, match="no stack 7"):
        explain_stack(database, 7)
