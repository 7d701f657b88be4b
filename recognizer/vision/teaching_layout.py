"""Where things are on the sheet that teaches a hand: the one description that printing and reading share.

Lengths are in millimetres, counted from the upper left corner of the drawing (``WIDTH`` × ``HEIGHT``), x to the right,
y down. The drawing fits A4 and Letter paper alike; printed larger or smaller it keeps its proportions, which suffices.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.phrases import phrase

VERSION = 1
"""Printed on the sheet. Another arrangement needs another version, and marks of its own."""

WIDTH, HEIGHT = 182.0, 250.0
ROWS, COLUMNS = 10, 10
"""Row r is to be filled with the digit r."""

BOX_WIDTH, BOX_HEIGHT = 14.0, 18.0
PITCH_X, PITCH_Y = 16.8, 21.6
FIRST_X, FIRST_Y = 14.0, 18.0

MARK = 12.0
"""Side of a corner mark."""

MARK_CELLS = 6
"""An ArUco mark of the dictionary 4×4 has 4 × 4 cells within a black frame of one cell."""

CORNERS = (phrase("top left"), phrase("top right"), phrase("bottom right"), phrase("bottom left"))
MARK_IDS = (9, 12, 22, 29)
"""The marks of this version, in the order of ``CORNERS``: each names its corner, so no turn of the paper misleads.
Of the dictionary's fifty these are among the seven that blur hurts least."""


class Area(NamedTuple):
    """A rectangle in millimetres."""

    x: float
    y: float
    width: float
    height: float


def box(row: int, column: int) -> Area:
    """The box in a row and a column, both from 0; its lines run along the edges of this rectangle."""
    return Area(FIRST_X + column * PITCH_X, FIRST_Y + row * PITCH_Y, BOX_WIDTH, BOX_HEIGHT)


def mark_corners() -> NDArray[np.float64]:
    """The corners of the four marks, (4, 4, 2): mark by mark as in ``CORNERS``, each clockwise from its upper left."""
    square = np.array([[0, 0], [MARK, 0], [MARK, MARK], [0, MARK]])
    origins = np.array([[0, 0], [WIDTH - MARK, 0], [WIDTH - MARK, HEIGHT - MARK], [0, HEIGHT - MARK]])
    return np.asarray(origins[:, None] + square[None], np.float64)


def mark_dictionary() -> cv2.aruco.Dictionary:
    """The dictionary that the marks come from (Garrido-Jurado et al., "Automatic generation and detection of highly
    reliable fiducial markers under occlusion", 2014)."""
    return cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)


def mark_cells(corner: int) -> NDArray[np.bool_]:
    """Which cells of the mark at a corner (an index of ``CORNERS``) are black, (6, 6)."""
    picture = mark_dictionary().generateImageMarker(MARK_IDS[corner], MARK_CELLS)
    return np.asarray(np.asarray(picture) < 128)
