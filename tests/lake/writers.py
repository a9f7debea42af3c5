"""Writers of a lake as processes of their own: `python -m tests.lake.writers LAKE FIRST LAST`."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa

from pageowner_sql.lake.delta import DeltaLake
from pageowner_sql.lake.dump_rows import DumpRows, content_key, dumps_table
from pageowner_sql.lake.tables import arrow_schema, new_dump_id
from pageowner_sql.lake.writer import write_dumps
from tests.support import ROOT
from tests.support.tool import environment

# Groups of each dump, and pages of each group.
GROUPS, PAGES = 200, 3


def rows_of(number: int) -> DumpRows:
    """Dump `number`: its hash is its number, and half of its stacks are those of all dumps."""
    dump_id, day, now = new_dump_id(), date(2026, 6, 1 + number % 5), datetime.now(UTC)
    texts = [f"stack {at if at % 2 else number * 1000 + at}" for at in range(GROUPS)]
    keys = [content_key(text) for text in texts]
    sha256 = f"{number:064x}"
    stacks = {
        "stack_key": keys,
        "function_key": keys,
        "owner": texts,
        "owner_module": [None] * GROUPS,
        "subsystem": texts,
        "stack": texts,
        "function_stack": texts,
    }
    groups = [
        {"dump_id": dump_id, "day": day, "stack_key": key, "records": 1, "pages": PAGES, "bytes": 1}
        for key in keys
    ]
    facts = {
        "dump_id": dump_id,
        "day": day,
        "label": sha256,
        "kind": "page_owner",
        "host": f"host-{number}",
        "page_size": 4096,
        "records": GROUPS,
        "pages": GROUPS * PAGES,
        "sha256": sha256,
        "redacted": False,
        "added_at": now,
    }
    return DumpRows(
        sha256,
        {
            "stacks": pa.table(stacks, schema=arrow_schema("stacks")),
            "groups": pa.Table.from_pylist(groups, schema=arrow_schema("groups")),
            "dumps": dumps_table([facts]),
        },
    )


def start(lake: Path | str, first: int, last: int) -> subprocess.Popen[bytes]:
    """A process that adds dumps `first` to `last`, one a commit."""
    command = [sys.executable, "-m", "tests.lake.writers", str(lake), str(first), str(last)]
    return subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE)


def main() -> None:
    location, first, last = sys.argv[1:]
    lake = DeltaLake(location)
    lake.make()
    print("ready", flush=True)  # noqa: T201  # to the test that started it
    for number in range(int(first), int(last) + 1):
        write_dumps(lake, [rows_of(number)])


if __name__ == "__main__":
    main()
