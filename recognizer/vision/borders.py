"""Frames, tables and margins around numbers: told from noughts by their corners and by what they hold, from ones by
how far they run.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from recognizer.vision.components import HAIRLINE, LONG_LINE, Labels, Piece

SMALLEST = 24
"""Shorter side in pixels of a frame; what is smaller holds nothing legible."""

HOLLOW = 0.35
"""Share of its box that a frame's or a table's lines cover at most."""

RECTANGULAR = 0.86
"""Share of the rectangle around it, turned as it is, that a frame's outline fills; an ellipse fills 0.79."""

HELD = 0.15
"""What stands in a frame is at least this high, as a share of the frame's height, else it is dust in a nought; in a
table of many rows it is lower, but then it is at least as high as a digit may be."""

LEGIBLE = 10
"""Height in pixels from which anything in a table counts as held, and anything beside a margin as written."""

FROM_EDGE_TO_EDGE = 0.97
"""Share of the picture's height that a margin's line takes at least."""


def find_borders(pieces: Sequence[Piece], labels: Labels) -> list[Piece]:
    """Those pieces that are rectangles with something in them, or the lines of margins with something beside them."""
    hollow = [piece for piece in pieces if _may_be_border(piece)]
    rectangles = [piece for piece in hollow if _holds_any(piece, pieces) and _is_rectangular(piece, labels)]
    margins = [piece for piece in pieces if _is_margin(piece, labels.shape[0])]
    # Held askew it would pass for the tallest one, and the digits beside it for dots; alone it may be a one.
    beside = any(piece not in margins and piece.box.height >= LEGIBLE for piece in pieces) if margins else False
    return [*rectangles, *margins] if beside else rectangles


def _is_margin(piece: Piece, height: int) -> bool:
    """Whether a piece is a line from top to bottom, by its ink: where it slants, its box is wide."""
    box = piece.box
    slender = box.height > LONG_LINE / 2 * box.width and box.height**2 > HAIRLINE * piece.area
    return slender and box.height >= FROM_EDGE_TO_EDGE * height


def _may_be_border(piece: Piece) -> bool:
    box = piece.box
    return min(box.width, box.height) >= SMALLEST and piece.area <= HOLLOW * box.width * box.height


def _holds_any(border: Piece, pieces: Sequence[Piece]) -> bool:
    box = border.box
    return any(
        box.x < piece.box.x
        and box.y < piece.box.y
        and piece.box.right < box.right
        and piece.box.bottom < box.bottom
        and piece.box.height >= max(LEGIBLE, min(HELD * box.height, 2 * SMALLEST))
        for piece in pieces
    )


def _is_rectangular(piece: Piece, labels: Labels) -> bool:
    own = piece.mask(labels).astype(np.uint8)
    outlines, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outline = max(outlines, key=cv2.contourArea)
    _, (width, height), _ = cv2.minAreaRect(outline)
    return bool(cv2.contourArea(outline) >= RECTANGULAR * width * height)
