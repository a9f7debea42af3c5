"""The C tool's argument vector, read as glibc's getopt_long and the tool's own switch read it."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Version = Literal["5.10", "6.1", "7.3"]

INPUT, OUTPUT = "<input>", "<output>"

SORT_KEYS = {
    "p": "pid", "tg": "tgid", "n": "name", "st": "stacktrace",
    "T": "txt", "at": "alloc_ts", "ator": "allocator", "ft": "free_ts",
}  # fmt: skip
CULL_KEYS = {
    "p": "pid", "tg": "tgid", "n": "name", "st": "stacktrace", "ator": "allocator", "f": "free",
}  # fmt: skip
FLAGS = {
    "a": ("alloc_ts", 1), "m": ("pages", -1), "p": ("pid", 1), "P": ("tgid", 1),
    "n": ("name", 1), "s": ("stacktrace", 1), "t": ("times", -1), "r": ("free_ts", 1),
}  # fmt: skip
ONLY_OLD = {"f", "r", "ft", "free_ts", "free"}

_STRTOL = re.compile(rb"[ \t\n\v\f\r]*[+-]?[0-9]+")


class ToolFailed(Exception):
    """The tool stops without a result; `exit_code` is 0 where it does not own up to it."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass
class Options:
    """What the arguments ask for; a filter that was not given is None."""

    sort: list[tuple[str, int]] = field(default_factory=list)
    cull: set[str] = field(default_factory=set)
    pids: list[int] | None = None
    tgids: list[int] | None = None
    names: list[bytes] | None = None
    unreleased: bool = False


class Token(NamedTuple):
    """One option as getopt_long hands it out; `name` is "" for a word that is no option."""

    name: str
    value: str


def parse(args: Sequence[str], version: Version) -> Options:
    """Read `<args> <input> <output>`; raises ToolFailed where the tool exits before it reads."""
    if version == "5.10":
        _want_files(list(args))
        return Options()
    options, flags, words = Options(), set[str](), list[str]()
    for token in _getopt_long([*args, INPUT, OUTPUT], version):
        if token.name == "":
            words.append(token.value)
        elif token.name in FLAGS:
            flags.add(token.name)
            options.sort = [FLAGS[token.name]]
        else:
            _set(options, token, version)
    if version == "7.3":
        options.sort = _modern_sort(flags)
    _want_files(words[:-2] if words[-2:] == [INPUT, OUTPUT] else ["a file was taken for a value"])
    return options


def _modern_sort(flags: set[str]) -> list[tuple[str, int]]:
    """From 6.6 on --sort is read, checked and forgotten; two different flags are an error."""
    if len(flags) > 1:
        raise ToolFailed("usage: one compare option only")
    return [FLAGS[flag] for flag in flags] or [FLAGS["t"]]


def _want_files(others: list[str]) -> None:
    if others:
        raise ToolFailed(f"usage: cannot open {others[0]}")


def _set(options: Options, token: Token, version: Version) -> None:
    match token.name:
        case "h" | "help":
            raise ToolFailed("usage", exit_code=0)
        case "f":
            options.unreleased = True
        case "pid":
            options.pids = _numbers(token)
        case "tgid":
            options.tgids = _numbers(token)
        case "name":
            options.names = os.fsencode(token.value).split(b",")
        case "cull":
            options.cull |= {_key(word, CULL_KEYS, token, version) for word in _words(token)}
            options.sort = options.sort or [FLAGS["t"]]
        case "sort":
            options.sort = [_sort_key(word, token, version) for word in _words(token)]


def _words(token: Token) -> list[str]:
    return token.value.split(",")


def _sort_key(word: str, token: Token, version: Version) -> tuple[str, int]:
    sign, name = (word[0], word[1:]) if word[:1] in ("+", "-") else ("+", word)
    return _key(name, SORT_KEYS, token, version), -1 if sign == "-" else 1


def _key(word: str, keys: dict[str, str], token: Token, version: Version) -> str:
    known = word in keys or word in keys.values()
    if not known or (version == "7.3" and word in ONLY_OLD):
        raise ToolFailed(f"wrong argument after --{token.name} option:{token.value}")
    return keys.get(word, word)


def _numbers(token: Token) -> list[int]:
    return [_strtol(os.fsencode(word), token) for word in _words(token)]


def _strtol(word: bytes, token: Token) -> int:
    """Read a long as strtol does, and store it in an int as the tool does."""
    number = int(word) if _STRTOL.fullmatch(word) else None
    if number is None or not -(2**63) <= number < 2**63:
        message = f"wrong/invalid {token.name} in from the command line:{token.value}"
        raise ToolFailed(message)
    return (number + 2**31) % 2**32 - 2**31


def _getopt_long(words: list[str], version: Version) -> Iterator[Token]:
    """Yield options and other words in their order, as getopt_long does when it may permute."""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            yield from (Token("", other) for other in rest)
            return
        if word.startswith("--"):
            yield _long(word[2:], version, lambda: rest.pop(0) if rest else None)
        elif word.startswith("-") and word != "-":
            yield from (_short(letter, version) for letter in word[1:])
        else:
            yield Token("", word)


def _short(letter: str, version: Version) -> Token:
    if letter not in ("adfmnprstP" if version == "6.1" else "admnpstPh"):
        raise ToolFailed(f"invalid option -- '{letter}'")
    return Token(letter, "")


def _long(word: str, version: Version, following: Callable[[], str | None]) -> Token:
    names = ["pid", "tgid", "name", "cull", "sort", *(["help"] if version == "7.3" else [])]
    asked, equals, value = word.partition("=")
    matches = [asked] if asked in names else [name for name in names if name.startswith(asked)]
    if len(matches) != 1:
        raise ToolFailed(f"unrecognized or ambiguous option '--{asked}'")
    if matches == ["help"]:
        if equals:
            raise ToolFailed("option '--help' doesn't allow an argument")
        return Token("help", "")
    taken = value if equals else following()
    if taken is None:
        raise ToolFailed(f"option '--{matches[0]}' requires an argument")
    return Token(matches[0], taken)
