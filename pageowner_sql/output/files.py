"""Where output goes: stdout, or a file that appears whole or not at all, compressed by its ending."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from pageowner_sql.errors import PageOwnerError

BLOCK = 1 << 20


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
    ".gz": lambda file: cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="wb", mtime=0)),
    ".xz": lambda file: cast(BinaryIO, lzma.LZMAFile(file, "wb")),
    ".bz2": lambda file: cast(BinaryIO, bz2.BZ2File(file, "wb")),
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
        handle, name = tempfile.mkstemp(
            prefix=f".{real.name[:100]}.", suffix=".tmp", dir=real.parent
        )
    except OSError as error:
        raise PageOwnerError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield _Named(file, name)
        _take_mode(Path(name), real)
        Path(name).replace(real)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _take_mode(new: Path, old: Path) -> None:
    """The mode of the file that is replaced, else what any new file gets."""
    if old.exists():
        new.chmod(old.stat().st_mode & 0o7777)
        return
    mask = os.umask(0)
    os.umask(mask)
    new.chmod(0o666 & ~mask)
