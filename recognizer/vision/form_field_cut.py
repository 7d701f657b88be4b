"""Cut the number that stands in a form's field out of a page that lies on the form's sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Box, Gray, NumberCrop
from recognizer.vision.candidates import find_digits, without
from recognizer.vision.components import Labels, Piece, keep_writing, label_pieces
from recognizer.vision.cutting import Sheet, cut_number, mark_pieces
from recognizer.vision.form_print import less_remains, print_shift, without_print
from recognizer.vision.form_sample import FormSample, Matrix
from recognizer.vision.fragments import join_fragments
from recognizer.vision.ink import Ink, Plane, as_plane, find_ink, mask_ink
from recognizer.vision.lines import Line, Standing, estimate_tilt, group_lines
from recognizer.vision.views import View

AROUND = 0.45
"""How much of its height around a field is looked at: digits reach out of their boxes, and print tells its place."""

HEIGHTS = (48, 220)
"""Height in pixels at which a field is looked at, at least and at most."""

LONGEST = 6000
"""Width in pixels at which a field is looked at, at most."""

OUTSIDE = 0.5
"""What lies outside the field with more than this share of its ink is another's."""

COMMON = 0.5
"""What stands with so much of its height in the rows of the field's digits is of their number."""

BROKEN = 0.35
"""Ink at either end of a number that is at least this high, as a share of its digits, may be a digit that broke."""

ANOTHER = 0.5
"""Ink above or below a number that is at least this high, as a share of its digits, may be another number."""

WRITTEN = 0.2
"""Ink as high or as wide as so much of the field is writing, though it be no digit."""


@dataclass(frozen=True, slots=True, eq=False)
class FieldCut:
    """What stands in a field: its number, if there are digits, and whether anything is written there at all.

    ``box`` is the field's own on the upright picture.
    """

    number: NumberCrop | None
    written: bool
    box: Box


def cut_field(gray: Gray, sample: FormSample, matrix: Matrix, box: Box, *, scale: float = 1.0) -> FieldCut:
    """Cut a field's number out of a page, grey (height, width).

    ``matrix`` (3, 3) takes a point of the sample, in whose pixels ``box`` is the field, to the page's, ``scale`` of the
    upright original's pixels to each. All ink of the field is one number, as far apart as its digits may stand.
    """
    box = Box(box.x, box.y, max(1, box.width), max(1, box.height))
    zoom = _zoom(matrix, box)
    rim = AROUND * box.height
    inner = np.array([[1 / zoom, 0, box.x - rim], [0, 1 / zoom, box.y - rim], [0, 0, 1]])
    size = math.ceil((box.width + 2 * rim) * zoom), math.ceil((box.height + 2 * rim) * zoom)
    width, height = max(1, round(box.width * zoom)), max(1, round(box.height * zoom))
    field = Box(round(rim * zoom), round(rim * zoom), width, height)
    own = find_ink(_laid(sample.gray, np.linalg.inv(sample.matrix) @ inner, size)).strength
    page = find_ink(_laid(gray, matrix @ inner, size)).strength
    right, down = print_shift(page, own, field.height)
    if right or down:
        inner = inner @ np.array([[1, 0, right], [0, 1, down], [0, 0, 1]])
        page = find_ink(_laid(gray, matrix @ inner, size)).strength
    written, near = without_print(page, own, field)
    view = View(written, _affine(np.diag([scale, scale, 1.0]) @ matrix @ inner, field))
    return _cut(view, field, near)


def _cut(view: View, field: Box, near: Plane) -> FieldCut:
    ink = Ink(view.gray, mask_ink(view.gray))
    labels, pieces = label_pieces(ink.mask)
    own = [piece for piece in pieces if _inside(piece, labels, field) >= OUTSIDE]
    own = less_remains(own, labels, ink.strength, near)
    writing = join_fragments(keep_writing(labels, own), labels)
    glyphs = find_digits(writing, labels, view.frame)
    place = view.place(field)
    if not glyphs:
        return FieldCut(None, any(piece.size >= WRITTEN * field.height for piece in own), place)
    line = _whole_line(glyphs, without(glyphs, writing))
    chosen = [standing.piece for standing in line.glyphs]
    others = without(chosen, own)
    foreign = without(own, pieces) + [piece for piece in others if not _stands_in(piece, line)]
    sheet = Sheet(view, ink, labels, mark_pieces(labels, foreign), np.zeros_like(ink.mask))
    remains = any(piece.box.height >= ANOTHER * line.body and not _stands_in(piece, line) for piece in others)
    return FieldCut(cut_number(sheet, line, 0, remains=remains), True, place)


