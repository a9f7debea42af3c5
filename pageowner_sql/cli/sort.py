"""`pageowner-sql sort`: page_owner_sort's reports, from a file or a loaded dump."""

from __future__ import annotations

import os
from collections.abc import Sequence

from pageowner_sql.cli.shared import database_file, say
from pageowner_sql.errors import UsageError
from pageowner_sql.open_files import protect_database
from pageowner_sql.output.plain import printable
from pageowner_sql.sort.getopt import (
    SortArguments,
    compat_of,
    long_options,
    read_options,
    short_options,
    split_options,
)
from pageowner_sql.sort.options import Compat
from pageowner_sql.sort.report import loaded, report_on_file, report_sql

OWN = ("compat=", "dump=", "db=", "memory-limit=", "threads=", "show-sql", "debug")

_USAGE = """\
Usage: pageowner-sql sort [OPTIONS] INPUT OUTPUT
       pageowner-sql sort --dump LABEL [OPTIONS] OUTPUT
"""

_DROP_IN_USAGE = """\
Usage: page_owner_sort [OPTIONS] INPUT OUTPUT
"""

_THE_TOOLS = """
Sort and count the records of a page_owner dump, as page_owner_sort does.
INPUT is a dump (compressed or not, '-' for stdin), OUTPUT a file ('-' for stdout).

Order (the last one counts):
  -t               by the number of records (default), most first
  -m               by memory, most first
  -a, -r           by allocation time, by release time
  -p, -P, -n, -s   by pid, tgid, process name, stack trace
  --sort KEYS      [+|-]KEY[,…]: pid p, tgid tg, name n, stacktrace st, txt T,
                   alloc_ts at, free_ts ft, allocator ator
Grouping:
  --cull KEYS      KEY[,…]: pid p, tgid tg, name n, free f, stacktrace st, allocator ator
Selection:
  -f               leave out memory that has been released
  --pid LIST, --tgid LIST, --name LIST    comma-separated
"""

_OURS = """\
Not in the C tool:
  --compat 5.10|6.1|7.3   give that kernel's page_owner_sort byte for byte
  --dump LABEL     read a loaded dump instead of INPUT
  --db FILE        the database with it ($PAGEOWNER_DB, then pageowner.duckdb)
  --show-sql       print the SQL of the report and make none
  --memory-limit SIZE     e.g. 512M
  --threads N      threads to use [one for each processor]
  -d               accepted and ignored
"""

_ENVIRONMENT = """\
  -d               accepted and ignored
$PAGE_OWNER_SORT_COMPAT: 5.10, 6.1 or 7.3 gives that kernel's page_owner_sort byte for byte
"""

HELP = _USAGE + _THE_TOOLS + _OURS
DROP_IN_HELP = _DROP_IN_USAGE + _THE_TOOLS + _ENVIRONMENT


def _take(options: list[tuple[str, str]], name: str) -> str | None:
    """The last value of our own option `name`, taken out of `options`."""
    values = [value for option, value in options if option == name]
    options[:] = [item for item in options if item[0] != name]
    return values[-1] if values else None


def _options(words: Sequence[str]) -> tuple[list[tuple[str, str]], list[str], Compat | None]:
    """Options, files and the tool to follow: its flags are known only when --compat is."""
    long = long_options(None)
    first, _ = split_options(words, short_options(None), long, OWN)
    compat = compat_of(next((v for o, v in reversed(first) if o == "--compat"), None))
    short = short_options(compat) if compat is not Compat.V5_10 else short_options(None)
    options, files = split_options(words, short, long, OWN)
    return options, files, compat


def main(words: Sequence[str]) -> int:
    """Run `sort` with its words; the exit code. Raises the errors that the entry point prints."""
    options, files, compat = _options(["--help"] if "-h" in words[:1] else words)
    label, db = _take(options, "--dump"), _take(options, "--db")
    limit, threads = _take(options, "--memory-limit"), _take(options, "--threads")
    show = _take(options, "--show-sql") is not None
    _take(options, "--compat")
    _take(options, "--debug")
    call = read_options(options, files, compat)
    if call.help:
        print(HELP, end="")  # noqa: T201  # what was asked for
        return 0
    _check_files(call, label)
    protect_database(database_file(db))
    if label is not None:
        _from_database(call, label, db, _limits(limit, threads), show=show)
    else:
        _from_file(call, _limits(limit, threads), show=show)
    return 0


def _check_files(call: SortArguments, label: str | None) -> None:
    wanted = 1 if label is not None else 2
    if len(call.files) != wanted:
        what = "OUTPUT" if label is not None else "INPUT and OUTPUT"
        raise UsageError(f"sort takes {what}, not {len(call.files)} files; see: sort --help")


def _from_database(
    call: SortArguments,
    label: str,
    db: str | None,
    limits: tuple[int | None, int | None],
    *,
    show: bool,
) -> None:
    from pageowner_sql.api import Session
    from pageowner_sql.cli.answers import say_assumed
    from pageowner_sql.cli.shared import named_database

    memory_limit, threads = limits
    with Session(
        database_file(db),
        say=say,
        dry=show,
        keep=named_database(db) is not None,
        memory_limit=memory_limit,
        threads=threads,
    ) as opened:
        if show:
            sql = opened.sort_sql(label, call.selection)
            say_assumed(opened)
            print(sql, end="")  # noqa: T201  # what was asked for
        else:
            rejected = opened.sort_loaded(label, call.files[-1], call.selection)
            _say_left_out(label, rejected)


def _limits(limit: str | None, threads: str | None) -> tuple[int | None, int | None]:
    """Bytes of memory, and threads; None where they are not given."""
    from pageowner_sql.cli.values import size

    if threads is not None and not threads.isdecimal():
        raise UsageError(f"--threads: not a number: {threads!r}")
    return size(limit, "--memory-limit") if limit else None, int(threads) if threads else None


def _from_file(call: SortArguments, limits: tuple[int | None, int | None], *, show: bool) -> None:
    """As Session.sort does; the file is read while the session's parts would still be imported."""
    from pageowner_sql.store.limits import settings_of

    settings = settings_of(*limits)
    if not show:
        rejected = report_on_file(call.files[0], call.selection, call.files[1], settings, say)
        _say_left_out(call.files[0], rejected)
        return
    held = loaded(call.files[0], call.selection, settings=settings, sha256=True, tell=say)
    with held as (database, dump_id):
        source = printable(call.files[0])
        print(f"-- over the tables as they are after: pageowner-sql load {source}")  # noqa: T201  # what was asked for
        print(report_sql(database, dump_id, call.selection), end="")  # noqa: T201  # likewise


def _say_left_out(name: str, rejected: int) -> None:
    if rejected:
        records = "1 record" if rejected == 1 else f"{rejected:,} records"
        say(f"{name}: left out {records} that could not be parsed")


def drop_in(words: Sequence[str]) -> int:
    """page_owner_sort itself: its own options only, and the tool that the environment names."""
    compat = compat_of(os.environ.get("PAGE_OWNER_SORT_COMPAT"), "$PAGE_OWNER_SORT_COMPAT")
    options, files = split_options(words, short_options(compat), long_options(compat))
    call = read_options(options, files, compat)
    if call.help:
        print(DROP_IN_HELP, end="")  # noqa: T201  # what was asked for
        return 0
    if len(call.files) < 2:  # INPUT and OUTPUT; it ignores further ones
        raise UsageError("page_owner_sort takes INPUT and OUTPUT; see: page_owner_sort --help")
    _from_file(call, (None, None), show=False)
    return 0
