"""The original bytes of a posted text, and the repairs that were made to it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pageowner_sql.dump.pipeline import HEAD
from pageowner_sql.store.database import Database

PIECE = 1 << 20


@dataclass(frozen=True)
class Original:
    """The bytes of a posted text, and `repairs`: what lies between them and the text that is read.

    `lines` has for each line that is read, from 0, the number of the posted line that it is from.
    """

    raw: bytes
    repairs: Sequence[str]
    lines: Sequence[int]

    def described(self) -> dict[str, object]:
        """The columns of dumps that tell of the file."""
        return {
            "sha256": hashlib.sha256(self.raw).hexdigest(),
            "head_sha256": hashlib.sha256(self.raw[:HEAD]).hexdigest(),
            "bytes": len(self.raw),
            "repairs": list(self.repairs),
        }

    @cached_property
    def _starts(self) -> Sequence[int]:
        return [0, *(found.end() for found in re.finditer(rb"\n", self.raw))]

    def place(self, number: int) -> tuple[int, int]:
        """The posted line that a line (from 1) of the text is from, and its offset in bytes."""
        line = self.lines[min(number, len(self.lines)) - 1] if self.lines else number
        return line, self._starts[min(line, len(self._starts)) - 1]

    def line_at(self, number: int) -> bytes:
        """The bytes of the posted line that a line of the text is from."""
        _, offset = self.place(number)
        return self.raw[offset:].partition(b"\n")[0] + b"\n"

    def keep(self, database: Database, dump_id: int) -> None:
        """Keep the bytes in file_pieces."""
        for at in range(0, len(self.raw), PIECE):
            database.run(
                "INSERT INTO file_pieces VALUES ($dump_id, $at, $raw)",
                {"dump_id": dump_id, "at": at, "raw": self.raw[at : at + PIECE]},
            )
