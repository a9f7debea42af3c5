"""`explain`: frame by frame, which rule gave a stack its owner and subsystem."""

import io
from pathlib import Path

import pytest

from pageowner_sql.questions.explain import stack_in
from tests.support.asking import ask_official_client, csv_rows
from tests.support.runs import json_rows
from tests.support.tool import Tool

LEAK = "unix_dgram_sendmsg"
DRIVER = "alloc_pages+0x1/0x2\nfoo+0x1/0x3 [acme]\nacme_ioctl+0x4/0x9 [acme]\ndo_syscall_64+0x1/0x2"


@pytest.fixture
def real(tool: Tool, real_runs: Path) -> Tool:
    """Return the program with the database of all real dumps."""
    tool.db = real_runs
    return tool


def test_a_function_is_explained_by_the_stack_that_it_owns_most_with(real: Tool) -> None:
    done = real.ok("explain", LEAK, "--format", "json")
    rows = json_rows(done.out)
    sql = """
        SELECT stack_id FROM live_allocations WHERE owner = $owner
        GROUP BY stack_id ORDER BY sum(pages) DESC LIMIT 1
    """
    [(largest,)] = real.rows(sql, owner=LEAK)
    assert {row["stack_id"] for row in rows} == {largest}
    assert [row["pos"] for row in rows] == list(range(len(rows)))
    [owner] = [row for row in rows if row["is_owner"]]
    assert (owner["function"], owner["subsystem_by"]) == (LEAK, "owner unix_*")
    assert {row["role"] for row in rows[: owner["pos"]]} == {"plumbing", "helper"}
    assert {row["subsystem"] for row in rows} == {"net/unix"}
    assert "owner unix_dgram_sendmsg (the first frame past the plumbing)" in done.err
    assert "subsystem net/unix by rule net/unix (built-in)" in done.err
    assert "stacks/through" in done.err


@pytest.mark.thorough
def test_a_stack_by_its_number_and_by_its_text_are_one(real: Tool) -> None:
    [(stack_id, text)] = real.rows(
        "SELECT stack_id, text FROM stacks WHERE text LIKE '%' || $name || '%' LIMIT 1", name=LEAK
    )
    by_number = real.ok("explain", str(stack_id)).out
    assert by_number == real.ok("explain", str(text)).out
    indented = "".join(f"[   12.345678][  T1]  {line}\n" for line in str(text).splitlines())
    assert by_number == real.ok("explain", f"Call Trace:\n{indented}").out


@pytest.mark.thorough
def test_every_stack_of_the_real_dumps_is_explained_as_it_is_owned(real: Tool) -> None:
    sql = """
        SELECT count(*), count(e.stack_id)
        FROM stack_owners o
        LEFT JOIN explain_stack({id}) e
            ON e.owner = o.owner AND e.subsystem = o.subsystem AND e.function = o.owner
                AND e.pos = o.owner_pos AND e.is_owner
        WHERE o.stack_id = {id} AND o.owner_pos IS NOT NULL
    """
    ids = [number for (number,) in real.rows("SELECT stack_id FROM stacks WHERE stack_id % 97 = 0")]
    assert len(ids) > 5
    for number in ids:
        [(owned, explained)] = real.rows(sql.format(id=number))
        assert owned == explained, number


def test_a_stack_of_no_dump_follows_the_same_rules(tool: Tool) -> None:
    """There need be no database at all."""
    done = tool.ok("explain", DRIVER)
    assert "owner foo [acme]" in done.out
    assert "subsystem module:acme by rule module:{module} (built-in)" in done.out
    assert not tool.db.exists()
    line = tool.fails(2, "explain", DRIVER, "--show-sql")
    assert line == "--show-sql: no dump here has this stack, so no SQL can ask for it"


def test_a_rule_of_ones_own_is_named(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = tmp_path / "acme.toml"
    rules.write_text(
        '[[frame]]\nname = "acme wrappers"\nrole = "plumbing"\nfunction = ["foo"]\n'
        'module = ["acme"]\nnote = "It asks for others."\n'
        '[[subsystem]]\nname = "our driver"\nframe = ["acme_ioctl"]\n'
    )
    monkeypatch.setenv("PAGEOWNER_RULES", str(rules))
    done = tool.ok("explain", DRIVER, "--format", "json")
    rows = {row["function"]: row for row in json_rows(done.out)}
    assert (rows["foo"]["rule"], rows["foo"]["rule_source"]) == ("acme wrappers", str(rules))
    assert rows["foo"]["rule_note"] == "It asks for others."
    assert (rows["acme_ioctl"]["is_owner"], rows["acme_ioctl"]["subsystem_by"]) == (
        True,
        "frame acme_ioctl",
    )
    assert f"subsystem our driver by rule our driver ({rules})" in done.err


def test_what_is_shown_gives_the_same_rows_everywhere(real: Tool) -> None:
    rows = csv_rows(real.ok("explain", LEAK, "--format", "csv").out)
    shown = real.ok("explain", LEAK, "--format", "csv", "--show-sql").out
    assert csv_rows(real.ok("sql", shown, "--format", "csv").out) == rows
    assert csv_rows(ask_official_client(real.db, shown)) == rows


def test_a_stack_from_standard_input(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(DRIVER))
    assert tool.ok("explain", "-").out == tool.ok("explain", DRIVER).out


def test_what_is_no_stack(real: Tool) -> None:
    assert real.fails(1, "explain", "9999999") == "no stack 9999999 in this database"
    assert real.fails(1, "explain", "no_such").startswith("no_such: no stack in ")
    assert real.fails(1, "explain", " \n").startswith("there is no stack to explain")


def test_a_hostile_stack_is_data(tool: Tool) -> None:
    done = tool.ok("explain", "'; DROP TABLE stacks--\n\x1b[31m<script>\n$1 a")
    assert "\x1b" not in done.out + done.err
    assert "DROP TABLE" in done.out


@pytest.mark.parametrize(
    ("pasted", "stack"),
    [
        (" a+0x1/0x2\n b+0x3/0x4 [m]\n", "a+0x1/0x2\nb+0x3/0x4 [m]"),
        ("<4>[ 1.5] Call Trace:\n<4>[ 1.5]  <TASK>\n<4>[ 1.5]  ? a+0x1/0x2", "a+0x1/0x2"),
        ("PFN 1 type\n [<ffff>] a+0x1/0x2\nhandle: 3", "[<ffff>] a+0x1/0x2"),
        ("kmalloc\nunix_bind\n", "kmalloc\nunix_bind"),
    ],
)
def test_a_pasted_stack(pasted: str, stack: str) -> None:
    assert stack_in(pasted) == stack
