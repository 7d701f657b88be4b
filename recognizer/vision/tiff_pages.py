"""The pages of a TIFF: where they are, and each as a file of its own.

Walks the chain of directories (TIFF 6.0, section 2) itself: Pillow would read every tag of all of them to count, and
counts the small copies and masks that stand between the pages.
"""

from __future__ import annotations

import struct

from recognizer.vision.decode_limits import DecodeLimits

_HEADER = 8
_ENTRY = 12
_NEW_SUBFILE_TYPE, _SUBFILE_TYPE = 254, 255
_REDUCED, _MASK = 1, 4
_REDUCED_BEFORE_1992 = 2
_SHORT = 3

_LOOKED_AT = 16
"""Entries of a directory that are looked at: they are sorted, and no tag in use comes before the two sought."""

_DIRECTORIES_PER_PAGE = 4
"""A page may be followed by a thumbnail and masks; many more directories than that are there to keep us busy."""


def tiff_page_count(data: bytes, limits: DecodeLimits) -> int:
    """How many pages there are, 1 at least: a file without any is refused when it is opened. Raises TooManyPages."""
    return len(_pages(data, limits))


def tiff_page(data: bytes, page: int, limits: DecodeLimits) -> tuple[bytes, int]:
    """One page, from 1, as a file whose first picture it is; and how many there are.

    Raises NoSuchPage and TooManyPages.
    """
    offsets = _pages(data, limits)
    limits.check_page(page, len(offsets))
    if page == 1 and offsets[0] == _first(data):
        return data, len(offsets)
    return data[:4] + struct.pack(_order(data) + "I", offsets[page - 1]) + data[_HEADER:], len(offsets)


def _pages(data: bytes, limits: DecodeLimits) -> list[int]:
    """Where the directories of the pages are: those of small copies and masks are none, unless there are no others."""
    order, offset = _order(data), _first(data)
    pages: list[int] = []
    seen: set[int] = set()
    while _HEADER <= offset <= len(data) - 2 and offset not in seen:  # a chain may lead round in a circle
        seen.add(offset)
        limits.check_pages(max(len(pages), len(seen) // _DIRECTORIES_PER_PAGE))
        (count,) = struct.unpack_from(order + "H", data, offset)
        if _is_page(data, order, offset + 2, min(count, _LOOKED_AT)):
            pages.append(offset)
        after = offset + 2 + _ENTRY * count
        offset = struct.unpack_from(order + "I", data, after)[0] if after <= len(data) - 4 else 0
    limits.check_pages(len(pages))
    return pages or [_first(data)]


def _is_page(data: bytes, order: str, start: int, count: int) -> bool:
    for at in range(start, min(start + count * _ENTRY, len(data) - _ENTRY + 1), _ENTRY):
        tag, kind = struct.unpack_from(order + "HH", data, at)
        (value,) = struct.unpack_from(order + ("H" if kind == _SHORT else "I"), data, at + 8)
        if tag == _NEW_SUBFILE_TYPE:
            return not value & (_REDUCED | _MASK)
        if tag == _SUBFILE_TYPE:
            return bool(value != _REDUCED_BEFORE_1992)
    return True


def _order(data: bytes) -> str:
    return "<" if data[:2] == b"II" else ">"


def _first(data: bytes) -> int:
    """Where the first directory is, 0 where the file ends before it says so."""
    offset: int = struct.unpack_from(_order(data) + "I", data, 4)[0] if len(data) >= _HEADER else 0
    return offset
