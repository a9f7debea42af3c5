"""pprof's gzipped protobuf, written by hand because it uses only six message types.

Format: https://github.com/google/pprof/blob/main/proto/profile.proto
"""

from __future__ import annotations

import gzip
import re
from itertools import chain
from typing import TYPE_CHECKING

from pageowner_sql.output.flame.tree import sample_path
from pageowner_sql.output.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pageowner_sql.output.model import FlameGraph, FlameSample, Weights

_MODULE = re.compile(r"(?P<function>.*) \[(?P<module>[^]\s]+)\]", re.DOTALL)
_VALUES = (("records", "count"), ("pages", "count"), ("space", "bytes"))
# `pprof -diff_base` marks subtracted samples with this label.
_BASE = ("pprof::base", "true")


def pprof_gz(graph: FlameGraph) -> bytes:
    """Return the file's bytes; an older dump's samples are negative and labelled `pprof::base`."""
    profile = _Profile()
    types = [_int(1, profile.text(kind)) + _int(2, profile.text(unit)) for kind, unit in _VALUES]
    samples = [profile.sample(graph, sample, sign) for sample, sign in _signed(graph)]
    tail = _bytes(11, types[2]) + _int(12, 1) + _int(13, profile.text(printable(graph.title)))
    tail += _int(14, profile.text("space"))
    plumbing, owners = _plumbing(graph)
    tail += _int(7, profile.text("|".join(map(re.escape, plumbing))))
    tail += _int(8, profile.text("|".join(map(re.escape, owners))))
    fields = chain(
        (_bytes(1, body) for body in types),
        (_bytes(2, body) for body in samples),
        (_bytes(3, _int(1, 1) + _int(5, profile.text("[kernel.kallsyms]")) + _int(7, 1)),),
        (_bytes(4, _location(number)) for number in profile.functions.values()),
        (_bytes(5, body) for body in profile.function_bodies()),
        (_bytes(6, text.encode()) for text in profile.strings),
    )
    return gzip.compress(b"".join(fields) + tail, mtime=0)


def _plumbing(graph: FlameGraph) -> tuple[list[str], list[str]]:
    """The functions that pprof leaves out with what they call, and those that it never does.

    The first are below the owner in every stack that has them, the second are owners.
    """
    below: set[str] = set()
    others: set[str] = set()
    owners: set[str] = set()
    for sample in graph.samples:
        names = [_name(printable(frame))[0] for frame in sample.frames]
        at = next((at for at, name in enumerate(names) if _is(name, sample.owner)), 0)
        below.update(names[:at])
        others.update(names[at:])
        owners.update(names[at : at + 1])
    return sorted(below - others), sorted(owners)


def _is(name: str, owner: str) -> bool:
    """Whether a function is the owner; a source line may follow its name."""
    return bool(owner) and name.partition(" (")[0] == owner


def _name(full: str) -> tuple[str, str]:
    """A frame's function and module."""
    match = _MODULE.fullmatch(full)
    return (match["function"], match["module"]) if match else (full, "")


def _signed(graph: FlameGraph) -> Iterator[tuple[FlameSample, int]]:
    for sample in graph.samples:
        if sample.weights.records:
            yield sample, 1
        if sample.old.records:
            yield sample, -1


class _Profile:
    """The tables that samples refer to; a string's or function's number is its index."""

    def __init__(self) -> None:
        self.strings: dict[str, int] = {"": 0}
        self.functions: dict[str, int] = {}

    def text(self, text: str) -> int:
        return self.strings.setdefault(text, len(self.strings))

    def sample(self, graph: FlameGraph, sample: FlameSample, sign: int) -> bytes:
        """Encode one Sample: locations innermost first, three values, labels."""
        path = [printable(name) for _, name in sample_path(graph, sample)]
        places = [self.functions.setdefault(n, len(self.functions) + 1) for n in reversed(path)]
        held: Weights = sample.weights if sign > 0 else sample.old
        values = (sign * held.records, sign * held.pages, sign * held.bytes)
        body = _packed(1, places) + _packed(2, values)
        labels = (*sample.labels, _BASE) if sign < 0 else sample.labels
        return body + b"".join(_bytes(3, self._label(key, value)) for key, value in labels)

    def _label(self, key: str, value: str | int) -> bytes:
        # Readers drop the number 0, and order 0 is the most common, so all labels are text.
        return _int(1, self.text(key)) + _int(2, self.text(printable(str(value))))

    def function_bodies(self) -> list[bytes]:
        """Encode one Function per location, with the module as its file name."""
        bodies = []
        for full, number in self.functions.items():
            name, module = _name(full)
            places = (
                _int(2, self.text(name)) + _int(3, self.text(full)) + _int(4, self.text(module))
            )
            bodies.append(_int(1, number) + places)
        return bodies


def _location(number: int) -> bytes:
    """Encode a Location with that id, in the only mapping and the function of the same id."""
    return _int(1, number) + _int(2, 1) + _bytes(4, _int(1, number))


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _int(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _bytes(field: int, body: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(body)) + body


def _packed(field: int, numbers: Iterable[int]) -> bytes:
    return _bytes(field, b"".join(map(_varint, numbers)))
