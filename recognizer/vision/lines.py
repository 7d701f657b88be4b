"""Glyphs to text lines, and lines to numbers, in reading order; lines may slope.

Glyphs stay where they are on the picture: it is only looked at along axes that are turned by the line's ``tilt``, an
angle in radians by which it falls to the right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np

from recognizer.vision.components import Piece

STEEPEST = math.radians(20)
"""No line of writing slopes more: what stands like that is two lines."""

NEIGHBOURS = 2.6
"""Glyphs up to this many times their height apart tell the slope; farther ones may be of other lines."""

ALIKE = 2.4
ALIKE_NEAR = 4.5
"""Glyphs of one line are at most this many times as high as each other, and as their neighbour right beside them."""

BESIDE = 0.7
"""A gap up to this share of the lower glyph's height is none between neighbours."""

COMMA = 0.75
COMMA_DROP = 0.3
"""A comma that looks like a digit is lower than this share of the glyphs over whose feet it hangs, and it begins no
further below their feet than that share of their height."""

LEVEL_PAIRS = 1.5
"""How many level pairs of neighbours are taken for granted: three digits that climb a little are a hand's way."""

SAME_LINE = 0.4
"""Share of the lower glyph's height that two glyphs of one line have in common."""

SAME_BAND = 0.6
"""Share of the higher band that two rows of one line have in common."""

WORD_GAP = 1.1
"""A gap wider than this times the line's usual glyph height ends a number."""

WIDE_HAND = 1.8
WIDEST_HAND = 2.6
FEWEST_WIDE = 4
"""A hand that spaces its digits widely ends a number only with a gap this many times its usual one, or this many
times its glyphs' height; to have a usual gap takes so many digits."""

DOT = 0.45
"""A dot or a comma is no larger than this share of its line's usual glyph height."""

MOST_DOTS = 2
"""More dots than this between two numbers are leaders, which lead the eye from one to the other."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A piece as it stands on its line: its sides along and across the line."""

    piece: Piece
    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def on(cls, piece: Piece, tilt: float) -> Standing:
        x, y = _centre(piece)
        along, across = turned(x, y, tilt)
        width, height = piece.box.width / 2, piece.box.height / 2
        return cls(piece, along - width, across - height, along + width, across + height)

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Line:
    """A text line: its tilt and what stands on it, from left to right."""

    tilt: float
    glyphs: tuple[Standing, ...]

    @property
    def body(self) -> float:
        """The usual height of its glyphs."""
        return median(glyph.height for glyph in self.glyphs)


def turned(x: float, y: float, tilt: float) -> tuple[float, float]:
    """A point of the picture along axes turned by ``tilt`` about the picture's corner."""
    return x * math.cos(tilt) + y * math.sin(tilt), y * math.cos(tilt) - x * math.sin(tilt)


def estimate_tilt(glyphs: Sequence[Piece]) -> float:
    """The slope that most lines of a page have: the middle one of those between neighbours, in radians."""
    if len(glyphs) < 3:
        return 0.0
    x, y = np.array([_centre(glyph) for glyph in glyphs]).T
    height = np.array([glyph.box.height for glyph in glyphs], dtype=np.float64)
    size = np.minimum(height, height[:, None])
    right, down = x - x[:, None], y - y[:, None]
    alike = np.maximum(height, height[:, None]) <= ALIKE * size
    pairs = alike & (right > 0.3 * size) & (right < NEIGHBOURS * size) & (np.abs(down) <= math.tan(STEEPEST) * right)
    slopes = np.append(down[pairs] / right[pairs], 0.0)
    weights = np.append(right[pairs] / size[pairs], LEVEL_PAIRS)
    order = np.argsort(slopes)
    total = np.cumsum(weights[order])
    return math.atan(float(slopes[order][np.searchsorted(total, total[-1] / 2)]))


def group_lines(glyphs: Sequence[Piece], tilt: float) -> list[Line]:
    """Lines from top to bottom, each with its glyphs from left to right and its own tilt, near that of the page."""
    rows: list[list[Standing]] = []
    for glyph in sorted((Standing.on(piece, tilt) for piece in glyphs), key=lambda glyph: (glyph.left, glyph.top)):
        fitting = [row for row in rows if _shares_line(glyph, row[-1])]
        if fitting:
            min(fitting, key=lambda row: glyph.left - row[-1].right).append(glyph)
        else:
            rows.append([glyph])
    rows = _merge(rows)
    rows = [row for row in rows if not any(_hangs_from(row, other) for other in rows)]
    rows.sort(key=lambda row: median(glyph.middle for glyph in row))
    return [_straightened(row, tilt) for row in rows]


