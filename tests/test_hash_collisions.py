"""Two texts with one hash: none passes for the other, whatever the hash is worth."""

from __future__ import annotations

import pytest

from pageowner_sql.dump.source import open_source
from pageowner_sql.store import texts
from pageowner_sql.store.database import Database, Mode, statement
from pageowner_sql.store.load import LoadOptions, load
from tests.conftest import DumpPath

# Seven values for all texts: every load meets collisions at once.
POOR = "(hash({text}) % 7)"


def poor_statement(name: str) -> str:
    """The loader's SQL with a hash that is next to worthless."""
    sql = statement(name)
    for piece in (1, 3, 4):
        text = f"text[{piece}]"
        sql = sql.replace(f"hash({text})", POOR.format(text=text))
    return sql


def summary(database: Database) -> list[tuple[object, ...]]:
    return database.rows(
        "SELECT pfn, comm, pid, flags, stack_id IS NOT NULL, alloc_ts FROM allocations ORDER BY ord"
    )


def test_a_poor_hash_gives_the_same_records(
    dump: DumpPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = dump("linux-7.3/boot.txt")
    path = str(plain)
    with Database.open("", Mode.MEMORY) as good, open_source(path) as source:
        load(good, source, LoadOptions("boot"))
        expected = summary(good)
    monkeypatch.setattr(texts, "statement", poor_statement)
    with Database.open("", Mode.MEMORY) as poor, open_source(path) as source:
        loaded = load(poor, source, LoadOptions("boot"))
        assert summary(poor) == expected
        assert (loaded.records, loaded.rejected) == (len(expected), 0)
        raw = b"".join(
            row[0] for row in poor.rows("SELECT raw FROM dump_texts ORDER BY ord, piece")
        )
    assert raw == plain.read_bytes()
