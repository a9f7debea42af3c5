"""A dump's bytes: of a file, a FIFO, stdin or the live debugfs file, compressed or not."""

from __future__ import annotations

import bz2
import fcntl
import gzip
import io
import lzma
import os
import stat
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

from pageowner_sql.errors import InputError
from pageowner_sql.open_files import protect_open, release_open

# The live file gives one record a read() and refuses a buffer that is too short for it.
LEAST_READ = 1 << 16

STDIN = "standard input"
ENDINGS = (".gz", ".xz", ".zst", ".bz2", ".lz4")


def _open_gzip(raw: BinaryIO) -> BinaryIO:
    try:
        from isal import igzip
    except ImportError:
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    opened = igzip.IGzipFile(fileobj=raw)  # type: ignore[no-untyped-call]  # its stub has no types
    return cast(BinaryIO, opened)


def _open_zstd(raw: BinaryIO) -> BinaryIO:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return cast(BinaryIO, zstd.ZstdFile(raw))


def _open_lz4(raw: BinaryIO) -> BinaryIO:
    import lz4.frame

    return cast(BinaryIO, lz4.frame.LZ4FrameFile(raw))


def _open_xz(raw: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, lzma.LZMAFile(raw))


def _open_bz2(raw: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, bz2.BZ2File(raw))


# Told by content: a name can lie, stdin has none.
_MAGIC: tuple[tuple[bytes, str, Callable[[BinaryIO], BinaryIO]], ...] = (
    (b"\x1f\x8b", "gzip", _open_gzip),
    (b"\xfd7zXZ\x00", "xz", _open_xz),
    (b"\x28\xb5\x2f\xfd", "zstd", _open_zstd),
    (b"BZh", "bzip2", _open_bz2),
    (b"\x04\x22\x4d\x18", "lz4", _open_lz4),
)


class _Rewound(io.RawIOBase):
    """A raw stream whose first bytes were read already and come again."""

    def __init__(self, head: bytes, raw: BinaryIO) -> None:
        self._head = head
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer)).cast("B")
        if self._head:
            count = min(len(view), len(self._head))
            view[:count] = self._head[:count]
            self._head = self._head[count:]
            return count
        return cast(io.RawIOBase, self._raw).readinto(view) or 0


def _damage() -> tuple[type[Exception], ...]:
    kinds: list[type[Exception]] = [EOFError, lzma.LZMAError, zlib.error, ValueError, RuntimeError]
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        kinds.append(zstd.ZstdError)
    except ImportError:
        pass
    return tuple(kinds)


def _first_bytes(raw: BinaryIO, name: str) -> bytes:
    """At least 8 bytes where there are as many, taken in reads that the live file accepts."""
    head = b""
    try:
        while len(head) < 8:
            piece = raw.read(LEAST_READ)
            if not piece:
                break
            head += piece
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror or error}") from error
    return head


class Source:
    """A readable dump.

    `name` is what messages call it, `size` the bytes on disk where known (compressed ones for a
    compressed file), `consumed` how many of those have been read: the two make a progress bar.
    """

    def __init__(self, raw: BinaryIO, name: str, size: int | None) -> None:
        self.name = name
        self.size = size
        self._raw = raw
        self._held: tuple[int, int] | None = None
        with suppress(OSError):  # what lies in memory has no descriptor
            self._held = protect_open(raw.fileno())
        head = _first_bytes(raw, name)
        stream: BinaryIO = cast(BinaryIO, _Rewound(head, raw))
        self.compression = ""
        for magic, label, opener in _MAGIC:
            if head.startswith(magic):
                self.compression = label
                stream = opener(
                    cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, stream), 1 << 20))
                )
                break
        self._stream = stream
        self._plain_bytes = 0

    @property
    def consumed(self) -> int:
        """Bytes read from the file itself."""
        if not self.compression:
            return self._plain_bytes
        try:
            return self._raw.tell()
        except (OSError, ValueError):
            return 0

    def fill(self, buffer: memoryview) -> int:
        """Fill `buffer` with decompressed bytes as far as they go; 0 at the end.

        Raises InputError where the compressed stream is damaged or the device fails.
        """
        done = 0
        reader = cast(io.RawIOBase, self._stream)
        try:
            while len(buffer) - done >= min(LEAST_READ, len(buffer)):
                count = reader.readinto(buffer[done:]) or 0
                if not count:
                    break
                done += count
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(f"{self.name}: cannot be read: {reason}") from error
        except _damage() as error:
            what = self.compression or "input"
            place = f"after {self._plain_bytes + done:,} bytes of text"
            raise InputError(f"{self.name}: damaged {what} stream {place}: {error}") from error
        self._plain_bytes += done
        return done

    @property
    def is_plain(self) -> bool:
        """Whether this is an uncompressed file of known size; others give text in their own way."""
        return not self.compression and self.size is not None

    @property
    def descriptor(self) -> int | None:
        """The open file, where it is plain, to be read by position; else None."""
        if not self.is_plain:
            return None
        try:
            return self._raw.fileno()
        except OSError:
            return None

    def was_read(self, size: int) -> None:
        """Say that so many bytes were read from `descriptor`."""
        self._plain_bytes += size

    def peek(self, size: int) -> bytes:
        """At least `size` of the next decompressed bytes, where there are as many; they stay.

        Raises as `fill` does.
        """
        buffer = bytearray(size + LEAST_READ)
        count = self.fill(memoryview(buffer))
        self._plain_bytes -= count
        self._stream = cast(BinaryIO, _Rewound(bytes(buffer[:count]), self._stream))
        return bytes(buffer[:count])

    def close(self) -> None:
        """Close what was opened; stdin stays open."""
        if self._held is not None:
            release_open(self._held)
            self._held = None
        self._raw.close()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open_stdin() -> Source:
    # Where it was closed, descriptor 0 is whatever was opened in its place, nothing to read from.
    if sys.stdin is None or fcntl.fcntl(0, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY:
        raise InputError(f"{STDIN}: is closed")
    return Source(cast(BinaryIO, io.FileIO(0, "rb", closefd=False)), STDIN, None)


def open_source(path: str) -> Source:
    """Open `path` (`-` is stdin). Raises InputError with the reason where that fails."""
    if path == "-":
        return _open_stdin()
    if not path:
        raise InputError("the input file has an empty name")
    name = os.fsencode(path).decode("utf-8", "backslashreplace")
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: {getattr(error, 'strerror', None) or error}") from error
    info = os.fstat(descriptor)
    if stat.S_ISDIR(info.st_mode):
        os.close(descriptor)
        raise InputError(f"{name}: is a directory")
    size = info.st_size if stat.S_ISREG(info.st_mode) and info.st_size else None
    raw = io.FileIO(descriptor, "rb")
    try:
        return Source(cast(BinaryIO, raw), name, size)
    except BaseException:
        raw.close()
        raise


def stem(path: str) -> str:
    """The name of a dump without its folder, compression and text endings: `t0.txt.xz` is `t0`."""
    name = "stdin" if path == "-" else Path(path).name
    for ending in (*ENDINGS, ".tar", ".txt", ".log", ".dump"):
        if name.endswith(ending) and len(name) > len(ending):
            name = name[: -len(ending)]
    return name
