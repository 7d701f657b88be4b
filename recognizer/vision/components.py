"""Connected pieces of ink, which of them may be handwriting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Box
from recognizer.vision.ink import Plane
from recognizer.vision.strokes import is_net

Labels = NDArray[np.uint16] | NDArray[np.int32]

MAX_PIECES = 600
"""Only the largest are looked at: a picture with more of them is texture rather than writing."""

SMALLEST = 5
"""Height or width in pixels that a piece needs at least."""

LONG_LINE = 9.0
"""A piece this many times longer than thick is a ruled line, the edge of the page or of a table."""

SPECK = 0.1
"""Pieces smaller than this share of the usual one are specks of noise, not even fragments."""

THROUGH = 0.7
LONG_SIDE = 0.6
"""A straight piece along the frame's side that takes this share of it is a page's edge; a one may stand elsewhere."""

HAIRLINE = 20.0
"""From edge to edge and this many times longer than thick it is a rule, else the one of a tight cut."""

SURROUND = 0.55
"""A piece that takes this share of the frame's border is what lies around the paper."""

WIDEST_DIGIT = 2.2
"""No digit is wider than this times its height; a dash is."""

SOLID = 0.8
"""A piece that fills more of its box than this, and is not slender as a one, is a blot."""

SMALL_SHARE = 0.42
"""Pieces lower than this share of their neighbours' height are dots, commas and dashes, or fragments."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One connected piece of ink, or several that belong together: their box, pixel count and labels."""

    box: Box
    area: int
    labels: tuple[int, ...]

    @classmethod
    def union(cls, first: Piece, second: Piece) -> Piece:
        """Two pieces as one."""
        a, b = first.box, second.box
        x, y = min(a.x, b.x), min(a.y, b.y)
        box = Box(x, y, max(a.right, b.right) - x, max(a.bottom, b.bottom) - y)
        return cls(box, first.area + second.area, first.labels + second.labels)

    def mask(self, labels: Labels) -> NDArray[np.bool_]:
        """Its own pixels in its box, (height, width)."""
        window = labels[self.box.y : self.box.bottom, self.box.x : self.box.right]
        return window == self.labels[0] if len(self.labels) == 1 else np.isin(window, self.labels)

    def sides_cut(self, frame: Box) -> int:
        """How many sides of the picture it touches."""
        box = self.box
        return (box.x <= 0) + (box.y <= 0) + (box.right >= frame.width) + (box.bottom >= frame.height)

    @property
    def size(self) -> int:
        return max(self.box.width, self.box.height)


def label_pieces(mask: Plane) -> tuple[Labels, list[Piece]]:
    """The connected pieces of a mask, the largest first, and the image of their labels, (height, width)."""
    labels, stats = _connected(mask)
    areas = stats[1:, cv2.CC_STAT_AREA]
    sizes = stats[1:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1].max(axis=1)
    candidates = np.flatnonzero(sizes >= SMALLEST)
    order = candidates[np.argsort(-areas[candidates], kind="stable")][:MAX_PIECES] + 1
    rows = ((label, *map(int, stats[label])) for label in order.tolist())
    return labels, [Piece(Box(x, y, width, height), area, (label,)) for label, x, y, width, height, area in rows]


def _connected(mask: Plane) -> tuple[Labels, NDArray[np.int32]]:
    """OpenCV's label image, and a row for each label: x, y, width, height, area."""
    try:  # labels of two bytes take a third of the time, and suffice but for noise
        found = cv2.connectedComponentsWithStatsWithAlgorithm(mask, 8, cv2.CV_16U, cv2.CCL_SPAGHETTI)
    except cv2.error:
        found = cv2.connectedComponentsWithStatsWithAlgorithm(mask, 8, cv2.CV_32S, cv2.CCL_SPAGHETTI)
    _, labels, stats, _ = found
    return cast(Labels, labels), np.asarray(stats, dtype=np.int32)


def runs_through(piece: Piece, frame: Box) -> bool:
    """Whether a piece goes from side to side or from top to bottom, as a ruled line does."""
    return piece.box.width >= THROUGH * frame.width or piece.box.height >= THROUGH * frame.height


def keep_writing(labels: Labels, pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces that strokes of digits, or fragments of them, may look like."""
    frame = Box(0, 0, labels.shape[1], labels.shape[0])
    edges = np.concatenate([labels[0], labels[-1], labels[1:-1, 0], labels[1:-1, -1]])
    touched = np.bincount(edges)
    surrounds = {int(label) for label in np.flatnonzero(touched > SURROUND * edges.size)}
    return _drop_specks(
        [
            piece
            for piece in pieces
            if surrounds.isdisjoint(piece.labels)
            and not _is_line(piece.box, frame)
            and not (_fills(piece.box, frame) and is_net(piece.mask(labels)))
        ]
    )


def _fills(box: Box, frame: Box) -> bool:
    """Whether a box takes most of the frame both ways, as squared paper does."""
    return box.width >= THROUGH * frame.width and box.height >= THROUGH * frame.height


def _drop_specks(pieces: Sequence[Piece]) -> list[Piece]:
    """Without what is far smaller than the piece in which the middle pixel of all the ink lies."""
    if not pieces:
        return []
    sizes = np.array([piece.size for piece in pieces])
    ink = np.cumsum([piece.area for piece in pieces])
    usual = sizes[int(np.searchsorted(ink, ink[-1] / 2))]  # pieces come by area, so this weighs them by it
    return [piece for piece in pieces if piece.size >= SPECK * usual]


def _is_line(box: Box, frame: Box) -> bool:
    """Whether a box is that of a ruled line, or of the page's edge along the frame."""
    if box.width > LONG_LINE * box.height:
        return True
    at_side = box.x <= 0 or box.right >= frame.width
    tall = box.height > LONG_LINE / 2 * box.width and box.height > LONG_SIDE * frame.height
    hairline = box.height > HAIRLINE * box.width and box.height >= 0.97 * frame.height
    wide = box.width > LONG_LINE / 2 * box.height and box.width > LONG_SIDE * frame.width
    at_end = box.y <= 0 or box.bottom >= frame.height
    return (tall and at_side) or (wide and at_end) or hairline


def drop_small(glyphs: Sequence[Piece]) -> list[Piece]:
    """Without dots, commas, dashes and specks: what is low beside the others, too wide for a digit, or a blot."""
    digits = [glyph for glyph in glyphs if not _is_mark(glyph)]
    if not digits:
        return []
    tallest = max(digits, key=lambda glyph: glyph.area).box.height
    usual = median(sorted(glyph.box.height for glyph in digits if glyph.box.height >= SMALL_SHARE * tallest))
    return [glyph for glyph in digits if glyph.box.height >= SMALL_SHARE * usual]


def _is_mark(glyph: Piece) -> bool:
    box = glyph.box
    slender = max(box.width, box.height) / max(1, min(box.width, box.height)) >= 2.0
    return box.width > WIDEST_DIGIT * box.height or (glyph.area > SOLID * box.width * box.height and not slender)
