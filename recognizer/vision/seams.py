"""Cut off what reaches into a picture from its left and right: the neighbours of the digit that it was cut around."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.vision.ink import Plane, as_plane, shrink

SIDE = 96
"""Longer side, in pixels, of the small copy on which seams are looked for: a stroke is a few pixels wide."""

INTRUSION = 0.1
"""What a pixel of a seam costs for being in the middle, in pixels of ink: of two equally good seams the outer one is
right. It is no fine matter: from 0.06 to 0.25 the outcome is the same."""


def cut_neighbours(mask: Plane) -> Plane:
    """The part of a mask (height, width) between two seams from top to bottom, the cheapest in either half.

    A seam costs the ink that it crosses, so it goes around the neighbours and through the thinnest bridges to them; it
    may slant by 45°, as writing does. (Seams: Avidan and Shamir, "Seam carving", 2007.)
    """
    if not (mask[:, 0].any() or mask[:, -1].any()):
        return mask
    small = shrink(mask, SIDE)
    half = max(1, small.shape[1] // 2)
    left, right = _cheapest_seams(np.stack([small[:, :half], small[:, ::-1][:, :half]]))
    columns = np.arange(small.shape[1])
    between = (columns > left[:, None]) & (columns[::-1] > right[:, None])
    size = (mask.shape[1], mask.shape[0])
    kept = cv2.resize(between.astype(np.uint8) * 255, size, interpolation=cv2.INTER_NEAREST)
    return as_plane(cv2.bitwise_and(mask, kept))


def _cheapest_seams(halves: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The column of the cheapest seam in each row, (n, height), of n masks (n, height, width) that begin outside."""
    count, height, width = halves.shape
    total = np.full((count, height, width + 2), np.inf, dtype=np.float32)
    cost = total[:, :, 1:-1]
    cost[:] = halves.astype(np.float32) / 255 + INTRUSION * np.arange(width, dtype=np.float32) / width
    for row in range(1, height):
        above = total[:, row - 1]
        cost[:, row] += np.minimum(np.minimum(above[:, :-2], above[:, 1:-1]), above[:, 2:])
    seams = np.empty((count, height), dtype=np.intp)
    for seam, sums in zip(seams, cost, strict=True):
        seam[-1] = sums[-1].argmin()
        for row in range(height - 2, -1, -1):
            first = max(0, seam[row + 1] - 1)
            seam[row] = first + sums[row, first : seam[row + 1] + 2].argmin()
    return seams