def split_numbers(line: Line, marks: Sequence[Piece]) -> list[Line]:
    """The numbers of a line: its glyphs, split where a gap without a dot is much wider than a digit."""
    body = line.body
    dots = [Standing.on(mark, line.tilt) for mark in marks if mark.size <= DOT * body]
    limit = max(WORD_GAP * body, min(WIDE_HAND * _usual_gap(line), WIDEST_HAND * body))
    numbers = [[line.glyphs[0]]]
    for before, glyph in pairwise(line.glyphs):
        if _is_gap(before, glyph, [dot for dot in dots if _stands_between(dot, before, glyph)], limit):
            numbers.append([])
        numbers[-1].append(glyph)
    return [Line(line.tilt, tuple(number)) for number in numbers]


def _usual_gap(line: Line) -> float:
    gaps = [after.left - before.right for before, after in pairwise(line.glyphs)]
    return median(gaps) if len(line.glyphs) >= FEWEST_WIDE else 0.0


def _shares_line(glyph: Standing, other: Standing) -> bool:
    common = min(glyph.bottom, other.bottom) - max(glyph.top, other.top)
    lower = min(glyph.height, other.height)
    alike = ALIKE_NEAR if glyph.left - other.right <= BESIDE * lower else ALIKE
    return common >= SAME_LINE * lower and max(glyph.height, other.height) <= alike * lower


def _merge(rows: list[list[Standing]]) -> list[list[Standing]]:
    """Rows that run in the same band are one, and so are a row and fragments of its digits: strokes led them astray."""
    merged: list[list[Standing]] = []
    for row in sorted(rows, key=lambda row: -median(glyph.height for glyph in row)):
        home = next((other for other in merged if _runs_along(row, other) or _lies_among(row, other)), None)
        if home is None:
            merged.append(row)
        else:
            home.extend(row)
    return [sorted(row, key=lambda glyph: glyph.left) for row in merged]


def _runs_along(row: Sequence[Standing], other: Sequence[Standing]) -> bool:
    (top, bottom), (high, low) = _band(row), _band(other)
    return min(bottom, low) - max(top, high) >= SAME_BAND * max(bottom - top, low - high)


def _lies_among(row: Sequence[Standing], other: Sequence[Standing]) -> bool:
    """Whether all of a lower row stands in the other's band, right beside its glyphs or between them."""
    top, bottom = _band(other)
    reach = BESIDE * (bottom - top)
    return all(
        top <= glyph.middle <= bottom
        and any(glyph.left < near.right + reach and near.left - reach < glyph.right for near in other)
        for glyph in row
    )


def _band(row: Sequence[Standing]) -> tuple[float, float]:
    """Between which rows of the picture most of a row stands."""
    return median(glyph.top for glyph in row), median(glyph.bottom for glyph in row)


def _hangs_from(row: Sequence[Standing], other: Sequence[Standing]) -> bool:
    """Whether a row is but a comma at the feet of another row's glyphs."""
    mark = row[0]
    return len(row) == 1 and any(
        mark.height <= COMMA * glyph.height
        and glyph.middle < mark.top < glyph.bottom + COMMA_DROP * glyph.height
        and mark.bottom > glyph.bottom
        and max(mark.left - glyph.right, glyph.left - mark.right) <= BESIDE * glyph.height
        for glyph in other
        if glyph is not mark
    )


def _straightened(row: Sequence[Standing], tilt: float) -> Line:
    """The line through the middles of a row, drawn to the page's tilt where the row is short."""
    along = np.array([(glyph.left + glyph.right) / 2 for glyph in row])
    across = np.array([glyph.middle for glyph in row])
    body = median(glyph.height for glyph in row)
    along, across = along - along.mean(), across - across.mean()
    slope = float(along @ across / (along @ along + body * body))
    own = max(-STEEPEST, min(STEEPEST, tilt + math.atan(slope)))
    return Line(own, tuple(Standing.on(glyph.piece, own) for glyph in row))


def _stands_between(dot: Standing, before: Standing, after: Standing) -> bool:
    top, bottom = min(before.top, after.top), max(before.bottom, after.bottom)
    between = before.right - dot.height <= dot.left and dot.right <= after.left + dot.height
    return between and top < dot.middle < bottom + dot.height


def _is_gap(before: Standing, after: Standing, dots: Sequence[Standing], limit: float) -> bool:
    """Whether a gap wider than ``limit`` is left between two glyphs by the dots that stand between them."""
    bridge = sorted(dots, key=lambda dot: dot.left) if len(dots) <= MOST_DOTS else []
    ends = [before.right, *(dot.right for dot in bridge)]
    starts = [*(dot.left for dot in bridge), after.left]
    return any(start - end > limit for start, end in zip(starts, ends, strict=True))


def _centre(piece: Piece) -> tuple[float, float]:
    return piece.box.x + piece.box.width / 2, piece.box.y + piece.box.height / 2
