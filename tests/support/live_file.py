"""A stand-in for the live page_owner file, with the manners of each era's kernel."""

from __future__ import annotations

import ctypes
import errno
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from pageowner_sql.live.page_owner_file import Calls

_PFN = re.compile(rb"^PFN (0x[0-9a-f]+|\d+) ", re.MULTILINE)


class Manner(Enum):
    """Before 6.3 offsets are relative to the first PFN; 7.x takes settings."""

    RELATIVE = "before 6.3"
    ABSOLUTE = "6.3"
    SETTINGS = "7.x"


@dataclass
class _Open:
    mode: str = "stack"
    nodes: bytes = b""


@dataclass
class StandIn:
    """One read gives the first record from an offset on, which is a PFN.

    `text` is a dump in PFN order; of a 7.x kernel, with stacks and handles.
    """

    text: bytes
    manner: Manner = Manner.ABSOLUTE
    first_pfn: int = 0
    refusal: OSError | None = None
    reads: int = 0
    _files: dict[int, _Open] = field(default_factory=dict)

    def __post_init__(self) -> None:
        heads = re.finditer(rb"^Page allocated", self.text, re.MULTILINE)
        starts = [found.start() for found in heads]
        self.records = [
            self.text[start:end]
            for start, end in zip(starts, [*starts[1:], len(self.text)], strict=True)
        ]
        # Names in these dumps forge no PFN line.
        self.pfns = [int(_PFN.search(each)[1], 0) for each in self.records]  # type: ignore[index]
        assert self.pfns == sorted(self.pfns)

    @property
    def calls(self) -> Calls:
        return Calls(self.open, self.close, self.write, self.pread, self.read_at)

    def open(self, path: str, flags: int) -> int:
        del path, flags
        if self.refusal is not None:
            raise self.refusal
        number = len(self._files) + 1000
        self._files[number] = _Open()
        return number

    def close(self, number: int) -> None:
        # Whoever closes twice closes somebody else's.
        assert number in self._files

    def write(self, number: int, setting: bytes) -> int:
        if self.manner is not Manner.SETTINGS:
            raise OSError(errno.EINVAL, "Invalid argument")
        name, _, value = setting.partition(b"=")
        if name == b"mode":
            self._files[number].mode = value.decode()
        else:
            self._files[number].nodes = value
        return len(setting)

    def _at(self, number: int, offset: int) -> bytes:
        self.reads += 1
        file = self._files[number]
        base = self.first_pfn if self.manner is Manner.RELATIVE else 0
        for at in range(bisect_left(self.pfns, base + offset), len(self.pfns)):
            record = self.records[at]
            if not file.nodes or b"node=%s|" % file.nodes in record:
                return self._shown(record, file.mode)
        return b""

    def _shown(self, record: bytes, mode: str) -> bytes:
        if mode == "handle":
            return re.sub(rb"^ .*\n", b"", record, flags=re.MULTILINE)
        return (
            record
            if mode == "stack_handle"
            else re.sub(rb"^handle: \d+\n", b"", record, flags=re.MULTILINE)
        )

    def pread(self, number: int, size: int, offset: int) -> bytes:
        record = self._at(number, offset)
        if len(record) > size:
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        return record

    def read_at(self, number: int, buffer: int, size: int, offset: int) -> int:
        record = self._at(number, offset)
        if len(record) > size:
            return -errno.ENOMEM
        ctypes.memmove(buffer, record, len(record))
        return len(record)

    def as_shown(self, mode: str = "stack") -> bytes:
        """What cat reads."""
        return b"".join(self._shown(record, mode) for record in self.records)


FILES = {
    "proc/sys/kernel/hostname": "node7\n",
    "proc/sys/kernel/osrelease": "7.3.4\n",
    "proc/sys/kernel/random/boot_id": "c5b1fd0e-6a7d-4a63-8a3c-0d1f3a4e9b10\n",
    "proc/uptime": "1234.50 2000.00\n",
    "proc/modules": "zram 49152 1 - Live 0xffffffffc0a00000\nveth 40960 0 - Live 0x0\n",
    "proc/filesystems": "nodev\tdebugfs\n",
    "proc/cmdline": "root=/dev/vda\n",
    "proc/1/stat": "1 (in) it) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 52 1 1 1\n",
    "proc/1/status": "Name:\tin) it\nUmask:\t0000\n",
    "proc/1/cgroup": "0::/init.scope\n",
    "proc/77/stat": "77 (a\nb) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 900 1 1 1\n",
    "proc/77/status": "Name:\ta\\nb\nUmask:\t0000\n",
    "proc/77/cgroup": "4:memory:/box\n0::/\n",
}


def machine_folder(folder: Path, texts: dict[str, str | bytes] | None = None) -> Path:
    """A root with /proc of a small machine, and `texts` by their paths."""
    files: dict[str, str | bytes] = {**FILES, **(texts or {})}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder
