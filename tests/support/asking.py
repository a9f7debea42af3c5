"""Asking a loaded database as people do, and counting the same things without this project."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pageowner_sql.sql.grouping import Key

CSV_LIMIT = 1 << 24

# 5.10 prints no task. A comm has 15 bytes at most and may hold newlines.
_RECORD = re.compile(
    rb"(?:\A|\n\n)Page allocated via order (?P<order>\d+), mask 0x[0-9a-f]+\((?P<gfp>[^)]*)\)"
    rb"(?:, pid (?P<pid>\d+), tgid (?P<tgid>\d+) \((?P<comm>.{0,15})\), ts (?P<ts>\d+) ns)?"
    rb"[^\n]*\nPFN (?P<pfn>\S+) type (?P<migratetype>\S+) Block",
    re.DOTALL,
)


@dataclass(frozen=True)
class Counted:
    """One record as this module reads it."""

    order: int
    gfp: str
    pid: int | None
    tgid: int | None
    comm: bytes | None
    ts: int | None
    migratetype: str

    @property
    def pages(self) -> int:
        return 1 << self.order


def count_records(path: Path) -> list[Counted]:
    """Every record of a dump, by one regular expression over its bytes."""
    return [
        Counted(
            int(found["order"]),
            found["gfp"].decode(),
            _number(found["pid"]),
            _number(found["tgid"]),
            found["comm"],
            _number(found["ts"]),
            found["migratetype"].decode(),
        )
        for found in _RECORD.finditer(path.read_bytes())
    ]


def _number(text: bytes | None) -> int | None:
    return None if text is None else int(text)


# What the dumps of ordinary kernels have; the others are what vendors print.
REAL_KEYS = tuple(
    key
    for key in Key
    if key not in (Key.SLAB_NAME, Key.PAGE_FILE, Key.PAGE_USE, Key.MAINTAINER_ENTRY)
)


def counts_by(records: list[Counted], key: Key) -> tuple[Counter[object], Counter[object]]:
    """Records and pages of each value of a key."""
    times: Counter[object] = Counter()
    pages: Counter[object] = Counter()
    for record in records:
        value = getattr(record, key.value)
        times[value] += 1
        pages[value] += record.pages
    return times, pages


def csv_rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    """The rows of `--format csv` or tsv, by the standard library's reader."""
    csv.field_size_limit(CSV_LIMIT)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def official_client() -> str:
    """The path of the official DuckDB client, a release older than the library."""
    beside = Path(sys.executable).with_name("duckdb")
    found = str(beside) if beside.exists() else shutil.which("duckdb")
    assert found, "the package duckdb-cli of the dev dependencies brings it"
    return found


def ask_official_client(database: Path, sql: str) -> str:
    """What the official client prints for `sql` as CSV, given on its standard input."""
    command = [official_client(), "-readonly", "-csv", "-nullvalue", "", "-init", "/dev/null"]
    command += ["-bail", str(database)]
    done = subprocess.run(command, input=sql.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert not done.stderr, done.stderr.decode()
    return done.stdout.decode()
