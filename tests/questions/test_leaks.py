"""leaks: who goes on growing over the dumps of one boot, on the real runs of two kernels."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest

from tests.support.runs import label_of
from tests.support.synth import ERAS
from tests.support.tool import Tool

KERNELS = ("linux-6.1", "linux-7.3")
# The whole run, and the run with any one dump left out.
RUNS = (("t0", "t1", "t2"), *itertools.combinations(("t0", "t1", "t2"), 2))


@pytest.fixture
def real(tool: Tool, real_runs: Path) -> Tool:
    """Return the program with the database of all real dumps."""
    tool.db = real_runs
    return tool


def suspects(tool: Tool, kernel: str, labels: tuple[str, ...], by: str) -> list[dict[str, object]]:
    """The rows of `leaks` over these dumps of `kernel`'s run."""
    asked = [label_of(f"{kernel}/{label}") for label in labels]
    return list(json.loads(tool.ok("leaks", *asked, "--by", by, "--format", "json").out))


@pytest.mark.sampled
@pytest.mark.parametrize("labels", RUNS, ids="-".join)
@pytest.mark.parametrize("kernel", KERNELS)
def test_the_leaking_process_comes_first(real: Tool, kernel: str, labels: tuple[str, ...]) -> None:
    rows = suspects(real, kernel, labels, "comm")
    assert (rows[0]["comm"], rows[0]["verdict"], rows[0]["rank"]) == ("sockleak", "leak", 1)
    churner = [row for row in rows if row["comm"] == "churner"]
    assert {row["verdict"] for row in churner} == {"churn"}
    reader = [row for row in rows if row["comm"] == "cat"]
    assert {row["verdict"] for row in reader} == {"reader's own"}


@pytest.mark.sampled
@pytest.mark.parametrize("kernel", KERNELS)
def test_the_unix_datagram_path_comes_first(real: Tool, kernel: str) -> None:
    rows = suspects(real, kernel, ("t0", "t1", "t2"), "stack")
    assert "unix_dgram_sendmsg" in str(rows[0]["stack"])
    assert rows[0]["verdict"] == "leak"
    assert float(str(rows[0]["slope_bytes_per_hour"])) > 0


def test_one_dump_names_the_leak_from_ages(real: Tool) -> None:
    rows = suspects(real, "linux-7.3", ("t2",), "comm")
    assert rows[0]["comm"] == "sockleak"


@pytest.mark.sampled
@pytest.mark.parametrize("labels", [("t0", "t2"), ("t2",)], ids="-".join)
def test_it_says_which_page_cache_new_bytes_leave_out(real: Tool, labels: tuple[str, ...]) -> None:
    asked = [label_of(f"linux-7.3/{label}") for label in labels]
    [said] = [line for line in real.ok("leaks", *asked).err.splitlines() if "page cache" in line]
    since = "came after 7.3/t0" if len(labels) > 1 else "came since boot"
    assert re.fullmatch(
        rf"new bytes: without page cache, of which [0-9.]+ MiB in 7.3/t2 {since}, .*", said
    )


def test_it_says_nothing_of_page_cache_where_none_is_new(tool: Tool) -> None:
    path = tool.folder / "t0.txt"
    path.write_bytes(ERAS[2].record(b"task"))
    tool.ok("load", path)
    assert "page cache" not in tool.ok("leaks", "t0").err
