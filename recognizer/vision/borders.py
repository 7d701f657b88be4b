"""Frames and tables around numbers, told from the noughts they resemble by their corners and by what they hold."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from recognizer.vision.components import Labels, Piece

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
"""Height in pixels from which anything in a table counts as held."""


def find_borders(pieces: Sequence[Piece], labels: Labels) -> list[Piece]:
    """Those pieces that are rectangles with something in them."""
    hollow = [piece for piece in pieces if _may_be_border(piece)]
    return [piece for piece in hollow if _holds_any(piece, pieces) and _is_rectangular(piece, labels)]


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
