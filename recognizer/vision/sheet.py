"""Find a sheet or a card that lies on a ground of another brightness: a page on a desk, a dark card on white."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Box, Gray
from recognizer.vision.ink import Plane, are_two_heaps, as_plane, shrink

Outline = NDArray[np.int32]

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

CORNERS_SEEN = 2
SQUARENESS = 0.5
"""A light sheet may touch more sides if so many of its corners are seen, and the cosine of their angles is below this:
what the lamp lights ends in a line, or in a corner of the shadow."""

EDGE = 0.02
"""Share of its shorter side left out along a sheet's edge, which is hardly ever sharp."""

CLOSED = 9
"""Pixels of the small copy, more than a stroke's width: what is carried over a sheet's edge is paper, not ink."""


def find_sheet(gray: Gray) -> tuple[Gray, Box] | None:
    """The sheet alone and the box (in ``gray``) that it was cut from, or None where there is none.

    What the box shows of the ground beside a sheet seen at an angle is painted over, as bright as the sheet beside it.
    """
    small = shrink(gray, SIDE)
    threshold, light = cv2.threshold(small, 0, 255, cv2.THRESH_OTSU)
    if not are_two_heaps(small, threshold):
        return None
    for side, is_light in ((as_plane(light), True), (as_plane(cv2.bitwise_not(light)), False)):
        outline = _sheet_outline(side, is_light=is_light)
        if outline is not None:
            return _cut(gray, small, outline)
    return None


def _sheet_outline(mask: Plane, *, is_light: bool) -> Outline | None:
    """The outline of the largest piece of a mask, if it is like a sheet."""
    height, width = mask.shape
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not outlines:
        return None
    outline = max(outlines, key=cv2.contourArea)
    (_, sides, _), area = cv2.minAreaRect(outline), cv2.contourArea(outline)
    x, y, across, down = cv2.boundingRect(outline)
    cut = (x <= 0) + (y <= 0) + (x + across >= width) + (y + down >= height)
    if min(sides) < SMALLEST * min(mask.shape) or area > LARGEST * mask.size:
        return None
    hull = np.asarray(cv2.convexHull(outline), dtype=np.int32)
    if cut > MOST_SIDES_CUT and not (is_light and _corners_seen(hull, mask) >= CORNERS_SEEN):
        return None
    covered = _covered(mask, outline)
    if area < RECTANGULAR * sides[0] * sides[1] or covered < SOLID * area:
        return None
    if cv2.countNonZero(mask) - covered > LIKE_GROUND * (mask.size - area):
        return None
    return hull


def _corners_seen(hull: Outline, mask: Plane) -> int:
    """How many corners of a sheet lie within the picture, about square."""
    points = cv2.approxPolyDP(hull, EDGE * cv2.arcLength(hull, True), True)[:, 0].astype(np.float64)
    before, after = np.roll(points, 1, axis=0) - points, np.roll(points, -1, axis=0) - points
    cosine = np.abs((before * after).sum(axis=1)) / np.maximum(1.0, np.hypot(*before.T) * np.hypot(*after.T))
    edge = EDGE * min(mask.shape)
    inside = ((points > edge) & (points < np.array(mask.shape[::-1]) - 1 - edge)).all(axis=1)
    return int(np.count_nonzero(inside & (cosine < SQUARENESS)))


def _covered(mask: Plane, outline: cv2.typing.MatLike) -> int:
    """How many pixels of the mask lie inside an outline of it."""
    inside = cv2.drawContours(np.zeros_like(mask), [outline], 0, 255, cv2.FILLED)
    return cv2.countNonZero(cv2.bitwise_and(mask, inside))


def _cut(gray: Gray, small: Plane, hull: Outline) -> tuple[Gray, Box] | None:
    filled = cv2.fillConvexPoly(np.zeros_like(small), hull, 255)
    drawn_in = 2 * round(EDGE * min(cv2.minAreaRect(hull)[1]) + 1) + 1
    # Beyond the picture's edge the sheet may go on: nothing is drawn in there.
    inner = as_plane(cv2.erode(filled, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (drawn_in, drawn_in))))
    outlines, _ = cv2.findContours(inner, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return None
    scale = gray.shape[1] / small.shape[1]
    whole = np.round((cv2.convexHull(max(outlines, key=cv2.contourArea)) + 0.5) * scale).astype(np.int32)
    left, top, width, height = cv2.boundingRect(whole)
    box = Box(left, top, min(width, gray.shape[1] - left), min(height, gray.shape[0] - top))
    rows, columns = slice(top, top + box.height), slice(left, left + box.width)
    inside = cv2.fillConvexPoly(np.zeros((box.height, box.width), np.uint8), whole - (left, top), 255)
    if inside.all():
        return gray[rows, columns], box
    level = cv2.resize(_paper_around(small, inner), gray.shape[::-1], interpolation=cv2.INTER_LINEAR)[rows, columns]
    return as_plane(np.where(inside > 0, gray[rows, columns], level).astype(np.uint8)), box


def _paper_around(small: Plane, inner: Plane) -> Plane:
    """How bright the sheet is where it is nearest to each point."""
    ground = as_plane(cv2.bitwise_not(inner))
    _, nearest = cv2.distanceTransformWithLabels(ground, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    # A closing takes the ink out of what is carried over the edge.
    paper = cv2.morphologyEx(cv2.bitwise_and(small, inner), cv2.MORPH_CLOSE, np.ones((CLOSED, CLOSED), np.uint8))
    levels = np.zeros(int(nearest.max()) + 1, dtype=np.uint8)
    levels[nearest[inner > 0]] = paper[inner > 0]
    return as_plane(cv2.blur(levels[nearest], (CLOSED, CLOSED)))
