"""Files that are whole or not there."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from recognizer.domain.errors import NumeralError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""The disk, the person's share of it, or the longest file that is allowed."""


class DiskFull(NumeralError):
    code = "disk_full"
    status = 507
    sentence = "The disk is full."

    @classmethod
    def at(cls, path: Path) -> DiskFull:
        """What a person can do about it."""
        return cls(
            f"There is no room to write {path.name} in {path.parent}. Make some; the training can go on from its last "
            "checkpoint."
        )


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a file beside ``path`` (same suffix), sync it, and rename it into place.

    Raises DiskFull, and whatever else ``write`` does; nothing is left behind then.
    """
    beside = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        write(beside)
        with beside.open("rb") as stream:
            os.fsync(stream.fileno())
        beside.replace(path)
    except Exception as error:
        if is_disk_full(error):
            raise DiskFull.at(path) from error
        raise
    finally:
        beside.unlink(missing_ok=True)


def is_disk_full(error: BaseException | None) -> bool:
    """Whether it, or what it came from, is for want of room. HDF5 and TensorFlow say so only in words."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        if any(os.strerror(number) in str(error) for number in FULL):
            return True
        error = error.__cause__ or error.__context__
    return False


def reserve(path: Path, size: int) -> None:
    """Take the room that a file is going to need: to write into a mapped one on a full disk would kill us.

    Raises DiskFull.
    """
    if not hasattr(os, "posix_fallocate"):
        return
    try:
        with path.open("r+b") as stream:
            os.posix_fallocate(stream.fileno(), 0, size)
    except OSError as error:
        if is_disk_full(error):
            raise DiskFull.at(path) from error
