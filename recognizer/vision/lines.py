"""Glyphs to text lines, and lines to numbers, in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from recognizer.vision.components import Piece

SAME_LINE = 0.4
"""Share of the lower glyph's height that two glyphs of one line have in common."""

WORD_GAP = 1.1
"""A gap wider than this times the line's usual glyph height ends a number."""


def group_lines(glyphs: Sequence[Piece]) -> list[list[Piece]]:
    """Lines from top to bottom, each with its glyphs from left to right."""
    lines: list[list[Piece]] = []
    for glyph in sorted(glyphs, key=lambda glyph: (glyph.box.x, glyph.box.y)):
        fitting = [line for line in lines if _shares_line(glyph, line[-1])]
        if fitting:
            min(fitting, key=lambda line: glyph.box.x - line[-1].box.right).append(glyph)
        else:
            lines.append([glyph])
    return sorted(lines, key=lambda line: median(glyph.box.y + glyph.box.height / 2 for glyph in line))


def split_numbers(line: Sequence[Piece]) -> list[list[Piece]]:
    """The numbers of a line: its glyphs, split where a gap is much wider than a digit."""
    limit = WORD_GAP * median(glyph.box.height for glyph in line)
    numbers = [[line[0]]]
    for before, glyph in pairwise(line):
        if glyph.box.x - before.box.right > limit:
            numbers.append([])
        numbers[-1].append(glyph)
    return numbers


def _shares_line(glyph: Piece, other: Piece) -> bool:
    a, b = glyph.box, other.box
    common = min(a.bottom, b.bottom) - max(a.y, b.y)
    return common >= SAME_LINE * min(a.height, b.height)
