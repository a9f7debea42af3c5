"""Symbol files from where people name them (files, folders, build ids) into a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pageowner_sql.errors import InputError, LabelError
from pageowner_sql.output.plain import printable
from pageowner_sql.output.units import count
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import all_dumps
from pageowner_sql.store.symbols import Fit, add_symbols, resolve_frames
from pageowner_sql.symbols.debuginfod import BUILD_ID, fetch, servers
from pageowner_sql.symbols.symbol_file import SymbolFile, read_symbol_file, symbol_paths
from pageowner_sql.temp_files import temp_folder

Say = Callable[[str], None]


def add_files(
    database: Database, words: Sequence[str], kernel: str | None, debuginfod: str | None, say: Say
) -> list[str]:
    """Keep symbol files and look up every frame; what was kept, a line a module.

    Raises as `Session.add_symbols` does; then nothing is changed.
    """
    _check_kernel(database, kernel)
    kept: list[str] = []
    with database.transaction():
        for word in words:
            with _files(word, debuginfod, say) as paths:
                kept += _add(database, paths, kernel, say if Path(word).is_dir() else None)
        if not kept:
            raise InputError(f"{' '.join(words)}: nothing of it fits a dump")
        resolve_frames(database, anew=True)
    return kept


def _check_kernel(database: Database, kernel: str | None) -> None:
    known = {name for dump in all_dumps(database) for name in (dump.kernel, dump.label) if name}
    if kernel is not None and kernel not in known:
        raise LabelError(f"--kernel {kernel}: no dump is of this kernel, or has this label")


@contextmanager
def _files(word: str, debuginfod: str | None, say: Say) -> Iterator[list[str]]:
    """The files that a word means; what a server sends goes away again."""
    if Path(word).exists() or not BUILD_ID.fullmatch(word):
        yield symbol_paths(word)
        return
    with temp_folder() as folder:
        target = folder / word
        say(f"{word}: from {printable(fetch(word, servers(debuginfod), target))}")
        yield [str(target)]


def _add(
    database: Database, paths: Sequence[str], kernel: str | None, skipped: Say | None
) -> Iterator[str]:
    for path in paths:
        try:
            for file in read_symbol_file(path):
                yield _kept(file, add_symbols(database, file, kernel))
        except InputError as error:
            if skipped is None:
                raise
            skipped(f"skipped: {error}")


def _kept(file: SymbolFile, fit: Fit) -> str:
    """A line about a file that was kept."""
    what = f"{count(len(file.functions))} functions"
    if file.places:
        what = f"{count(len(file.places))} modules placed"
    elif file.entries:
        return f"{printable(file.module)}: {count(len(file.entries))} entries"
    elif file.cache is None:
        what += ", no lines"
    fits = f"fits {count(fit.dumps)} dumps" if fit.known else "no dump has its functions yet"
    if 0 < fit.agreeing < fit.known:
        fits += f" ({fit.agreeing} of {fit.known} functions there have its sizes)"
    return f"{printable(file.module)}: {what}, {fits}"
