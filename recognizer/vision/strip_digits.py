"""Cut single digits out of a number's strip, where the line network saw them and the glyphs show other ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Box, GlyphCrop, NumberCrop
from recognizer.vision.normalise import normalise_ink
from recognizer.vision.strips import BODY

SIDE = round(0.9 * BODY)
"""Columns to the left of the first digit's middle, and to the right of the last one's, that may be its own."""

INK = 64
"""Weaker pixels of a strip, of 255, are paper: they neither part digits nor widen their boxes."""


def strip_digits(number: NumberCrop, columns: Sequence[int]) -> list[GlyphCrop]:
    """Box, within the number's, and crop of each digit that stands at one of the strip's ``columns``, left to right;
    two neighbours are parted at the column with the least ink.
    """
    if not columns:
        return []
    pixels = number.strip.pixels
    ink = np.where(pixels >= INK, pixels, 0).astype(np.uint8)
    weight = ink.sum(axis=0, dtype=np.int64)
    within = [min(max(column, 0), ink.shape[1] - 1) for column in columns]
    between = [_thinnest(weight, left, right) for left, right in pairwise(within)]
    # What stands beside the first and the last digit is a mark, or a neighbour's.
    first = _thinnest(weight, max(0, within[0] - SIDE), within[0])
    last = _thinnest(weight, within[-1], min(ink.shape[1], within[-1] + SIDE) - 1) + 1
    cuts = [first, *between, last]
    return [_glyph(number, ink, left, right) for left, right in pairwise(cuts)]


def _thinnest(weight: NDArray[np.int64], left: int, right: int) -> int:
    """The column after ``left``, up to ``right``, with the least ink and, among equals, the nearest to their middle."""
    between = np.arange(left + 1, right + 1) if right > left else np.array([left])
    return int(between[np.lexsort((np.abs(between - (left + right) / 2), weight[between]))[0]])


def _glyph(number: NumberCrop, ink: NDArray[np.uint8], left: int, right: int) -> GlyphCrop:
    part = ink[:, left:right]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    if len(rows):
        top, bottom = int(rows[0]), int(rows[-1]) + 1
        left, right = left + int(columns[0]), left + int(columns[-1]) + 1
    else:
        top, bottom = 0, len(ink)
    return GlyphCrop(_placed(number, left, top, right, bottom), normalise_ink(part))


def _placed(number: NumberCrop, left: int, top: int, right: int, bottom: int) -> Box:
    """A rectangle of the strip as a box around it in pixels of the upright original, within the number's rows."""
    corners = number.strip.matrix @ np.array([[left, right, left, right], [top, top, bottom, bottom], [1, 1, 1, 1]])
    low, high = corners.min(axis=1).round().astype(int).tolist(), corners.max(axis=1).round().astype(int).tolist()
    box = number.box
    y = min(max(low[1], box.y), box.bottom - 1)
    height = max(1, min(high[1], box.bottom) - y)
    if not box.x <= (low[0] + high[0]) / 2 < box.right:  # a digit that finding the number cut off
        x = max(0, low[0])
        return Box(x, y, max(1, high[0] - x), height)
    x = min(max(low[0], box.x), box.right - 1)
    return Box(x, y, max(1, min(high[0], box.right) - x), height)
