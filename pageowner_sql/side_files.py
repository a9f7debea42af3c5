"""Files beside a dump that say how much memory there is (meminfo, slabinfo, …): found, loaded."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pageowner_sql.dump.kinds import ACCOUNT_KINDS, Kind
from pageowner_sql.dump.source import stem
from pageowner_sql.errors import InputError
from pageowner_sql.input_files import InputFile, expand, looks_like
from pageowner_sql.output.plain import printable
from pageowner_sql.output.units import count
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump

# Of very many files the later ones are closed after the first look, and opened again to be loaded.
_KEPT_OPEN = 16


@dataclass(frozen=True)
class SideFiles:
    """What lies beside a dump: `given` by the user, who knows, and found by its `name`."""

    given: Sequence[InputFile] = ()
    named: Sequence[InputFile] = ()


@dataclass
class Inputs:
    """The dumps that a call is to load, what lies beside each, and what is skipped and why."""

    files: list[InputFile]
    beside: dict[str, SideFiles]
    skipped: list[tuple[str, str]]

    def close(self) -> None:
        """Close what was opened and not loaded."""
        close_all(self.files)
        for side in self.beside.values():
            close_all((*side.given, *side.named))


def find_inputs(words: Sequence[str]) -> Inputs:
    """The files that `words` mean, as dumps and what lies beside them. Raises as `expand` does."""
    found: list[tuple[InputFile, str]] = []
    try:
        for file, why_not in expand(words):
            found.append((file, why_not))
            # So that it is looked at while it may be open.
            if looks_like(file) is Kind.UNKNOWN or why_not or len(found) > _KEPT_OPEN:
                file.close()
        return _sorted_out(found)
    except BaseException:
        close_all(file for file, _ in found)
        raise


def _sorted_out(found: Sequence[tuple[InputFile, str]]) -> Inputs:
    accounts = [(file, why) for file, why in found if looks_like(file) in ACCOUNT_KINDS]
    others = [(file, why) for file, why in found if looks_like(file) not in ACCOUNT_KINDS]
    files = [file for file, why in others if not why]
    beside = side_files_of(files, [file for file, _ in accounts])
    taken = {str(Path(file.path)) for side in beside.values() for file in side.named}
    left = [(file, why) for file, why in accounts if str(Path(file.path)) not in taken]
    if not files:
        # Alone they are refused one by one, with a word of what to do.
        files = [file for file, why in left if not why]
        left = [(file, why) for file, why in left if why]
    close_all(file for file, _ in left)
    skipped = [(file.path, why) for file, why in others if why]
    skipped += [(str(Path(file.path)), why or _unknown(file)) for file, why in left]
    return Inputs(files, beside, skipped)


def close_all(files: Iterable[InputFile]) -> None:
    """Close what is open of these."""
    for file in files:
        file.close()


def _unknown(file: InputFile) -> str:
    path = Path(file.path)
    return f"which dump it belongs to is not known: load DUMP --with {path}"


def side_files_of(
    files: Sequence[InputFile], others: Iterable[InputFile] = ()
) -> dict[str, SideFiles]:
    """What lies beside each of `files` by its name: of `others`, and of what is in its folder.

    What names no dump (`meminfo`) belongs to the only dump of its folder or of the call; a dump
    that page_owner itself wrote comes before summaries of it.
    """
    given = {str(Path(file.path)): file for file in others}
    given_in: dict[Path, set[str]] = defaultdict(set)
    for path in given:
        given_in[Path(path).parent].add(path)
    files_in: dict[Path, list[InputFile]] = defaultdict(list)
    for file in files:
        files_in[Path(file.path).parent].append(file)
    found: dict[str, SideFiles] = {}
    for folder, there in files_in.items():
        dumps = _dumps_first(there)
        near = given_in[folder]
        if len(files) == 1:
            near |= {path for path in given if _names_none(path)}
        near |= set(_of_same_stem(folder, dumps))
        by_name = {Path(path).name: path for path in sorted(near)}
        pairs = pair((Path(file.path).name for file in dumps), by_name)
        for file in dumps:
            paths = [by_name[name] for name in pairs[Path(file.path).name]]
            named = [given.get(path) or InputFile(path) for path in paths]
            found[file.path] = SideFiles(named=named)
    return found


def _names_none(path: str) -> bool:
    said = account_name(Path(path).name)
    return said is not None and said.stem is None


def _dumps_first(files: Sequence[InputFile]) -> Sequence[InputFile]:
    """page_owner's own dumps among `files`, or all where there is none."""
    return [file for file in files if looks_like(file) is Kind.PAGE_OWNER] or files


