"""Words that mean a dump: a label, a file (loaded first, once), or nothing for the last one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pageowner_sql.cli.shared import closed_on_error, say
from pageowner_sql.errors import LabelError
from pageowner_sql.open_files import protect_input
from pageowner_sql.output.plain import printable
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.dumps import Dump, all_dumps, by_content, by_label, near
from pageowner_sql.temp_files import temp_folder


@dataclass(frozen=True)
class Opened:
    """A database open for reading, and the dumps that were asked for, in that order."""

    database: Database
    dumps: tuple[Dump, ...]


def resolve(db_path: str, word: str | None, *, show_sql: bool = False) -> tuple[Database, Dump]:
    """The database, open for reading, and the dump that `word` means; None means the last one."""
    if word is None:
        return _latest(db_path)
    opened = resolve_all(db_path, [word], show_sql=show_sql)
    return opened.database, opened.dumps[0]


def resolve_all(db_path: str, words: Sequence[str], *, show_sql: bool = False) -> Opened:
    """The database, open for reading, and the dumps that `words` mean: labels, else files.

    A file whose text is not in the database is loaded, for `show_sql` into a copy; only then is
    a database opened for writing. Raises LabelError for a word that is neither, and what opening
    and loading raise.
    """
    found: dict[str, int] = {}
    if Path(db_path).exists():
        database = Database.open(db_path, Mode.READ)
        with closed_on_error(database):
            dumps = all_dumps(database)
            found = {word: dump.dump_id for word in words if (dump := _known(dumps, word))}
        if len(found) == len(set(words)):
            return _opened(database, words, found)
        database.close()
    else:
        for word in words:
            _known((), word)
    if show_sql:
        return _in_a_copy(db_path, words, found)
    return _opened(*_load_rest(db_path, words, found, say))


def _load_rest(
    db_path: str, words: Sequence[str], found: Mapping[str, int], tell: Callable[[str], None]
) -> tuple[Database, Sequence[str], Mapping[str, int]]:
    # Loading brings NumPy along; most words are labels.
    from pageowner_sql.cli.loading import load_file, writable

    known = dict(found)
    with writable(db_path) as database:
        for word in dict.fromkeys(words):
            if word not in known:
                known[word] = load_file(database, word, tell, hint=tell).dump_id
    return Database.open(db_path, Mode.READ), words, known


def _in_a_copy(db_path: str, words: Sequence[str], found: Mapping[str, int]) -> Opened:
    """What the database would be with the files of `words`, which stdout names in comments.

    The copy has no name any more when it is given out, so that closing it removes it.
    """
    for word in dict.fromkeys(words):
        if word not in found:
            print(f"-- over the tables as they are after: pageowner-sql load {printable(word)}")  # noqa: T201  # a part of the SQL
    with temp_folder() as folder:
        copy = folder / Path(db_path).name
        if Path(db_path).exists():
            with Database.open(db_path, Mode.READ):
                _copy(Path(db_path), copy)
        return _opened(*_load_rest(str(copy), words, found, lambda _: None))


def _copy(file: Path, target: Path) -> None:
    """Copy a database and, where it has one, its log."""
    shutil.copyfile(file, target)
    log = file.with_name(f"{file.name}.wal")
    if log.exists():
        shutil.copyfile(log, target.with_name(f"{target.name}.wal"))


def _opened(database: Database, words: Sequence[str], found: Mapping[str, int]) -> Opened:
    dumps = {dump.dump_id: dump for dump in all_dumps(database)}
    return Opened(database, tuple(dumps[found[word]] for word in words))


def _known(dumps: Sequence[Dump], word: str) -> Dump | None:
    """The dump that `word` means, None where it is a file still to be loaded."""
    if dump := by_label(dumps, word):
        return dump
    _check_file(word, dumps)
    protect_input(word)
    from pageowner_sql.cli.loading import head_of

    head = head_of(word)
    return by_content(dumps, word, head) if head else None


def _check_file(word: str, dumps: Sequence[Dump]) -> None:
    """Raise LabelError where `word`, which is no label, is no file either."""
    path = Path(word)
    if word != "-" and not path.exists():
        raise LabelError(
            f"{word}: no dump has this label, and there is no such file; {near(dumps, word)}"
        )
    if path.is_dir():
        raise LabelError(f"{word}: is a folder; load what is in it with: pageowner-sql load {word}")


def _latest(db_path: str) -> tuple[Database, Dump]:
    database = Database.open(db_path, Mode.READ)
    with closed_on_error(database):
        dumps = all_dumps(database)
        if not dumps:
            raise LabelError(f"{db_path}: holds no dumps; load one with: pageowner-sql load DUMP")
    say(f"{dumps[-1].label}: the dump loaded last")
    return database, dumps[-1]
