"""Which files beside a dump belong to it, by their names.

`t0.meminfo.xz`, `t0-meminfo.txt` and `t0_meminfo` belong to `t0.txt.xz`. A bare `meminfo` belongs
to the dump of its directory if that holds only one: of several, nobody knows which it was.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pageowner_sql.dump.kinds import ACCOUNT_KINDS, Kind
from pageowner_sql.dump.source import stem

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