def _whole_line(glyphs: Sequence[Piece], rest: Sequence[Piece]) -> Line:
    """All digits that stand beside each other, however far apart, and broken ones at the ends: a field is a number."""
    tilt = estimate_tilt(glyphs)
    main = max(group_lines(glyphs, tilt), key=lambda line: sum(standing.piece.area for standing in line.glyphs))
    own = [Standing.on(piece, main.tilt) for piece in glyphs if _stands_in(piece, main)]
    left, right = min(each.left for each in own), max(each.right for each in own)
    beside = [Standing.on(piece, main.tilt) for piece in rest if _stands_in(piece, main)]
    for end in ([each for each in beside if each.right < left], [each for each in beside if each.left > right]):
        if end:
            broken = Standing.on(reduce(Piece.union, (each.piece for each in end)), main.tilt)
            own += [broken] if broken.height >= BROKEN * main.body else []
    return Line(main.tilt, tuple(sorted(own, key=lambda each: each.left)))


def _stands_in(piece: Piece, line: Line) -> bool:
    """Whether most of a piece lies in the rows of a line."""
    own = Standing.on(piece, line.tilt)
    top, bottom = min(each.top for each in line.glyphs), max(each.bottom for each in line.glyphs)
    return min(own.bottom, bottom) - max(own.top, top) >= COMMON * own.height


def _inside(piece: Piece, labels: Labels, field: Box) -> float:
    """The share of a piece's ink that lies inside the field."""
    own, box = piece.mask(labels), piece.box
    left, top = max(0, field.x - box.x), max(0, field.y - box.y)
    right, bottom = max(left, field.right - box.x), max(top, field.bottom - box.y)
    return float(np.count_nonzero(own[top:bottom, left:right])) / max(1, piece.area)


def _zoom(matrix: Matrix, box: Box) -> float:
    """Pixels at which a field is looked at for each of the sample's: as many as the page has, within limits."""
    corners = _seen(matrix, box)
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
    height = float(sides[[0, 2]].mean())
    return min(min(max(height, HEIGHTS[0]), HEIGHTS[1]) / box.height, LONGEST / (box.width + 2 * AROUND * box.height))


def _seen(matrix: Matrix, box: Box) -> NDArray[np.float64]:
    """The corners of a box, clockwise from the left upper one, as a map shows them: (4, 2)."""
    corners = np.array([[box.x, box.right, box.right, box.x], [box.y, box.y, box.bottom, box.bottom], [1, 1, 1, 1]])
    seen = matrix @ corners
    return np.asarray((seen[:2] / seen[2]).T, np.float64)


def _affine(matrix: Matrix, field: Box) -> NDArray[np.float64]:
    """The map without its perspective, which a field is too small to show: shape (2, 3)."""
    goals = _seen(matrix, field)
    places = _seen(np.eye(3), field)
    return np.asarray(np.linalg.lstsq(np.column_stack([places, np.ones(4)]), goals, rcond=None)[0].T, np.float64)


def _laid(plane: Plane, matrix: Matrix, size: tuple[int, int]) -> Plane:
    """A part of a plane, of this width and height; ``matrix`` takes its points to the plane's. Averaged if smaller."""
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # OpenCV counts from the middle of a pixel
    corners = _seen(matrix, Box(0, 0, *size))
    left, top = np.maximum(np.floor(corners.min(axis=0)) - 2, 0).astype(int).tolist()
    right, bottom = (np.ceil(corners.max(axis=0)) + 2).astype(int).tolist()
    part = plane[top : max(top, bottom), left : max(left, right)]
    if not part.size:
        return np.full(size[::-1], 255, np.uint8)
    shrunk = max(1.0, float(np.linalg.norm(corners[3] - corners[0])) / size[1])
    into = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]]) @ matrix
    if shrunk > 1.5:
        small = max(1, round(part.shape[1] / shrunk)), max(1, round(part.shape[0] / shrunk))
        into = np.diag([small[0] / part.shape[1], small[1] / part.shape[0], 1.0]) @ into
        part = as_plane(cv2.resize(part, small, interpolation=cv2.INTER_AREA))
    inner, flags = np.linalg.inv(half) @ into @ half, cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return as_plane(cv2.warpPerspective(part, inner, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))
