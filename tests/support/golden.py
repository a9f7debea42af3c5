"""What page_owner_sort itself printed for the real dumps, as recorded in fixtures/golden."""

import hashlib
import json
import tarfile
from dataclasses import dataclass
from functools import cache

from tests.support import FIXTURES, KERNELS


@dataclass(frozen=True)
class Golden:
    """One run of the C tool: `dump` is a name that the `dump` fixture takes."""

    kernel: str
    dump: str
    tool: str
    args: tuple[str, ...]
    size: int
    sha256: str
    file: str | None

    def __str__(self) -> str:
        """Name the run in a test's id."""
        return f"{self.dump}-{self.tool}-{'_'.join(self.args)}"

    def matches(self, output: bytes) -> bool:
        """Whether `output` is the very bytes that the C tool printed."""
        return len(output) == self.size and hashlib.sha256(output).hexdigest() == self.sha256

    def recorded(self) -> bytes | None:
        """Return the output itself where it was small enough to keep."""
        return None if self.file is None else _outputs(self.kernel)[self.file]


@cache
def goldens() -> tuple[Golden, ...]:
    """Return every recorded run, in the manifests' order."""
    return tuple(
        Golden(
            kernel=kernel,
            dump=f"{kernel}/{row['dump']}",
            tool=row["tool"],
            args=tuple(row["args"]),
            size=row["bytes"],
            sha256=row["sha256"],
            file=row["file"],
        )
        for kernel in KERNELS
        for row in map(json.loads, _manifest(kernel))
    )


def _manifest(kernel: str) -> list[str]:
    return (FIXTURES / "golden" / kernel / "manifest.jsonl").read_text().splitlines()


@cache
def _outputs(kernel: str) -> dict[str, bytes]:
    with tarfile.open(FIXTURES / "golden" / kernel / "outputs.tar.xz") as archive:
        files = ((member.name, archive.extractfile(member)) for member in archive)
        return {name: file.read() for name, file in files if file is not None}
