"""Symbol files in a database, and the source lines of its frames: looked up once, and kept."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pageowner_sql.errors import InputError
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database, statement
from pageowner_sql.store.dumps import has_symbols

if TYPE_CHECKING:
    from pageowner_sql.symbols.maintainers import Entry
    from pageowner_sql.symbols.source_lines import SourceLine, SourceLines
    from pageowner_sql.symbols.symbol_file import SymbolFile

_AMBIGUOUS = "several functions of this name and size"
_NO_LINE_HERE = "no line here (assembly, or code without DWARF)"
_NO_LINES = "the file has symbols, no lines"

_KINDS = {
    "key_id": "int",
    "depth": "int",
    "function": "text",
    "file": "text",
    "line": "int",
    "reason": "text",
}


@dataclass(frozen=True)
class Fit:
    """How a symbol file fits the dumps: how many it resolves, and functions of equal size."""

    dumps: int
    known: int
    agreeing: int


def add_symbols(database: Database, file: SymbolFile, kernel: str | None) -> Fit:
    """Keep a symbol file, in place of one of the same module and build, within a transaction.

    Raises InputError where dumps have its functions, but with other sizes: it is of another build.
    """
    for name in ("symbols", "maintainers"):
        database.script(name)
    same = {"module": file.module, "build_id": file.build_id, "kernel": kernel, "path": file.path}
    for (file_id,) in database.rows(statement("symbols/same"), same):
        _forget(database, file_id)
    file_id = int(database.value("SELECT coalesce(max(file_id), 0) + 1 FROM symbol_files"))
    database.run(
        statement("symbols/add"),
        {
            **same,
            "file_id": file_id,
            "base": file.base,
            "root": file.root,
            "cache": _packed(file.cache) if file.cache is not None else None,
        },
    )
    _append_functions(database, file_id, file)
    _append_entries(database, file_id, file.entries)
    database.run(statement("symbols/fits"))
    fit = Fit(*database.rows(statement("symbols/fitting"), {"file_id": file_id})[0])
    if fit.known and not fit.dumps:
        raise InputError(
            f"{file.path}: is of another build than the dumps: of the {fit.known} functions of "
            f"{file.module} that they name, {fit.agreeing} have its sizes"
        )
    return fit


def _append_functions(database: Database, file_id: int, file: SymbolFile) -> None:
    places = [(each.name, each.address, each.size, each.size) for each in file.places]
    rows = [*file.functions, *places]
    columns: dict[str, tuple[str, Sequence[Any]]] = {
        "file_id": ("int", [file_id] * len(rows)),
        "name": ("text", [row[0] for row in rows]),
        "address": ("uint", [row[1] for row in rows]),
        "size": ("int", [row[2] for row in rows]),
        "span": ("int", [row[3] for row in rows]),
    }
    database.append("symbols", table(columns))


def _append_entries(database: Database, file_id: int, entries: Sequence[Entry]) -> None:
    for entry in entries:
        database.run(
            "INSERT INTO maintainer_entries VALUES ($file_id, $entry, $status, $people, $lists)",
            {
                "file_id": file_id,
                "entry": entry.name,
                "status": entry.status,
                "people": list(entry.people),
                "lists": list(entry.lists),
            },
        )
    rows = [(entry.name, *tagged) for entry in entries for tagged in entry.patterns]
    columns: dict[str, tuple[str, Sequence[Any]]] = {
        "file_id": ("int", [file_id] * len(rows)),
        "entry": ("text", [row[0] for row in rows]),
        "tag": ("text", [row[1] for row in rows]),
        "pattern": ("text", [row[2] for row in rows]),
    }
    database.append("maintainer_patterns", table(columns))


def _keep_maintained(database: Database) -> None:
    """Find the entries of every source file of a frame."""
    from pageowner_sql.symbols.maintainers import entries_of, entry_of

    database.run("DELETE FROM maintained_files")
    tagged = database.rows(statement("symbols/patterns"))
    entries = [entry_of(name, zip(tags, patterns, strict=True)) for name, tags, patterns in tagged]
    if not entries:
        return
    paths = [path for (path,) in database.rows(statement("symbols/source_files"))]
    rows = list(entries_of(entries, paths))
    columns: dict[str, tuple[str, Sequence[Any]]] = {
        "file": ("text", [path for path, _, _ in rows]),
        "place": ("int", [place for _, place, _ in rows]),
        "entry": ("text", [entry.name for _, _, entry in rows]),
    }
    database.append("maintained_files", table(columns))


def remove_symbols(database: Database, names: Sequence[str]) -> list[str]:
    """Remove the files of these modules or paths, all where none is named; their paths."""
    rows = database.rows("SELECT file_id, module, path FROM symbol_files ORDER BY file_id")
    for name in names:
        if not any(name in row[1:] for row in rows):
            raise InputError(f"{name}: no symbol file is of this module or path")
    removed = [row for row in rows if not names or set(names) & set(row[1:])]
    with database.transaction():
        for file_id, _, _ in removed:
            _forget(database, file_id)
        resolve_frames(database, anew=True)
    return [path for _, _, path in removed]


def _forget(database: Database, file_id: int) -> None:
    for name in ("symbol_files", "symbols", "maintainer_entries", "maintainer_patterns"):
        database.run(f"DELETE FROM {name} WHERE file_id = $id", {"id": file_id})  # noqa: S608  # a closed set


def resolve_frames(database: Database, *, anew: bool = False) -> None:
    """Look up the frames that nobody has looked up, all of them where `anew`."""
    from pageowner_sql.symbols.source_lines import is_available

    if anew:
        database.run(statement("symbols/forget"))
        database.run("DELETE FROM source_lines")
    if has_symbols(database) and is_available():
        _look_up(database)
    _keep_maintained(database)


def choose_files_again(database: Database) -> None:
    """Look up all frames anew where a file is of one kernel or label, and dumps have other ones."""
    from pageowner_sql.symbols.source_lines import is_available

    chosen = "SELECT count(*) FROM symbol_files WHERE kernel IS NOT NULL"
    # Without the library there would be no lines afterwards.
    if database.value(chosen) and is_available():
        resolve_frames(database, anew=True)


def _look_up(database: Database) -> None:
    """Look up the frames that have no rows in source_lines."""
    from pageowner_sql.symbols.source_lines import SourceLines

    for name in ("known", "fits", "wanted"):
        database.run(statement(f"symbols/{name}"))
    rows: list[tuple[Any, ...]] = []
    for file_id, path, base, root, cache in database.rows(statement("symbols/caches")):
        keys = database.rows(statement("symbols/keys"), {"file_id": file_id})
        if not keys:
            continue
        lines = SourceLines(_unpacked(cache), base, path) if cache is not None else None
        rows += _looked_up(lines, root, keys)
    columns = zip(*rows, strict=True) if rows else [[] for _ in _KINDS]
    found = {
        name: (kind, list(values))
        for (name, kind), values in zip(_KINDS.items(), columns, strict=True)
    }
    database.feed("looked_up", table(found))
    database.run(statement("symbols/insert"))
    database.run(statement("symbols/frames"))
    for name in ("pending", "fits", "wanted"):
        database.run(f"DROP TABLE IF EXISTS {name}")


def _looked_up(
    lines: SourceLines | None, root: str, keys: Iterable[Sequence[Any]]
) -> Iterable[tuple[Any, ...]]:
    """The rows of table looked_up for each key: its functions, or the reason without one."""
    for key_id, function, offset, addresses in keys:
        if lines is None:
            yield key_id, 0, function, None, None, _NO_LINES
            continue
        found = [_at(lines, root, address, offset) for address in addresses]
        if any(each != found[0] for each in found):
            yield key_id, 0, function, None, None, _AMBIGUOUS
            continue
        if not found[0]:
            yield key_id, 0, function, None, None, _NO_LINE_HERE
        for depth, each in enumerate(found[0]):
            reason = None if each.file else _NO_LINE_HERE
            yield key_id, depth, each.function, each.file, each.line, reason


def _at(lines: SourceLines, root: str, address: int, offset: int | None) -> list[SourceLine]:
    """The lines of a call. A frame has the address behind it, which may be the next function's."""
    return lines.at(address if offset is None else address + offset - 1, root)


def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def _packed(cache: bytes) -> bytes:
    packed: bytes = _zstd().compress(cache)
    return packed


def _unpacked(cache: bytes) -> bytes:
    plain: bytes = _zstd().decompress(cache)
    return plain
