"""The tables of a lake in Delta's format: opened, appended to, compacted."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from pageowner_sql.errors import DatabaseError, InputError
from pageowner_sql.lake.tables import BY_DAY, TABLES, arrow_schema
from pageowner_sql.open_files import protect_lake

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable

FORMAT: Final = "pageowner_sql lake, version 1"
# Another writer that was quicker costs a second try; a thousand writers at once some more.
_TRIES: Final = 200
_HADOOP: Final = re.compile(r"^s3://")
_CONFLICT: Final = "Concurrent transaction"


@contextmanager
def lake_errors(lake: str) -> Iterator[None]:
    """Raise what deltalake raises as DatabaseError, with the lake's name."""
    from deltalake.exceptions import DeltaError

    try:
        yield
    except (DeltaError, OSError) as error:
        text = " ".join(str(error).split())
        raise DatabaseError(f"{lake}: {text}") from error


def need_deltalake() -> None:
    """Raise InputError where the extra is not installed."""
    from importlib.util import find_spec

    for module in ("deltalake", "pyarrow"):
        if find_spec(module) is None:
            raise InputError(f"{module} is not installed: pip install 'pageowner-sql[lake]'")


class DeltaLake:
    """The tables below a folder or the URL of an object store (s3://…, gs://…, az://…)."""

    def __init__(self, location: str) -> None:
        need_deltalake()
        self.location = location
        self.is_local = "://" not in location
        self.root = str(Path(location).resolve()) if self.is_local else location.rstrip("/")
        if self.is_local:
            odd = min((each for each in self.root if not _is_fit(each)), default=None)
            if odd is not None:
                raise DatabaseError(
                    f"{location}: the path of a lake cannot have {odd!r} in it; give another folder"
                )
            protect_lake(self.root)

    def make(self) -> None:
        """Make what tables are not there. Raises DatabaseError where the folder holds others."""
        from deltalake import DeltaTable

        if self.is_local:
            self._check_folder()
        with lake_errors(self.location):
            for table in TABLES:
                uri = self._uri(table)
                if not DeltaTable.is_deltatable(uri):
                    self._create(uri, table)

    def _check_folder(self) -> None:
        folder = Path(self.root)
        if folder.exists() and not folder.is_dir():
            raise DatabaseError(f"{self.location}: is a file, not a lake; give a folder")
        if folder.is_dir():
            others = {each.name for each in folder.iterdir()} - set(TABLES)
            if others:
                raise DatabaseError(
                    f"{self.location}: is a folder of other files ({min(others)}); "
                    "give an empty or a new one"
                )

    def _create(self, uri: str, table: str) -> None:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        try:
            DeltaTable.create(
                uri,
                arrow_schema(table),
                partition_by=["day"] if table in BY_DAY else None,
                description=FORMAT,
            )
        except DeltaError:
            # Another writer may have made it in the meantime.
            if not DeltaTable.is_deltatable(uri):
                raise

    def open(self, table: str) -> DeltaTable:
        """The newest state of a table. Raises DatabaseError for a table of another program."""
        from deltalake import DeltaTable

        uri = self._uri(table)
        with lake_errors(self.location):
            if not DeltaTable.is_deltatable(uri):
                raise DatabaseError(
                    f"{self.location}: is not a lake; make it with: "
                    f"pageowner-sql lake add {self.location} DUMP"
                )
            opened = DeltaTable(uri)
        if opened.metadata().description != FORMAT:
            raise DatabaseError(
                f"{self.location}: its table {table} is another program's, or a newer version's"
            )
        if opened.protocol().min_reader_version > 1:
            raise DatabaseError(
                f"{self.location}: table {table} needs a reader of Delta with more features "
                "(deletion vectors, column mapping); turn them off, or read it with Spark"
            )
        return opened

    def files(self, table: DeltaTable) -> dict[str, int]:
        """A table's Parquet files: path, or URL, -> bytes.

        Raises DatabaseError for a file outside the lake.
        """
        with lake_errors(self.location):
            actions: Any = table.get_add_actions(flatten=True)
        names, sizes = actions["path"].to_pylist(), actions["size_bytes"].to_pylist()
        folder = table.table_uri.rstrip("/")
        root = Path(self.root)
        found = {}
        for name, size in zip(names, sizes, strict=True):
            uri = f"{folder}/{name}"
            path = str(_path(uri)) if self.is_local else uri
            # The log says where files are, and whoever wrote it may say /etc/passwd.
            away = self.is_local and not Path(path).resolve().is_relative_to(root)
            # DuckDB would take the others for a pattern.
            if away or "://" in name or set(name) & set("*?["):
                raise DatabaseError(f"{self.location}: names a file outside of it: {path}")
            found[path] = size
        return found

    def spark_files(self, table: DeltaTable) -> list[str]:
        """The files of a table as Spark names them."""
        scheme = "file://" if self.is_local else ""
        # Hadoop's name of the file system is s3a.
        return [_HADOOP.sub("s3a://", f"{scheme}{path}") for path in self.files(table)]

    def spark_folder(self, table: str) -> str:
        """The folder of a table as Spark names it."""
        uri = self._uri(table)
        return f"file://{uri}" if self.is_local else _HADOOP.sub("s3a://", uri)

    def append(self, table: str, rows: Any) -> None:
        """Append rows as one commit, whatever others append at the same time."""
        self._write(self._uri(table), rows, retries=_TRIES)

    def append_new(self, table: str, find_new: Callable[[DeltaTable], Any]) -> Any:
        """Append the rows that `find_new` finds missing in the newest state; what was appended.

        Of writers at the same moment one succeeds, by the transaction number that Delta keeps for
        an application; the others look again.
        """
        for tried in range(_TRIES):
            opened = self.open(table)
            rows = find_new(opened)
            if not len(rows):
                return rows
            number = opened.transaction_version(table)
            following = 0 if number is None else number + 1
            if self._write(opened, rows, following=(table, following)):
                return rows
            time.sleep(random.uniform(0, min(2.0, 0.01 * 2**tried)))  # noqa: S311  # no secret
        raise DatabaseError(
            f"{self.location}: other writers were quicker {_TRIES} times; try again"
        )

    def _write(
        self,
        table: str | DeltaTable,
        rows: Any,
        *,
        retries: int | None = None,
        following: tuple[str, int] | None = None,
    ) -> bool:
        from deltalake import write_deltalake
        from deltalake.exceptions import CommitFailedError

        with lake_errors(self.location):
            try:
                write_deltalake(
                    table,
                    rows,
                    mode="append",
                    writer_properties=parquet_properties(),
                    commit_properties=_commit(retries, following),
                )
            except CommitFailedError as error:
                if following is None or _CONFLICT not in str(error):
                    raise
                return False
        return True

    def _uri(self, table: str) -> str:
        return f"{self.root}/{table}"


def parquet_properties() -> Any:
    """How Parquet files of a lake are written."""
    from deltalake import WriterProperties

    return WriterProperties(compression="ZSTD")


def _commit(retries: int | None, following: tuple[str, int] | None) -> CommitProperties:
    from deltalake import CommitProperties, Transaction

    transactions = [Transaction(*following)] if following else None
    return CommitProperties(max_commit_retries=retries, app_transactions=transactions)


def _is_fit(char: str) -> bool:
    """Whether a path may have it: DuckDB takes * and ? for a pattern, deltalake ends at others."""
    return char.isprintable() and char not in "*?[]^|\\"


def _path(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path) if uri.startswith("file://") else uri)
