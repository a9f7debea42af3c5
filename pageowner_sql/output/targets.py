"""Output targets: stdout or a file, compressed by its ending, for writers of bytes or of paths."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from pageowner_sql.errors import PageOwnerError
from pageowner_sql.output.files import open_output
from pageowner_sql.output.pager import open_pager

BLOCK = 1 << 20


def _gzip(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="wb", mtime=0, compresslevel=6))


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
    """A binary file to write to: stdout for None and `-`, else `target`, complete or unchanged.

    `.gz .xz .bz2 .zst .lz4` compress. On a terminal stdout has a pager. Raises PageOwnerError if it
    cannot be written.
    """
    sys.stdout.flush()
    if target and Path(target).is_dir():
        raise PageOwnerError(f"{target}: is a folder; give the name of a file with -o")
    with open_output(target or "-") as file:
        compress = COMPRESSIONS.get(Path(target).suffix) if target else None
        if target in (None, "-"):
            with open_pager(file) as screen:
                yield screen
        elif compress is None:
            yield file
        else:
            with compress(file) as packed:
                yield packed


@contextmanager
def output_path(target: str | None) -> Iterator[Path]:
    """A path to write to, for writers that need one; otherwise like `binary_output`.

    The path can be a pipe: write it once, from start to end.
    """
    with binary_output(target) as file:
        if _is_plain(target):
            yield Path(f"/dev/fd/{file.fileno()}")
        else:
            with _pumped(file) as path:
                yield path


def _is_plain(target: str | None) -> bool:
    """Whether DuckDB can write the file itself: it is neither stdout nor compressed.

    Opening stdout's descriptor again would truncate its file.
    """
    return target not in (None, "-") and Path(str(target)).suffix not in COMPRESSIONS


@contextmanager
def _pumped(file: BinaryIO) -> Iterator[Path]:
    """The path of a pipe whose other end is copied to `file` while the caller writes.

    Raises the errors of writing to `file`, such as BrokenPipeError if its reader has gone.
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
            # Closing our end stops the writer; its error is raised when both have ended.
            failed.append(error)
