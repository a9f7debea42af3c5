"""Sizes in bytes, from words such as 64K."""

from __future__ import annotations

import re

from pageowner_sql.errors import UsageError

_SIZE = re.compile(r"(\d{1,19}(?:\.\d{1,19})?)\s*(?:([kmgtp])(?:i?b)?|b)?", re.IGNORECASE)
_PREFIXES = "kmgtp"


def size(text: str, option: str) -> int:
    """Bytes of `64K`, `1.5GiB`, `4096`; prefixes are powers of 1024. Raises UsageError."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{option}: not a size: {text!r} (use 64K, 1.5GiB or 4096)")
    step = _PREFIXES.index(found[2].lower()) + 1 if found[2] else 0
    return int(float(found[1]) * 1024**step)
