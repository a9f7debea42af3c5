"""The named queries: files of SQL that document themselves, found by `theme/name`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pageowner_sql.errors import InputError, UsageError
from pageowner_sql.open_files import protect_input
from pageowner_sql.sql.params import REQUIRED, TYPES, Param
from pageowner_sql.sql.query import parameter_names
from pageowner_sql.toml_text import parse_toml, read_text

_FRONT = re.compile(r"\A\s*/\*\+\+\+\n(.*?)\n\+\+\+\*/\n(.*)\Z", re.DOTALL)
_COLUMN = re.compile(r"([A-Z][A-Z0-9_ (),\[\]]*?): (.+)", re.DOTALL)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TOP = {"title", "description", "question", "about", "begins", "needs", "params", "columns"}
# A part that several statements begin with; not a query itself.
_PART = re.compile(r"_[a-z0-9_]+")
# What a query is about: a database of dumps, or a lake of many machines' dumps.
DATABASE: Final = "database"
LAKE: Final = "lake"

_PACKAGE = Path(__file__).parent.parent


class CatalogError(InputError):
    """A query file does not document itself as it should."""


@dataclass(frozen=True)
class ColumnDoc:
    """A column of a named query: DuckDB's type of it, and what it means."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class NamedQuery:
    """A query of the catalogue. `needs`: fields that its dumps must have, as dumps.fields has them.

    `about`: what its tables are those of, a database or a lake.

    `sql` is the statement without its front matter. `trusted`: its folder is this program's, or
    one that the user named; others are run in a sandbox.
    """

    name: str
    path: Path
    title: str
    question: str
    description: str
    params: tuple[Param, ...]
    columns: tuple[ColumnDoc, ...]
    needs: tuple[str, ...]
    about: str
    sql: str
    trusted: bool = False

    @property
    def theme(self) -> str:
        """The folder that it lies in."""
        return self.name.rpartition("/")[0]


def built_in() -> Path:
    """The folder of the built-in queries: in the wheel, else in the checkout."""
    packaged = _PACKAGE / "queries"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "queries"


@dataclass(frozen=True)
class Catalog:
    """The queries of some folders; of two with one name the later folder's counts.

    `untrusted` are those among them whose queries run in a sandbox.
    """

    folders: tuple[Path, ...]
    untrusted: frozenset[Path] = frozenset()

    def paths(self) -> dict[str, Path]:
        """The file of every name, in order of names."""
        found = {
            path.relative_to(folder).with_suffix("").as_posix(): path
            for folder in self.folders
            for path in sorted(folder.rglob("*.sql"))
            if not path.name.startswith("_")
        }
        return dict(sorted(found.items()))

    def find(self, name: str) -> NamedQuery:
        """The query of that name; the folder may be left out where that is clear.

        Raises UsageError where there is none, CatalogError where its file is wrong.
        """
        paths = self.paths()
        ends = [each for each in paths if each.rpartition("/")[2] == name]
        if name not in paths and len(ends) != 1:
            raise UsageError(f"{name}: no query has this name; {_near(name, list(paths), ends)}")
        full = name if name in paths else ends[0]
        return self._read(full, paths[full])

    def _read(self, name: str, path: Path) -> NamedQuery:
        trusted = self.untrusted.isdisjoint(path.parents)
        return replace(read_query(name, path), trusted=trusted)

    def __iter__(self) -> Iterator[NamedQuery | CatalogError]:
        """Every query, in order of names; for a file that is wrong, what is wrong with it."""
        for name, path in self.paths().items():
            try:
                yield self._read(name, path)
            except CatalogError as error:
                yield error


def catalog(folders: Sequence[Path] = (), found: Sequence[Path] = ()) -> Catalog:
    """The built-in queries, those of `folders`, and those of folders that nobody named.

    The built-in ones keep their names, whatever lies elsewhere.
    Raises UsageError for a folder that is not there.
    """
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"--queries {folder}: no such folder")
    named = [folder.resolve() for folder in (*folders, built_in())]
    others = [folder for each in found if (folder := each.resolve()) not in named]
    return Catalog(tuple(dict.fromkeys((*others, *named))), frozenset(others))


def _near(name: str, names: list[str], ends: list[str]) -> str:
    if ends:
        return f"say which: {', '.join(ends)}"
    close = [each for each in names if name in each] or get_close_matches(name, names, n=3)
    return f"there is {', '.join(close)}" if close else "see: pageowner-sql query"


