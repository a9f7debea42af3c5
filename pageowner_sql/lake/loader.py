"""Files that a user names -> rows of a lake, by way of databases in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pageowner_sql.errors import InputError, LabelError, PageOwnerError, RejectedRecordsError
from pageowner_sql.lake.dump_rows import DumpRows, dump_rows
from pageowner_sql.lake.path_facts import PathFacts
from pageowner_sql.output.plain import printable
from pageowner_sql.side_files import find_inputs
from pageowner_sql.store.database import MEMORY
from pageowner_sql.store.dumps import remove
from pageowner_sql.store.load import LoadOptions
from pageowner_sql.workspace import Say, Workspace, say_nothing

if TYPE_CHECKING:
    from pageowner_sql.output.report.redact import Redactor

# A database in memory keeps the pages of what was removed.
_REUSES = 64
_HEAVY = 512 << 20


@dataclass(frozen=True)
class AddOptions:
    """What is said of dumps that are added, what of them is kept, and DuckDB's settings."""

    load: LoadOptions
    from_path: PathFacts | None = None
    records: bool = False
    redactor: Redactor | None = None
    settings: Mapping[str, str | int] | None = None

    def of(self, path: str) -> LoadOptions:
        """What is said of the dump at `path`."""
        return self.from_path.options(path, self.load) if self.from_path else self.load


class Loader:
    """Loads one dump after the other into memory. Close it, or use it in a `with`.

    A database that has held many dumps, or large ones, is left for a new one.
    """

    def __init__(self, options: AddOptions, say: Say) -> None:
        self._options = options
        self._say = say
        self._space: Workspace | None = None
        self._used = 0
        self._bytes = 0

    def rows(self, path: str, folder: str = "") -> DumpRows:
        """The rows of the dump at `path`, seen from `folder`. Raises what loading raises."""
        options = self._options
        if self._space is None:
            self._space = Workspace(MEMORY, say=self._say, settings=options.settings)
        [dump] = self._space.load([str(Path(folder, path))], options.of(path), loaded=say_nothing)
        try:
            database = self._space.database
            return dump_rows(database, dump, records=options.records, redactor=options.redactor)
        finally:
            self._used += 1
            self._bytes += dump.bytes
            if self._used >= _REUSES or self._bytes >= _HEAVY:
                self.close()
            else:
                remove(database, dump)

    def close(self) -> None:
        """Free the memory."""
        if self._space is not None:
            self._space.close()
            self._space = None
        self._used = self._bytes = 0

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Found:
    """A file to add, and the hash of its text where it can be read twice."""

    path: str
    sha256: str | None


def find_dumps(words: Sequence[str], say: Say) -> list[Found]:
    """The dumps that `words` name, as `load` finds them. Raises InputError where there is none."""
    inputs = find_inputs(words)
    try:
        for path, why_not in inputs.skipped:
            say(f"{path}: skipped: {why_not}")
        if not inputs.files:
            raise InputError(f"{' '.join(words)}: holds no dump")
        return [
            Found(file.path, file.sha256 if file.can_be_read_twice else None)
            for file in inputs.files
        ]
    finally:
        inputs.close()


@contextmanager
def pass_error(failed: Callable[[PageOwnerError], None] | None) -> Iterator[None]:
    """Give the error of one dump to `failed`, where there is such a function."""
    try:
        yield
    except (InputError, LabelError, RejectedRecordsError) as error:
        if failed is None:
            raise
        failed(error)


def rows_of(
    dumps: Sequence[Found],
    options: AddOptions,
    say: Say,
    failed: Callable[[PageOwnerError], None] | None,
) -> Iterator[tuple[str, DumpRows]]:
    """Path and rows of each dump that can be loaded, one in memory at a time."""
    with Loader(options, say) as loader:
        for dump in dumps:
            with pass_error(failed):
                yield printable(dump.path), loader.rows(dump.path)
