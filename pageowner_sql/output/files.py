"""Where output goes: stdout, or a file that appears whole or not at all, maybe compressed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from pageowner_sql.errors import PageOwnerError

BLOCK = 1 << 20


def _gzip(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="wb", mtime=0))


def _xz(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, lzma.LZMAFile(file, "wb"))


def _bz2(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, bz2.BZ2File(file, "wb"))


def _zstd(file: BinaryIO) -> BinaryIO:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return cast(BinaryIO, zstd.ZstdFile(file, "wb"))


def _lz4(file: BinaryIO) -> BinaryIO:
    import lz4.frame

    return cast(BinaryIO, lz4.frame.LZ4FrameFile(file, "wb"))


COMPRESSIONS: dict[str, Callable[[BinaryIO], BinaryIO]] = {
    ".gz": _gzip,
    ".xz": _xz,
    ".bz2": _bz2,
    ".zst": _zstd,
    ".lz4": _lz4,
}


@contextmanager
def binary_output(target: str | None) -> Iterator[BinaryIO]:
    """A binary file to write to: stdout for None and `-`, else `target`.

    A regular file is written under another name beside it and renamed at the end; where anything
    fails it is as it was before. `.gz .xz .bz2 .zst .lz4` compress. Raises OSError.
    """
    if target is None or target == "-":
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif _is_special(target):
        with open(target, "wb") as file:  # noqa: PTH123  # a device or FIFO, named as given
            yield file
    else:
        with _renamed(Path(target)) as file:
            compress = COMPRESSIONS.get(Path(target).suffix)
            if compress is None:
                yield file
            else:
                with compress(file) as packed:
                    yield packed


@contextmanager
def output_path(target: str | None) -> Iterator[Path]:
    """A path to write to, for writers that want one; otherwise as `binary_output`.

    The path may be a pipe: write it once, from start to end.
    """
    if target and target != "-" and not _is_special(target) and not _compressed(target):
        with _renamed(Path(target)) as file:
            yield Path(file.name)
    else:
        with binary_output(target) as file, _pumped(file) as path:
            yield path


def _compressed(target: str) -> bool:
    return Path(target).suffix in COMPRESSIONS


def _is_special(target: str) -> bool:
    """Whether `target` is there and is no regular file: a device, a FIFO."""
    path = Path(target)
    if path.is_dir():
        raise PageOwnerError(f"{target}: is a folder; give a file with -o")
    return path.exists() and not path.is_file()


@contextmanager
def _renamed(path: Path) -> Iterator[BinaryIO]:
    """A new file beside `path` that takes its name where all goes well."""
    real = path.resolve()
    try:
        new = tempfile.NamedTemporaryFile(  # noqa: SIM115  # renamed below, or removed
            prefix=f".{real.name[:100]}.", suffix=".tmp", dir=real.parent, delete=False
        )
    except OSError as error:
        raise PageOwnerError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        with new:
            yield cast(BinaryIO, new)
        _take_mode(Path(new.name), real)
        Path(new.name).replace(real)
    except BaseException:
        Path(new.name).unlink(missing_ok=True)
        raise


def _take_mode(new: Path, old: Path) -> None:
    """The mode of the file that is replaced, else what any new file gets."""
    if old.exists():
        new.chmod(old.stat().st_mode & 0o7777)
        return
    mask = os.umask(0)
    os.umask(mask)
    new.chmod(0o666 & ~mask)


@contextmanager
def _pumped(file: BinaryIO) -> Iterator[Path]:
    """The path of a pipe whose other end is copied to `file` while the caller writes.

    Raises BrokenPipeError where `file` is a pipe that nobody reads any more.
    """
    reader, writer = os.pipe()
    failed: list[OSError] = []
    pump = threading.Thread(target=_pump, args=(reader, file, failed), daemon=True)
    pump.start()
    try:
        yield Path(f"/dev/fd/{writer}")
    except BaseException:
        _finish(writer, pump)
        if failed:
            raise failed[0] from None
        raise
    _finish(writer, pump)
    if failed:
        raise failed[0]


def _finish(writer: int, pump: threading.Thread) -> None:
    os.close(writer)
    pump.join()


def _pump(reader: int, file: BinaryIO, failed: list[OSError]) -> None:
    with open(reader, "rb", buffering=0) as source:
        try:
            while block := source.read(BLOCK):
                file.write(block)
        except OSError as error:
            # Closing our end tells the writer; why it failed is told when both have ended.
            failed.append(error)
