"""Columns of numbers: a gap that is no word's is still a number's end where it runs down through many lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from recognizer.vision.lines import Line, Standing

FEWEST_LINES = 3
"""So many lines with the same gap make columns; two may have it by chance."""

GAP = 0.6
"""Width of a gap between columns, as a share of the usual glyph height, at least."""

CLEARLY_WIDER = 2.0
"""The gap between columns is this many times as wide as the usual one within its line; boxes for single digits have
even gaps."""


def split_columns(numbers: Sequence[tuple[int, Line]]) -> list[tuple[int, Line]]:
    """Numbers, each with the index of its line, cut where a gap runs down through three lines or more."""
    gaps = [(index, gap) for index, number in numbers for gap in _wide_gaps(number)]
    return [(index, part) for index, number in numbers for part in _cut(number, gaps)]


def _wide_gaps(number: Line) -> list[tuple[float, float]]:
    """From where to where, along the line, the gaps run that may lie between columns."""
    gaps = [(before.right, after.left) for before, after in pairwise(number.glyphs)]
    if len(gaps) < 2:
        return []
    usual = max(0.0, median(sorted(end - start for start, end in gaps)[: max(1, len(gaps) - 1)]))
    limit = max(GAP * number.body, CLEARLY_WIDER * usual)
    return [(start, end) for start, end in gaps if end - start > limit]


def _cut(number: Line, gaps: Sequence[tuple[int, tuple[float, float]]]) -> list[Line]:
    parts: list[list[Standing]] = [[number.glyphs[0]]]
    wide = _wide_gaps(number)
    for before, glyph in pairwise(number.glyphs):
        gap = (before.right, glyph.left)
        if gap in wide and len({index for index, other in gaps if _overlap(gap, other)}) >= FEWEST_LINES:
            parts.append([])
        parts[-1].append(glyph)
    return [Line(number.tilt, tuple(part)) for part in parts]


def _overlap(first: tuple[float, float], second: tuple[float, float]) -> bool:
    return min(first[1], second[1]) - max(first[0], second[0]) > 0.5 * min(first[1] - first[0], second[1] - second[0])
