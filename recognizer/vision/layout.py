"""Where the numbers are on a picture: from grey to boxes, strips and digit crops, in reading order."""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.domain.types import Box, Expect, Gray, NumberCrop
from recognizer.vision.borders import find_borders
from recognizer.vision.candidates import find_digits, without
from recognizer.vision.columns import split_columns
from recognizer.vision.components import Labels, Piece, keep_writing, label_pieces, runs_through
from recognizer.vision.cutting import Sheet, cut_number, mark_pieces
from recognizer.vision.expectation import meet_expectation
from recognizer.vision.fragments import join_fragments
from recognizer.vision.ink import Ink, Plane, as_plane, find_ink
from recognizer.vision.lines import estimate_tilt, group_lines, split_numbers
from recognizer.vision.remains import has_remains, stands_by_taller, unexplained
from recognizer.vision.rules import remove_rules
from recognizer.vision.shadows import is_corner_shadow
from recognizer.vision.sheet import find_sheet
from recognizer.vision.views import View

# A server reads in many threads of its own; OpenCV's would only get in their way.
cv2.setNumThreads(1)

DARKER_THAN_RULE = 1.5
"""Where a rule is this many times as dark as usually, a pen went over it."""

OUT_OF_PLACE = 2.0
"""Ink that is no digit and reaches further than this times the tallest digit is a frame, a line, a drawing."""


def find_numbers(gray: Gray, expect: Expect, *, scale: float = 1.0, turn: int = 0) -> list[NumberCrop]:
    """The numbers on a grey picture (height, width), line by line, each with its strip and its digits' crops.

    Boxes and strips are placed in pixels of the upright original, ``scale`` of which make one of the picture's.
    ``expect`` says how many digits the person announced: for one, the most central complete one is chosen; for N,
    pieces are joined or dropped where that plausibly gives N. ``turn`` reads the picture turned clockwise by so many
    quarters; see ``turns.py``. A picture without ink, or whose ink is no writing, gives an empty list.
    """
    whole = View.of(gray, scale).turned(turn)
    sheet = find_sheet(whole.gray)
    if sheet is not None:
        part, box = sheet
        found = _find_on(whole.seen_as(part, np.array([[1.0, 0.0, box.x], [0.0, 1.0, box.y]])), expect)
        if found:
            return found
    return _find_on(whole, expect)


def _find_on(view: View, expect: Expect) -> list[NumberCrop]:
    view = view.enlarged_if_tiny()
    ink = find_ink(view.gray)
    mask, labels, pieces = _without_rules(ink, view.frame)
    borders = find_borders(pieces, labels)
    writing = [
        piece
        for piece in keep_writing(labels, without(borders, pieces))
        if not is_corner_shadow(piece, ink, labels, view.frame)
    ]
    joined = join_fragments(writing, labels)
    glyphs = meet_expectation(find_digits(joined, labels, view.frame), expect, view.frame)
    lines = group_lines(glyphs, estimate_tilt(glyphs))
    glyphs = [standing.piece for line in lines for standing in line.glyphs]  # a comma may have looked like one
    marks = without(glyphs, joined)
    tallest = max((glyph.box.height for glyph in glyphs), default=0)
    foreign = [*glyphs, *borders, *(piece for piece in pieces if piece.size > OUT_OF_PLACE * tallest)]
    sheet = Sheet(view, ink, labels, mark_pieces(labels, foreign), as_plane(cv2.subtract(ink.mask, mask)))
    numbers = [(index, number) for index, line in enumerate(lines) for number in split_numbers(line, marks)]
    sizes = unexplained(pieces, [*glyphs, *borders], int(labels.max()) + 1)
    return [
        cut_number(sheet, number, index, remains=has_remains(number, labels, sizes) or stands_by_taller(number, glyphs))
        for index, number in split_columns(numbers)
    ]


def _without_rules(ink: Ink, frame: Box) -> tuple[Plane, Labels, list[Piece]]:
    """The ink's mask without the rules that run through the picture, its labels and its pieces."""
    labels, pieces = label_pieces(ink.mask)
    if not any(runs_through(piece, frame) for piece in pieces):
        return ink.mask, labels, pieces
    mask = _give_back_pen(ink, remove_rules(ink.mask))
    return mask, *label_pieces(mask)


def _give_back_pen(ink: Ink, mask: Plane) -> Plane:
    """The mask without rules, (height, width), with those pixels of the rules that are darker than a rule."""
    rules = as_plane(cv2.subtract(ink.mask, mask))
    levels = ink.strength[rules > 0]
    if not levels.size:
        return mask
    dark = as_plane(cv2.compare(ink.strength, min(254.0, DARKER_THAN_RULE * float(np.median(levels))), cv2.CMP_GT))
    return as_plane(cv2.bitwise_or(mask, cv2.bitwise_and(rules, dark)))
