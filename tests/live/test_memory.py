"""Memory grows neither with what a capture reads nor with how long a recording lasts."""

import json
import subprocess
import sys

import pytest

from tests.support import ROOT, run_python

# Prints bytes of text, and the most memory that the process had, in MiB.
CAPTURE = """
import ctypes, json, sys
from pathlib import Path
from pageowner_sql.captures import CaptureOptions, capture_into_bundle
from pageowner_sql.live.page_owner_file import Calls
records, readers, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
frames = "".join(f" function_{at}+0x10/0x20\\n" for at in range(60))
def record(pfn):
    if pfn >= records:
        return b""
    return (
        f"Page allocated via order 0, mask 0xcc0(GFP_KERNEL), pid 1, tgid 1 (init), ts {pfn} ns\\n"
        f"PFN 0x{pfn:x} type Unmovable Block 0 type Unmovable Flags 0x0(node=0|zone=0)\\n"
        f"{frames}\\n"
    ).encode()
def read_at(number, buffer, size, offset):
    text = record(offset)
    ctypes.memmove(buffer, text, len(text))
    return len(text)
calls = Calls(
    open=lambda path, flags: 1000,
    close=lambda number: None,
    pread=lambda number, size, offset: record(offset),
    read_at=read_at,
)
options = CaptureOptions(path="page_owner", readers=readers, mode="stack", calls=calls)
_, size = capture_into_bundle(f"{folder}/x.tar.zst", options, "", None)
# Unlike getrusage's, this figure starts anew with the program, and not with the parent's.
peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(json.dumps([size, int(peak) >> 10]))
"""


def peak(records: int, readers: int, folder: object) -> tuple[int, int]:
    size, most = json.loads(run_python(CAPTURE, str(records), str(readers), str(folder)))
    return size, most


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("readers", [1, 4])
def test_memory_is_bounded(tmp_path_factory: pytest.TempPathFactory, readers: int) -> None:
    """Ten times as much text, 500 MB, takes hardly more."""
    folder = tmp_path_factory.mktemp("memory")
    few, little = peak(34_000, readers, folder)
    many, most = peak(340_000, readers, folder)
    assert few < many / 9
    assert many > 500_000_000
    print(f"readers: {readers}; {little} MiB, {most} MiB")  # noqa: T201  # what the guide says
    assert most < 250
    assert most < little + 80


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("words", [(), ("--watch",)], ids=["record", "watch"])
def test_memory_does_not_grow_with_time(words: tuple[str, ...]) -> None:
    """Three times as many samples take no more, though every stack changes in each."""
    command = [sys.executable, "-m", "benchmarks.recorded_day", "--samples", "800", *words]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    first, *_, last = json.loads(done.stdout)["peaks"]
    assert last < first + 12
