"""page_owner_sort's own argument vector -> a Selection, with getopt_long's habits.

Flags may be bundled, long options shortened and stand anywhere; of several orders the last
counts (the 7.3 tool refuses several). What stands before a mistake is seen before it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pageowner_sql.errors import UsageError
from pageowner_sql.sort.options import BY_TIMES, Compat, CullKey, Selection, SortBy, SortKey

USAGE = "usage: page_owner_sort [OPTIONS] INPUT OUTPUT"

_FLAGS: dict[str, SortBy] = {
    "-a": SortBy(SortKey.ALLOC_TS),
    "-m": SortBy(SortKey.PAGES, descending=True),
    "-n": SortBy(SortKey.NAME),
    "-p": SortBy(SortKey.PID),
    "-P": SortBy(SortKey.TGID),
    "-r": SortBy(SortKey.FREE_TS),
    "-s": SortBy(SortKey.STACKTRACE),
    "-t": SortBy(SortKey.TIMES, descending=True),
}
_SORT_KEYS: dict[str, SortKey] = {
    "p": SortKey.PID,
    "tg": SortKey.TGID,
    "n": SortKey.NAME,
    "st": SortKey.STACKTRACE,
    "T": SortKey.TXT,
    "ft": SortKey.FREE_TS,
    "at": SortKey.ALLOC_TS,
    "ator": SortKey.ALLOCATOR,
}
_CULL_KEYS: dict[str, CullKey] = {
    "p": CullKey.PID,
    "tg": CullKey.TGID,
    "n": CullKey.NAME,
    "f": CullKey.FREE,
    "st": CullKey.STACKTRACE,
    "ator": CullKey.ALLOCATOR,
}
_LONG_SORT_KEYS = {str(key): key for key in _SORT_KEYS.values()}
_LONG_CULL_KEYS = {str(key): key for key in _CULL_KEYS.values()}

# The options of each kernel's tool; None is this program, which has all of them.
_SHORT: dict[Compat | None, str] = {
    None: "adfmnprstPh",
    Compat.V5_10: "",
    Compat.V6_1: "adfmnprstP",
    Compat.V7_3: "admnpstPh",
}
LONG = ("pid=", "tgid=", "name=", "cull=", "sort=")
_HELP = frozenset({"-h", "--help"})

# strtol's grammar; more digits than these fit in no number of its.
_NUMBER = re.compile(r"[ \t\n\v\f\r]*[+-]?0*[0-9]{1,19}")


@dataclass(frozen=True)
class SortArguments:
    """A call: what to report, and the files named, in order. `help`: only that was asked for."""

    selection: Selection
    files: tuple[str, ...]
    help: bool = False


def _numbers(option: str, text: str, compat: Compat | None) -> tuple[int, ...]:
    """A list of pids. The C tools keep a long in an int; without `compat` only ints are taken."""
    bits = 31 if compat is None else 63
    numbers = []
    for word in text.split(","):
        number = int(word) if _NUMBER.fullmatch(word) else 1 << 63
        if not -(1 << bits) <= number < 1 << bits:
            raise UsageError(f"wrong/invalid {option} in the command line: {text}")
        numbers.append((number + (1 << 31)) % (1 << 32) - (1 << 31))
    return tuple(numbers)


def _cull(text: str, compat: Compat | None) -> frozenset[CullKey]:
    keys = set()
    for word in text.split(","):
        key = _CULL_KEYS.get(word) or _LONG_CULL_KEYS.get(word)
        if key is None or (key is CullKey.FREE and compat is Compat.V7_3):
            raise UsageError(f"wrong argument after --cull option: {text}")
        keys.add(key)
    return frozenset(keys)


def _sort(text: str, compat: Compat | None) -> tuple[SortBy, ...]:
    order = []
    for word in text.split(","):
        name = word[1:] if word[:1] in {"+", "-"} else word
        key = _SORT_KEYS.get(name) or _LONG_SORT_KEYS.get(name)
        if key is None or (key is SortKey.FREE_TS and compat is Compat.V7_3):
            raise UsageError(f"wrong argument after --sort option: {text}")
        order.append(SortBy(key, descending=word.startswith("-")))
    return tuple(order)


class _Call:
    """What the options read so far say."""

    def __init__(self, compat: Compat | None) -> None:
        self.compat = compat
        self.sort: tuple[SortBy, ...] | None = None
        self.flags: set[str] = set()
        self.cull: frozenset[CullKey] = frozenset()
        self.filters: dict[str, tuple[int, ...]] = {}
        self.names: tuple[bytes, ...] | None = None
        self.unreleased_only = False

    def take(self, option: str, value: str) -> None:
        if option in _FLAGS:
            self.flags.add(option)
            self.sort = (_FLAGS[option],)
        elif option == "-f":
            self.unreleased_only = True
        elif option in {"--pid", "--tgid"}:
            self.filters[option] = _numbers(option[2:], value, self.compat)
        elif option == "--name":
            self.names = tuple(name.encode("utf-8", "surrogateescape") for name in value.split(","))
        elif option == "--cull":
            self.cull |= _cull(value, self.compat)
        elif option == "--sort":
            order = _sort(value, self.compat)
            # The 7.3 tool reads --sort, complains of a wrong one, and forgets it.
            self.sort = self.sort if self.compat is Compat.V7_3 else order

    def selection(self) -> Selection:
        if self.compat is Compat.V7_3 and len(self.flags) > 1:
            raise UsageError(f"only one of {' '.join(sorted(self.flags))} is allowed; {USAGE}")
        default = () if self.compat is Compat.V6_1 and not self.cull else BY_TIMES
        return Selection(
            sort=default if self.sort is None else self.sort,
            cull=self.cull,
            pids=self.filters.get("--pid"),
            tgids=self.filters.get("--tgid"),
            names=self.names,
            unreleased_only=self.unreleased_only,
            compat=self.compat,
        )


def split_options(
    words: Sequence[str], short: str, long: Sequence[str], own: Sequence[str] = ()
) -> tuple[list[tuple[str, str]], list[str]]:
    """getopt_long over `words`: options with their values, and the other words, up to a help.

    Long names end in `=` where they take a value; those of `own` cannot be shortened. Raises
    UsageError where an option is unknown, ambiguous or lacks its value.
    """
    options: list[tuple[str, str]] = []
    others: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            others += rest
        elif word.startswith("--"):
            options.append(_long(word[2:], rest, long, own))
        elif word.startswith("-") and word != "-":
            options += _flags(word[1:], short)
        else:
            others.append(word)
            # So says POSIX, and so does getopt_long where it is asked to.
            others += rest if "POSIXLY_CORRECT" in os.environ else ()
        if options and options[-1][0] in _HELP:
            break
    return options, others


def _flags(letters: str, short: str) -> Iterator[tuple[str, str]]:
    for letter in letters:
        if letter not in short:
            raise UsageError(f"invalid option -- '{letter}'; {USAGE}")
        yield f"-{letter}", ""
        if letter == "h":
            return


def _long(
    word: str, rest: Iterator[str], long: Sequence[str], own: Sequence[str]
) -> tuple[str, str]:
    asked, equals, value = word.partition("=")
    name = _full_name(asked, long, own)
    if not name.endswith("="):
        if equals:
            raise UsageError(f"option '--{name}' takes no value; {USAGE}")
        return f"--{name}", ""
    if not equals:
        following = next(rest, None)
        if following is None:
            raise UsageError(f"option '--{name[:-1]}' needs a value; {USAGE}")
        value = following
    return f"--{name[:-1]}", value


def _full_name(asked: str, long: Sequence[str], own: Sequence[str]) -> str:
    for name in (*long, *own):
        if name.rstrip("=") == asked:
            return name
    meant = [name for name in long if name.startswith(asked)]
    if len(meant) != 1:
        fault = "is ambiguous" if meant else "is unknown"
        raise UsageError(f"option '--{asked}' {fault}; {USAGE}")
    return meant[0]


def long_options(compat: Compat | None) -> tuple[str, ...]:
    """The long options that this tool knows; help came after 6.1."""
    return LONG if compat is Compat.V6_1 else (*LONG, "help")


def short_options(compat: Compat | None) -> str:
    """The flags that this tool knows."""
    return _SHORT[compat]


def read_options(
    options: Sequence[tuple[str, str]], files: Sequence[str], compat: Compat | None
) -> SortArguments:
    """The call that getopt's result makes. Raises UsageError as the tool would complain."""
    if compat is Compat.V5_10 and options and options[0][0] not in _HELP:
        raise UsageError(f"the 5.10 tool has no option {options[0][0]}; {USAGE}")
    call = _Call(compat)
    for option, value in options:
        if option in _HELP:
            return SortArguments(Selection(), tuple(files), help=True)
        call.take(option, value)
    return SortArguments(call.selection(), tuple(files))


def compat_of(text: str | None, given_by: str = "--compat") -> Compat | None:
    """The kernel's tool that `text` names. Raises UsageError for an unknown one."""
    if not text:
        return None
    try:
        return Compat(text)
    except ValueError:
        known = ", ".join(Compat)
        raise UsageError(f"{given_by} {text}: no such tool; there are {known}") from None


def selection_of(words: Sequence[str], compat: str | None) -> Selection:
    """What page_owner_sort's words select. Raises UsageError for one that it does not have."""
    tool = compat_of(compat, "compat")
    options, files = split_options(words, short_options(tool), long_options(tool))
    return read_options(options, files, tool).selection
