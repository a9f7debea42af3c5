"""Capturing a machine: this one, or one that a command reaches, into a database or a bundle."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from pageowner_sql.dump.source import Source
from pageowner_sql.errors import InputError, UsageError
from pageowner_sql.live.access import explain_failure
from pageowner_sql.live.bundle import BlockStream, BundleWriter
from pageowner_sql.live.machine import PAGE_OWNER, Machine
from pageowner_sql.live.page_cache import Uncached, forget
from pageowner_sql.live.page_owner_file import SYSTEM, Calls, LiveFile, first_record
from pageowner_sql.live.readers import Readers, Throttle
from pageowner_sql.moments import Moment, read_bundle
from pageowner_sql.open_files import protect_input
from pageowner_sql.output.files import open_output
from pageowner_sql.output.plain import printable
from pageowner_sql.output.targets import COMPRESSIONS
from pageowner_sql.output.units import count, size
from pageowner_sql.store.dumps import Dump, free_label
from pageowner_sql.store.load import LoadOptions
from pageowner_sql.workspace import Progress, Say, ShowProgress, Workspace, load_moment

# Bytes of a bundle's pieces.
PIECE = 8 << 20

_PAGE = re.compile(rb"^PFN (0x[0-9a-f]{1,16}|[0-9]{1,19}) ", re.MULTILINE)
_HANDLE = re.compile(rb"^handle: ([0-9]{1,10})$", re.MULTILINE)
# What stands below the PFN line.
_STACK = re.compile(rb"((?: [^\n]*+\n)++)handle: ([0-9]{1,10})\n")
# Stacks that are looked up at most; no kernel has as many.
_MOST_HANDLES = 1 << 20
# Pages that are asked for a stack before it is given up.
_PAGES_OF_A_HANDLE = 4

ReportPfn = Callable[[Readers], None]


@dataclass(frozen=True)
class CaptureOptions:
    """How to read the live file.

    Args:
        path: the file; None for the machine's own below `root`.
        readers: how many read at once; None leaves one processor to what writes, up to four.
        nodes: NUMA nodes, as `0,2-3`; None for all.
        mode: `auto` (by handles where the kernel offers that), `stack` or `handle`.
        max_rate: bytes a second at most.
        via: a command that runs `sh` on another machine; None for this one.
    """

    path: str | None = None
    root: str = "/"
    readers: int | None = None
    nodes: str | None = None
    mode: str = "auto"
    max_rate: int | None = None
    via: str | None = None
    calls: Calls = field(default_factory=lambda: SYSTEM)


class Capture:
    """A machine's records being read, with what belongs to their moment."""

    def __init__(self, options: CaptureOptions) -> None:
        self.machine = Machine(options.root)
        self._options = options
        self._path = options.path or str(self.machine.path(PAGE_OWNER))
        protect_input(self._path)
        self._by_handles = False
        self._settings = self._choose_settings()
        self._base = self._find_base()
        # A page of each handle, or a few, to ask for its stack.
        self._pages: dict[bytes, list[int]] = {}
        self.facts = {**self.machine.facts(), "mode": "handle" if self._by_handles else "stack"}
        self.files = dict(self.machine.small_files())

    def _choose_settings(self) -> tuple[str, ...]:
        """The words that this kernel's file is to be given. Raises InputError where it is not."""
        options = self._options
        nodes = (f"nid={options.nodes}",) if options.nodes else ()
        if options.mode != "stack":
            try:
                self._try((*nodes, "mode=handle"))
            except OSError:
                if options.mode == "handle":
                    self._try_plain()
                    raise InputError(
                        f"{self._path}: this kernel cannot print handles; use --mode stack"
                    ) from None
            else:
                self._by_handles = True
                return (*nodes, "mode=handle")
        self._try_plain()
        if nodes:
            try:
                self._try(nodes)
            except OSError as error:
                raise InputError(
                    f"{self._path}: this kernel cannot give the pages of nodes "
                    f"{options.nodes}; leave out --nid"
                ) from error
        return nodes

    def _try(self, settings: tuple[str, ...]) -> None:
        LiveFile(self._path, settings, calls=self._options.calls).close()

    def _try_plain(self) -> None:
        try:
            self._try(())
        except OSError as error:
            raise explain_failure(self.machine, self._path, error) from error

    def _open(self) -> LiveFile:
        return LiveFile(self._path, self._settings, self._base, self._options.calls)

    def _find_base(self) -> int:
        file = LiveFile(self._path, self._settings, calls=self._options.calls)
        try:
            return file.find_base()
        finally:
            file.close()

    def blocks(self, report: ReportPfn) -> Iterator[bytes]:
        """The text of all records, in the order of their PFNs."""
        count = self._options.readers or min(max(len(os.sched_getaffinity(0)) - 1, 1), 4)
        throttle = Throttle(self._options.max_rate)
        readers = Readers(self._open, count, start=self._base, throttle=throttle)
        for block in readers:
            if self._by_handles:
                self._note_handles(block.text)
            report(readers)
            if block.text:
                yield block.text

    def _note_handles(self, text: bytes) -> None:
        """Keep a few pages of each handle. A name may forge both, and gains a vain look by it."""
        for record in text.split(b"\n\n"):
            page, handle = _PAGE.search(record), _HANDLE.search(record)
            if page and handle and len(self._pages) < _MOST_HANDLES:
                pages = self._pages.setdefault(handle[1], [])
                if len(pages) < _PAGES_OF_A_HANDLE:
                    pages.append(int(page[1], 16 if page[1].startswith(b"0x") else 10))

    def learn_stacks(self) -> bytes:
        """The stacks of those handles that show_stacks_handles does not have, as it has them."""
        known = set(_HANDLE.findall(self.files.get("show_stacks_handles", b"")))
        # The same 32 bits are signed there.
        unknown = [each for each in self._pages if _signed(each) not in known]
        if not unknown:
            return b""
        settings = (*self._settings[:-1], "mode=stack_handle")
        file = LiveFile(self._path, settings, self._base, self._options.calls)
        try:
            return b"".join(self._stack_of(file, handle) for handle in unknown)
        finally:
            file.close()

    def _stack_of(self, file: LiveFile, handle: bytes) -> bytes:
        for pfn in self._pages[handle]:
            file.go_to(pfn, pfn + 1)
            if stack := stack_of(file.read()[0].text, handle):
                return stack + b"handle: " + _signed(handle) + b"\n\n"
        return b""


