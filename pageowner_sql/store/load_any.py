"""A dump of whatever kind -> tables: looks at the text first, and loads what it is."""

from __future__ import annotations

from pageowner_sql.dump.kinds import ACCOUNT_KINDS, SUMMARY_KINDS
from pageowner_sql.dump.sniff import HEAD, sniff_kind
from pageowner_sql.dump.source import Source
from pageowner_sql.errors import InputError
from pageowner_sql.store.database import Database
from pageowner_sql.store.load import Loaded, LoadOptions, Progress, load


def load_any(
    database: Database, source: Source, options: LoadOptions, progress: Progress | None = None
) -> Loaded:
    """Load a dump or a summary, all or nothing.

    Raises InputError where it is neither, and what `load` and `load_summary` raise.
    """
    kind = sniff_kind(source.peek(HEAD))
    if kind in ACCOUNT_KINDS:
        raise InputError(
            f"{source.name}: is a {kind} file, which says something of a dump; "
            f"load it with that: load DUMP --with {kind}"
        )
    if kind in SUMMARY_KINDS:
        from pageowner_sql.store.load_summary import load_summary

        return load_summary(database, source, kind, options, progress)
    return load(database, source, options, progress)
