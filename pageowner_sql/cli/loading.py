"""Loading one file into an open database, for `load` and wherever a path stands for a label."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pageowner_sql.cli.beside import Beside, beside_by_name, take
from pageowner_sql.cli.progress import progress
from pageowner_sql.cli.shared import say
from pageowner_sql.dump.identity import Head, can_be_read_twice, read_head
from pageowner_sql.dump.kinds import ACCOUNT_KINDS, Kind
from pageowner_sql.dump.source import STDIN, open_source
from pageowner_sql.dump.stream import DigestStream
from pageowner_sql.errors import InputError
from pageowner_sql.output.plain import printable
from pageowner_sql.output.units import count
from pageowner_sql.store.database import Database, Mode, discard
from pageowner_sql.store.dumps import Dump, all_dumps, by_content, check_label, free_label
from pageowner_sql.store.load import Loaded, LoadOptions, load_stream
from pageowner_sql.store.load_any import load_any

Tell = Callable[[str], None]


@contextmanager
def writable(db_path: str, settings: Mapping[str, str | int] | None = None) -> Iterator[Database]:
    """The database, open for writing. A file made here that got no dump goes away again."""
    made = not Path(db_path).exists()
    with Database.open(db_path, Mode.WRITE, settings=settings) as database:
        try:
            yield database
        finally:
            if made and not all_dumps(database):
                # While it is ours: once it is closed, another process may put a dump into it.
                discard(Path(db_path))


def head_of(path: str) -> Head | None:
    """The head of a file that can be read twice. Raises InputError where it is something else."""
    if not can_be_read_twice(path):
        return None
    head = read_head(path)
    if head.kind in ACCOUNT_KINDS:
        raise InputError(
            f"{path}: is a {head.kind} file, which says something of a dump; "
            f"load it with that: load DUMP --with {path}"
        )
    return head


def load_file(
    database: Database,
    path: str,
    tell: Tell,
    options: LoadOptions | None = None,
    beside: Beside | None = None,
    *,
    begun: DigestStream | None = None,
    hint: Tell = say,
) -> Dump:
    """Load `path` unless its text is in the database already; `tell` gets a line either way.

    `hint` gets what is to be known besides.

    An empty label in `options` is replaced by one made from the path. What lies `beside` it is
    loaded with it, None: what bears its name in its folder. `begun`: its reading, where that was.
    Raises as `load_any` does.
    """
    options = options or LoadOptions(label="")
    dump = _load_dump(database, path, tell, options, begun, hint)
    if beside is None:
        beside = beside_by_name([path], ()).get(path, Beside())
    take(database, dump, beside, hint, strict=options.strict)
    return dump


def _load_dump(
    database: Database,
    path: str,
    tell: Tell,
    options: LoadOptions,
    begun: DigestStream | None,
    hint: Tell,
) -> Dump:
    dumps = all_dumps(database)
    head = head_of(path)
    known = by_content(dumps, path, head) if head else None
    if known is None:
        loaded, seconds = _load(database, dumps, path, options, begun)
        dump = next(each for each in all_dumps(database) if each.dump_id == loaded.dump_id)
        if not loaded.known:
            if dump.repairs:
                done = "; ".join(dump.repairs)
                hint(f"{printable(dump.label)}: read as posted text: {done}")
            tell(summary(dump, seconds))
            return dump
        known = dump
    elif begun is not None:
        begun.stop()
    name = STDIN if path == "-" else printable(path)
    label = printable(known.label)
    tell(f"{name}: is in the database already, as {label}")
    if ignored := _ignored(known, options):
        tell(
            f"{label}: stays as it is; give it {' '.join(ignored)} with: "
            f"pageowner-sql dumps set {label}"
        )
    return known


def _ignored(known: Dump, options: LoadOptions) -> list[str]:
    """The options that say of a known dump what it does not say itself."""
    said: dict[str, tuple[object, object]] = {
        "--label": (options.label or None, known.label),
        "--host": (options.host, known.host),
        "--kernel": (options.kernel, known.kernel),
        "--captured-at": (options.captured_at, known.captured_at),
        "--boot": (options.boot_id, known.boot_id),
        "--page-size": (options.page_size, known.page_size),
    }
    other = [name for name, (new, old) in said.items() if new is not None and new != old]
    tags = any(known.tags.get(key) != value for key, value in options.tags.items())
    return [*other, *(["--tag"] if tags else [])]


def _load(
    database: Database,
    dumps: list[Dump],
    path: str,
    options: LoadOptions,
    begun: DigestStream | None,
) -> tuple[Loaded, float]:
    if options.label:
        check_label(dumps, options.label)
    else:
        options = replace(options, label=free_label(dumps, path))
    start = time.monotonic()
    if begun is not None:
        with progress(options.label, begun.source.size) as report:
            loaded = load_stream(database, begun, options, report)
    else:
        with open_source(path) as source, progress(options.label, source.size) as report:
            loaded = load_any(database, source, options, report)
    return loaded, time.monotonic() - start


def summary(dump: Dump, seconds: float) -> str:
    """What was loaded, in one line."""
    assumed = "" if dump.page_size_given else " (assumed)"
    cut = ", the last one cut short" if dump.truncated else ""
    kind, pages = "", f"{count(dump.pages)} pages of {dump.page_size} bytes{assumed}, "
    if dump.kind != Kind.PAGE_OWNER:
        kind = f" of {dump.kind}"
        pages = pages if "pages" in dump.fields else ""
    return (
        f"{printable(dump.label)}: {count(dump.records)} records{kind}{cut}, "
        f"{count(dump.rejected)} rejected, {pages}{seconds:.2f} s"
    )
