r"""Filters: every key in every way against Python's own choice of records; `*`, `\`, SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import pageowner_sql as po
from pageowner_sql.dump.fields import escape
from pageowner_sql.errors import InputError, MissingFieldError, UsageError
from pageowner_sql.questions.expression import read_columns
from pageowner_sql.sql.grouping import Key
from pageowner_sql.store.database import Database, Mode
from tests.support.asking import REAL_KEYS, csv_rows
from tests.support.synth import ERAS, FORGERIES
from tests.support.tool import Tool

DUMP = "7.3/boot"

Row = Mapping[str, str]


@pytest.fixture
def real(tool: Tool, real_runs: Path) -> Tool:
    """Return the program with the database of all real dumps."""
    tool.db = real_runs
    return tool


@pytest.fixture(scope="module")
def session(real_runs: Path) -> Iterator[po.Session]:
    with po.open(real_runs) as opened:
        yield opened


@pytest.fixture(scope="module")
def rows(session: po.Session, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Row]:
    """Return the records of a real dump as its export in CSV has them."""
    target = tmp_path_factory.mktemp("rows") / "rows.csv"
    session.sql(f"SELECT * FROM dump('{DUMP}')").write(target)
    return csv_rows(target.read_text())


def _functions(row: Row) -> list[str]:
    printed = [line.split("+")[0] for line in row["stack"].split("\n")]
    return [*printed, *(name.split(".")[0] for name in printed)]


def values_of(key: Key, row: Row) -> list[str]:
    """What a row has of a key, written as people write it."""
    if key is Key.FUNCTION:
        return _functions(row)
    value = row[key.column]
    return [value.replace("*", r"\*")] if value else []


def chosen(rows: Sequence[Row], fits: Callable[[Row], bool]) -> tuple[int, int]:
    found = [row for row in rows if fits(row)]
    return len(found), sum(int(row["pages"]) for row in found)


def asked(session: po.Session, **selection: Any) -> tuple[int, int]:
    found = session.top(DUMP, by="migratetype", where=po.where(**selection)).dicts()
    return sum(row["records"] for row in found), sum(row["pages"] for row in found)


@pytest.mark.thorough
@pytest.mark.sampled
@pytest.mark.parametrize("key", REAL_KEYS)
def test_every_key_filters_as_python_does(
    session: po.Session, rows: Sequence[Row], key: Key
) -> None:
    values = sorted({value for row in rows for value in values_of(key, row)})
    few = values[:: max(1, len(values) // 2)][:2]
    glob = f"*{few[0][1:]}" if len(few[0]) > 1 else "*"
    pattern = re.compile(".*" + re.escape(glob[1:].replace(r"\*", "*")), re.DOTALL)

    def matches(row: Row) -> bool:
        return any(pattern.fullmatch(value.replace(r"\*", "*")) for value in values_of(key, row))

    def one(row: Row) -> bool:
        return few[0] in values_of(key, row)

    def several(row: Row) -> bool:
        return not set(few).isdisjoint(values_of(key, row))

    cases: list[tuple[str, Any, Callable[[Row], bool]]] = [
        (key.column, few[0], one),
        (key.column, few, several),
        (key.column, glob, matches),
        (key.column, [*few, glob], lambda row: several(row) or matches(row)),
        (f"not_{key.column}", few[0], lambda row: not one(row)),
        (f"not_{key.column}", few, lambda row: not several(row)),
        (f"not_{key.column}", glob, lambda row: not matches(row)),
    ]
    for name, value, fits in cases:
        assert asked(session, **{name: value}) == chosen(rows, fits), (name, value)


def test_filters_of_several_keys_hold_together(session: po.Session, rows: Sequence[Row]) -> None:
    expected = chosen(
        rows,
        lambda row: (
            row["order"] == "0"
            and row["subsystem"] != "page cache"
            and int(row["pfn"]) % 2 == 0
            and row["allocator"] == "SLAB"
        ),
    )
    found = asked(
        session, order=0, not_subsystem="page cache", allocator="SLAB", where="pfn % 2 = 0"
    )
    assert found == expected != (0, 0)


def test_a_stack_is_its_number_too(session: po.Session) -> None:
    first = session.top(DUMP, by="stack", limit=1).dicts()[0]
    for stack in (first["stack_id"], str(first["stack_id"]), first["stack"]):
        assert asked(session, stack=stack) == (first["records"], first["pages"])


WAYS = {
    "top": ("top", DUMP, "--by", "order"),
    "export": ("export", DUMP, "--format", "csv"),
    "query": ("query", "processes/processes", "--param", f"dump={DUMP}", "--param", "top=9999"),
    "sql": ("sql", f"SELECT count(*) AS records, sum(pages) AS pages FROM dump('{DUMP}')"),
}


@pytest.mark.sampled
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "options",
    [
        ("--allocator", "SLAB", "--not-order", "0"),
        ("--not-owner", "*alloc*", "--where", "pfn % 2 = 0 -- even"),
        ("--function", "do_*", "--not-function", "vfs_*"),
    ],
    ids=" ".join,
)
def test_a_selection_is_the_same_everywhere(real: Tool, way: str, options: tuple[str, ...]) -> None:
    def sums(words: tuple[str, ...]) -> tuple[int, int]:
        found = csv_rows(real.ok(*words, *options, "--format", "csv").out)
        pages = sum(int(row["pages"]) for row in found)
        return (len(found) if way == "export" else sum(int(row["records"]) for row in found)), pages

    words = tuple(word for word in WAYS[way] if word not in ("--format", "csv"))
    expected = csv_rows(real.ok(*WAYS["top"], *options, "--format", "csv").out)
    assert sums(words) == (
        sum(int(row["records"]) for row in expected),
        sum(int(row["pages"]) for row in expected),
    )


@pytest.mark.thorough
@pytest.mark.slow
def test_pictures_and_reports_take_every_filter(real: Tool) -> None:
    options = ("--not-owner", "*alloc*", "--order", "0", "--where", "pages = 1")
    for words in (
        ("flame", "7.3/t1", "7.3/t0", "-o", real.folder / "a.folded"),
        ("map", "7.3/t1", "-o", real.folder / "a.svg"),
        ("report", "7.3/t1", "7.3/t0", "-o", real.folder / "a.md"),
        ("diff", "7.3/t0", "7.3/t1", "--by", "comm"),
        ("leaks", "7.3/t0", "7.3/t1", "--by", "comm"),
        ("export", "7.3/t1", "-o", real.folder / "a.txt"),
    ):
        real.ok(*words, *options)


HOSTILE = (
    *FORGERIES,
    b"*",
    b"a*b",
    b"a\\*b",
    b"a?b",
    b"[ab]",
    b"a%_b",
    b"axxb",
    b".+(|)^${}",
    b"\\",
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[po.Session]:
    path = tmp_path_factory.mktemp("hostile") / "names.txt"
    path.write_bytes(b"".join(ERAS[2].record(name, at) for at, name in enumerate(HOSTILE)))
    with po.open() as opened:
        opened.load(path)
        yield opened


def _by_comm(session: po.Session, **selection: Any) -> dict[str, int]:
    found = session.top(by="comm", where=po.where(**selection)).dicts()
    return {row["comm"]: row["records"] for row in found}


@pytest.mark.sampled
@pytest.mark.parametrize("name", sorted(set(HOSTILE)), ids=repr)
def test_a_hostile_name_means_itself(hostile: po.Session, name: bytes) -> None:
    written = escape(name).replace("*", r"\*")
    assert _by_comm(hostile, comm=written) == {escape(name): HOSTILE.count(name)}
    others = {escape(each): HOSTILE.count(each) for each in HOSTILE if each != name}
    assert _by_comm(hostile, not_comm=written) == others
    # A pattern that has it whole, with nothing for the star.
    assert escape(name) in _by_comm(hostile, comm=f"{written}*")


def test_only_a_star_is_special(hostile: po.Session) -> None:
    assert set(_by_comm(hostile, comm="a*b")) == {"a*b", r"a\\*b", "a?b", "a%_b", "axxb"}
    assert set(_by_comm(hostile, comm=r"a\*b")) == {"a*b"}
    assert set(_by_comm(hostile, comm="a\\\\*b")) == {r"a\\*b"}
    assert set(_by_comm(hostile, comm="a?*")) == {"a?b"}
    assert set(_by_comm(hostile, comm="[a*")) == {"[ab]"}
    assert len(_by_comm(hostile, comm="*")) == len(set(HOSTILE))


def test_what_has_no_value_is_what_no_value_fits(session: po.Session, rows: Sequence[Row]) -> None:
    """`--not-memcg '*'` are the records that are charged to none."""
    assert asked(session, not_memcg="*") == chosen(rows, lambda row: not row["memcg"])


def test_a_value_that_nothing_has_is_named_with_the_nearest(real: Tool) -> None:
    assert real.fails(1, "top", "7.3/t2", "--name", "sockleek") == (
        "--comm sockleek: nothing has this in 7.3/t2; did you mean sockleak?"
    )
    for words, hint in (
        (("--name", "sockleek*"), "did you mean sockleak?"),
        (("--function", "vfs_wrte"), "did you mean vfs_write?"),
        (("--migratetype", "Moveable"), "did you mean Movable?"),
        (("--node", "7"), "there is 0"),
        (("--allocator", "slob"), "did you mean SLAB?"),
        (("--stack", "99999999"), ""),
    ):
        assert f"nothing has this in 7.3/t2; {hint}".rstrip("; ") in (
            real.fails(1, "top", "7.3/t2", *words)
        )


@pytest.mark.parametrize(
    "words",
    [
        ("diff", "7.3/t0", "7.3/t2"),
        ("leaks", "7.3/t0", "7.3/t2"),
        ("flame", "7.3/t2", "-o", "x.folded"),
        ("map", "7.3/t2"),
        ("report", "7.3/t2", "-o", "x.html"),
        ("export", "7.3/t2"),
        ("export", "7.3/t2", "--format", "csv"),
        ("query", "stacks/top", "--param", "dump=7.3/t2"),
        ("sql", "SELECT 1"),
    ],
    ids=" ".join,
)
def test_every_command_names_it(real: Tool, words: tuple[str, ...]) -> None:
    assert "did you mean sockleak?" in real.fails(1, *words, "--name", "sockleek")


def test_of_several_values_those_that_nothing_has_are_told(real: Tool) -> None:
    done = real.ok("top", "7.3/t2", "--name", "cat", "--name", "sockleek", "--not-name", "zzz")
    assert "--comm sockleek: nothing has this in 7.3/t2; did you mean sockleak?\n" in done.err
    assert "--not-comm zzz: nothing has this in 7.3/t2" in done.err
    assert done.err.count("sockleek") == 1


@pytest.mark.thorough
@pytest.mark.slow
def test_what_an_older_dump_lacks_is_no_error(real: Tool) -> None:
    sql = "SELECT pid FROM headers WHERE dump_id = (SELECT dump_id FROM dumps WHERE label = $l)"
    with Database.open(real.db, Mode.READ) as database:
        old, new = (
            {str(pid) for (pid,) in database.rows(sql, {"l": f"7.3/{each}"})}
            for each in ("t0", "t2")
        )
    gone = min(new - old)
    real.ok("report", "7.3/t2", "7.3/t0", "-o", real.folder / "r.html", "--pid", gone)
    real.ok("report", "7.3/t0", "7.3/t2", "-o", real.folder / "r.html", "--pid", gone)


def test_an_unknown_key_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="ownr: not a key; did you mean owner"):
        po.where(ownr="x")
    with pytest.raises(UsageError, match="pid: not a number: 'one'"):
        po.where(pid="one")
    assert po.where(name="x") == po.where(comm=["x"])


REFUSED = (
    "true) OR (true",
    "true); DROP TABLE records; --",
    "true; SELECT 1",
    "true;",
    "true /* open",
    "pid = 1, true",
    "pid AS x",
    "DISTINCT true",
    "true LIMIT 1",
    "true FROM records",
    "true UNION SELECT true",
    "pid = $pid",
    "",
    "*",
    "nothing = 1",
    "sum(pages) > 1",
    "EXISTS (FROM read_text('/etc/passwd'))",
    "comm IN (SELECT content FROM read_text('/etc/passwd'))",
    "EXISTS (FROM read_csv('/etc/passwd'))",
    "EXISTS (FROM glob('/*'))",
    "EXISTS (FROM '/etc/passwd')",
    "EXISTS (FROM 'x.csv')",
    "EXISTS (FROM duckdb_secrets())",
    "EXISTS (FROM query('SELECT 1'))",
    "EXISTS (FROM information_schema.tables)",
    "EXISTS (FROM rows)",
    "EXISTS (SHOW TABLES)",
    "EXISTS (WITH gone AS (DELETE FROM records RETURNING 1) FROM gone)",
    "nextval('dump_ids') > 0",
    "setseed(0.1) IS NULL",
    "random() < 0.5",
    "write_log('x') IS NULL",
    "DELETE FROM records",
    "COPY records TO 'x.csv'",
)


@pytest.mark.parametrize("text", REFUSED)
def test_where_takes_one_expression_that_reads(session: po.Session, text: str) -> None:
    with pytest.raises(UsageError, match=r"^--where: "):
        session.top(DUMP, where=po.where(where=text)).rows()


ACCEPTED = (
    "true",
    "pid = 1 -- the first",
    "pid = 1 /* the first */",
    "comm = ';)' OR comm = '--' OR \"order\" = 0",
    "stack_id IN (SELECT stack_id FROM frames WHERE base_function LIKE 'do%')",
    "pages > (SELECT avg(pages) FROM allocations)",
    "len(list_filter(string_split(stack, chr(10)), lambda line: contains(line, 'slab'))) > 0",
    "bytes::DOUBLE / 2 BETWEEN 1 AND 1e6 AND owner NOT IN (VALUES ('x'), ('y'))",
)


@pytest.mark.sampled
@pytest.mark.parametrize("text", ACCEPTED)
def test_where_is_the_where_of_live_allocations(session: po.Session, text: str) -> None:
    sql = f"SELECT count(*), coalesce(sum(pages), 0) FROM dump('{DUMP}') WHERE (\n{text}\n)"
    assert [asked(session, where=text)] == session.sql(sql).rows()
    counted = session.sql(
        f"SELECT count(*), coalesce(sum(pages), 0) FROM dump('{DUMP}')", where=po.where(where=text)
    )
    assert counted.rows() == session.sql(sql).rows()


def test_where_says_what_it_reads(real_runs: Path) -> None:
    with Database.open(real_runs, Mode.READ) as database:
        assert read_columns(database, "comm = 'x' AND pid > 1") == {"comm", "pid"}


def test_a_dump_without_what_a_filter_reads_is_named(
    session: po.Session, tool: Tool, dump: Any
) -> None:
    for selection in ({"node": 0}, {"where": "comm = 'cat'"}, {"not_comm": "cat"}):
        with pytest.raises(MissingFieldError, match=r"5\.10/t0: this dump has no "):
            session.top("5.10/t0", by="order", where=po.where(**selection))
    tool.ok("load", dump("linux-7.3/show_stacks.txt"), "--label", "sums")
    with po.open(tool.db) as sums:
        owner = sums.top("sums", by="owner", limit=1).dicts()[0]
        where = po.where(owner=owner["owner"])
        assert sums.top("sums", by="owner", where=where).dicts()[0]["pages"] == owner["pages"]
        rest = sums.top("sums", by="owner", where=po.where(not_owner=owner["owner"])).dicts()
        assert owner["owner"] not in {row["owner"] for row in rest}
        with pytest.raises(MissingFieldError, match="no process names"):
            sums.top("sums", by="owner", where=po.where(comm="cat"))
        with pytest.raises(MissingFieldError, match="this is a summary"):
            sums.top("sums", by="owner", where=po.where(where="pages > 1"))
        with pytest.raises(InputError, match=f"did you mean {owner['owner']}"):
            sums.top("sums", by="owner", where=po.where(owner=f"{owner['owner']}x"))
