"""Digits written in one go or touching each other: one piece of ink that is several digits."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.vision.strokes import stroke_width

NARROWEST = 0.9
WIDEST = 12.0
"""Width of linked digits as a multiple of their height: two ones, and ten round noughts."""

THICKEST = 0.4
"""Width of the strokes as a share of the height: a dash is as high as thick."""

SHORTEST = 1.6
LONGEST = 7.0
"""Length of the strokes as a multiple of the width: a dash has one, noughts have three, eights six, a hatching more."""

LONGEST_OUTLINE = 10.0
"""Outline as a multiple of the width: it runs along both edges of the strokes, but few of them are free where they
touch; on cheques 99 of 100 have less than 8.4. Scribbles and texture have more."""

SMALLEST_HOLE = 0.01
"""Holes under this share of the height's square are gaps in the ink."""

SPARE_HOLES = 2.0
HOLES = 2.5
"""Holes that there may be, and how many more for each height of width: two in each of a row of eights."""


def looks_linked(own: NDArray[np.bool_]) -> bool:
    """Whether a mask (height, width) may be several digits in one: strokes that go up and down along a line."""
    height, width = own.shape
    if not NARROWEST * height <= width <= WIDEST * height:
        return False
    stroke = stroke_width(own)
    length = np.count_nonzero(own) / stroke
    if stroke > THICKEST * height or not SHORTEST * width <= length <= LONGEST * width:
        return False
    outlines, tree = cv2.findContours(np.pad(own, 1).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    inner = [outline for outline, (_, _, _, parent) in zip(outlines, tree[0], strict=True) if parent >= 0]
    holes = sum(cv2.contourArea(outline) > SMALLEST_HOLE * height * height for outline in inner)
    outline = sum(map(len, outlines))
    return bool(outline <= LONGEST_OUTLINE * width and holes <= SPARE_HOLES + HOLES * width / height)
