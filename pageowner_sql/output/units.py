"""Numbers with units. web/src/format.ts formats them equally in the browser."""

from decimal import ROUND_HALF_UP, Decimal

_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_MINUS = "\N{MINUS SIGN}"
_SECOND = 1_000_000_000


def count(number: int) -> str:
    """`1234567` as `1,234,567`."""
    return f"{number:,}".replace("-", _MINUS)


def size(number: float) -> str:
    """Bytes with three digits and a binary unit: `1.44 MiB`."""
    sign, number = (_MINUS, -number) if number < 0 else ("", number)
    step = 0
    while number >= 1023.5 and step < len(_BINARY) - 1:
        number /= 1024
        step += 1
    return f"{sign}{_three_figures(number) if step else f'{_fixed(number, 0)}'} {_BINARY[step]}"


def _fixed(number: float, places: int) -> str:
    """Round halves up, like toFixed in the browser; exact halves are common in sizes."""
    return str(Decimal(number).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def _three_figures(number: float) -> str:
    if number >= 99.95:
        return _fixed(number, 0)
    return _fixed(number, 1 if number >= 9.995 else 2)


def share(part: float) -> str:
    """Format a part of one as a percentage; a tiny part is not shown as 0."""
    if 0 < part < 0.0005:
        return "<0.1 %"
    return f"{_fixed(100 * part, 1)} %"


def signed(text: str) -> str:
    """Give a formatted number its sign: `+12 KiB`; no change is `0` without a unit."""
    if text.startswith(_MINUS):
        return text
    return "0" if text.split(" ", maxsplit=1)[0] == "0" else f"+{text}"


def duration(nanoseconds: int) -> str:
    """`2.50 s`, `3 min 20 s`, `5 h 03 min`, `2 d 4 h`: at most two units."""
    seconds = nanoseconds / _SECOND
    if seconds < 1:
        return f"{_fixed(seconds * 1000, 0)} ms"
    if seconds < 59.995:
        return f"{_three_figures(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02d} min"
    return f"{hours // 24} d {hours % 24} h"
