"""Reads the tensors of a TensorFlow checkpoint (the V2 "bundle" format) with numpy alone.

``.index`` is a LevelDB table (blocks of prefix-compressed keys, a footer with handles) whose values are
``BundleEntryProto`` messages; ``.data-00000-of-00001`` holds the raw little-endian values.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from segue.tools.core.errors import UnreadableMedia

_MAGIC = 0xDB4775248B80FB57  # of LevelDB's table footer
_FLOAT = 1  # DataType.DT_FLOAT


def read_checkpoint(prefix: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Return every float32 tensor by its name.

    ``prefix`` is the checkpoint's path without ``.index`` and ``.data-…``; it may be a folder whose
    files have no name before the dot.

    Raises
    ------
    UnreadableMedia : the files are not such a checkpoint.
    """
    index = prefix.parent / (prefix.name + ".index") if not prefix.is_dir() else prefix / ".index"
    data = index.with_name(index.name[: -len(".index")] + ".data-00000-of-00001")
    try:
        table, values = index.read_bytes(), np.memmap(data, dtype=np.uint8, mode="r")
        out = {}
        for name, entry in _entries(table):
            kind, shape, offset, size = _entry(entry)
            if name and kind == _FLOAT:
                raw = values[offset : offset + size]
                out[name] = np.frombuffer(raw.tobytes(), dtype="<f4").reshape(shape)
    except (IndexError, ValueError, struct.error, OSError) as error:
        raise UnreadableMedia(f"{index.parent.name} holds no readable weights.", "Run: segue doctor --fix.") from error
    return out


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7


def _entries(table: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield key and value of every row, by way of the index block that the footer points to."""
    if struct.unpack("<Q", table[-8:])[0] != _MAGIC:
        raise ValueError("not a table")
    footer = table[-48:]
    _, at = _varint(footer, 0)  # the metaindex block's handle comes first
    _, at = _varint(footer, at)
    offset, at = _varint(footer, at)
    size, _ = _varint(footer, at)
    for _, handle in _rows(table, offset, size):
        start, at = _varint(handle, 0)
        length, _ = _varint(handle, at)
        for key, value in _rows(table, start, length):
            yield key.decode(), value


def _rows(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the rows of one block: keys share a prefix with the one before; restarts stand at the end."""
    if table[offset + size] != 0:
        raise ValueError("compressed block")
    block = table[offset : offset + size]
    end = len(block) - 4 - 4 * struct.unpack("<I", block[-4:])[0]
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        fresh, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + fresh]
        yield key, block[at + fresh : at + fresh + length]
        at += fresh + length


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of a protocol buffer's fields."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        if tag & 7 == 0:
            number, at = _varint(message, at)
            yield tag >> 3, number
        elif tag & 7 == 2:
            length, at = _varint(message, at)
            yield tag >> 3, message[at : at + length]
            at += length
        elif tag & 7 == 5:
            yield tag >> 3, message[at : at + 4]
            at += 4
        else:
            raise ValueError("unexpected field")


def _entry(message: bytes) -> tuple[int, tuple[int, ...], int, int]:
    """Return type, shape, offset and size in bytes of a ``BundleEntryProto``."""
    kind = offset = size = 0
    shape: list[int] = []
    for number, value in _fields(message):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 2 and isinstance(value, bytes):
            for field, dim in _fields(value):
                if field == 2 and isinstance(dim, bytes):
                    shape.append(next((v for n, v in _fields(dim) if n == 1 and isinstance(v, int)), 0))
        elif number == 4 and isinstance(value, int):
            offset = value
        elif number == 5 and isinstance(value, int):
            size = value
    return kind, tuple(shape), offset, size
