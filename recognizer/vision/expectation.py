"""Bend what was found towards what the person said there is: one digit, or N."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from recognizer.domain.types import Box, Expect
from recognizer.vision.components import Piece

CUT_PENALTY = 0.08
"""How much further from the middle a piece counts for each side of the picture at which it is cut off."""

SIZE_BONUS = 0.5
"""How much nearer to the middle a piece counts for its size: the digit meant is seldom a small one."""

JOIN_GAP = 0.15
"""Pieces of one digit stand closer than this share of the usual height, digits mostly don't."""

DIGIT_WIDTH = 1.1
"""Two pieces joined into one digit are no wider than this share of the usual height."""

SPARE_HEIGHT = 0.7
"""What is lower than this share of the usual height may be dropped when there is too much."""


def meet_expectation(glyphs: Sequence[Piece], expect: Expect, frame: Box) -> list[Piece]:
    """The glyphs to read: all of them where any number may come, the most central one, or N where plausible."""
    if expect.digits is None or not glyphs:
        return list(glyphs)
    if expect.digits == 1:
        return [min(glyphs, key=lambda glyph: _off_centre(glyph, frame))]
    return _reduce_to(list(glyphs), expect.digits)


def _off_centre(glyph: Piece, frame: Box) -> float:
    box = glyph.box
    across = abs(box.x + box.width / 2 - frame.width / 2) / frame.width
    down = abs(box.y + box.height / 2 - frame.height / 2) / frame.height
    size = max(box.width / frame.width, box.height / frame.height)
    return max(across, down) + CUT_PENALTY * glyph.sides_cut(frame) - SIZE_BONUS * size


def _reduce_to(glyphs: list[Piece], count: int) -> list[Piece]:
    """Join what stands too close for two digits, then drop what is low, until there are so many, if that gets there."""
    usual = median(glyph.box.height for glyph in glyphs)
    reduced = sorted(glyphs, key=lambda glyph: glyph.box.x)
    while len(reduced) > count:
        smaller = _join_closest(reduced, usual) or _drop_lowest(reduced, usual)
        if smaller is None:
            return glyphs
        reduced = smaller
    return reduced


def _join_closest(glyphs: list[Piece], usual: float) -> list[Piece] | None:
    """With the two nearest neighbours as one, if they are near and narrow enough."""
    pairs = [
        (right.box.x - left.box.right, index)
        for index, (left, right) in enumerate(pairwise(glyphs))
        if _may_be_one(left, right, usual)
    ]
    if not pairs:
        return None
    _, index = min(pairs)
    return [*glyphs[:index], Piece.union(glyphs[index], glyphs[index + 1]), *glyphs[index + 2 :]]


def _may_be_one(left: Piece, right: Piece, usual: float) -> bool:
    both = Piece.union(left, right).box
    near = right.box.x - left.box.right <= JOIN_GAP * usual
    return near and both.width <= DIGIT_WIDTH * usual and both.height <= 1.4 * usual


def _drop_lowest(glyphs: list[Piece], usual: float) -> list[Piece] | None:
    lowest = min(glyphs, key=lambda glyph: (glyph.box.height, glyph.area))
    return [glyph for glyph in glyphs if glyph is not lowest] if lowest.box.height < SPARE_HEIGHT * usual else None
