"""Bring the strokes of one digit together that don't touch: the bar of a five, the two strokes of an open four."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.vision.components import Labels, Piece

Side = NDArray[np.int64]

BAR_GAP = 0.25
"""A fragment above or below a glyph belongs to it up to this share of the glyph's height away."""

BREAK_GAP = 0.07
"""A glyph that broke in two halves, one on the other, has a gap up to this share of the larger one's height."""

TWO_ROWS = 1.5
TALL_SHARE = 0.75
FEWEST_ROWS = 6
"""Where so many large pieces stand, what would be higher together than this times the height of which three in four are
at most, is a digit and another of the row below it."""

FOUR_GAP = 0.14
"""The two strokes of an open four come this near each other, as a share of their height."""

FOUR_STEP = 0.2
"""The left stroke of an open four ends at least this share of the height above the foot of the right one."""


FEW_LABELS = 8
"""So many labels are found quicker one by one than by ``np.isin``."""


@dataclass(frozen=True, slots=True)
class _Sides:
    """The sides of n boxes, as columns or rows of a table of all pairs."""

    x: Side
    y: Side
    right: Side
    bottom: Side

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> _Sides:
        boxes = np.array([(p.box.x, p.box.y, p.box.right, p.box.bottom) for p in pieces], dtype=np.int64).reshape(-1, 4)
        return cls(*boxes.T)

    def column(self) -> _Sides:
        return _Sides(self.x[:, None], self.y[:, None], self.right[:, None], self.bottom[:, None])

    @property
    def width(self) -> Side:
        return self.right - self.x

    @property
    def height(self) -> Side:
        return self.bottom - self.y


def join_fragments(pieces: Sequence[Piece], labels: Labels) -> list[Piece]:
    """Glyphs: each larger piece with the fragments in, above and below it, and open fours closed."""
    ordered = sorted(pieces, key=lambda piece: (-piece.size, piece.labels))
    sides = _Sides.of(ordered)
    # Row: a fragment; column: the glyph it may belong to, which comes before it.
    return _close_fours(_unite(ordered, np.tril(_belongs(sides.column(), sides), -1)), labels)


def _unite(pieces: Sequence[Piece], belongs: NDArray[np.bool_]) -> list[Piece]:
    """Join each piece with the first earlier one that it belongs to."""
    joined: list[Piece] = []
    home: list[int] = []
    for piece, row in zip(pieces, belongs, strict=True):
        if row.any():
            home.append(home[int(row.argmax())])
            joined[home[-1]] = Piece.union(joined[home[-1]], piece)
        else:
            home.append(len(joined))
            joined.append(piece)
    return joined


def _belongs(fragment: _Sides, glyph: _Sides) -> NDArray[np.bool_]:
    across = np.minimum(fragment.right, glyph.right) - np.maximum(fragment.x, glyph.x)
    down = np.minimum(fragment.bottom, glyph.bottom) - np.maximum(fragment.y, glyph.y)
    inside = (across > 0) & (down > 0) & (across * down >= 0.5 * fragment.width * fragment.height)
    stacked = (across >= 0.5 * np.minimum(fragment.width, glyph.width)) & (fragment.width <= 1.4 * glyph.width)
    bar = stacked & (-down <= BAR_GAP * glyph.height) & (fragment.height < 0.6 * glyph.height)
    half = stacked & (-down <= BREAK_GAP * glyph.height) & (glyph.width <= 1.4 * fragment.width)
    height = np.maximum(fragment.bottom, glyph.bottom) - np.minimum(fragment.y, glyph.y)
    return np.asarray(inside | ((bar | half) & (height <= _tallest(glyph))))


def _tallest(glyphs: _Sides) -> float:
    """How high a digit among these pieces may be: no limit where they are too few to tell."""
    heights = glyphs.height.ravel()
    heights = heights[heights >= 0.5 * heights.max(initial=0)]
    return TWO_ROWS * float(np.quantile(heights, TALL_SHARE)) if heights.size >= FEWEST_ROWS else np.inf


def _close_fours(glyphs: Sequence[Piece], labels: Labels) -> list[Piece]:
    """Join each glyph with the left neighbour that is the other stroke of one four."""
    ordered = sorted(glyphs, key=lambda glyph: (glyph.box.x, glyph.box.y))
    sides = _Sides.of(ordered)
    fours = np.tril(_like_open_four(sides, sides.column()), -1)
    for right, left in np.argwhere(fours):
        height = Piece.union(ordered[left], ordered[right]).box.height
        fours[right, left] = gap_between(ordered[left], ordered[right], labels) <= FOUR_GAP * height
    return _unite(ordered, fours)


def _like_open_four(left: _Sides, right: _Sides) -> NDArray[np.bool_]:
    """Whether two boxes lie as those of a four's two strokes: the right one slender, and reaching further down."""
    width = np.maximum(left.right, right.right) - np.minimum(left.x, right.x)
    height = np.maximum(left.bottom, right.bottom) - np.minimum(left.y, right.y)
    alike = np.maximum(left.height, right.height) <= 2.2 * np.minimum(left.height, right.height)
    slim = (width <= 1.3 * height) & (right.width <= 0.65 * right.height)
    near = (right.x - left.right <= FOUR_GAP * height) & (right.y < left.bottom)
    stepped = (left.bottom <= right.bottom - FOUR_STEP * height) & (left.y <= right.y + 0.35 * right.height)
    return np.asarray(alike & slim & near & stepped)


def gap_between(first: Piece, second: Piece, labels: Labels) -> float:
    """The shortest way, in pixels, from one piece's ink to the other's; to a sixty-fourth of their height."""
    box = Piece.union(first, second).box
    step = max(1, box.height // 64)
    window = labels[box.y : box.bottom : step, box.x : box.right : step]
    away = cv2.distanceTransform((~_of(first, window)).astype(np.uint8), cv2.DIST_L2, 3)
    return float(away[_of(second, window)].min(initial=np.inf)) * step


def _of(piece: Piece, window: Labels) -> NDArray[np.bool_]:
    """Where a window of the labels shows a piece."""
    if len(piece.labels) > FEW_LABELS:
        return np.isin(window, piece.labels)
    return np.asarray(reduce(np.logical_or, [window == label for label in piece.labels]))
