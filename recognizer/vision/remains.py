"""Ink as high as digits that stands right beside a number or between its digits, and that no glyph explains.

A faint digit that fell apart, or one that hangs together with a drawing or the squares of the paper, is no glyph and
would be lost without a word. What it leaves behind is seen here, so that the number can go to a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.vision.components import Labels, Piece
from recognizer.vision.ink import as_plane
from recognizer.vision.lines import Line

REACH = 0.9
"""How far beside a number what remains may stand, as a share of the digits' height."""

TALL = 0.6
"""Share of the number's rows that ink takes to be more than a dot, a comma, a dash or a speck."""

FRAGMENT = 0.15
"""Pieces smaller than this share of the digits' height are specks."""

STRAIGHT = 1.3
"""Lines this many times as long as the digits are high are rules and frames; a one's stem is shorter."""

SLIMMEST = 0.25
"""Gaps narrower than this share of the digits' height hide no digit."""

TWO_ROWS = 1.5
"""What is so many times as high as a number's usual digit may be one of its digits and one of the row below it."""

ROOM = 0.08
"""Share of the digits' height beside each glyph in which there may be its own splinters."""


def unexplained(pieces: Iterable[Piece], explained: Sequence[Piece], count: int) -> NDArray[np.int32]:
    """For each of ``count`` labels the size in pixels of the piece that has it; 0 where that is ``explained``."""
    sizes = np.zeros(count, dtype=np.int32)
    for piece in pieces:
        sizes[list(piece.labels)] = piece.size
    sizes[[label for piece in explained for label in piece.labels]] = 0
    return sizes


def has_remains(number: Line, labels: Labels, sizes: NDArray[np.int32]) -> bool:
    """Whether beside a number, or between its glyphs, ink remains that may be a digit's; ``sizes`` is by label."""
    body, room = number.body, round(ROOM * number.body)
    boxes = sorted((glyph.piece.box for glyph in number.glyphs), key=lambda box: box.x)
    top, bottom = min(box.y for box in boxes), max(box.bottom for box in boxes)
    reach = round(REACH * body)
    ends = [
        (max(0, boxes[0].x - reach), boxes[0].x - room),
        *((left.right + room, right.x - room) for left, right in pairwise(boxes)),
        (boxes[-1].right + room, min(labels.shape[1], boxes[-1].right + reach)),
    ]
    return any(
        _is_tall(sizes[labels[top:bottom, start:end]] >= max(1.0, FRAGMENT * body), body)
        for start, end in ends
        if end - start >= SLIMMEST * body
    )


def stands_by_taller(number: Line, glyphs: Sequence[Piece]) -> bool:
    """Whether a glyph stands right beside a number, or between its glyphs, that may hide a digit of it: a digit and
    another of the row above or below that touch are one piece, and go to one row alone.
    """
    body = number.body
    own = {label for glyph in number.glyphs for label in glyph.piece.labels}
    boxes = [glyph.piece.box for glyph in number.glyphs]
    top, bottom = min(box.y for box in boxes), max(box.bottom for box in boxes)
    left, right = min(box.x for box in boxes) - REACH * body, max(box.right for box in boxes) + REACH * body
    return any(
        glyph.box.height >= TWO_ROWS * body
        and glyph.box.x < right
        and left < glyph.box.right
        and min(bottom, glyph.box.bottom) - max(top, glyph.box.y) >= TALL * body
        and own.isdisjoint(glyph.labels)
        for glyph in glyphs
    )


def _is_tall(remains: NDArray[np.bool_], body: float) -> bool:
    """Whether ink (height, width) takes most of the rows once straight lines that run through are left out."""
    if np.count_nonzero(remains.any(axis=1)) < TALL * body:
        return False
    ink = remains.astype(np.uint8)
    upright = min(len(ink), round(STRAIGHT * body))
    ink = as_plane(cv2.subtract(ink, cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((upright, 1), np.uint8))))
    across = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, max(3, round(0.8 * ink.shape[1]))), np.uint8))
    ink = as_plane(cv2.subtract(ink, across))
    return bool(np.count_nonzero(ink.any(axis=1)) >= TALL * body)
