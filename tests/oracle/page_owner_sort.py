"""What page_owner_sort of 5.10, 6.1 or a modern kernel (6.6 to 7.3) writes for a dump."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from tests.oracle.options import Options, ToolFailed, Version, parse
from tests.oracle.records import CMA, OTHERS, SLAB, VMALLOC, Record, cut_time, read, wrap

__all__ = ["ToolFailed", "Version", "run"]

ALLOCATORS = ((CMA, b"CMA "), (SLAB, b"SLAB "), (VMALLOC, b"VMALLOC "), (OTHERS, b"OTHERS "))


@dataclass(slots=True)
class Row:
    """Records that the tool takes for one; its fields are those of the first of them."""

    first: Record
    text: bytes
    times: int
    pages: int

    @property
    def stacktrace(self) -> bytes:
        """All but the first line."""
        return self.text.partition(b"\n")[2]


Key = Callable[[Row], int | bytes]

KEYS: dict[str, Key] = {
    "times": lambda row: row.times,
    "pages": lambda row: row.pages,
    "txt": lambda row: row.text,
    "stacktrace": lambda row: row.stacktrace,
    "pid": lambda row: row.first.pid,
    "tgid": lambda row: row.first.tgid,
    "name": lambda row: row.first.name,
    "alloc_ts": lambda row: row.first.alloc_ts,
    "free_ts": lambda row: row.first.free_ts,
    "free": lambda row: row.first.free_ts != 0,
    "allocator": lambda row: row.first.allocator,
}
# The order in which the tool compares the keys it culls by, whatever order they were given in.
CULL_ORDER = ("stacktrace", "pid", "tgid", "name", "free", "allocator")


def run(dump: bytes, args: Sequence[str], version: Version) -> bytes:
    """The output file of `page_owner_sort <args> <dump> <output>`; "7.3" is any modern one.

    Where the 7.3 tool dies of a name that it cannot read, this is what 6.12 writes. Raises
    ToolFailed where the tool stops; what exceeds its buffers is undefined there and defined here.
    """
    options = parse(args, version)
    limit = len(dump) // 100
    rows = _kept_old if version != "7.3" else _kept_modern
    culled = _cull(rows(read(dump, version), options, limit), options)
    if version == "5.10":
        _sort(culled, [("times", -1)])
        return b"".join(b"%d times:\n%s\n" % (row.times, row.text) for row in culled)
    _sort(culled, options.sort if version == "7.3" else _never_equal(culled, options.sort))
    return b"".join(_printed(row, options) for row in culled)


def _kept_old(records: list[Record], options: Options, limit: int) -> list[Row]:
    """Before 6.6 a record like the one kept last joins it, unfiltered, whatever its PFN line."""
    rows: list[Row] = []
    for record in records:
        if rows and rows[-1].text == record.text:
            _join(rows[-1], 1, record.pages)
        elif len(rows) == limit:
            raise ToolFailed("max_size too small??")
        elif _wanted(record, options):
            rows.append(Row(record, record.text, 1, record.pages))
    return rows


def _kept_modern(records: list[Record], options: Options, limit: int) -> list[Row]:
    """From 6.6 on times are cut out of the text, unless they are what is sorted by."""
    keep_time = options.sort[0][0] == "alloc_ts"
    rows: list[Row] = []
    for record in records:
        if len(rows) == limit:
            raise ToolFailed("max_size too small??", exit_code=0)
        if _wanted(record, options):
            text = record.text if keep_time else cut_time(record.text)
            rows.append(Row(record, text, 1, record.pages))
    return rows


def _wanted(record: Record, options: Options) -> bool:
    if options.unreleased and record.free_ts != 0 and record.alloc_ts < record.free_ts:
        return False
    asked = (
        (options.pids, record.pid),
        (options.tgids, record.tgid),
        (options.names, record.name),
    )
    return all(wanted is None or value in wanted for wanted, value in asked)


def _cull(rows: list[Row], options: Options) -> list[Row]:
    keys = [KEYS[key] for key in CULL_ORDER if key in options.cull] or [KEYS["txt"]]
    rows.sort(key=lambda row: [key(row) for key in keys])
    culled: list[Row] = []
    for _, group in groupby(rows, key=lambda row: [key(row) for key in keys]):
        first, *others = group
        for other in others:
            _join(first, other.times, other.pages)
        culled.append(first)
    return culled


def _join(row: Row, times: int, pages: int) -> None:
    row.times = wrap(row.times + times)
    row.pages = wrap(row.pages + pages)


def _never_equal(rows: list[Row], keys: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Before 6.6 two times never compare equal: the merge sort then turns equal ones round.

    So later keys are never looked at, and an ascending sort by time starts from the reverse.
    """
    for index, (key, sign) in enumerate(keys):
        if key in ("alloc_ts", "free_ts"):
            if sign > 0:
                rows.reverse()
            return keys[: index + 1]
    return keys


def _sort(rows: list[Row], keys: list[tuple[str, int]]) -> None:
    for key, sign in reversed(keys):
        rows.sort(key=KEYS[key], reverse=sign < 0)


def _printed(row: Row, options: Options) -> bytes:
    counts = b"%d times, %d pages" % (row.times, row.pages)
    if not options.cull:
        return counts + b", " + _allocated(row) + b":\n" + row.text + b"\n"
    return counts + b"".join(_fields(row, options)) + b"\n"


def _fields(row: Row, options: Options) -> Iterator[bytes]:
    if "pid" in options.cull or options.pids is not None:
        yield b", PID %d" % row.first.pid
    if "tgid" in options.cull or options.tgids is not None:
        yield b", TGID %d" % row.first.tgid
    if "name" in options.cull or options.names is not None:
        yield b", task_comm_name: " + row.first.name
    if "allocator" in options.cull:
        yield b", " + _allocated(row)
    if "free" in options.cull:
        yield b" (UNRELEASED)" if row.first.free_ts else b" (RELEASED)"
    if "stacktrace" in options.cull:
        yield b":\n" + row.stacktrace


def _allocated(row: Row) -> bytes:
    names = (name for bit, name in ALLOCATORS if row.first.allocator & bit)
    return b"allocated by " + b"".join(names)
