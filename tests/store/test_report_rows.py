"""native/report_rows.c writes the rows' texts that Python would join, for any pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import nanoarrow as na
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pageowner_sql.store import report_rows
from pageowner_sql.store.arrow import table
from pageowner_sql.store.report_rows import Constant, Number, Piece, RowWriter, TextColumn

Row = tuple[int | None, int | None]

NUMBERS = st.none() | st.integers(0, 2**63 - 1) | st.sampled_from([0, 9, 10, 99, 2**63 - 1])
PIECES = st.lists(
    st.one_of(
        st.builds(Constant, st.binary(max_size=5)),
        st.just(Number("n")),
        st.just(TextColumn("t", "texts")),
    ),
    max_size=6,
)


def joined(pieces: Sequence[Piece], texts: Sequence[bytes], rows: Sequence[Row]) -> bytes:
    """Return what the rows' texts are."""
    parts = []
    for number, text in rows:
        for piece in pieces:
            if isinstance(piece, Constant):
                parts.append(piece.text)
            elif isinstance(piece, Number):
                parts.append(b"" if number is None else b"%d" % number)
            else:
                parts.append(b"" if text is None else texts[text])
    return b"".join(parts)


def batch_of(rows: Sequence[Row]) -> Any:
    """Return rows as an Arrow array."""
    numbers, texts = [n for n, _ in rows], [t for _, t in rows]
    return na.c_array(table({"n": ("int", numbers), "t": ("int", texts)}))


def texts_of(texts: Sequence[tuple[int, bytes]]) -> list[Any]:
    """Return texts and their numbers as Arrow arrays, two of them."""
    return [
        na.c_array(
            table({"number": ("int", [n for n, _ in half]), "raw": ("bytes", [t for _, t in half])})
        )
        for half in (texts[::2], texts[1::2])
    ]


def written(pieces: Sequence[Piece], texts: Sequence[bytes], rows: Sequence[Row]) -> bytes:
    """Return what RowWriter makes of them."""
    writer = RowWriter(pieces)
    writer.learn(["texts"], texts_of(list(enumerate(texts))))
    return b"".join(bytes(text) for text in writer.write(batch_of(rows)))


@pytest.mark.thorough
@given(
    pieces=PIECES,
    texts=st.lists(st.binary(max_size=9), min_size=1, max_size=4),
    rows=st.lists(st.tuples(NUMBERS, st.none() | st.integers(0, 99)), max_size=9),
    room=st.sampled_from([1, 20, 1000]),
)
@example(pieces=[TextColumn("t", "texts")], texts=[b""], rows=[(0, 0)], room=1)
def test_the_same_as_python_joins(
    pieces: list[Piece], texts: list[bytes], rows: list[Row], room: int
) -> None:
    held = [(n, None if t is None else t % len(texts)) for n, t in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report_rows, "BUFFER", room)
        assert written(pieces, texts, held) == joined(pieces, texts, held)


def test_a_slice_of_a_batch() -> None:
    rows: list[Row] = [(None if n % 3 == 0 else n, n % 2) for n in range(50)]
    writer = RowWriter([Number("n"), TextColumn("t", "texts")])
    writer.learn(["texts"], texts_of([(0, b"a"), (1, b"bc")]))
    found = b"".join(bytes(text) for text in writer.write(batch_of(rows)[13:40]))
    assert found == joined([Number("n"), TextColumn("t", "texts")], [b"a", b"bc"], rows[13:40])


@pytest.mark.parametrize("index", [-1, 3])
def test_a_text_that_is_not_there(index: int) -> None:
    with pytest.raises(IndexError):
        written([TextColumn("t", "texts")], [b"a", b"b"], [(0, index)])


@pytest.mark.parametrize("number", [-1, 3])
def test_a_text_with_a_number_out_of_range(number: int) -> None:
    writer = RowWriter([TextColumn("t", "texts")])
    with pytest.raises(IndexError):
        writer.learn(["texts"], texts_of([(number, b"a")]))
