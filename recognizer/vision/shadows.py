"""What the light does at a picture's corner, told from ink by its soft edge."""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.domain.types import Box
from recognizer.vision.components import Labels, Piece
from recognizer.vision.ink import Ink

SIDE = 256
"""Longer side, in pixels, to which a piece is thinned out before its edge is measured."""

SOFTEST_INK = 0.3
"""Width of the edge as a share of the piece's shorter side. A pen's edge is a small part of its stroke even in a
blurred picture; a shadow's takes a good part of the shadow that is seen."""


def is_corner_shadow(piece: Piece, ink: Ink, labels: Labels, frame: Box) -> bool:
    """Whether a piece lies in a corner of the frame and fades out softly, as the end of a shadow does.

    The paper's light is estimated from what surrounds the ink, and in a corner there is too little around.
    """
    box = piece.box
    in_corner = (box.x <= 0 or box.right >= frame.width) and (box.y <= 0 or box.bottom >= frame.height)
    return in_corner and _edge_width(piece, ink, labels) > SOFTEST_INK * min(box.width, box.height)


def _edge_width(piece: Piece, ink: Ink, labels: Labels) -> float:
    """Pixels in which the ink fades to nothing along its outline: its strength over the steepest slope there."""
    box = piece.box
    step = max(1, max(box.width, box.height) // SIDE)
    window = (slice(box.y, box.bottom, step), slice(box.x, box.right, step))
    own = piece.mask(labels)[::step, ::step].astype(np.uint8)
    # A little blur, so that noise is no slope.
    strength = cv2.GaussianBlur(ink.strength[window], (5, 5), 0).astype(np.float32)
    outline = (own > 0) & (cv2.erode(own, np.ones((3, 3), np.uint8), borderValue=1) == 0)
    if not outline.any():
        return 0.0
    across, down = (cv2.Sobel(strength, cv2.CV_32F, dx, 1 - dx, scale=0.125) for dx in (1, 0))
    slope = np.hypot(across, down)
    full = float(np.percentile(strength[own > 0], 90))
    return step * full / max(0.1, float(np.median(slope[outline])))
