"""Where the boxes of a straightened teaching sheet really are: paper bends, and the marks say nothing of its middle."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.vision import teaching_layout as layout
from recognizer.vision.ink import Plane, as_plane
from recognizer.vision.teaching_marks import MARGIN, SCALE

STEP = 2
"""Boxes are looked for on a copy so many times smaller: a line is still wider than a pixel of it."""

REACH = 2.0
"""Millimetres by which a box may lie beside where the row before it, nearer to the marks, lets expect it."""

STRONGEST_LINE = 40
"""Ink stronger than this counts as no stronger, else a thick stroke would pass for a line."""

LEAST_LIKENESS = 0.3
"""Correlation with a drawn box from which a box was found; what is written in it lowers it."""

FEWEST = 30
"""So many boxes must be found, else the marks alone decide."""

ROUNDS = 3
FAR = 0.4
"""Millimetres from the common surface from which a box was mistaken for something else."""

Shifts = NDArray[np.float64]


def grid_shifts(strength: Plane) -> Shifts:
    """By how much each box lies beside its place, in millimetres: (10, 10, 2), row, column, x and y.

    ``strength`` is the ink's, (2096, 1552), of the straightened sheet. Each box is matched with a drawn one, and a
    smooth surface through all of them, as bent paper is, corrects those that were mistaken.
    """
    size = (strength.shape[1] // STEP, strength.shape[0] // STEP)
    small = cv2.min(cv2.resize(strength, size, interpolation=cv2.INTER_AREA), STRONGEST_LINE)
    lines = as_plane(cv2.GaussianBlur(small, (0, 0), 1.0))
    found, likeness = np.zeros((layout.ROWS, layout.COLUMNS, 2)), np.zeros((layout.ROWS, layout.COLUMNS))
    drawn = _drawn_box()
    for row, before in _inwards():
        usual = np.zeros(2) if before is None else np.median(found[before], axis=0)
        for column in range(layout.COLUMNS):
            found[row, column], likeness[row, column] = _match(lines, drawn, layout.box(row, column), usual)
    return _smooth(found, likeness)


def _inwards() -> Iterator[tuple[int, int | None]]:
    """The rows from both ends to the middle, each with the one before it: the marks hold the ends in place."""
    for row in range(layout.ROWS // 2):
        yield row, row - 1 if row else None
        yield layout.ROWS - 1 - row, layout.ROWS - row if row else None


def _drawn_box() -> Plane:
    """A box's lines as they appear, with a margin of a millimetre around."""
    scale = SCALE // STEP
    rim = scale
    height, width = round(layout.BOX_HEIGHT * scale), round(layout.BOX_WIDTH * scale)
    picture = np.zeros((height + 2 * rim, width + 2 * rim), np.uint8)
    cv2.rectangle(picture, (rim, rim), (rim + width, rim + height), 255, 1)
    return as_plane(cv2.GaussianBlur(picture, (0, 0), 1.0))


def _match(
    lines: Plane, drawn: Plane, area: layout.Area, usual: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """The shift (x, y) in millimetres, near the usual one, at which a box is most like a drawn one; the likeness."""
    scale = SCALE // STEP
    reach = round(REACH * scale)
    place = (np.array([area.x, area.y]) + MARGIN) * scale
    size = np.array(drawn.shape[::-1]) + 2 * reach
    first = np.rint(place + usual * scale).astype(int) - scale - reach
    first = np.clip(first, 0, np.array(lines.shape[::-1]) - size)
    window = lines[first[1] : first[1] + size[1], first[0] : first[0] + size[0]]
    _, best, _, at = cv2.minMaxLoc(cv2.matchTemplate(window, drawn, cv2.TM_CCOEFF_NORMED))
    # The drawn box has a margin of a millimetre, and its line lies in the middle of a pixel.
    return (first + at + scale + 0.5 - place) / scale, float(best)


def _smooth(found: Shifts, likeness: NDArray[np.float64]) -> Shifts:
    """A cubic surface through the boxes that were found, less those far from it; no shifts where too few were."""
    y, x = np.meshgrid(np.linspace(-1, 1, layout.ROWS), np.linspace(-1, 1, layout.COLUMNS), indexing="ij")
    powers = [(i, j) for i in range(4) for j in range(4) if i + j <= 3]
    terms = np.stack([(x**i * y**j).ravel() for i, j in powers], axis=1)
    places = found.reshape(-1, 2)
    used = likeness.ravel() > LEAST_LIKENESS
    surface = np.zeros_like(places)
    for _ in range(ROUNDS):
        if used.sum() < FEWEST:
            return np.zeros_like(found)
        weights = likeness.ravel()[used, None]
        surface = terms @ np.linalg.lstsq(terms[used] * weights, places[used] * weights, rcond=None)[0]
        away = np.linalg.norm(places - surface, axis=1)
        used = (likeness.ravel() > LEAST_LIKENESS) & (away < FAR)
    return surface.reshape(found.shape)
