"""Rows' texts: gather.c writes what Python joins, for any pieces."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pageowner_sql.native import gather as gathering
from pageowner_sql.native.gather import Texts, Values, gather
from pageowner_sql.native.library import load
from pageowner_sql.native.pieces import Constant, Number, Piece, Text

NUMBERS = st.one_of(st.integers(0, 2**63 - 1), st.sampled_from([0, 9, 10, 99, 2**63 - 1]))
PIECES = st.lists(
    st.one_of(
        st.builds(Constant, st.binary(max_size=5)),
        st.just(Number("n")),
        st.just(Text("t", "texts")),
    ),
    max_size=6,
)


@given(
    pieces=PIECES,
    texts=st.lists(st.binary(max_size=9), min_size=1, max_size=4),
    rows=st.lists(st.tuples(NUMBERS, st.integers(0, 99), st.booleans()), max_size=9),
    all_valid=st.booleans(),
)
@example(pieces=[Text("t", "texts")], texts=[b""], rows=[(0, 0, True)], all_valid=True)
def test_both_write_the_same(
    pieces: list[Piece], texts: list[bytes], rows: list[tuple[int, int, bool]], all_valid: bool
) -> None:
    numbers = np.array([n for n, _, _ in rows], np.int64)
    indexes = np.array([t % len(texts) for _, t, _ in rows], np.int64)
    valid = None if all_valid else np.array([v for _, _, v in rows], np.bool_)
    columns: Mapping[str, Values] = {"n": Values(numbers, valid), "t": Values(indexes, valid)}
    named = {"texts": Texts(texts)}
    expected = gathering._joined(pieces, columns, named, len(rows))
    assert bytes(gather(pieces, columns, named, len(rows))) == expected
    if found := load():
        made = [gathering._piece(piece, columns, named) for piece in pieces]
        assert bytes(gathering._compiled(found, made, len(rows))) == expected


@pytest.mark.parametrize("index", [-1, 2])
def test_a_text_that_is_not_there(index: int) -> None:
    columns = {"t": Values(np.array([0, index]))}
    with pytest.raises(IndexError):
        gather([Text("t", "texts")], columns, {"texts": Texts([b"a", b"b"])}, 2)
