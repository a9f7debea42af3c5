"""A dump of any kind -> tables: detects the kind from the text, then loads it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pageowner_sql.dump.kernel_form import has_kernel_form
from pageowner_sql.dump.kinds import ACCOUNT_KINDS, SUMMARY_KINDS, Kind
from pageowner_sql.dump.sniff import HEAD, sniff_kind
from pageowner_sql.dump.source import Source
from pageowner_sql.errors import InputError, RejectedRecordsError
from pageowner_sql.store.database import Database
from pageowner_sql.store.load import Loaded, LoadOptions, Progress, load

if TYPE_CHECKING:
    from pageowner_sql.dump.posted.text import Posted


def load_any(
    database: Database,
    source: Source,
    options: LoadOptions,
    progress: Progress | None = None,
    *,
    kind: Kind | None = None,
) -> Loaded:
    """Load a dump or a summary, all or nothing; posted text as what the kernel printed.

    `kind` is what `source` looks like, where that is known.
    Raises InputError for other files, and the errors of `load` and `load_summary`.
    """
    kind = kind or sniff_kind(source.peek(HEAD))
    if kind in ACCOUNT_KINDS:
        raise InputError(
            f"{source.name}: is a {kind} file, not a dump; attach it: load DUMP --with {kind}"
        )
    if not has_kernel_form(source):
        from pageowner_sql.dump.posted.text import find_posted, too_large

        if posted := find_posted(source):
            return _load_posted(database, source.name, posted, options, progress)
        hint = too_large(source)
        try:
            return _load_kind(database, source, kind, options, progress)
        except InputError as error:
            raise InputError(f"{error}{hint}") from error
    return _load_kind(database, source, kind, options, progress)


def _load_kind(
    database: Database,
    source: Source,
    kind: Kind,
    options: LoadOptions,
    progress: Progress | None,
) -> Loaded:
    if kind in SUMMARY_KINDS:
        from pageowner_sql.store.load_summary import load_summary

        return load_summary(database, source, kind, options, progress)
    return load(database, source, options, progress)


def _load_posted(
    database: Database, name: str, posted: Posted, options: LoadOptions, progress: Progress | None
) -> Loaded:
    if options.strict:
        raise RejectedRecordsError(
            f"{name}: is not as the kernel printed it ({posted.done}); "
            f"nothing was loaded (--strict)"
        )
    from pageowner_sql.store.original import Original

    options = replace(options, original=Original(posted.raw, posted.repairs, posted.lines))
    with posted.source(name) as source:
        return _load_kind(database, source, posted.kind, options, progress)
