"""Names that attack: in the real dumps each comes back with the count that plain text gives."""

import re
from collections import Counter
from pathlib import Path

import pytest

from pageowner_sql.store.database import Database, Mode
from tests.conftest import DumpPath
from tests.support import PAGE_OWNER_DUMPS, covering
from tests.support.runs import label_of

# The rule, said once more in another way: greedy, so the last tail within 15 bytes ends the name.
_START = re.compile(rb"(?:\A|(?<=\n\n))(?=Page allocated via order )")
_TASK = re.compile(
    rb"Page allocated via order (\d+), mask 0x[0-9a-f]+\([^)\n]*\), pid (\d+), tgid (\d+) "
    rb"\((.{0,15})\), ts (\d+) ns(?:, free_ts \d+ ns)?\nPFN ",
    re.DOTALL,
)

HOSTILE = {
    *(b"a), ts 1 ns", b"x) ts (", b"two\nlines", b"\nPage allo", b"(((", b")))", b"'; DROP TAB--"),
    *(b"<script>al", b"\x1b[31mred\x1b[0m", b"sp ace ", b"tab\there", b"\xff\xfe bad"),
    *(b"ns,ts 5 ns", b"na,me", b"", "漢字".encode()),
}

HAVE_NAMES = [name for name in PAGE_OWNER_DUMPS if "5.10" not in name]

Tasks = Counter[tuple[bytes, int, int]]


def tasks_of(text: bytes) -> Tasks:
    """Records by name, pid and tgid, counted without this project's code."""
    records = [record for record in _START.split(text) if record]
    tasks: Tasks = Counter()
    for record in records:
        found = _TASK.match(record)
        assert found, record
        tasks[found[4], int(found[2]), int(found[3])] += 1
    return tasks


@pytest.mark.sampled
@pytest.mark.slow
@pytest.mark.parametrize("name", covering(HAVE_NAMES, lambda name: "/t2." in name))
def test_every_name_comes_back_with_its_count(dump: DumpPath, real_runs: Path, name: str) -> None:
    expected = tasks_of(dump(name).read_bytes())
    sql = """
        SELECT comm_bytes(comm), pid, tgid, count(*)
        FROM allocations WHERE dump = $dump GROUP BY ALL
    """
    with Database.open(real_runs, Mode.READ) as database:
        rows = database.rows(sql, {"dump": label_of(name)})
    assert {(bytes(comm), pid, tgid): count for comm, pid, tgid, count in rows} == expected
    if "boot" not in name:
        assert {comm for comm, _, _ in expected} >= HOSTILE


@pytest.mark.slow
def test_the_names_with_a_newline_in_the_last_dump(real_runs: Path) -> None:
    sql = """
        SELECT comm, count(*) FROM allocations
        WHERE dump = '7.3/t2' AND contains(comm, chr(10)) GROUP BY 1 ORDER BY 1
    """
    with Database.open(real_runs, Mode.READ) as database:
        assert database.rows(sql) == [("\nPage allo", 64), ("two\nlines", 48)]
