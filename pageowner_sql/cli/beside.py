"""Other accounts of memory (meminfo, slabinfo, …): which dump they lie beside; taking them in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pageowner_sql.dump.identity import can_be_read_twice, read_head
from pageowner_sql.dump.kinds import ACCOUNT_KINDS, Kind
from pageowner_sql.dump.pairing import account_name, pair
from pageowner_sql.dump.source import open_source, stem
from pageowner_sql.errors import InputError
from pageowner_sql.output.plain import printable
from pageowner_sql.output.units import count
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump


@dataclass(frozen=True)
class Beside:
    """Paths of accounts: `given` by the user, who knows, and found by `name`."""

    given: Sequence[str] = ()
    named: Sequence[str] = ()


@dataclass
class ToLoad:
    """What a call is to load, what lies beside each, and what is left out and why."""

    files: list[str] = field(default_factory=list)
    beside: dict[str, Beside] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)


def gather(found: Iterable[tuple[str, str]]) -> ToLoad:
    """Sort files, each with the reason why it is no dump or '', into dumps and what lies beside."""
    inputs = ToLoad()
    accounts: list[tuple[str, str]] = []
    for path, why_not in found:
        if _kind(path) in ACCOUNT_KINDS:
            accounts.append((str(Path(path)), why_not))
        elif why_not:
            inputs.skipped.append((path, why_not))
        else:
            inputs.files.append(path)
    inputs.beside = beside_by_name(inputs.files, [path for path, _ in accounts])
    taken = {path for beside in inputs.beside.values() for path in beside.named}
    left = [(path, why_not) for path, why_not in accounts if path not in taken]
    if not inputs.files:
        # Alone they are refused one by one, with a word of what to do.
        inputs.files = [path for path, why_not in left if not why_not]
        left = [(path, why_not) for path, why_not in left if why_not]
    inputs.skipped += [(path, why_not or _unknown(path)) for path, why_not in left]
    return inputs


def _unknown(path: str) -> str:
    return f"which dump it belongs to is not known: load DUMP --with {path}"


def _kind(path: str) -> Kind:
    """What a file is, UNKNOWN where that cannot be told without using it up."""
    try:
        return read_head(path).kind if can_be_read_twice(path) else Kind.UNKNOWN
    except InputError:
        return Kind.UNKNOWN


def beside_by_name(files: Sequence[str], others: Iterable[str]) -> dict[str, Beside]:
    """What lies beside each of `files` by its name: of `others`, and of what is in its folder.

    What names no dump (`meminfo`) belongs to the only dump of its folder or of the call; a dump
    that page_owner itself wrote comes before summaries of it.
    """
    others = {str(Path(path)) for path in others}
    found: dict[str, Beside] = {}
    for folder in dict.fromkeys(Path(path).parent for path in files):
        dumps = _dumps_first([path for path in files if Path(path).parent == folder])
        near = {path for path in others if Path(path).parent == folder}
        near |= {path for path in others if len(files) == 1 and _names_none(path)}
        near |= set(_of_same_stem(folder, dumps))
        by_name = {Path(path).name: path for path in sorted(near)}
        pairs = pair((Path(path).name for path in dumps), by_name)
        for path in dumps:
            found[path] = Beside(named=[by_name[name] for name in pairs[Path(path).name]])
    return found


def _names_none(path: str) -> bool:
    said = account_name(Path(path).name)
    return said is not None and said.stem is None


def _dumps_first(files: Sequence[str]) -> Sequence[str]:
    """page_owner's own dumps among `files`, or all where there is none."""
    return [path for path in files if _kind(path) is Kind.PAGE_OWNER] or files


def _of_same_stem(folder: Path, dumps: Sequence[str]) -> Iterable[str]:
    """The files of a folder, as far as it can be listed, that bear the name of one of its dumps."""
    stems = {stem(path) for path in dumps if path != "-"}
    with suppress(OSError):
        for path in folder.iterdir() if stems else ():
            said = account_name(path.name)
            if said and said.stem in stems and can_be_read_twice(str(path)):
                yield str(path)


def check_given(given: Sequence[str]) -> None:
    """Raise InputError before anything is loaded where one of these is no account."""
    for path in given:
        if not Path(path).exists():
            raise InputError(f"{path}: no such file")
        if can_be_read_twice(path):
            from pageowner_sql.store.load_accounts import account_kind

            with open_source(path) as source:
                account_kind(source)


def take(
    database: Database, dump: Dump, beside: Beside, say: Callable[[str], None], *, strict: bool
) -> None:
    """Load what lies beside a dump, and say what.

    Raises as `load_account` does for what is given; what only its name brings is skipped then.
    """
    taken = [
        kind
        for path in beside.given
        if (kind := _take_one(database, dump, path, say, strict=strict))
    ]
    for path in beside.named:
        try:
            kind = _take_one(database, dump, path, say, strict=strict, given=False)
        except InputError as error:
            say(f"{path}: skipped: {str(error).removeprefix(f'{path}: ')}")
        else:
            taken += [kind] if kind else []
    if taken:
        say(f"{printable(dump.label)}: with {', '.join(taken)}")


def _take_one(
    database: Database,
    dump: Dump,
    path: str,
    say: Callable[[str], None],
    *,
    strict: bool,
    given: bool = True,
) -> str | None:
    """Load one file; its kind where that changed anything."""
    from pageowner_sql.store.load_accounts import Outcome, load_account

    with open_source(path) as source:
        account = load_account(database, dump.dump_id, source, replace=given, strict=strict)
    if account.outcome is not Outcome.LOADED:
        return None
    if account.rejected:
        say(f"{path}: {count(account.rejected)} lines could not be read")
    return account.kind.value
