"""Find a sheet or a card that lies on a ground of another brightness: a page on a desk, a dark card on white."""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.domain.types import Box, Gray
from recognizer.vision.ink import Plane, are_two_heaps, as_plane, shrink

SIDE = 256
"""Longer side, in pixels, of the small copy on which sheets are looked for."""

SMALLEST = 0.3
"""Share of the picture's shorter side that both sides of a sheet take at least."""

LARGEST = 0.9
"""Share of the picture's area that a sheet takes at most: what takes all of it needs no looking for."""

RECTANGULAR = 0.88
"""Share of the rectangle around it that a sheet fills; an ellipse, such as a fat nought, fills 0.79."""

SOLID = 0.7
"""Share of the sheet that has the sheet's own brightness: a square nought, drawn or framed, is hollow."""

LIKE_GROUND = 0.5
"""Share of the ground around a sheet that may be as bright as it: a square of squared paper lies among others."""

MOST_SIDES_CUT = 1
"""Sides of the picture that a sheet may touch; the lit part of a page in shadow touches more."""

EDGE = 0.02
"""Share of its shorter side left out along a sheet's edge, which is hardly ever sharp."""


def find_sheet(gray: Gray) -> tuple[Gray, Box] | None:
    """The sheet alone and the box (in ``gray``) that it was cut from, or None where there is none.

    What the box shows of the ground beside a turned sheet is painted over with the sheet's usual brightness.
    """
    small = shrink(gray, SIDE)
    threshold, light = cv2.threshold(small, 0, 255, cv2.THRESH_OTSU)
    if not are_two_heaps(small, threshold):
        return None
    for side in (as_plane(light), as_plane(cv2.bitwise_not(light))):
        corners = _corners(side)
        if corners is not None:
            return _cut(gray, corners * (gray.shape[1] / small.shape[1]))
    return None


def _corners(mask: Plane) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None:
    """The four corners of the largest piece of a mask, drawn in a little, if it is like a sheet."""
    height, width = mask.shape
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not outlines:
        return None
    outline = max(outlines, key=cv2.contourArea)
    (centre, sides, angle), area = cv2.minAreaRect(outline), cv2.contourArea(outline)
    x, y, across, down = cv2.boundingRect(outline)
    cut = (x <= 0) + (y <= 0) + (x + across >= width) + (y + down >= height)
    if min(sides) < SMALLEST * min(mask.shape) or area > LARGEST * mask.size or cut > MOST_SIDES_CUT:
        return None
    covered = _covered(mask, outline)
    if area < RECTANGULAR * sides[0] * sides[1] or covered < SOLID * area:
        return None
    if cv2.countNonZero(mask) - covered > LIKE_GROUND * (mask.size - area):
        return None
    margin = 2 * (EDGE * min(sides) + 1)
    inner = (centre, (sides[0] - margin, sides[1] - margin), angle)
    return np.asarray(cv2.boxPoints(inner), dtype=np.float32)


def _covered(mask: Plane, outline: cv2.typing.MatLike) -> int:
    """How many pixels of the mask lie inside an outline of it."""
    inside = cv2.drawContours(np.zeros_like(mask), [outline], 0, 255, cv2.FILLED)
    return cv2.countNonZero(cv2.bitwise_and(mask, inside))


def _cut(gray: Gray, corners: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> tuple[Gray, Box] | None:
    left, top = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int).tolist()
    right, bottom = np.minimum(np.ceil(corners.max(axis=0)), gray.shape[::-1]).astype(int).tolist()
    if right <= left or bottom <= top:
        return None
    part = gray[top:bottom, left:right]
    inside = np.zeros(part.shape, dtype=np.uint8)
    cv2.fillConvexPoly(inside, np.round(corners - (left, top)).astype(np.int32), 255)
    usual = int(np.median(part[:: max(1, part.shape[0] // 256), :: max(1, part.shape[1] // 256)]))
    return as_plane(np.where(inside > 0, part, usual).astype(np.uint8)), Box(left, top, right - left, bottom - top)