def read_query(name: str, path: Path) -> NamedQuery:
    """Read and check one file. Raises CatalogError that names the file and what is wrong."""
    try:
        return _Reader(name, path).read()
    except OSError as error:
        raise CatalogError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CatalogError(f"{path}: is not UTF-8") from error
    except ValueError as error:
        raise CatalogError(f"{path}: cannot be read: {error}") from error


class _Reader:
    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path

    def fail(self, what: str) -> CatalogError:
        return CatalogError(f"{self.path}: {what}")

    def read(self) -> NamedQuery:
        protect_input(self.path)
        found = _FRONT.match(read_text(self.path))
        if found is None:
            raise self.fail("does not begin with /*+++ … +++*/ that documents it")
        front, sql = self._front_matter(found[1]), found[2].strip()
        if unknown := sorted(front.keys() - _TOP):
            raise self.fail(f"its front matter has an unknown key {unknown[0]!r}")
        query = NamedQuery(
            self.name,
            self.path,
            self._text(front, "title"),
            self._text(front, "question"),
            self._text(front, "description", "").strip(),
            tuple(self._param(*item) for item in self._table(front, "params").items()),
            tuple(self._column(*item) for item in self._table(front, "columns").items()),
            self._needs(front),
            self._about(front),
            self._beginning(front) + sql,
        )
        self._check_parameters(query)
        return query

    def _front_matter(self, text: str) -> dict[str, Any]:
        try:
            return parse_toml(text)
        except ValueError as error:
            raise self.fail(f"its front matter is not TOML: {error}") from error

    def _text(self, table: Mapping[str, Any], key: str, default: str | None = None) -> str:
        value = table.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.fail(f"{key} is missing, or no text")
        return value

    def _about(self, front: Mapping[str, Any]) -> str:
        about = self._text(front, "about", DATABASE)
        if about not in (DATABASE, LAKE):
            raise self.fail(f"about: write {DATABASE!r} or {LAKE!r}, not {about!r}")
        return about

    def _beginning(self, front: Mapping[str, Any]) -> str:
        """The text of the part beside the file that its statement begins with."""
        if "begins" not in front:
            return ""
        name = self._text(front, "begins")
        if not _PART.fullmatch(name):
            raise self.fail(f"begins: write the name of a part beside it, _NAME, not {name!r}")
        part = self.path.with_name(f"{name}.sql")
        if not part.is_file():
            raise self.fail(f"begins: {part.name} does not lie beside it")
        return read_text(part)

    def _needs(self, front: Mapping[str, Any]) -> tuple[str, ...]:
        value = front.get("needs", [])
        if not isinstance(value, list) or not all(isinstance(field, str) for field in value):
            raise self.fail("needs: write it as a list of names of fields")
        return tuple(value)

    def _table(self, front: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = front.get(key, {})
        if not isinstance(value, dict) or (key == "columns" and not value):
            raise self.fail(f"[{key}] is missing, or no table")
        return value

    def _param(self, name: str, table: Any) -> Param:
        if not _NAME.fullmatch(name) or not isinstance(table, dict):
            raise self.fail(f"[params.{name}]: a name of lower-case letters, and a table")
        kind = str(table.get("type"))
        if kind not in TYPES:
            raise self.fail(f"[params.{name}]: type must be one of {', '.join(TYPES)}")
        choices = table.get("choices", [])
        if not isinstance(choices, list):
            raise self.fail(f"[params.{name}]: choices: write them as a list of values")
        default = table.get("default", REQUIRED)
        param = Param(name, kind, self._text(table, "help"), default, tuple(choices))
        try:
            if param.default is not REQUIRED:
                param.read(param.default)
        except UsageError as error:
            raise self.fail(f"[params.{name}]: default: {error}") from error
        return param

    def _column(self, name: str, text: Any) -> ColumnDoc:
        found = _COLUMN.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise self.fail(f'[columns] {name}: write it as "TYPE: what it means."')
        return ColumnDoc(name, found[1], found[2])

    def _check_parameters(self, query: NamedQuery) -> None:
        used = parameter_names(query.sql)
        declared = {param.name for param in query.params}
        if used != declared:
            odd = min(used ^ declared)
            raise self.fail(f"${odd} is {'used' if odd in used else 'declared'} and not the other")
