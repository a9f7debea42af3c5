"""`dumps`: what is loaded, and changing that."""

import json
from pathlib import Path

import pytest

from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.dumps import OF_DUMPS, OF_STACKS
from tests.support.synth import ERAS
from tests.support.tool import Tool

BLOCK = 1 << 18
BOTH = b" both+0x1/0x2\n\n"


def dump(folder: Path, name: str, stacks: list[bytes]) -> Path:
    path = folder / f"{name}.txt"
    records = [ERAS[2].record(b"x", number, rest) for number, rest in enumerate(stacks)]
    path.write_bytes(b"".join(records) + b"junk of %s\n\n\n\n" % name.encode())
    return path


@pytest.fixture
def loaded(tool: Tool) -> Tool:
    """Two dumps that share a stack and have one each of their own."""
    a = dump(tool.folder, "a", [BOTH, b" a+0x1/0x2\n\n"])
    b = dump(tool.folder, "b", [BOTH, b" b+0x1/0x2\n\n"])
    tool.once(__name__, lambda: (tool.ok("load", a, "--tag", "k=v"), tool.ok("load", b)))
    return tool


def test_every_table_of_dumps_and_stacks_is_known_to_rm(loaded: Tool) -> None:
    sql = """
        SELECT table_name, list(column_name) FROM duckdb_columns()
        WHERE table_name IN (SELECT table_name FROM duckdb_tables()) GROUP BY table_name
    """
    columns = {str(name): set(found) for name, found in loaded.rows(sql)}  # type: ignore[call-overload]  # a list
    of_dumps = {name for name, found in columns.items() if "dump_id" in found}
    of_stacks = {name for name, found in columns.items() if "stack_id" in found} - of_dumps
    assert set(OF_DUMPS) == of_dumps
    assert {*OF_STACKS, "stacks"} == of_stacks


def test_the_list(loaded: Tool) -> None:
    rows = json.loads(loaded.ok("dumps", "--format", "json").out)
    assert [row["label"] for row in rows] == ["a", "b"]
    assert rows[0] | {"source": ""} == {
        "label": "a",
        "kind": "page_owner",
        "records": 2,
        "rejected": 1,
        "pages": 8,
        "bytes": 32768,
        "page_size": 4096,
        "captured_at": None,
        "host": None,
        "kernel": None,
        "boot_id": None,
        "tags": {"k": "v"},
        "source": "",
    }


def test_the_list_of_a_database_that_is_not_there(tool: Tool) -> None:
    told = f"{tool.db}: no such database; make it with: pageowner-sql --db {tool.db} load DUMP"
    assert tool.fails(1, "dumps") == told
    assert tool.fails(1, "dumps", "rm", "a") == told
    assert tool.fails(1, "dumps", "compact") == told
    assert not tool.db.exists()


def test_rm_leaves_what_another_dump_needs(loaded: Tool) -> None:
    text = loaded.text("b")
    assert loaded.ok("dumps", "rm", "a").out == "a: removed, 2 records\n"
    assert loaded.labels() == ["b"]
    assert loaded.text("b") == text
    stacks = loaded.rows("SELECT text FROM stacks ORDER BY text")
    assert stacks == [("b+0x1/0x2",), ("both+0x1/0x2",)]
    assert loaded.rows("SELECT DISTINCT function FROM frames ORDER BY 1") == [("b",), ("both",)]


@pytest.mark.thorough
def test_rm_of_everything_leaves_nothing(loaded: Tool) -> None:
    loaded.ok("dumps", "rm", "a", "b")
    for table in (*OF_DUMPS, *OF_STACKS, "stacks"):
        assert loaded.rows(f"SELECT count(*) FROM {table}") == [(0,)], table


def test_a_dump_can_be_loaded_again_after_rm(loaded: Tool) -> None:
    loaded.ok("dumps", "rm", "a")
    loaded.ok("load", loaded.folder / "a.txt")
    assert loaded.labels() == ["b", "a"]
    assert loaded.text("a") == (loaded.folder / "a.txt").read_bytes()
    assert loaded.text("b") == (loaded.folder / "b.txt").read_bytes()


def test_rm_of_an_unknown_label_removes_nothing(loaded: Tool) -> None:
    assert loaded.fails(1, "dumps", "rm", "a", "c") == "c: no dump has this label; there is a, b"
    assert loaded.labels() == ["a", "b"]


def test_set_label_and_tags(loaded: Tool) -> None:
    loaded.ok("dumps", "set", "a", "--label", "new", "--tag", "x=1", "--tag", "k=")
    assert loaded.rows("SELECT label, tags FROM dumps ORDER BY 1") == [
        ("b", {}),
        ("new", {"x": "1"}),
    ]
    assert loaded.text("new") == (loaded.folder / "a.txt").read_bytes()


SAID = ("--host", "h", "--kernel", "7.3", "--boot", "b1", "--captured-at", "2026-11-01T10:00+02:00")


