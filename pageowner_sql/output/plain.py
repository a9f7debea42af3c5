"""Text that others chose, made safe to look at: what cannot be seen is spelled out."""

import re
import unicodedata

# Controls, and the format characters that reorder or hide the text around them.
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
    r"""`text` with every control, bidi mark and lone surrogate spelled as `\xNN` or `\uNNNN`.

    The tables write a backslash of a name as two, so the spelling cannot be forged.
    """
    return _MAYBE_UNSEEN.sub(_spell, text)


def printable_lines(text: str) -> str:
    """Spell out what cannot be seen, but keep line breaks and tabs: for SQL."""
    return "\n".join(printable(line.expandtabs(4)) for line in text.split("\n"))