def stack_of(text: bytes, handle: bytes) -> bytes:
    """The lines of the stack of a record that has this handle; none of another record."""
    record = first_record(text)
    found = _STACK.match(record.rest) if record else None
    return found[1] if found and found[2] == handle else b""


def _signed(handle: bytes) -> bytes:
    value = int(handle)
    return b"%d" % (value - (1 << 32) if value >= 1 << 31 else value)


def _pfn_report(capture: Capture, label: str, progress: ShowProgress | None) -> ReportPfn:
    """Tell how much of the machine's memory has been looked at, in bytes."""
    last = capture.machine.last_pfn()
    page = int(capture.facts["page_size"])

    def report(readers: Readers) -> None:
        if progress is not None:
            total = last * page if last else None
            progress(Progress(label, readers.pfn * page, total, readers.records))

    return report


def capture(
    space: Workspace, target: str | None, options: CaptureOptions, load: LoadOptions, say: Say
) -> Dump | None:
    """Capture a machine into the bundle `target`, else into the database: its dump.

    Raises InputError where that fails, UsageError for options that exclude each other.
    """
    if options.via is not None:
        _check_via(options)
        with space.protected():
            return _capture_elsewhere(space, target, options, load, say)
    if target is None:
        return capture_into_database(space, options, load, say)
    with space.protected():
        records, read = capture_into_bundle(target, options, load.label, space.progress)
    say(f"{printable(target)}: {count(records)} records, {size(read)} of text")
    return None


def _check_via(options: CaptureOptions) -> None:
    """Raise UsageError for what is not a command, and for what the script cannot do."""
    try:
        words = shlex.split(options.via or "")
    except ValueError as error:
        raise UsageError(f"--via: {str(error).lower()}: {options.via}") from error
    if not words:
        raise UsageError("--via: is empty; name a command that runs sh, as 'ssh root@host'")
    if options.readers is not None and options.readers > 1:
        raise UsageError("--via: the script has one reader; leave out --readers")
    if options.mode == "handle":
        raise UsageError("--via: the script reads stacks; leave out --mode handle")
    if options.root != "/":
        raise UsageError("--via: reads the other machine's /proc and /sys; leave out --root")


def script(options: CaptureOptions, label: str) -> str:
    """A POSIX sh script that writes a bundle of the machine that it runs on to its output."""
    said = {
        "LABEL": label,
        "FILE": options.path or "",
        "NID": options.nodes or "",
        "RATE": str(options.max_rate or ""),
    }
    text = (Path(__file__).parent / "live" / "capture.sh").read_text(encoding="utf-8")
    first, _, rest = text.partition("\n")
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in said.items() if value)
    return f"{first}\n{''.join(lines)}{rest}"


