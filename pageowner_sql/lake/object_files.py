"""Files of an object store as DuckDB reads them: in pieces, through deltalake's own client."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final

from fsspec.spec import AbstractFileSystem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# One request: about a row group of table groups, so few requests wait for the network.
_PIECE: Final = 4 << 20


class ObjectFiles(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """The Parquet files below a URL. `sizes`: URL of each -> bytes, as Delta's log has them."""

    cachable = False

    def __init__(self, root: str, sizes: Mapping[str, int]) -> None:
        from deltalake.fs import DeltaStorageHandler

        super().__init__()
        self.protocol = root.partition("://")[0]
        self._root = f"{root}/"
        self._store = DeltaStorageHandler(root)
        self._sizes = sizes

    def glob(self, path: str, **_: Any) -> list[str]:
        """The file itself: no name of a lake's file is a pattern."""
        return [path] if path in self._sizes else []

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Size and kind of a file. Raises FileNotFoundError for one that the log does not name."""
        try:
            return {"name": path, "size": self._sizes[path], "type": "file"}
        except KeyError:
            raise FileNotFoundError(path) from None

    def modified(self, path: str) -> datetime:
        """When a file was changed: never, as no two have one name."""
        self.info(path)
        return datetime.fromtimestamp(0, UTC)

    def _open(self, path: str, *_: Any, **__: Any) -> _ObjectFile:
        name = path.removeprefix(self._root)
        return _ObjectFile(lambda: self._store.open_input_file(name), self.info(path)["size"])

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path


class _ObjectFile:
    """One file, open. DuckDB's threads share it, and seek before they read: each has its place."""

    def __init__(self, open_raw: Callable[[], Any], size: int) -> None:
        self._open_raw = open_raw
        self._size = size
        self._places: dict[int, _Place] = {}

    def seek(self, at: int) -> int:
        """Go to a byte."""
        self._place().at = at
        return at

    def tell(self) -> int:
        """The byte to be read next."""
        return self._place().at

    def read(self, length: int) -> bytes:
        """The next bytes, fewer at the end."""
        return self._place().read(min(length, self._size - self.tell()), self._size)

    def close(self) -> None:
        """Forget what was read."""
        self._places.clear()

    def _place(self) -> _Place:
        # A thread that is not Python's has no threading.local that lasts.
        thread = get_ident()
        if thread not in self._places:
            self._places[thread] = _Place(self._open_raw())
        return self._places[thread]


class _Place:
    """Where a thread is in a file, and the piece that it read last."""

    def __init__(self, raw: Any) -> None:
        self.at = 0
        self._raw = raw
        self._start = 0
        self._piece = b""

    def read(self, length: int, size: int) -> bytes:
        """`length` bytes from the position on; fetches a piece of the file of `size` bytes."""
        if not self._start <= self.at <= self.at + length <= self._start + len(self._piece):
            self._raw.seek(self.at)
            self._start = self.at
            self._piece = bytes(self._raw.read(min(max(length, _PIECE), size - self.at)))
        offset = self.at - self._start
        self.at += length
        return self._piece[offset : offset + length]
