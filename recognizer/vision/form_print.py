"""Tell what was written into a field from what was printed there, by the same place of the sample."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from recognizer.domain.types import Box
from recognizer.vision.components import Labels, Piece, label_pieces
from recognizer.vision.ink import FAINTEST, Plane, as_plane, mask_ink

REACH = 0.2
"""By how much of its height a field may lie beside where the whole page lets expect it: paper bends."""

FARTHER = 0.15
"""What a whole reach costs in likeness: where print tells nothing, as along a line, the field stays in its place."""

LIKE_PRINT = 0.3
"""Correlation with the sample's print from which a field was found beside its place."""

SOFT_EDGE = 0.035
"""Print is taken out with an edge of so much of the field's height, at least a pixel: it never lies quite alike."""

REMAINS = 0.85
FAINT_REMAINS = 0.6
FAINT = 0.6
"""Ink that lies to this share where print was, or to the second while it is fainter than so much of the usual ink, is
what remains of print.
"""

DARKER_THAN_PRINT = 1.4
"""Where print is this many times as dark as usually, a pen went over it."""

HANDWRITTEN = 0.35
"""What stands in the sample's own field, is at least so high, as a share of it, and is neither line nor frame, was
written there: samples may be filled in."""

ACROSS, DOWN = 0.6, 0.85
"""... a line across being as long as the first share of the field's height at least, one down as the second: a one is
shorter."""


def print_shift(page: Plane, sample: Plane, height: int) -> tuple[int, int]:
    """By how many pixels, right and down, the print of the page's part lies beside the sample's.

    Both are strengths of ink, of the same size; ``height`` is the field's in pixels.
    """
    reach = max(2, round(REACH * height))
    inner = sample[reach:-reach, reach:-reach]
    if min(inner.shape, default=0) < reach or int(inner.max()) < FAINTEST:
        return 0, 0
    alike = cv2.matchTemplate(as_plane(cv2.GaussianBlur(page, (0, 0), 1.0)), inner, cv2.TM_CCOEFF_NORMED)
    if not np.isfinite(alike).all() or float(alike.max()) < LIKE_PRINT:
        return 0, 0
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1] / reach
    alike = alike - FARTHER * (rows**2 + columns**2).astype(np.float32)
    row, column = np.unravel_index(int(alike.argmax()), alike.shape)
    return int(column) - reach, int(row) - reach


def without_print(page: Plane, sample: Plane, field: Box) -> tuple[Plane, Plane]:
    """The page's strength (height, width) less the sample's print, and 255 where print was or may have been; strokes
    that cross it are mended.

    ``field`` is where the field lies on both. What was written into the sample's field is no print.
    """
    printed = _print(sample, field)
    if not printed.any():
        return page, printed
    edge = 2 * max(1, round(SOFT_EDGE * field.height)) + 1
    around = as_plane(cv2.dilate(printed, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (edge, edge))))
    usual = float(np.median(page[printed > 0]))
    pen = as_plane(cv2.compare(page, min(254.0, max(FAINTEST, DARKER_THAN_PRINT * usual)), cv2.CMP_GT))
    around = as_plane(cv2.bitwise_and(around, cv2.bitwise_not(pen)))
    left = as_plane(cv2.bitwise_and(page, cv2.bitwise_not(around)))
    near = as_plane(cv2.dilate(around, np.ones((edge, edge), np.uint8)))
    return as_plane(np.where(around > 0, _mended(left, around), left)), near


def less_remains(pieces: Sequence[Piece], labels: Labels, strength: Plane, near: Plane) -> list[Piece]:
    """The pieces of ink but for what remains of print; ``near`` (height, width) is 255 where that was."""
    if not pieces or not near.any():
        return list(pieces)
    levels = [float(np.median(_part(strength, piece)[piece.mask(labels)])) for piece in pieces]
    shares = [float(np.mean(_part(near, piece)[piece.mask(labels)] > 0)) for piece in pieces]
    own = [level for level, share in zip(levels, shares, strict=True) if share < FAINT_REMAINS]
    faint = FAINT * max(own, default=0.0)
    return [
        piece
        for piece, level, share in zip(pieces, levels, shares, strict=True)
        if share < FAINT_REMAINS or (share < REMAINS and level >= faint)
    ]


def _part(plane: Plane, piece: Piece) -> Plane:
    box = piece.box
    return plane[box.y : box.bottom, box.x : box.right]


def _print(sample: Plane, field: Box) -> Plane:
    """255 where the sample's ink is print."""
    mask = mask_ink(sample)
    inside = np.s_[field.y : field.bottom, field.x : field.right]
    labels, pieces = label_pieces(as_plane(mask[inside]))
    lines = _lines(as_plane(mask[inside]), field.height)
    for piece in pieces:
        at_edge = piece.sides_cut(Box(0, 0, field.width, field.height)) > 0
        if at_edge or piece.box.height < HANDWRITTEN * field.height:
            continue
        own = piece.mask(labels)
        window = mask[inside][piece.box.y : piece.box.bottom, piece.box.x : piece.box.right]
        kept = lines[piece.box.y : piece.box.bottom, piece.box.x : piece.box.right]
        window[own & (kept == 0)] = 0
    return mask


def _lines(mask: Plane, height: int) -> Plane:
    """Where straight runs lie in the mask of a field of this height that are long enough for print, (height, width)."""
    across, down = (max(9, round(share * height)) for share in (ACROSS, DOWN))
    level = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, across), np.uint8))
    upright = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((down, 1), np.uint8))
    return as_plane(cv2.dilate(cv2.bitwise_or(level, upright), np.ones((3, 3), np.uint8)))


def _mended(left: Plane, around: Plane) -> Plane:
    """What crossed the print that was taken out: ink on both sides of it, as strong as the weaker of the two."""
    distance = cv2.distanceTransform(around, cv2.DIST_L2, 3)
    thick = min(25, 2 * int(np.ceil(float(distance.max()))) + 3)
    closed = [
        cv2.morphologyEx(left, cv2.MORPH_CLOSE, kernel)
        for kernel in (np.ones((thick, 1), np.uint8), np.ones((1, thick), np.uint8))
    ]
    return as_plane(cv2.max(*closed))
