"""What a file is and whether it is known, told without parsing it."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass

import numpy as np

from pageowner_sql.dump.kinds import Kind
from pageowner_sql.dump.pipe import HEAD
from pageowner_sql.dump.sniff import sniff_kind
from pageowner_sql.dump.source import open_source

_STRETCH = 4 << 20


@dataclass(frozen=True)
class Head:
    """The first MiB of a file's decompressed text: its SHA-256 in hex, and what it looks like.

    `bytes` is the size of the whole text where that is known so early, else None.
    """

    sha256: str
    kind: Kind
    bytes: int | None


def can_be_read_twice(path: str) -> bool:
    """True for a regular file that has a size: no stdin, no FIFO, no live debugfs file."""
    if path == "-":
        return False
    try:
        info = os.stat(path)  # noqa: PTH116  # a Path would drop the ./ that messages repeat
    except OSError:
        return False
    return stat.S_ISREG(info.st_mode) and info.st_size > 0


def read_head(path: str) -> Head:
    """Look at the first MiB of `path`. Raises InputError where it cannot be read."""
    buffer = np.zeros(HEAD, np.uint8)
    with open_source(path) as source:
        count = source.fill(buffer.data)
        compressed = bool(source.compression)
        size = source.size
    text = buffer[:count].tobytes()
    whole = count if count < HEAD else None if compressed else size
    return Head(hashlib.sha256(text).hexdigest(), sniff_kind(text), whole)


def text_sha256(path: str) -> str:
    """SHA-256 in hex of the whole decompressed text. Raises InputError where it cannot be read."""
    digest = hashlib.sha256()
    buffer = np.zeros(_STRETCH, np.uint8)
    with open_source(path) as source:
        while count := source.fill(buffer.data):
            digest.update(buffer[:count].data)
    return digest.hexdigest()
