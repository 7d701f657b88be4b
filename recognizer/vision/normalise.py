"""Bring one digit's ink into the form in which MNIST gives digits; training and serving share this.

MNIST's recipe (LeCun, Cortes and Burges, "The MNIST database of handwritten digits", and LeCun et al.,
"Gradient-based learning applied to document recognition", 1998): scale the ink, aspect kept, with
anti-aliasing into a box of 20×20, then shift it by whole pixels so that its centre of mass lies in the
middle of a field of 28×28.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Crop

FIELD = 28
BOX = 20
CENTRE = 14.0
"""Where MNIST's centres of mass lie, counted in pixel indices: the mean over its training set is 14.0."""

FAINT = 0.08
"""Ink weaker than this share of the strongest is noise, and does not widen the box."""

_COORDINATES = np.arange(FIELD, dtype=np.float32)


def normalise_ink(ink: NDArray[np.uint8]) -> Crop:
    """Fit ink (height, width), white on black, into a crop of 28×28 as MNIST's, the strongest ink at 255.

    Grey levels are kept in proportion. Ink of any size is taken, down to one pixel; a picture without ink
    gives a black crop.
    """
    trimmed = _trim(ink)
    if trimmed is None:
        return np.zeros((FIELD, FIELD), dtype=np.uint8)
    return _centre(_stretch(_fit(trimmed)))


def _trim(ink: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The smallest rectangle around the ink, or None where there is none."""
    peak = int(ink.max(initial=0))
    if peak == 0:
        return None
    _, mask = cv2.threshold(ink, int(peak * FAINT), 255, cv2.THRESH_BINARY)
    x, y, width, height = cv2.boundingRect(mask)
    return ink[y : y + height, x : x + width]


def _fit(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale the longer side to 20 pixels, the other in proportion but never to nothing."""
    height, width = ink.shape
    scale = BOX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Averaging areas is anti-aliasing when shrinking, but makes blocks when enlarging.
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(ink, size, interpolation=method), dtype=np.uint8)


def _stretch(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Raise the strongest ink to 255: pencil and thin strokes become as strong as a marker."""
    peak = int(ink.max())
    if peak in (0, 255):
        return ink
    return np.asarray(cv2.convertScaleAbs(ink, alpha=255.0 / peak), dtype=np.uint8)


def _centre(ink: NDArray[np.uint8]) -> Crop:
    """Lay ink of at most 20×20 into the field with its centre of mass in the middle, by whole pixels."""
    height, width = ink.shape
    field = np.zeros((FIELD, FIELD), dtype=np.uint8)
    total = float(ink.sum(dtype=np.float64))
    if total == 0.0:
        return field
    row = float(ink.sum(axis=1, dtype=np.float32) @ _COORDINATES[:height]) / total
    column = float(ink.sum(axis=0, dtype=np.float32) @ _COORDINATES[:width]) / total
    top = min(max(round(CENTRE - row), 0), FIELD - height)
    left = min(max(round(CENTRE - column), 0), FIELD - width)
    field[top : top + height, left : left + width] = ink
    return field