def test_set_takes_what_load_takes(loaded: Tool) -> None:
    """What is learnt later, or was forgotten, needs no second load."""
    loaded.ok("dumps", "set", "a", *SAID, "--page-size", "64K")
    asked = "SELECT host, kernel, boot_id, captured_at::VARCHAR, page_size, page_size_given, tags"
    assert loaded.rows(f"{asked} FROM dumps ORDER BY label") == [
        ("h", "7.3", "b1", "2026-11-01 08:00:00", 65536, True, {"k": "v"}),
        (None, None, None, None, 4096, False, {}),
    ]
    loaded.ok("dumps", "set", "a", "--host", "", "--label", "c")
    assert loaded.rows("SELECT host, kernel, page_size FROM dumps ORDER BY label DESC LIMIT 1") == [
        (None, "7.3", 65536)
    ]


def test_a_dump_that_is_there_says_what_is_not_changed_by_loading_it_again(loaded: Tool) -> None:
    path = loaded.folder / "a.txt"
    told = loaded.ok("load", path, *SAID, "--tag", "x=y", "--label", "other").out
    assert told.splitlines() == [
        f"{path}: is in the database already, as a",
        (
            "a: stays as it is; give it --label --host --kernel --captured-at --boot --tag with: "
            "pageowner-sql dumps set a"
        ),
    ]
    for words in ((), ("--label", "a", "--tag", "k=v")):
        assert len(loaded.ok("load", path, *words).out.splitlines()) == 1
    told = loaded.fails(1, "top", "a", "--since", "2026-01-01")
    assert "tell with: pageowner-sql dumps set a --captured-at T" in told


@pytest.mark.thorough
def test_set_refuses_a_label_that_is_taken(loaded: Tool) -> None:
    told = loaded.fails(1, "dumps", "set", "a", "--label", "b")
    assert told.startswith("b: this label is taken; ")
    loaded.ok("dumps", "set", "a", "--label", "a")
    assert loaded.labels() == ["a", "b"]


def test_set_must_be_told_what(loaded: Tool) -> None:
    assert loaded.fails(2, "dumps", "set", "a").startswith("dumps set: say what to set")


def test_a_hostile_label_is_data(loaded: Tool) -> None:
    label = "'; DROP TABLE dumps; --"
    loaded.ok("dumps", "set", "a", "--label", label)
    assert loaded.labels() == [label, "b"]
    loaded.ok("dumps", "rm", label)
    assert loaded.labels() == ["b"]


@pytest.mark.thorough
def test_compact_gives_space_back(tool: Tool) -> None:
    names = [b"%d" % number for number in range(20_000)]
    big = b"".join(ERAS[2].record(name, number) for number, name in enumerate(names))
    (tool.folder / "big.txt").write_bytes(big)
    path = dump(tool.folder, "a", [BOTH])
    tool.ok("load", tool.folder / "big.txt", path)
    tool.ok("dumps", "rm", "big")
    before = tool.db.stat().st_size
    alone = tool.folder / "alone.duckdb"
    tool.ok("--db", alone, "load", path)
    assert tool.ok("dumps", "compact").out.startswith(f"{tool.db}: ")
    assert tool.db.stat().st_size <= alone.stat().st_size + BLOCK < before
    assert tool.text("a") == (tool.folder / "a.txt").read_bytes()
    assert sorted(path.name for path in tool.folder.glob("test.duckdb*")) == ["test.duckdb"]
    tool.ok("load", tool.folder / "big.txt")
    assert tool.text("big") == big


@pytest.mark.thorough
def test_compact_keeps_comments_views_and_what_people_made(loaded: Tool) -> None:
    with Database.open(loaded.db, Mode.WRITE) as database:
        database.run("CREATE TABLE notes AS SELECT 'mine' AS note")
    facts = """
        SELECT table_name, comment FROM duckdb_tables() UNION ALL
        SELECT view_name, sql FROM duckdb_views() WHERE NOT internal UNION ALL
        SELECT table_name || '.' || column_name, comment FROM duckdb_columns() WHERE NOT internal
        UNION ALL SELECT function_name, macro_definition FROM duckdb_functions() WHERE NOT internal
        ORDER BY ALL
    """
    before = loaded.rows(facts)
    loaded.ok("dumps", "compact")
    assert loaded.rows(facts) == before
    assert loaded.rows("SELECT note FROM notes") == [("mine",)]


def test_compact_follows_a_link_and_clears_what_a_killed_one_left(loaded: Tool) -> None:
    left = loaded.folder / ".pageowner-sql-abcdefgh"
    left.write_bytes(b"half a copy")
    link = loaded.folder / "link.duckdb"
    link.symlink_to(loaded.db)
    loaded.ok("--db", link, "dumps", "compact")
    assert link.is_symlink()
    assert not left.exists()
    assert loaded.labels() == ["a", "b"]
