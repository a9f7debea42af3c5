"""Source lines of addresses, by the library symbolic, from a compact cache of a file's DWARF."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any, NamedTuple

from pageowner_sql.errors import InputError

# Addresses that are looked at for the folder that the kernel was built in.
_SAMPLES = 4000
_ANCHOR = "/include/linux/"


class SourceLine(NamedTuple):
    """A function and a line of its source; `function` is inlined but in the last of a list."""

    function: str
    file: str | None
    line: int | None


def is_available() -> bool:
    """Whether the library is installed."""
    return find_spec("symbolic") is not None


def make_cache(content: bytes | str, path: str) -> bytes:
    """The cache of an ELF file with DWARF: its bytes, or where it lies.

    Raises InputError where it cannot be read, or the library is not installed.
    """
    symbolic = _library()
    try:
        opened = symbolic.Archive
        archive = opened.open(content) if isinstance(content, str) else opened.from_bytes(content)
        [first, *_] = archive.iter_objects()
        made: bytes = first.make_symcache().open_stream().read()
    except (symbolic.SymbolicError, ValueError) as error:
        raise InputError(f"{path}: its DWARF cannot be read ({_first_line(error)})") from error
    return made


def _library() -> Any:
    if not is_available():
        raise InputError("symbolic is not installed: pip install 'pageowner-sql[symbols]'")
    import symbolic

    return symbolic


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


class SourceLines:
    """Looks up addresses in a cache; `base` is what the file's addresses count from."""

    def __init__(self, cache: bytes, base: int, path: str) -> None:
        symbolic = _library()
        self._base = base
        try:
            self._cache = symbolic.SymCache.from_bytes(cache)
        except symbolic.SymbolicError as error:
            raise InputError(f"{path}: its symbol cache is damaged; add the file again") from error

    def at(self, address: int, root: str = "") -> list[SourceLine]:
        """The functions and lines of an address, innermost first; paths without `root`."""
        return [
            SourceLine(
                each.symbol,
                _relative(each.full_path, root) if each.full_path else None,
                each.line or None,
            )
            for each in self._cache.lookup(max(address - self._base, 0))
        ]

    def root(self, addresses: Iterable[int]) -> str:
        """The folder that the sources were built in, with a slash behind; empty if not known."""
        for _, address in zip(range(_SAMPLES), addresses, strict=False):
            for found in self.at(address):
                if found.file and _ANCHOR in found.file:
                    return found.file[: found.file.index(_ANCHOR) + 1]
        return ""


def _relative(path: str, root: str) -> str:
    return posixpath.normpath(path).removeprefix(root)
