"""Words that mean a dump: a label, a file (loaded first, once), or nothing for the last one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pageowner_sql.cli.shared import closed_on_error, say
from pageowner_sql.errors import LabelError
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.dumps import Dump, all_dumps, by_content, by_label, near


@dataclass(frozen=True)
class Opened:
    """A database open for reading, and the dumps that were asked for, in that order."""

    database: Database
    dumps: tuple[Dump, ...]


def resolve(db_path: str, word: str | None) -> tuple[Database, Dump]:
    """The database, open for reading, and the dump that `word` means; None means the last one."""
    if word is None:
        return _latest(db_path)
    opened = resolve_all(db_path, [word])
    return opened.database, opened.dumps[0]


def resolve_all(db_path: str, words: Sequence[str]) -> Opened:
    """The database, open for reading, and the dumps that `words` mean: labels, else files.

    A file whose text is not in the database is loaded; only then is it opened for writing.
    Raises LabelError for a word that is neither, and what opening and loading raise.
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
    # Loading brings NumPy along; most words are labels.
    from pageowner_sql.cli.loading import load_file, writable

    with writable(db_path) as database:
        for word in dict.fromkeys(words):
            if word not in found:
                found[word] = load_file(database, word, say).dump_id
    return _opened(Database.open(db_path, Mode.READ), words, found)


def _opened(database: Database, words: Sequence[str], found: dict[str, int]) -> Opened:
    dumps = {dump.dump_id: dump for dump in all_dumps(database)}
    return Opened(database, tuple(dumps[found[word]] for word in words))


def _known(dumps: Sequence[Dump], word: str) -> Dump | None:
    """The dump that `word` means, None where it is a file still to be loaded."""
    if dump := by_label(dumps, word):
        return dump
    _check_file(word, dumps)
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
