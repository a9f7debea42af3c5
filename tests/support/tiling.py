"""What holds for every parser of kernel text: its items tile the input."""

from collections.abc import Callable, Iterable, Iterator

from pageowner_sql.dump.lines import Filler, Item, Reject

Parser = Callable[[Iterable[bytes]], Iterator[Item]]


def parse_tiled(parser: Parser, data: bytes, chunks: Iterable[bytes] | None = None) -> list[Item]:
    """Parse `data` and return its items, once they are known to cover it without gap or overlap."""
    items = list(parser([data] if chunks is None else chunks))
    offset = lines = 0
    for item in items:
        assert item.at.offset == offset
        assert item.at.line == data.count(b"\n", 0, offset) + 1
        offset += item.at.size
        lines += item.at.lines
        if isinstance(item, Reject):
            assert item.raw == data[item.at.offset : offset]
            assert item.reason
            assert len(item.raw) <= 1 << 20
    assert offset == len(data)
    assert lines == data.count(b"\n") + (data[-1:] not in {b"", b"\n"})
    return items


def rows_of(items: Iterable[Item]) -> list[Item]:
    """Return the items that are neither filler nor rejects."""
    return [item for item in items if not isinstance(item, Filler | Reject)]


def rejects_of(items: Iterable[Item]) -> list[Reject]:
    """Return the rejects."""
    return [item for item in items if isinstance(item, Reject)]


def pieces(data: bytes, size: int) -> list[bytes]:
    """Cut `data` into chunks of `size` bytes, as a slow pipe would."""
    return [data[at : at + size] for at in range(0, len(data), size)]
