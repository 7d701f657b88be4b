"""Cut a whole number out of the ink as the line network sees it: uncut into digits, at one size, marks and all.

Training and serving share this, so that the network sees in life what it saw in training.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Box, GlyphCrop, Strip
from recognizer.vision.ink import Plane, as_plane
from recognizer.vision.normalise import BOX as CROP_BOX

HEIGHT = 32
BODY = 21.0
"""Height in pixels to which the usual digit is brought: long strokes above and below it still fit."""

MARGIN = 7
"""Pixels left free on either side, so that no frame of the network sees a digit cut by the strip's end."""

LONE_WIDTH = 40
"""Width of the strip of a digit that stands alone."""

STEP = 8
"""A strip's width is a multiple of this: the network halves it three times."""

STRONG = 0.9
"""The share of the ink's pixels that are weaker than its strong ink; the very strongest may be a glint."""

WEAKEST = 32
"""Strong ink counts as at least this strong, else an empty strip's noise would be ink."""


def cut_strip(
    strength: Plane,
    box: Box,
    *,
    body_height: float,
    centre: float | None = None,
    tilt: float = 0.0,
    keep: Plane | None = None,
) -> Strip:
    """The number in ``box`` as a strip of shape (32, width); what lies outside the picture is paper.

    ``strength`` (height, width) is that of ``Ink``. ``body_height`` is the usual digit's height in pixels, ``centre``
    the row on which its middle lies (the box's own unless given). ``tilt`` is the angle in radians by which the line
    falls to the right; ``box`` and ``centre`` are then in axes turned by it about the picture's corner. ``keep``
    (height, width) is 0 where ink is another's, and taken for paper.
    """
    scale = BODY / max(1.0, body_height)
    inner = box.width * scale
    width = max(1, math.ceil((inner + 2 * MARGIN) / STEP)) * STEP
    middle = box.y + box.height / 2 if centre is None else centre
    place = np.array(
        [[1 / scale, 0.0, box.x - (width - inner) / 2 / scale], [0.0, 1 / scale, middle - HEIGHT / 2 / scale]]
    )
    cos, sin = math.cos(tilt), math.sin(tilt)
    matrix = np.array([[cos, -sin], [sin, cos]]) @ place
    return Strip(strip_levels(_sample(strength, keep, matrix, width, scale)), matrix)


def strip_of_glyph(glyph: GlyphCrop) -> Strip:
    """A strip (32, 40) that shows one digit and nothing beside it, out of its crop, whose digits are 20 pixels high."""
    side = glyph.crop.shape[0]
    top, left = (HEIGHT - side) // 2, (LONE_WIDTH - side) // 2
    pixels = np.zeros((HEIGHT, LONE_WIDTH), dtype=np.uint8)
    pixels[top : top + side, left : left + side] = glyph.crop
    box, scale = glyph.box, max(glyph.box.width, glyph.box.height) / CROP_BOX
    x, y = box.x + box.width / 2 - scale * LONE_WIDTH / 2, box.y + box.height / 2 - scale * HEIGHT / 2
    return Strip(pixels, np.array([[scale, 0.0, x], [0.0, scale, y]]))


def strip_levels(levels: Plane) -> Plane:
    """A strip's levels (height, width) with its strong ink at full white; paper and faint patterns stay as faint."""
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    ink = levels[levels > threshold]
    if not ink.size:
        return levels
    rank = int(STRONG * (ink.size - 1))
    strong = max(WEAKEST, int(np.partition(ink, rank)[rank]))
    return as_plane(cv2.convertScaleAbs(levels, alpha=255.0 / strong))


def _sample(strength: Plane, keep: Plane | None, matrix: NDArray[np.float64], width: int, scale: float) -> Plane:
    """The strip's pixels, taken through ``matrix``; a larger picture is shrunk first, averaging areas."""
    corners = matrix @ np.array([[0, width, 0, width], [0, 0, HEIGHT, HEIGHT], [1, 1, 1, 1]], dtype=np.float64)
    left, top = (max(0, math.floor(low) - 1) for low in corners.min(axis=1))
    right, bottom = (math.ceil(high) + 1 for high in corners.max(axis=1))
    part = strength[top:bottom, left:right]
    if not part.size:
        return np.zeros((HEIGHT, width), dtype=np.uint8)
    if keep is not None:
        part = as_plane(cv2.bitwise_and(part, part, mask=keep[top:bottom, left:right]))
    into = matrix - np.array([[0, 0, left], [0, 0, top]])
    if scale < 1:
        size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        into = np.diag([size[0] / part.shape[1], size[1] / part.shape[0]]) @ into
        part = as_plane(cv2.resize(part, size, interpolation=cv2.INTER_AREA))
    into[:, 2] += into[:, :2].sum(axis=1) / 2 - 0.5  # OpenCV counts from the middle of a pixel
    return as_plane(cv2.warpAffine(part, into, (width, HEIGHT), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP))
