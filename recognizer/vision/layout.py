"""Where the numbers are on a picture: from grey to boxes and digit crops, in reading order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2

from recognizer.domain.types import Box, Expect, GlyphCrop, Gray, NumberCrop
from recognizer.vision.components import drop_small, keep_writing, label_pieces, runs_through
from recognizer.vision.crops import crop_glyph
from recognizer.vision.expectation import meet_expectation
from recognizer.vision.fragments import join_fragments
from recognizer.vision.ink import as_plane, find_ink
from recognizer.vision.lines import group_lines, split_numbers
from recognizer.vision.rules import remove_rules
from recognizer.vision.shadows import is_corner_shadow
from recognizer.vision.sheet import find_sheet
from recognizer.vision.strokes import looks_written

# A server reads in many threads of its own; OpenCV's would only get in their way.
cv2.setNumThreads(1)

TINY = 96
"""Longer side in pixels under which a picture is enlarged first."""


@dataclass(frozen=True, slots=True)
class _View:
    """A part of the picture, with its place: original pixels per pixel, and where its corner lies there."""

    gray: Gray
    scale: float
    x: float = 0.0
    y: float = 0.0

    @property
    def frame(self) -> Box:
        return Box(0, 0, self.gray.shape[1], self.gray.shape[0])

    def place(self, box: Box) -> Box:
        """A box of this view in pixels of the upright original."""
        x, y = round(self.x + box.x * self.scale), round(self.y + box.y * self.scale)
        right, bottom = round(self.x + box.right * self.scale), round(self.y + box.bottom * self.scale)
        return Box(x, y, max(1, right - x), max(1, bottom - y))


def find_numbers(gray: Gray, expect: Expect, *, scale: float = 1.0) -> list[NumberCrop]:
    """The numbers on a grey picture (height, width), line by line, each with its digits' crops.

    Boxes are multiplied by ``scale``, into pixels of the upright original. ``expect`` says how many digits the
    person announced: for one, the most central complete one is chosen; for N, pieces are joined or dropped where
    that plausibly gives N. A picture without ink, or whose ink is no writing, gives an empty list.
    """
    whole = _View(gray, scale)
    sheet = find_sheet(gray)
    if sheet is not None:
        part, box = sheet
        found = _find_on(_View(part, scale, box.x * scale, box.y * scale), expect)
        if found:
            return found
    return _find_on(whole, expect)


def _find_on(view: _View, expect: Expect) -> list[NumberCrop]:
    view = _enlarge_tiny(view)
    ink = find_ink(view.gray)
    labels, pieces = label_pieces(ink.mask)
    if any(runs_through(piece, view.frame) for piece in pieces):
        labels, pieces = label_pieces(remove_rules(ink.mask))
    writing = [piece for piece in keep_writing(labels, pieces) if not is_corner_shadow(piece, ink, labels, view.frame)]
    glyphs = drop_small(join_fragments(writing, labels))
    written = [glyph for glyph in glyphs if looks_written(glyph.mask(labels), at_edge=glyph.sides_cut(view.frame) > 0)]
    lines = group_lines(meet_expectation(written, expect, view.frame))
    return [
        _number_crop([GlyphCrop(view.place(glyph.box), crop_glyph(glyph, ink, labels)) for glyph in number], index)
        for index, line in enumerate(lines)
        for number in split_numbers(line)
    ]


def _number_crop(glyphs: Sequence[GlyphCrop], line: int) -> NumberCrop:
    x, y = min(glyph.box.x for glyph in glyphs), min(glyph.box.y for glyph in glyphs)
    right, bottom = max(glyph.box.right for glyph in glyphs), max(glyph.box.bottom for glyph in glyphs)
    return NumberCrop(Box(x, y, right - x, bottom - y), line, tuple(glyphs))


def _enlarge_tiny(view: _View) -> _View:
    """Enlarge a tiny picture, so that strokes of one pixel hold together and a pixel is a small step."""
    factor = math.ceil(TINY / max(view.gray.shape))
    if factor <= 1:
        return view
    size = (view.gray.shape[1] * factor, view.gray.shape[0] * factor)
    gray = as_plane(cv2.resize(view.gray, size, interpolation=cv2.INTER_CUBIC))
    return _View(gray, view.scale / factor, view.x, view.y)
