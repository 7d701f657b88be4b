"""The four corners by which a form may be laid straight where its print tells too little: marks, sheet, frame."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.vision.ink import Plane

Corners = NDArray[np.float32]
"""Four points, clockwise from the left upper one, (4, 2)."""

MARK_SIDES = (0.008, 0.08)
"""Side of a corner mark as a share of the picture's longer side."""

MARK_FILLS = 0.8
MARK_ASPECT = 1.5
"""A mark's outline fills its rectangle to this share, whatever is drawn in it, and is about square."""

MARK_SOLID = 0.45
"""Share of a mark's outline that is ink: marks are dark, boxes are hollow."""

SHEET_FILLS = 0.15
SHEET_MOST = 0.97
"""Share of the picture that a sheet takes at least, and at most: what takes all of it has no corners to be seen."""


def corner_marks(mask: Plane) -> Corners | None:
    """The middles of the dark squares nearest to the corners of an ink mask (height, width), if there are four."""
    longer = max(mask.shape)
    least, most = (share * longer for share in MARK_SIDES)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    middles = [
        centre
        for outline in outlines
        if len(outline) >= 4
        for centre, sides, _ in [cv2.minAreaRect(outline)]
        if least <= min(sides) and max(sides) <= min(most, MARK_ASPECT * min(sides))
        if cv2.contourArea(outline) >= MARK_FILLS * sides[0] * sides[1] and _is_dark(mask, outline)
    ]
    if len(middles) < 4:
        return None
    return _outermost(np.array(middles, np.float32))


def sheet_corners(gray: Plane) -> Corners | None:
    """The corners of a sheet on a ground of another brightness, on a grey picture (height, width), if there is one."""
    _, light = cv2.threshold(cv2.GaussianBlur(gray, (0, 0), 3.0), 0, 255, cv2.THRESH_OTSU)
    for side in (light, cv2.bitwise_not(light)):
        outlines, _ = cv2.findContours(side, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        hulls = sorted((cv2.convexHull(outline) for outline in outlines), key=cv2.contourArea)
        if not hulls or not SHEET_FILLS * gray.size <= cv2.contourArea(hulls[-1]) <= SHEET_MOST * gray.size:
            continue
        plain = cv2.approxPolyDP(hulls[-1], 0.03 * cv2.arcLength(hulls[-1], True), True).reshape(-1, 2)
        if len(plain) == 4:
            return _clockwise(plain.astype(np.float32))
    return None


def frame_corners(plane: Plane) -> Corners:
    """The picture's own."""
    height, width = plane.shape
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)


def turns_of(corners: Corners) -> Iterator[Corners]:
    """The corners in all four turns."""
    for first in range(4):
        yield np.ascontiguousarray(np.roll(corners, -first, axis=0))


def _is_dark(mask: Plane, outline: NDArray[np.int32] | cv2.typing.MatLike) -> bool:
    x, y, width, height = cv2.boundingRect(outline)
    inside = cv2.drawContours(np.zeros((height, width), np.uint8), [outline], 0, 255, cv2.FILLED, offset=(-x, -y))
    own = cv2.countNonZero(cv2.bitwise_and(inside, mask[y : y + height, x : x + width]))
    return own >= MARK_SOLID * cv2.countNonZero(inside)


def _outermost(points: Corners) -> Corners | None:
    """The four points that reach out furthest into the corners of all, clockwise; None where one serves twice."""
    along, across = points.sum(axis=1), points[:, 0] - points[:, 1]
    chosen = [int(along.argmin()), int(across.argmax()), int(along.argmax()), int(across.argmin())]
    return points[chosen] if len(set(chosen)) == 4 else None


def _clockwise(points: Corners) -> Corners:
    away = points - points.mean(axis=0)
    ordered = points[np.argsort(np.arctan2(away[:, 1], away[:, 0]))]
    return np.ascontiguousarray(np.roll(ordered, -int(ordered.sum(axis=1).argmin()), axis=0))
