from collections import Counter
from pathlib import Path

import pytest

from pageowner_sql import open_files
from pageowner_sql.errors import UsageError
from pageowner_sql.live.machine import CapturedMachine, Machine
from pageowner_sql.open_files import check_output


@pytest.fixture(autouse=True)
def nothing_protected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_files, "_INPUTS", Counter())


def test_no_output_replaces_a_file_of_this_machine(tmp_path: Path) -> None:
    Machine(str(tmp_path))
    with pytest.raises(UsageError, match="is an input"):
        check_output(tmp_path / "proc" / "meminfo", "out")


def test_a_captured_machine_protects_no_file_of_this_one() -> None:
    captured = CapturedMachine({"page_size": "4096"}, {"meminfo": b"MemTotal: 1 kB\n"})
    assert captured.text("proc/meminfo") == b"MemTotal: 1 kB\n"
    check_output("/proc/meminfo", "out")
