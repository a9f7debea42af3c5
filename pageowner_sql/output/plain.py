"""Makes text from outside safe to display: invisible characters are spelled out."""

import re
import unicodedata

# Control characters, and format characters that reorder or hide text.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_MAYBE_UNSEEN = re.compile(r"[^\x20-\x7e]")


def _spell(match: re.Match[str]) -> str:
    char = match.group()
    if unicodedata.category(char) not in _UNSEEN:
        return char
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def printable(text: str) -> str:
    r"""`text` with every control, bidi mark and lone surrogate written as `\xNN` or `\uNNNN`.

    Tables double the backslashes of a name, so a name cannot imitate this.
    """
    return _MAYBE_UNSEEN.sub(_spell, text)


def printable_lines(text: str) -> str:
    """Spell out invisible characters except line breaks and tabs, for SQL."""
    return "\n".join(printable(line.expandtabs(4)) for line in text.split("\n"))
