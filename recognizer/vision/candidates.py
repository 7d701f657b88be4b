"""Which pieces of ink may be digits, and which are dots, dashes, specks and flourishes beside them."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Box
from recognizer.vision.components import Labels, Piece, drop_small
from recognizer.vision.linked import looks_linked
from recognizer.vision.strokes import looks_written, stroke_width

LINKED_SHARE = 0.5
"""Linked digits are at least this high, as a share of the tallest digit: lower ones are dashes and flourishes."""

LOWEST = 0.2
"""A digit among far larger ones is at least this high, as a share of theirs."""

PEN_HEIGHTS = 4.0
"""A small digit is at least so many times as high as the pen is wide; a dot has one or two."""

SAME_PEN = 1.6
"""Strokes of one pen differ in width by at most this factor."""

SLIMMEST = 0.45
"""A small digit is at least this wide, as a share of its height; a comma is slimmer."""

FEWEST = 3
"""So many digits tell how high digits usually are."""

HALF = 0.85
WHOLE = 1.2
HALF_GAP = 0.12
"""Halves of a broken digit are lower than this share of the usual height, together no higher than that share of it,
and their boxes end and begin within that share of each other."""

NEAR = 1.2
"""A small digit stands at most this many times its height from the next digit."""

IN_ROW = 0.6
"""Share of a small digit's height that lies in the rows of the digit beside it; a comma hangs below."""


def find_digits(joined: Sequence[Piece], labels: Labels, frame: Box) -> list[Piece]:
    """The pieces that may be digits, by size and shape: single ones, several in one piece, and small ones in a row."""
    single = [
        piece for piece in drop_small(joined) if looks_written(piece.mask(labels), at_edge=piece.sides_cut(frame) > 0)
    ]
    linked = [piece for piece in without(single, joined) if _looks_linked(piece, labels)]
    usual = max((piece.box.height for piece in single or linked), default=0)
    digits = single + [piece for piece in linked if piece.box.height >= LINKED_SHARE * usual]
    digits += _small_ones(without(digits, joined), digits, labels, frame)
    return _join_halves(digits)


def without(taken: Sequence[Piece], pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces that share nothing with those taken."""
    labels = {label for piece in taken for label in piece.labels}
    return [piece for piece in pieces if labels.isdisjoint(piece.labels)]


def _looks_linked(piece: Piece, labels: Labels) -> bool:
    return looks_linked(piece.mask(labels)) or looks_linked(_main_mask(piece, labels))


def _main_mask(piece: Piece, labels: Labels) -> NDArray[np.bool_]:
    """Its largest part alone, (height, width): specks that were taken for fragments say nothing about its shape."""
    own = np.where(piece.mask(labels), labels[piece.box.y : piece.box.bottom, piece.box.x : piece.box.right], 0)
    main = own == piece.labels[0]
    rows, columns = np.flatnonzero(main.any(axis=1)), np.flatnonzero(main.any(axis=0))
    return np.asarray(main[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _join_halves(digits: Sequence[Piece]) -> list[Piece]:
    """Halves of a digit that stand one on the other, together as high as the digits around them, as one."""
    usual = median(digit.box.height for digit in digits) if len(digits) >= FEWEST else 0.0
    joined: list[Piece] = []
    for digit in sorted(digits, key=lambda digit: (digit.box.y, digit.box.x)):
        upper = next((other for other in joined if _are_halves(other.box, digit.box, usual)), None)
        if upper is None:
            joined.append(digit)
        else:
            joined[joined.index(upper)] = Piece.union(upper, digit)
    return joined


def _are_halves(upper: Box, lower: Box, usual: float) -> bool:
    across = min(upper.right, lower.right) - max(upper.x, lower.x)
    apart, height = lower.y - upper.bottom, lower.bottom - upper.y
    return (
        across >= 0.5 * min(upper.width, lower.width)
        and -HALF_GAP * usual <= apart <= HALF_GAP * usual
        and max(upper.height, lower.height) <= HALF * usual
        and height <= WHOLE * usual
    )


def _small_ones(rest: Sequence[Piece], digits: Sequence[Piece], labels: Labels, frame: Box) -> list[Piece]:
    """Digits beside far larger ones, written with the same pen: each as it is reached from a digit already known."""
    found: list[Piece] = []
    for piece in sorted((piece for piece in rest if _may_be_small_digit(piece, labels, frame)), key=lambda p: p.box.x):
        if any(_stands_beside(piece, digit, labels) for digit in (*digits, *found)):
            found.append(piece)
    return found


def _may_be_small_digit(piece: Piece, labels: Labels, frame: Box) -> bool:
    box = piece.box
    if not SLIMMEST * box.height <= box.width <= 1.6 * box.height or piece.sides_cut(frame):
        return False
    mask = piece.mask(labels)
    return box.height >= PEN_HEIGHTS * stroke_width(mask) and looks_written(mask, at_edge=False)


def _stands_beside(piece: Piece, digit: Piece, labels: Labels) -> bool:
    a, b = piece.box, digit.box
    apart = max(a.x - b.right, b.x - a.right)
    common = min(a.bottom, b.bottom) - max(a.y, b.y)
    if apart > NEAR * a.height or common < IN_ROW * a.height or a.height < LOWEST * b.height:
        return False
    own, other = stroke_width(piece.mask(labels)), stroke_width(digit.mask(labels))
    return max(own, other) <= SAME_PEN * min(own, other)