def _capture_elsewhere(
    space: Workspace, target: str | None, options: CaptureOptions, load: LoadOptions, say: Say
) -> Dump | None:
    """Run the script by a command that runs `sh` on another machine, and take what it writes."""
    command = shlex.split(options.via or "")
    name = printable(options.via or "")
    try:
        process = subprocess.Popen(
            [*command, "sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
    except OSError as error:
        raise InputError(f"--via {name}: {error}") from error
    with process:
        assert process.stdin is not None  # noqa: S101  # it is a pipe
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        with suppress(BrokenPipeError):
            process.stdin.write(script(options, load.label).encode())
            process.stdin.close()
        try:
            with Source(cast(BinaryIO, process.stdout), f"--via {name}", None) as source:
                return _take(space, target, source, load, say)
        except InputError as error:
            process.kill()
            raise InputError(f"{error}; what the other machine says stands above") from error


def _take(
    space: Workspace, target: str | None, source: Source, load: LoadOptions, say: Say
) -> Dump | None:
    moment = read_bundle(source)
    if target is not None:
        read = _repack(target, moment)
        say(f"{printable(target)}: {size(read)} of text")
        return None
    dumps = space.dumps() if space.exists else []
    name = default_label(moment.facts)
    load = replace(load, label=moment.facts.get("label") or free_label(dumps, name))

    def report(done: int, records: int) -> None:
        if space.progress is not None:
            space.progress(Progress(load.label, done, None, records))

    with space.writing() as database:
        return load_moment(database, moment, load, (say, space.say), report)


def _repack(target: str, moment: Moment) -> int:
    """Write a bundle that is being read, complete or not at all; the bytes of its dump."""
    written = 0
    with bundle_output(target) as file:
        writer = BundleWriter(file, moment.facts)
        early = dict(moment.files)
        for name, text in early.items():
            writer.add(name, text)
        for piece in _pieces(iter(lambda: moment.text.read(1 << 20), b"")):
            writer.add_piece(piece)
            written += len(piece)
        for name in moment.files.keys() - early.keys():
            writer.add(name, moment.files[name])
        writer.end()
    return written


def capture_into_database(
    space: Workspace, options: CaptureOptions, load: LoadOptions, say: Say
) -> Dump:
    """Capture this machine as a dump of the database. Raises InputError where that fails."""
    capture = Capture(options)
    name = default_label(capture.facts)
    dumps = space.dumps() if space.exists else []
    load = replace(load, label=load.label or free_label(dumps, name))
    read = _pfn_report(capture, load.label, space.progress)

    def texts() -> Iterator[bytes]:
        yield from capture.blocks(read)
        if capture.facts["mode"] == "handle":
            capture.files["stacks_of_handles"] = capture.learn_stacks()

    with space.writing() as database:
        text = cast(BinaryIO, BlockStream(texts()))
        moment = Moment(name, capture.facts, capture.files, text)
        dump = load_moment(database, moment, load, (say, space.say), _nothing)
    forget(Path(space.path))
    return dump


def _nothing(done: int, records: int) -> None:
    """The readers themselves tell how far they are."""
    del done, records


def default_label(facts: Mapping[str, str]) -> str:
    """A name for a dump of that machine at that time."""
    told = facts.get("captured_at", "")
    at = int(told) if told.isdecimal() and len(told) <= 10 else 0
    when = datetime.fromtimestamp(at, UTC)
    return f"{facts.get('host', 'machine')}-{when:%Y%m%dT%H%M%S}"


def capture_into_bundle(
    target: str, options: CaptureOptions, label: str, progress: ShowProgress | None
) -> tuple[int, int]:
    """Capture this machine into a file, complete or not at all; records, and bytes of text."""
    # Before the output is opened, which may be none of what is read.
    capture = Capture(options)
    with bundle_output(target) as file:
        facts = {**capture.facts, **({"label": label} if label else {})}
        writer = BundleWriter(file, facts)
        for name, text in capture.files.items():
            writer.add(name, text)
        counts = [0, 0]
        told = _pfn_report(capture, target, progress)

        def report(readers: Readers) -> None:
            counts[:] = readers.records, readers.bytes
            told(readers)

        for piece in _pieces(capture.blocks(report)):
            writer.add_piece(piece)
        if not counts[0]:
            raise InputError(f"{options.path or PAGE_OWNER}: holds no record")
        if stacks := capture.learn_stacks():
            writer.add("stacks_of_handles", stacks)
        writer.end()
    return counts[0], counts[1]


def _pieces(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks joined to larger ones."""
    kept: list[bytes] = []
    size = 0
    for block in blocks:
        kept.append(block)
        size += len(block)
        if size >= PIECE:
            yield b"".join(kept)
            kept, size = [], 0
    if kept:
        yield b"".join(kept)


@contextmanager
def bundle_output(target: str) -> Iterator[BinaryIO]:
    """A bundle to write to, compressed by its ending, which stays out of the page cache."""
    ending = Path(target).suffix
    if target != "-" and ending not in (*COMPRESSIONS, ".tar"):
        raise UsageError(f"{target}: not a bundle's name; use NAME.tar.zst, or .tar, .gz, .xz, …")
    with open_output(target) as file:
        uncached = cast(BinaryIO, Uncached(file))
        if ending in COMPRESSIONS:
            with COMPRESSIONS[ending](uncached) as packed:
                yield packed
        else:
            yield uncached
        uncached.flush()
