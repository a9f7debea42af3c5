"""Reports of `sort` made in this process, from dumps that are loaded once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pageowner_sql.sort import report
from pageowner_sql.sort.getopt import selection_of
from pageowner_sql.sort.options import Compat, Selection
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.load import Keep, LoadOptions, load
from tests.oracle.options import Version
from tests.support.synth import source_of

COMPAT: dict[Version, Compat] = {"5.10": Compat.V5_10, "6.1": Compat.V6_1, "7.3": Compat.V7_3}

# A load into a database of many dumps gets slower; a new database costs as much as one load.
_MANY_DUMPS = 50


class Sorter:
    """A database in memory that dumps are loaded into, and a folder for what is printed."""

    def __init__(self, folder: Path) -> None:
        self.database = Database.open("", Mode.MEMORY)
        self.output = folder / "report.txt"
        self._dumps = 0

    def load(self, text: bytes) -> int:
        """Load a dump; the number it has. Forgets the dumps of long ago."""
        if self._dumps == _MANY_DUMPS:
            self.close()
            self.database, self._dumps = Database.open("", Mode.MEMORY), 0
        self._dumps += 1
        options = LoadOptions(label=hashlib.sha256(text).hexdigest(), keep=Keep(owners=False))
        return load(self.database, source_of(text), options).dump_id

    def report(self, dump_id: int, selection: Selection) -> bytes:
        """Return what `sort` writes."""
        report.write_report(self.database, dump_id, selection, str(self.output))
        return self.output.read_bytes()

    def sort(self, text: bytes, *args: str, compat: Compat | None = None) -> bytes:
        """Return what `sort` writes for a dump and page_owner_sort's own arguments."""
        return self.report(self.load(text), selection_of(args, compat))

    def close(self) -> None:
        """Drop the dumps."""
        self.database.close()


@contextmanager
def opened_sorter(folder: Path) -> Iterator[Sorter]:
    """Open a Sorter, for a fixture."""
    sorter = Sorter(folder)
    try:
        yield sorter
    finally:
        sorter.close()
