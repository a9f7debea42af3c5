"""The Arrow file format: the messages of the stream format, and a footer that says where they lie.

nanoarrow writes messages but no footers.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

from nanoarrow.ipc import StreamWriter

if TYPE_CHECKING:
    from typing_extensions import Buffer

_MAGIC = b"ARROW1"
# MetadataVersion V5 of format/Schema.fbs.
_VERSION = 4

# A flatbuffer of type Footer (format/File.fbs). Where its table lies; then the vtable: its size,
# the table's, and the places in it of version, schema, dictionaries (none) and record batches; then
# the table: the way back to the vtable, the version, the ways to the schema and to the batches.
_HEAD = struct.Struct("<I4x6Hihxx2I")
_VTABLE, _TABLE = 8, 20
_SCHEMA_AT, _BATCHES_AT = 8, 12
# A struct Block: where a message lies, and the sizes of its metadata and its body.
_BLOCK = struct.Struct("<qi4xq")
# What each message begins with: a marker, and the size of the metadata.
_PREFIX = struct.Struct("<Ii")


class _Sink:
    """Passes bytes on to a file, counts them, and keeps the first ones of a message."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = 0
        self.prefix = b""

    def write(self, data: Buffer) -> int:
        """Write all of `data`."""
        view = memoryview(data)
        self.prefix += bytes(view[: _PREFIX.size - len(self.prefix)])
        self.file.write(view)
        self.size += len(view)
        return len(view)


class ArrowFile:
    """Writes record batches to a file from start to end; use it in a `with`.

    `nothing` is a stream of Arrow data without rows that has the schema.
    """

    def __init__(self, file: BinaryIO, nothing: Any) -> None:
        message = io.BytesIO()
        StreamWriter.from_writable(message).write_stream(nothing)
        self._schema = message.getvalue()
        self._blocks: list[bytes] = []
        self._sink = _Sink(file)
        self._sink.write(_MAGIC + b"\0\0" + self._schema)
        self._writer = StreamWriter.from_writable(self._sink)

    def write_array(self, batch: Any) -> None:
        """Write one record batch."""
        start = self._sink.size
        self._sink.prefix = b""
        self._writer.write_array(batch, write_schema=False)
        metadata = _PREFIX.size + _PREFIX.unpack(self._sink.prefix)[1]
        self._blocks.append(_BLOCK.pack(start, metadata, self._sink.size - start - metadata))

    def __enter__(self) -> ArrowFile:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._writer.release()
            return
        self._writer.close()
        footer = _footer(self._blocks, self._schema[_PREFIX.size :])
        self._sink.write(footer + struct.pack("<i", len(footer)) + _MAGIC)


def _footer(blocks: list[bytes], schema: bytes) -> bytes:
    """A footer. Offsets are relative, so the schema stays as it is in its message's metadata."""
    batches = struct.pack("<I", len(blocks)) + b"".join(blocks)
    place = _HEAD.size + len(batches) + _schema_place(schema)
    vtable = (12, 16, 4, _SCHEMA_AT, 0, _BATCHES_AT)
    ways = (place - _TABLE - _SCHEMA_AT, _HEAD.size - _TABLE - _BATCHES_AT)
    return _HEAD.pack(_TABLE, *vtable, _TABLE - _VTABLE, _VERSION, *ways) + batches + schema


def _schema_place(metadata: bytes) -> int:
    """Where the schema's table lies in a flatbuffer of type Message (format/Message.fbs)."""
    [table] = struct.unpack_from("<I", metadata)
    [way] = struct.unpack_from("<i", metadata, table)
    # The third field, after the version and the header's type.
    [field] = struct.unpack_from("<H", metadata, table - way + 8)
    [offset] = struct.unpack_from("<I", metadata, table + field)
    return int(table + field + offset)
