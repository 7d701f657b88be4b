"""Find the teaching sheet on a photo by its corner marks, and lay it straight."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.errors import BadSheet
from recognizer.domain.phrases import phrase, phrases
from recognizer.domain.types import Gray
from recognizer.vision import teaching_layout as layout
from recognizer.vision.ink import Plane, as_plane

SCALE = 8
"""Pixels per millimetre of the straightened sheet: a 4-megapixel photo that the sheet fills has as many."""

MARGIN = 6
"""Millimetres of paper around the drawing that the straightened sheet shows: bent paper reaches out there."""

LEAST_SCALE = 3.0
"""Pixels per millimetre that a photo needs at least: a digit of 8 mm is 24 of them high, MNIST's are 20."""

MOST_BLUR = 0.75
"""The blur (standard deviation, in millimetres) from which the strokes of a digit flow together."""

SHRUNK = (1.5, 1.0, 3.0)
"""Marks are searched on copies so many times smaller, until all are found: shrinking takes noise away, and blur."""

WINDOW = 23
"""Side, in pixels, of the field with whose mean a pixel is compared: wider than a cell of a mark on any copy."""

LEAST_PERIMETER = 0.05
"""Perimeter of the smallest mark as a share of the picture's longer side; at ``LEAST_SCALE`` it is 0.06."""

SMALLEST = 64
"""Pixels that a copy has on each side at least."""

FEWEST = 2
"""Fewer marks than this are no sheet: one may be something else that looks like it."""

NOT_FOUND = phrase(
    "No sheet was found on this picture. Photograph the whole sheet, sharp and in even light, with all four black marks"
    " in view."
)

Corners = NDArray[np.float64]


def straighten(gray: Gray) -> Plane:
    """The sheet alone, upright and straight, ``SCALE`` pixels to the millimetre, with a ``MARGIN``: (2096, 1552).

    Any turn, tilt and size of the sheet will do. Raises BadSheet, with a sentence that says what to do about it, where
    there is no sheet, a corner of it is missing, or it is too small or too blurred to be read.
    """
    seen = _find_marks(gray)
    goals = layout.mark_corners().reshape(-1, 2)
    to_photo, _ = cv2.findHomography((goals + MARGIN) * SCALE, seen.reshape(-1, 2))
    if to_photo is None:
        raise BadSheet(NOT_FOUND)
    if _least_scale(seen) < LEAST_SCALE:
        raise BadSheet(phrase("The sheet is too small on this picture. Go closer, until it all but fills the picture."))
    size = (round((layout.WIDTH + 2 * MARGIN) * SCALE), round((layout.HEIGHT + 2 * MARGIN) * SCALE))
    # OpenCV counts from the middle of the first pixel, millimetres from its corner.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    matrix = np.linalg.inv(half) @ to_photo @ half
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    straight = as_plane(cv2.warpPerspective(gray, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))
    if _blur(straight) > MOST_BLUR:
        raise BadSheet(
            phrase("This picture is too blurred to be read. Hold still, let the camera focus, and try again.")
        )
    return straight


def _find_marks(gray: Gray) -> Corners:
    """The corners of the four marks in pixels of the photo, counted from its corner: (4, 4, 2), as in the layout."""
    marks: dict[int, Corners] = {}
    for shrunk in SHRUNK:
        if len(marks) < len(layout.MARK_IDS):
            marks = _detect(gray, shrunk) | marks
    if len(marks) < FEWEST:
        raise BadSheet(NOT_FOUND)
    missing = [corner for corner, name in zip(layout.CORNERS, layout.MARK_IDS, strict=True) if name not in marks]
    if missing:
        raise BadSheet(_missing(missing))
    seen = np.array([marks[name] for name in layout.MARK_IDS])
    if not _is_one_sheet(seen):
        raise BadSheet(NOT_FOUND)
    return seen


def _detect(gray: Gray, shrunk: float) -> dict[int, Corners]:
    """The marks of a sheet that are found on a copy so many times smaller, by name, (4, 2)."""
    size = (round(gray.shape[1] / shrunk), round(gray.shape[0] / shrunk))
    if min(size) < SMALLEST:
        return {}
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    parameters.adaptiveThreshWinSizeMin = parameters.adaptiveThreshWinSizeMax = WINDOW
    parameters.minMarkerPerimeterRate = LEAST_PERIMETER
    parameters.errorCorrectionRate = 1.0  # the one cell that these marks bear; all four must be found anyway
    copy = gray if shrunk == 1 else cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    found, ids, _ = cv2.aruco.ArucoDetector(layout.mark_dictionary(), parameters).detectMarkers(copy)
    names = [] if ids is None else [int(name) for name in ids.ravel()]
    ours = [name for name in names if name in layout.MARK_IDS]
    if len(set(ours)) < len(ours):
        raise BadSheet(phrase("There is more than one sheet on this picture. Photograph one at a time."))
    back = np.array([gray.shape[1] / size[0], gray.shape[0] / size[1]])
    return {name: (found[names.index(name)][0].astype(np.float64) + 0.5) * back for name in ours}


def _missing(corners: Sequence[str]) -> str:
    which: str = corners[0]
    for corner in corners[1:-1]:
        which = phrase("{first}, {second}", first=which, second=corner)
    if len(corners) > 1:
        which = phrase("{first} and {last}", first=which, last=corners[-1])
    return phrases(
        "The black mark at the {which} of the sheet can't be seen clearly. Photograph the whole sheet, sharp and in"
        " even light, with all four marks in view.",
        "The black marks at the {which} of the sheet can't be seen clearly. Photograph the whole sheet, sharp and in"
        " even light, with all four marks in view.",
        len(corners),
        which=which,
    )


def _is_one_sheet(seen: Corners) -> bool:
    """Whether four marks lie as on one sheet: their middles around a convex field, clockwise."""
    middles = seen.mean(axis=1)
    sides = np.roll(middles, -1, axis=0) - middles
    after = np.roll(sides, -1, axis=0)
    return bool((sides[:, 0] * after[:, 1] - sides[:, 1] * after[:, 0] > 0).all())


def _least_scale(seen: Corners) -> float:
    """Pixels per millimetre where the sheet is farthest away."""
    sides = np.linalg.norm(np.roll(seen, -1, axis=1) - seen, axis=2)
    return float(sides.mean(axis=1).min() / layout.MARK)


def _blur(straight: Plane) -> float:
    """How blurred the marks' outer edges are: the standard deviation in millimetres, of the worst mark."""
    side, rim = round(layout.MARK * SCALE), SCALE
    worst = 0.0
    for (left, top), *_ in (layout.mark_corners() + MARGIN) * SCALE:
        mark = straight[round(top) : round(top) + side, round(left) : round(left) + side].astype(np.float32)
        inside = mark[2 * rim : -2 * rim, 2 * rim : -2 * rim]
        contrast = float(np.percentile(inside, 95) - np.percentile(inside, 5))
        steepest = max(float(np.percentile(np.abs(np.diff(inside, axis=axis)).max(axis=axis), 50)) for axis in (0, 1))
        worst = max(worst, contrast / max(steepest, 1e-3) / np.sqrt(2 * np.pi) / SCALE)
    return worst
