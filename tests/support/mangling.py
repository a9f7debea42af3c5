"""What happens to kernel text on its way into a bug report: each a function from lines to lines."""

from __future__ import annotations

import quopri
import re
from collections.abc import Callable

Mangle = Callable[[bytes], bytes]

_FRAME = re.compile(rb"^ (?=\S)", re.MULTILINE)
_LINE = re.compile(rb"^(?=.)", re.MULTILINE)
_EVERY_LINE = re.compile(rb"^(?!\Z)", re.MULTILINE)


def _before_each(prefix: bytes) -> Mangle:
    """Put the same before every line, empty ones too."""
    return lambda text: _EVERY_LINE.sub(prefix.replace(b"\\", rb"\\"), text)


def _numbered(shape: bytes) -> Mangle:
    """Put a prefix of one shape before every line; its number differs."""

    def mangle(text: bytes) -> bytes:
        lines = text.removesuffix(b"\n").split(b"\n")
        return b"".join(shape % (7 + 31 * at) + line + b"\n" for at, line in enumerate(lines))

    return mangle


def _frames(blanks: bytes) -> Mangle:
    return lambda text: _FRAME.sub(blanks, text)


def wrap(text: bytes, width: int = 72) -> bytes:
    """Break long lines at their last blank before `width`, as mail programs do."""
    out: list[bytes] = []
    for line in text.split(b"\n"):
        rest = line
        while len(rest) > width and (at := rest.rfind(b" ", 1, width)) > 0:
            out.append(rest[:at])
            rest = rest[at + 1 :]
        out.append(rest)
    return b"\n".join(out)


def _screen(text: bytes) -> bytes:
    """Break lines where the screen ends."""
    out: list[bytes] = []
    for line in text.split(b"\n"):
        out += [line[at : at + 80] for at in range(0, len(line), 80)] or [b""]
    return b"\n".join(out)


def _double_spaced(text: bytes) -> bytes:
    return text.replace(b"\n", b"\n\n")


def _no_break(text: bytes) -> bytes:
    return re.sub(rb"(?m)^ |  ", lambda found: b"\xc2\xa0" * len(found[0]), text)


def _quoted_printable(text: bytes) -> bytes:
    return quopri.encodestring(text)


def _colored(text: bytes) -> bytes:
    return re.sub(rb"(?m)^(.+)$", b"\x1b[32m\\1\x1b[0m", text)


# What changes lines, in the order in which it happens: a pair is applied so.
CONTENT: dict[str, Mangle] = {
    "frames behind two blanks": _frames(b"  "),
    "frames behind a tab": _frames(b"\t"),
    "frames behind nothing": _frames(b""),
    "blanks behind every line": lambda text: re.sub(rb"(?m)(?<=.)$", b"  ", text),
    "double-spaced": _double_spaced,
}
SURROUNDINGS: dict[str, Mangle] = {
    "a prompt above": lambda text: b"# cat /sys/kernel/debug/page_owner\n" + text,
    "prose around": lambda text: (
        b"Hi all,\n\nI see this on 6.1:\n\n" + text + b"\nThanks,\nA. B.\n"
    ),
    "a code fence": lambda text: b"```\n" + text + b"```\n",
}
WRAPPING: dict[str, Mangle] = {"wrapped by a mail program": wrap, "wrapped by a screen": _screen}
PREFIXES: dict[str, Mangle] = {
    "quoted": _before_each(b"> "),
    "quoted twice": _before_each(b">> "),
    "indented": _before_each(b"    "),
    "indented by a tab": _before_each(b"\t"),
    "printk": _numbered(b"[   12.%06d] "),
    "printk with a caller": _numbered(b"[   12.%06d][   T70] "),
    "dmesg of today": _numbered(b"[   12.%06d] [    T70] "),
    "syslog": _numbered(b"Jan  1 12:00:00 myhost kernel: [   12.%06d] "),
    "journalctl -o short-iso-precise": _numbered(
        b"2024-01-01T12:00:00.%06d+01:00 my-host kernel: "
    ),
    "/dev/kmsg": _numbered(b"4,1234,12%06d,-;"),
    "netconsole": _numbered(b"6,416,1%06d,-,caller=T70;"),
    "logcat": _numbered(b"01-01 12:00:00.%03d     0     0 W KERNEL  : "),
    "logread": _numbered(b"Mon Jan  1 12:00:00 2024 kern.warn kernel: [   12.%06d] "),
    "GitHub's timestamps": _numbered(b"2024-01-01T12:00:00.%07dZ "),
    "a vendor's CPU and task": _numbered(b"<6>[   12.%06d]  (2)[70:probe]"),
    "line numbers": _numbered(b"%d: "),
}
ENCODINGS: dict[str, Mangle] = {
    "CR LF": lambda text: text.replace(b"\n", b"\r\n"),
    "a byte order mark": lambda text: b"\xef\xbb\xbf" + text,
    "UTF-16": lambda text: text.decode("utf-8").encode("utf-16"),
    "UTF-16, the other end first": lambda text: b"\xfe\xff" + text.decode().encode("utf-16-be"),
    "UTF-16 without its mark": lambda text: text.decode().encode("utf-16-le"),
    "no-break spaces": _no_break,
    "quoted-printable": _quoted_printable,
    "colors": _colored,
    "no last newline": lambda text: text.rstrip(b"\n"),
}
STAGES = (CONTENT, SURROUNDINGS, WRAPPING, PREFIXES, ENCODINGS)
MANGLINGS: dict[str, Mangle] = {name: how for stage in STAGES for name, how in stage.items()}
_ORDER = {name: (at, name) for at, stage in enumerate(STAGES) for name in stage}


def pair_of(first: str, second: str) -> bool:
    """Whether both can happen to one text: it has one encoding, and frames stand in one way."""
    same_stage = _ORDER[first][0] == _ORDER[second][0]
    if same_stage and first in ENCODINGS:
        return "UTF-16" not in first + second
    return not (
        same_stage
        and first in CONTENT
        and first.startswith("frames") == second.startswith("frames")
    )


def mangle(text: bytes, *names: str) -> bytes:
    """Apply manglings in the order in which they happen."""
    for name in sorted(names, key=_ORDER.__getitem__):
        text = MANGLINGS[name](text)
    return text
