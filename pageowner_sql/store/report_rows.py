"""A report with a row a record: DuckDB orders numbers, native/report_rows.c writes their texts."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import nanoarrow as na

from pageowner_sql.native.library import library
from pageowner_sql.store.database import Database, Parameters
from pageowner_sql.store.translate import translated

# Bytes of rows in memory at once, and as many ahead.
BUFFER = 8 << 20


class Constant(NamedTuple):
    """A piece of a row's text that is the same in every row."""

    text: bytes


class Number(NamedTuple):
    """A piece that is a column's number in decimal digits; nothing where it is NULL."""

    column: str


class TextColumn(NamedTuple):
    """A piece: the text that has the number in a column, of the texts of that name."""

    column: str
    texts: str


Piece = Constant | Number | TextColumn
Statement = tuple[str, Parameters]


class _Text(ctypes.Structure):
    _fields_ = (("at", ctypes.c_void_p), ("size", ctypes.c_int64))


class _Piece(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int32),
        ("column", ctypes.c_void_p),
        ("valid", ctypes.c_void_p),
        ("first", ctypes.c_int64),
        ("texts", ctypes.POINTER(_Text)),
        ("count", ctypes.c_int64),
    )


_CONSTANT, _NUMBER, _TEXT = range(3)


def stream_rows(
    database: Database,
    rows: Statement,
    texts: Mapping[tuple[str, ...], Statement],
    pieces: Sequence[Piece],
) -> Iterator[memoryview]:
    """Pieces of the rows' concatenated texts, in the order of `rows`.

    `rows` has columns of BIGINT, not negative; each of `texts` a number, below their count or equal
    to it, and a BLOB for each of the names. The connection must be left alone until the last piece
    came, and each piece is good until the next one is asked for. Raises IndexError where a row has
    a text that is not there.
    """
    writer = RowWriter(pieces)
    with translated(database.path):
        for names, (sql, parameters) in texts.items():
            result = database.connection.sql(sql, params=dict(parameters))
            writer.learn(names, [na.c_array(batch) for batch in na.ArrayStream(result)])
    return _ahead(_written(database, rows, writer))


def _written(database: Database, rows: Statement, writer: RowWriter) -> Iterator[memoryview]:
    sql, parameters = rows
    with translated(database.path):
        result = database.connection.sql(sql, params=dict(parameters))
        for batch in na.ArrayStream(result).iter_chunks():
            yield from writer.write(na.c_array(batch))


class RowWriter:
    """Writes rows of Arrow numbers as texts."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        found = library()
        self._native = found
        self._native.report_rows.restype = ctypes.c_int64
        self._pieces = pieces
        constants = [piece.text for piece in pieces if isinstance(piece, Constant)]
        # What the tables of texts point into.
        self._held: list[Any] = [ctypes.create_string_buffer(text) for text in constants]
        self._constants = {
            text: (_Text * 1)(_Text(ctypes.addressof(held), len(text)))
            for text, held in zip(constants, self._held, strict=True)
        }
        self._texts: dict[str, ctypes.Array[_Text]] = {}
        # One of them is written to while the other is in use.
        self._buffers = [bytearray(BUFFER), bytearray(BUFFER)]

    def learn(self, names: Sequence[str], batches: Sequence[Any]) -> None:
        """Take texts from Arrow arrays of a number and a binary column for each of the names."""
        self._held.append(batches)
        count = sum(batch.length for batch in batches) + 1
        for place, name in enumerate(names, 1):
            table = self._texts[name] = (_Text * count)()
            for batch in batches:
                self._learn(batch, place, table)

    def _learn(self, batch: Any, place: int, table: ctypes.Array[_Text]) -> None:
        numbers, texts = batch.child(0), batch.child(place)
        done = self._native.report_texts(
            ctypes.c_void_p(numbers.buffers[1] + 8 * (batch.offset + numbers.offset)),
            ctypes.c_void_p(texts.buffers[1] + 4 * (batch.offset + texts.offset)),
            ctypes.c_void_p(texts.buffers[2]),
            ctypes.c_int64(batch.length),
            table,
            ctypes.c_int64(len(table)),
        )
        if not done:
            raise IndexError("a text has a number that is out of range")

    def write(self, batch: Any) -> Iterator[memoryview]:
        """The texts of a batch's rows; each piece is good until the one after the next is made."""
        columns = {batch.schema.child(k).name: batch.child(k) for k in range(batch.n_children)}
        pieces = (_Piece * len(self._pieces))(
            *(self._piece(piece, columns, batch.offset) for piece in self._pieces)
        )
        size = ctypes.c_int64()
        at = 0
        while at < batch.length:
            buffer = self._buffers[0]
            done = self._native.report_rows(
                pieces,
                ctypes.c_int32(len(pieces)),
                ctypes.c_int64(at),
                ctypes.c_int64(batch.length),
                (ctypes.c_char * len(buffer)).from_buffer(buffer),
                ctypes.c_int64(len(buffer)),
                ctypes.byref(size),
            )
            if done < 0:
                raise IndexError("a row has a text that is not there")
            if not done:
                self._buffers[0] = bytearray(size.value)
                continue
            at += done
            self._buffers.reverse()
            yield memoryview(buffer)[: size.value]

    def _piece(self, piece: Piece, columns: Mapping[str, Any], offset: int) -> _Piece:
        if isinstance(piece, Constant):
            return _Piece(_CONSTANT, None, None, 0, self._constants[piece.text], 1)
        values = columns[piece.column]
        valid, numbers = values.buffers
        first = offset + values.offset
        if isinstance(piece, Number):
            return _Piece(_NUMBER, numbers, valid or None, first, None, 0)
        known = self._texts[piece.texts]
        return _Piece(_TEXT, numbers, valid or None, first, known, len(known))


def _ahead(pieces: Iterator[memoryview]) -> Iterator[memoryview]:
    """The same pieces, each made in another thread while the one before it is in use."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = thread.submit(next, pieces, None)
            yield piece
