"""Dots, commas and spaces between the digits of a number, and whether they leave its value in doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from recognizer.inference.alignment import DigitSpan
from recognizer.inference.decoding import MARKS, Floats

UNSURE = (0.2, 0.9)
"""A mark less probable than the first is surely not there, from the second on it surely is."""

CENTS = (1, 2)
"""With so many digits behind it a mark parts the whole from its fraction: 813.00 is not 81300."""

WIDE = 0.5
CLEARLY_WIDER = 2.0
"""A space is at least this wide, as a share of the digits' height, and so many times as wide as the widest gap that is
none; digits that are all spaced widely have none."""

WELL_FORMED = re.compile(r"\d+([.,]\d+)?|\d{1,3}([.,]\d{3})+([.,]\d{1,2})?")
"""One mark anywhere between digits, or groups of three with or without a fraction."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A dot or comma that may stand before the digit ``place`` (0: before the first), and how probable it is."""

    place: int
    sign: str
    probability: float


def marks_before(frames: Floats, spans: Sequence[DigitSpan]) -> list[Mark]:
    """The likelier mark before each digit, as probable as where it peaks; one behind the last digit ends a sentence.

    ``frames`` has the shape (T, 13), ``spans`` come from ``align``.
    """
    found, start = [], 0
    for place, span in enumerate(spans):
        if span.peak > start:
            between = frames[start : span.peak, list(MARKS.values())]
            likelier = int(between.max(axis=0).argmax())
            found.append(Mark(place, list(MARKS)[likelier], float(between.sum(axis=1).max())))
        start = span.peak + 1
    return found


def spaces_before(gaps: Sequence[float]) -> frozenset[int]:
    """Before which digits a space was left, from the gaps between each two, as shares of the digits' height: where
    some, half of them at most, are wide, and far wider than all the others.
    """
    ordered = sorted(gaps, reverse=True)
    for narrowest, next_one in pairwise(ordered):
        places = [place for place, gap in enumerate(gaps, start=1) if gap >= narrowest]
        if narrowest < WIDE or 2 * len(places) > len(gaps):
            break
        if narrowest >= CLEARLY_WIDER * next_one:
            return frozenset(places)
    return frozenset()


def space_leaves_doubt(text: str, spaces: Set[int], marks: Sequence[Mark]) -> bool:
    """Whether the last two digits stand apart without a mark: 12 50 may be 12.50, and is hardly 1250."""
    place = len(text) - 2
    return place in spaces and all(mark.place != place or mark.probability < UNSURE[1] for mark in marks)


def with_marks(text: str, marks: Sequence[Mark], spaces: Set[int] = frozenset()) -> str:
    """The text with the marks that are rather there than not, and with the spaces before these digits where there is
    no mark.
    """
    signs = dict.fromkeys(spaces, " ") | {mark.place: mark.sign for mark in marks if mark.probability >= 0.5}
    return "".join(signs.get(place, "") + digit for place, digit in enumerate(text))


def marks_leave_doubt(text: str, marks: Sequence[Mark]) -> bool:
    """Whether a mark on which the value hangs may or may not be there, or one stands where none belongs."""
    low, high = UNSURE
    unsure = any(low < mark.probability < high and len(text) - mark.place in CENTS for mark in marks if mark.place)
    return unsure or not WELL_FORMED.fullmatch(with_marks(text, marks))
