"""From a glyph's ink to the crop that the digit network sees."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Crop
from recognizer.vision.components import Labels, Piece
from recognizer.vision.ink import Ink, Plane, as_plane
from recognizer.vision.normalise import normalise_ink
from recognizer.vision.strokes import stroke_width

INK_FROM = 0.2
INK_TO = 0.8
"""Shares of a glyph's strong ink that become black and white in its crop: edges as crisp as MNIST's."""

STRONG = 0.9
"""The share of a glyph's pixels that are weaker than its strong ink; the very strongest may be a glint."""

THINNEST = 0.1
"""Width of the thinnest strokes left as they are, as a share of the glyph's size; MNIST's are about 0.12."""


def crop_glyph(glyph: Piece, ink: Ink, labels: Labels) -> Crop:
    """What the network sees of a glyph: its own ink and no neighbour's, the strongest at full white."""
    box = glyph.box
    own = glyph.mask(labels)
    strength = ink.strength[box.y : box.bottom, box.x : box.right]
    levels = strength[own]
    rank = int(STRONG * (levels.size - 1))
    strong = float(np.partition(levels, rank)[rank])
    low, high = INK_FROM * strong, max(INK_TO * strong, INK_FROM * strong + 1.0)
    stretch = np.clip((np.arange(256) - low) * (255.0 / (high - low)), 0, 255).astype(np.uint8)
    return normalise_ink(_thicken(np.where(own, cv2.LUT(strength, stretch), 0).astype(np.uint8), own))


def _thicken(ink: Plane, own: NDArray[np.bool_]) -> Plane:
    """Widen strokes that would all but vanish in the crop: a fine pen in a large hand."""
    missing = round(THINNEST * max(ink.shape) - stroke_width(own))
    if missing < 1:
        return ink
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (missing + 1, missing + 1))
    return as_plane(cv2.dilate(np.pad(ink, missing), kernel))
