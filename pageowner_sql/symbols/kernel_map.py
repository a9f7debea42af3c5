"""Text files that place addresses: System.map, /proc/kallsyms, /proc/modules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pageowner_sql.symbols.elf import Function

KERNEL = "vmlinux"

_SYMBOL = re.compile(r"([0-9a-f]{8,16}) ([A-Za-z]) (\S+)(?:\s+\[(\S+)\])?")
_MODULE = re.compile(r"(\S+) (\d{1,18}) \d+ \S+ \S+ 0x([0-9a-f]{1,16})\b")
_CODE = frozenset("tTwW")


class LoadedModule(NamedTuple):
    """Where a module lies in memory."""

    name: str
    size: int
    address: int


def is_symbol_list(head: str) -> bool:
    """Whether a text begins as System.map and /proc/kallsyms do."""
    return _SYMBOL.match(head) is not None


def is_module_list(head: str) -> bool:
    """Whether a text begins as /proc/modules does."""
    return _MODULE.match(head) is not None


def read_symbols(text: str) -> dict[str, list[Function]]:
    """The functions of the kernel and of each module; of a list without addresses, none."""
    symbols = [
        (int(found[1], 16), found[3], found[2], found[4] or KERNEL)
        for line in text.splitlines()
        if (found := _SYMBOL.fullmatch(line.rstrip()))
    ]
    symbols.sort()
    made: dict[str, list[Function]] = {}
    for name, function in _functions(symbols):
        made.setdefault(name, []).append(function)
    return made


def _functions(symbols: list[tuple[int, str, str, str]]) -> Iterator[tuple[str, Function]]:
    above = at = None
    for address, name, kind, module in reversed(symbols):
        if at is not None and address < at:
            above = at
        at = address
        if kind in _CODE and address:
            span = above - address if above is not None else 0
            yield module, Function(name, address, span, span)


def read_modules(text: str) -> list[LoadedModule]:
    """Where each module lies; none where the kernel hides addresses."""
    found = (_MODULE.match(line) for line in text.splitlines())
    made = (LoadedModule(each[1], int(each[2]), int(each[3], 16)) for each in found if each)
    return [each for each in made if each.address]
