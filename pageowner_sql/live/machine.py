"""The files of a running machine that belong to a dump of it, and what it says of itself."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from pageowner_sql.open_files import protect_input

# Below the root: the name in a bundle, and where it lies.
MOMENT_FILES: tuple[tuple[str, str], ...] = (
    ("meminfo", "proc/meminfo"),
    ("zoneinfo", "proc/zoneinfo"),
    ("buddyinfo", "proc/buddyinfo"),
    ("pagetypeinfo", "proc/pagetypeinfo"),
    ("slabinfo", "proc/slabinfo"),
    ("vmallocinfo", "proc/vmallocinfo"),
    ("allocinfo", "proc/allocinfo"),
    ("modules", "proc/modules"),
    ("show_stacks", "sys/kernel/debug/page_owner_stacks/show_stacks"),
    ("show_handles", "sys/kernel/debug/page_owner_stacks/show_handles"),
    ("show_stacks_handles", "sys/kernel/debug/page_owner_stacks/show_stacks_handles"),
)
PAGE_OWNER = "sys/kernel/debug/page_owner"
PROCESSES = "processes"
PROCESSES_HEADER = b"processes - version: 1.0 (tgid start_ticks cgroup comm)\n"
# A small file that is larger than this is not one.
LARGEST = 64 << 20

_SPANNED = re.compile(rb"^ +spanned +(\d{1,18})$", re.MULTILINE)
_START = re.compile(rb"^ +start_pfn: +(\d{1,18})$", re.MULTILINE)
_ZONE = re.compile(rb"^(?=Node \d+, zone)", re.MULTILINE)


class Machine:
    """The machine whose /proc and /sys lie below `root`."""

    def __init__(self, root: str = "/") -> None:
        self.root = Path(root)
        for _, below in MOMENT_FILES:
            protect_input(self.path(below))

    def path(self, below: str) -> Path:
        """Where a file lies."""
        return self.root / below

    def text(self, below: str) -> bytes:
        """A small file; b"" where it is not there or cannot be read."""
        with suppress(OSError), self.path(below).open("rb", buffering=0) as file:
            return b"".join(_pieces(file.fileno()))
        return b""

    def word(self, below: str) -> str:
        """A file of one line."""
        return self.text(below).strip().decode("utf-8", "backslashreplace")

    def facts(self) -> dict[str, str]:
        """Facts that identify this machine, its boot and the moment, by name."""
        said = {
            "host": self.word("proc/sys/kernel/hostname"),
            "kernel": self.word("proc/sys/kernel/osrelease"),
            "boot_id": self.word("proc/sys/kernel/random/boot_id"),
            "page_size": str(os.sysconf("SC_PAGE_SIZE")),
            "captured_at": str(int(time.time())),
            "uptime": (self.word("proc/uptime").split() or [""])[0],
        }
        return {name: value for name, value in said.items() if value}

    def small_files(self) -> Iterator[tuple[str, bytes]]:
        """The files of the moment that this kernel has, by name, and the processes."""
        for name, below in MOMENT_FILES:
            if text := self.text(below):
                yield name, text
        yield PROCESSES, PROCESSES_HEADER + b"".join(self._processes())

    def _processes(self) -> Iterator[bytes]:
        """Lines of tgid, start in ticks, control group, and comm as /proc/N/status has it."""
        with suppress(OSError):
            names = [path.name for path in self.path("proc").iterdir()]
            for tgid in sorted(int(each) for each in names if each.isdecimal()):
                # A comm can hold anything but it ends at the last bracket.
                fields = self.text(f"proc/{tgid}/stat").rpartition(b") ")[2].split()
                name = self.text(f"proc/{tgid}/status").partition(b"\n")[0]
                if len(fields) > 19 and name:
                    group = _control_group(self.text(f"proc/{tgid}/cgroup"))
                    comm = name.removeprefix(b"Name:\t")
                    yield b"%d\t%s\t%s\t%s\n" % (tgid, fields[19], group, comm)

    def last_pfn(self) -> int | None:
        """The PFN behind the last zone; None where zoneinfo does not say."""
        ends = [
            int(spanned[1]) + int(start[1])
            for zone in _ZONE.split(self.text("proc/zoneinfo"))
            if (spanned := _SPANNED.search(zone)) and (start := _START.search(zone))
        ]
        return max(ends, default=None)


class CapturedMachine(Machine):
    """A machine as a capture has it: its facts, and the small files by their names."""

    def __init__(self, facts: Mapping[str, str], files: Mapping[str, bytes]) -> None:
        # Not Machine's, which protects the files of this machine: none of them is read.
        self.root = Path("/")
        self._facts = facts
        self._texts = {below: files.get(name, b"") for name, below in MOMENT_FILES}

    def text(self, below: str) -> bytes:
        """A small file; b"" where the capture has none."""
        return self._texts.get(below, b"")

    def facts(self) -> dict[str, str]:
        """The facts of the machine."""
        return dict(self._facts)


def _pieces(descriptor: int) -> Iterator[bytes]:
    size = 0
    while size <= LARGEST and (piece := os.read(descriptor, 1 << 16)):
        size += len(piece)
        yield piece


def _control_group(text: bytes) -> bytes:
    """The path in the memory controller's hierarchy, or in the only one."""
    found = b""
    for line in text.splitlines():
        number, controllers, path = [*line.split(b":", 2), b"", b""][:3]
        if b"memory" in controllers.split(b","):
            found = path
            break
        if number == b"0":
            found = path
    return found.replace(b"\t", b"\\t")
