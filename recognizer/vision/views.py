"""A part of a picture, cut out, enlarged or turned, that knows its place in the upright original."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Box, Gray, Strip
from recognizer.vision.ink import as_plane

TINY = 96
"""Longer side in pixels under which a picture is enlarged first."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Pixels ``gray`` (height, width), and the ``matrix`` (2, 3) that takes a point (x, y, 1) to the original.

    Points lie between pixels: (0, 0) is the first pixel's corner, and a box from 2 to 5 covers three pixels.
    """

    gray: Gray
    matrix: NDArray[np.float64]

    @classmethod
    def of(cls, gray: Gray, scale: float) -> View:
        """A whole picture, so many of the original's pixels to each of its own."""
        return cls(gray, np.array([[scale, 0.0, 0.0], [0.0, scale, 0.0]]))

    @property
    def frame(self) -> Box:
        return Box(0, 0, self.gray.shape[1], self.gray.shape[0])

    def seen_as(self, gray: Gray, inner: NDArray[np.float64]) -> View:
        """Other pixels ``gray`` of this view, whose points ``inner`` (2, 3) takes to this view's."""
        return View(gray, compose(self.matrix, inner))

    def enlarged_if_tiny(self) -> View:
        """Larger where it is tiny, so that strokes of one pixel hold together and a pixel is a small step."""
        factor = math.ceil(TINY / max(self.gray.shape))
        if factor <= 1:
            return self
        size = (self.gray.shape[1] * factor, self.gray.shape[0] * factor)
        gray = as_plane(cv2.resize(self.gray, size, interpolation=cv2.INTER_CUBIC))
        return self.seen_as(gray, np.array([[1 / factor, 0.0, 0.0], [0.0, 1 / factor, 0.0]]))

    def turned(self, quarters: int) -> View:
        """Turned clockwise by so many quarters."""
        height, width = self.gray.shape
        inner = {
            0: [[1, 0, 0], [0, 1, 0]],
            1: [[0, 1, 0], [-1, 0, height]],
            2: [[-1, 0, width], [0, -1, height]],
            3: [[0, -1, width], [1, 0, 0]],
        }[quarters % 4]
        return self.seen_as(np.ascontiguousarray(np.rot90(self.gray, -quarters)), np.array(inner, dtype=np.float64))

    def place(self, box: Box) -> Box:
        """A box of this view in pixels of the upright original."""
        corners = self.matrix @ np.array([[box.x, box.right], [box.y, box.bottom], [1, 1]], dtype=np.float64)
        x, y = np.rint(corners.min(axis=1)).astype(int).tolist()
        right, bottom = np.rint(corners.max(axis=1)).astype(int).tolist()
        return Box(x, y, max(1, right - x), max(1, bottom - y))

    def place_strip(self, strip: Strip) -> Strip:
        """A strip of this view with its place in the upright original."""
        return Strip(strip.pixels, compose(self.matrix, strip.matrix))


def compose(outer: NDArray[np.float64], inner: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrix (2, 3) that does what ``inner`` does and then what ``outer`` does."""
    return np.asarray(outer @ np.vstack([inner, [0.0, 0.0, 1.0]]), dtype=np.float64)
