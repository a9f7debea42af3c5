"""Memory in use is accounted for to the byte, and show_stacks is held against the records."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from tests.support import ROOT
from tests.support.memory_layout import database

MIB = 1 << 20


@pytest.fixture
def memory() -> Iterator[duckdb.DuckDBPyConnection]:
    with database() as connection:
        connection.execute("INSERT INTO dumps VALUES (1, 'd', 4096), (2, 'counts', 4096)")
        connection.execute(
            """
            INSERT INTO live_allocations BY NAME
            SELECT
                'd' AS dump, stack_id, 'owner' || stack_id AS owner, subsystem, allocator,
                class_of(subsystem, allocator = 'SLAB', allocator = 'VMALLOC') AS class,
                mib << 20 AS bytes, mib * 256 AS pages, gfp_mask
            FROM (VALUES
                (1, 'net/unix', 'SLAB', 40, 0), (2, 'anonymous memory', 'OTHERS', 30, 3264),
                (3, 'early boot', 'SLAB', 5, 3264), (4, 'bpf', 'VMALLOC', 2, 3264),
                (1, 'net/unix', 'SLAB', 8, 3264), (5, 'tty and console', 'CMA', 1, 3264)
            ) v(stack_id, subsystem, allocator, mib, gfp_mask)
            """
        )
        yield connection


def ask(connection: duckdb.DuckDBPyConnection, name: str, **parameters: object) -> list[Any]:
    sql = (ROOT / "queries" / "quality" / f"{name}.sql").read_text()
    return connection.execute(sql, parameters).fetchall()


def give_meminfo(connection: duckdb.DuckDBPyConnection, **mib: int) -> None:
    for field, amount in mib.items():
        connection.execute(
            "INSERT INTO meminfo VALUES (1, 0, NULL, ?, ?, NULL)", [field, amount * MIB]
        )


def test_what_is_in_use_is_the_sum_of_its_parts(memory: duckdb.DuckDBPyConnection) -> None:
    give_meminfo(memory, MemTotal=200, MemFree=90, Slab=50, AnonPages=29)
    memory.execute(
        "INSERT INTO allocinfo VALUES (1, 0, ?, 1, 'mm/page_ext.c', 1, NULL, 'f', true)", [6 * MIB]
    )
    memory.execute("INSERT INTO zoneinfo VALUES (1, 0, 0, 'DMA', 'pageset', 0, 'count', 256)")
    rows = ask(memory, "reconcile", dump="d")
    parts = {(row[0], row[1].split(" (")[0]): row[2] // MIB for row in rows}
    assert parts == {
        ("total", "MemTotal"): 200,
        ("total", "MemFree"): 90,
        ("total", "in use"): 110,
        ("explained", "all of page_owner"): 86,
        ("explained", "slab"): 48,
        ("explained", "anonymous memory"): 30,
        ("explained", "early boot"): 5,
        ("explained", "vmalloc"): 2,
        ("explained", "other kernel memory"): 1,
        ("beside", "page_owner's own tables"): 6,
        ("beside", "free pages on CPU lists"): 1,
        ("unexplained", "unexplained"): 17,
    }
    kernel = {row[1]: (row[4], row[5] // MIB, row[6] // MIB) for row in rows if row[4]}
    assert kernel == {"slab": ("+ Slab", 50, -2), "anonymous memory": ("+ AnonPages", 29, 1)}
    shares = [row[3] for row in rows if row[0] != "total" and row[1] != "all of page_owner"]
    assert sum(shares) == pytest.approx(1)


def test_without_the_other_accounts_their_share_is_unexplained(
    memory: duckdb.DuckDBPyConnection,
) -> None:
    give_meminfo(memory, MemTotal=200, MemFree=90)
    (row,) = (row for row in ask(memory, "reconcile", dump="d") if row[0] == "unexplained")
    assert row[2] == 24 * MIB


def test_without_meminfo_there_is_no_row(memory: duckdb.DuckDBPyConnection) -> None:
    assert ask(memory, "reconcile", dump="d") == []
    give_meminfo(memory, MemTotal=200, MemFree=90)
    assert ask(memory, "reconcile", dump="counts") == []


def test_stacks_are_held_against_the_kernels_counts(memory: duckdb.DuckDBPyConnection) -> None:
    memory.execute(
        """
        INSERT INTO stack_counts VALUES
            (2, 0, 2, NULL, 7680, NULL), (2, 1, 4, NULL, 500, NULL), (2, 2, 9, NULL, 3, NULL)
        """
    )
    rows = ask(memory, "show_stacks_check", dump="d", summary="counts")
    assert rows == [
        (1, "owner1", "only in page_owner", 2, 1, 12288, 0, 12288),
        (3, "owner3", "only in page_owner", 1, 0, 1280, 0, 1280),
        (5, "owner5", "only in page_owner", 1, 0, 256, 0, 256),
        (4, "owner4", "differs", 1, 0, 512, 500, 12),
        (9, None, "only in show_stacks", 0, 0, 0, 3, -3),
        (2, "owner2", "same", 1, 0, 7680, 7680, 0),
    ]
