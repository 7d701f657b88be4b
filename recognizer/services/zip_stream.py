"""A ZIP archive written as it goes: members in, bytes out, nothing kept."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from io import RawIOBase
from pathlib import PurePosixPath

LONGEST_STEM = 80
ODD = re.compile(r"[^\w.()+,=@ -]")
"""What some system or other doesn't allow in a file's name, or reads as something else."""


class Pipe(RawIOBase):
    """Takes what the archive writes; it is taken away piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def zip_stream(*, members: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """The archive in pieces, one a member; no more than one of them is in memory."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in members:
            # Pictures don't get any smaller.
            packed = zipfile.ZIP_STORED if name.endswith(".jpg") else None
            archive.writestr(name, data, compress_type=packed)
            yield pipe.take()
    yield pipe.take()


def member_name(number: int, given: str, suffix: str) -> str:
    """A name that no other member has, that sorts as the pictures were given, and that leads into no other folder."""
    stem = ODD.sub("_", PurePosixPath(given.replace("\\", "/")).stem)[:LONGEST_STEM].strip(" .")
    return f"{number:05d}-{stem}{suffix}" if stem else f"{number:05d}{suffix}"
