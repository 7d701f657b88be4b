"""From a photo of the filled-in teaching sheet to a hundred crops, each with the digit that its row asks for."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Crop, Gray
from recognizer.vision import teaching_layout as layout
from recognizer.vision.components import Labels, Piece, label_pieces
from recognizer.vision.crops import crop_glyph
from recognizer.vision.ink import DARKEST_PAPER, Ink, Plane, as_plane
from recognizer.vision.normalise import FIELD
from recognizer.vision.teaching_grid import grid_shifts
from recognizer.vision.teaching_marks import MARGIN, SCALE, straighten

COUNT = layout.ROWS * layout.COLUMNS

INSET = 0.7
"""Millimetres between a box's line and what is cut out of it: half the line, the blur, and an error of the cut."""

STEP = 4
"""The paper is estimated on a copy so many times smaller."""

WIDEST_STROKE = 4.0
"""Millimetres; a felt tip's are half as wide."""

NOISE_FACTOR = 4.0
FAINTEST = 10
"""The weakest ink: above the noise of its own box by this factor, and at least this (of 255) darker than the paper."""

STRONG = 99
"""The percentile of a box that is its strong ink: a one in fine pen covers a fiftieth of it."""

LEAST_STRONG = 16
"""Strong ink is at least so dark (of 255), else there is none: a shadow's edge, a fold."""

CORE, WHOLE = 0.5, 0.25
"""Ink is what has this share of the strong ink, and what has the second share and hangs on such: a pen that fades."""

LEAST_DIGIT = 2.0
"""Height or width in millimetres from which ink is a digit; less is a speck, or the pen resting."""

FLATTEST = 4.0
"""Millimetres; what goes from side to side of a box and is no higher than this is no digit."""

SPECK = 0.12
"""Pieces smaller than this share of the largest in their box belong to no digit."""

LONGEST_TOUCH = 1.2
"""Millimetres of ink along the cut from which a digit goes on outside of its box."""


@dataclass(frozen=True, slots=True)
class TeachingSheet:
    """What is written on a sheet, box by box, row after row; the row of box n, n // 10, is the digit asked for.

    ``crops`` are as MNIST's, (100, 28, 28), black where nothing is written; ``written`` and ``cut_off``, (100,), say
    where something is, and where it goes on beyond its box.
    """

    crops: NDArray[np.uint8]
    written: NDArray[np.bool_]
    cut_off: NDArray[np.bool_]


def read_teaching_sheet(gray: Gray) -> TeachingSheet:
    """Find the sheet on a photo, straighten it, and cut out what is written in its boxes.

    Raises BadSheet with a sentence for the person, as ``straighten`` does.
    """
    strength = stand_out(straighten(gray))
    crops = np.zeros((COUNT, FIELD, FIELD), np.uint8)
    written, cut_off = np.zeros(COUNT, bool), np.zeros(COUNT, bool)
    shifts = grid_shifts(strength)
    for at in range(COUNT):
        row, column = divmod(at, layout.COLUMNS)
        found = _read_box(_cut(strength, row, column, shifts[row, column]))
        if found is not None:
            written[at], (crops[at], cut_off[at]) = True, found
    return TeachingSheet(crops, written, cut_off)


def stand_out(straight: Plane) -> Plane:
    """How much of the paper's light is missing at each pixel of a straightened sheet, 0 none to 255 all.

    On a sheet of known size the paper can be told from ink by less than on any picture: no stroke is wider than
    ``WIDEST_STROKE``, so shadows may be as sharp as that.
    """
    size = (straight.shape[1] // STEP, straight.shape[0] // STEP)
    small = cv2.resize(straight, size, interpolation=cv2.INTER_AREA)
    side = round(WIDEST_STROKE * SCALE / STEP) | 1
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8), borderType=cv2.BORDER_REPLICATE)
    paper = cv2.resize(cv2.blur(paper, (5, 5)), straight.shape[::-1], interpolation=cv2.INTER_LINEAR)
    missing = cv2.divide(cv2.subtract(paper, straight), np.maximum(paper, DARKEST_PAPER), scale=255.0)
    return as_plane(cv2.blur(missing, (3, 3)))


def _cut(strength: Plane, row: int, column: int, shift: NDArray[np.float64]) -> Ink:
    """The ink well inside a box, where the box really is: ``shift`` (x, y) in millimetres from where it should be."""
    area = layout.box(row, column)
    left, right = ((MARGIN + area.x + shift[0] + side) * SCALE for side in (INSET, area.width - INSET))
    top, bottom = ((MARGIN + area.y + shift[1] + side) * SCALE for side in (INSET, area.height - INSET))
    window = slice(round(top), round(bottom)), slice(round(left), round(right))
    cut = np.ascontiguousarray(strength[window])
    return Ink(cut, _mask(cut))


def _mask(strength: Plane) -> Plane:
    """255 where a box's ink is, by its own noise and its own strong ink: beside a felt tip, pencil still counts."""
    middle = float(np.median(strength))
    floor = max(middle + NOISE_FACTOR * 1.4826 * float(np.median(np.abs(strength - middle))), FAINTEST)
    strong = float(np.percentile(strength, STRONG))
    if strong < max(LEAST_STRONG, floor):
        return np.zeros_like(strength)
    weak = (strength > max(floor, WHOLE * strong)).astype(np.uint8)
    count, labels = cv2.connectedComponents(weak)
    cores = np.bincount(labels[strength > max(floor, CORE * strong)], minlength=count) > 0
    cores[0] = False
    return as_plane(cores[labels] * np.uint8(255))


def _read_box(ink: Ink) -> tuple[Crop, bool] | None:
    """The crop of what is written in a box and whether it is cut off; None where nothing is."""
    labels, pieces = label_pieces(ink.mask)
    pieces = [piece for piece in pieces if not _is_rim(piece, labels)]
    if not pieces:
        return None
    largest = max(piece.size for piece in pieces)
    if largest < LEAST_DIGIT * SCALE:
        return None
    digit = pieces[0]
    for piece in pieces[1:]:
        if piece.size >= SPECK * largest:
            digit = Piece.union(digit, piece)
    return crop_glyph(digit, ink, labels), _touch(np.isin(labels, digit.labels)) > LONGEST_TOUCH * SCALE


def _is_rim(piece: Piece, labels: Labels) -> bool:
    """Whether a piece only lines the edge of the cut (a neighbour's stroke, the rest of a line, a shadow's end) or runs
    flat through all of it, as a fold does.
    """
    height, width = labels.shape
    depth = min(piece.box.right, piece.box.bottom, width - piece.box.x, height - piece.box.y)
    fold = piece.box.width >= width - 2 and piece.box.height <= FLATTEST * SCALE
    return bool(depth <= SCALE or fold)


def _touch(own: NDArray[np.bool_]) -> int:
    """How many pixels of ink lie along the edge of the cut."""
    return int(own[0].sum() + own[-1].sum() + own[1:-1, 0].sum() + own[1:-1, -1].sum())


def crops_picture(crops: NDArray[np.uint8]) -> Plane:
    """All crops, (100, 28, 28), as one picture: ten by ten, dark on white as on paper, (280, 280)."""
    grid = crops.reshape(layout.ROWS, layout.COLUMNS, FIELD, FIELD).swapaxes(1, 2)
    return as_plane(cv2.bitwise_not(grid.reshape(layout.ROWS * FIELD, layout.COLUMNS * FIELD)))
