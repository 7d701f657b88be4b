"""The messages between the decoder's parent and child: a JSON header, then raw bytes, over unbuffered pipes.

Unbuffered, because a process that forks while a thread of it is writing would inherit, and later flush, half a message.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from io import RawIOBase
from typing import Any

_LENGTH = struct.Struct(">I")
_MAX_HEADER = 64 * 1024


def write_frame(pipe: RawIOBase, header: dict[str, Any], parts: Sequence[bytes] = ()) -> None:
    """Write one message. Raises OSError when the other side is gone."""
    text = json.dumps({**header, "parts": [len(part) for part in parts]}).encode()
    for piece in (_LENGTH.pack(len(text)) + text, *parts):
        rest = memoryview(piece)
        while rest:
            rest = rest[pipe.write(rest) or 0 :]


def read_frame(pipe: RawIOBase) -> tuple[dict[str, Any], list[bytearray]]:
    """Read one message: its header, and its parts as writable buffers.

    Raises EOFError when the other side closed the pipe, ValueError when it talks nonsense.
    """
    (length,) = _LENGTH.unpack(_read_exactly(pipe, _LENGTH.size))
    if length > _MAX_HEADER:
        raise ValueError(f"a header of {length} bytes")
    header = json.loads(_read_exactly(pipe, length))
    return header, [_read_exactly(pipe, size) for size in header.pop("parts")]


def _read_exactly(pipe: RawIOBase, size: int) -> bytearray:
    buffer = bytearray(size)
    rest = memoryview(buffer)
    while rest:
        count = pipe.readinto(rest)
        if not count:
            raise EOFError(f"{len(rest)} bytes missing")
        rest = rest[count:]
    return buffer