def _of_same_stem(folder: Path, dumps: Sequence[InputFile]) -> Iterator[str]:
    """The files of a folder, as far as it can be listed, that bear the name of one of its dumps."""
    stems = {stem(file.path) for file in dumps if file.path != "-"}
    with suppress(OSError):
        for path in folder.iterdir() if stems else ():
            said = account_name(path.name)
            if said and said.stem in stems and InputFile(str(path)).can_be_read_twice:
                yield str(path)


def given_files(paths: Sequence[str]) -> list[InputFile]:
    """The files that lie beside a dump because the user says so.

    Raises InputError, before anything is loaded, for one that is not there or not of
    ACCOUNT_KINDS.
    """
    for path in paths:
        if not Path(path).exists():
            raise InputError(f"{path}: no such file")
    files = [InputFile(path) for path in paths]
    try:
        for file in files:
            if file.can_be_read_twice:
                from pageowner_sql.store.load_accounts import account_kind

                account_kind(file.open())
    except BaseException:
        close_all(files)
        raise
    return files


def attach(
    database: Database, dump: Dump, side: SideFiles, say: Callable[[str], None], *, strict: bool
) -> None:
    """Load what lies beside a dump, and say what.

    Raises as `load_account` does for files that are given; those found by name are skipped then.
    """
    taken = [_attach(database, dump, file, say, strict=strict, replace=True) for file in side.given]
    for file in side.named:
        try:
            taken.append(_attach(database, dump, file, say, strict=strict, replace=False))
        except InputError as error:
            say(f"{file.path}: skipped: {str(error).removeprefix(f'{file.path}: ')}")
    if kinds := [kind for kind in taken if kind]:
        say(f"{printable(dump.label)}: with {', '.join(kinds)}")


def _attach(
    database: Database,
    dump: Dump,
    file: InputFile,
    say: Callable[[str], None],
    *,
    strict: bool,
    replace: bool,
) -> str | None:
    """Load one file; its kind where that changed anything."""
    from pageowner_sql.store.load_accounts import AccountOutcome, load_account

    try:
        source = file.open()
        account = load_account(database, dump.dump_id, source, replace=replace, strict=strict)
    finally:
        file.close()
    if account.outcome is not AccountOutcome.LOADED:
        return None
    if account.repairs:
        say(f"{file.path}: read as posted text: {'; '.join(account.repairs)}")
    if account.rejected:
        say(f"{file.path}: {count(account.rejected)} lines could not be read")
    return account.kind.value


if TYPE_CHECKING:
    from collections.abc import Iterable

_COMPRESSION = r"(?:\.(?:gz|xz|zst|bz2|lz4))?"
_ACCOUNT = re.compile(
    rf"(?:(?P<stem>.+)[.\-_])?(?P<kind>{'|'.join(sorted(ACCOUNT_KINDS))})"
    rf"(?:\.(?:txt|log|out))?{_COMPRESSION}",
    re.DOTALL,
)


class AccountName(NamedTuple):
    """What a file's name says: the dump it belongs to (None where it names none) and its kind."""

    stem: str | None
    kind: Kind


def account_name(name: str) -> AccountName | None:
    """Read a file's name (without its directory); None where it names no account."""
    match = _ACCOUNT.fullmatch(name)
    return AccountName(match["stem"], Kind(match["kind"])) if match else None


def pair(dumps: Iterable[str], others: Iterable[str]) -> dict[str, list[str]]:
    """Give each dump of a directory its side files, both by name, in the order of their names.

    `dumps` are the names of all dumps there, `others` those of the remaining files. What belongs to
    no dump is left out. A file that names its dump wins over a bare one of the same kind.
    """
    pairs: dict[str, dict[Kind, str]] = {dump: {} for dump in dumps}
    stems = {stem(dump): dump for dump in sorted(pairs, reverse=True)}
    lone = next(iter(pairs)) if len(pairs) == 1 else None
    for name in sorted(others):
        said = account_name(name)
        dump = said and (stems.get(said.stem) if said.stem is not None else lone)
        if said and dump and (said.stem is not None or said.kind not in pairs[dump]):
            pairs[dump][said.kind] = name
    return {dump: sorted(found.values()) for dump, found in pairs.items()}
