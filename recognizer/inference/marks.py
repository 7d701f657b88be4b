"""Dots and commas between the digits of a number, and whether they leave its value in doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from recognizer.inference.alignment import DigitSpan
from recognizer.inference.decoding import MARKS, Floats

UNSURE = (0.2, 0.9)
"""A mark less probable than the first is surely not there, from the second on it surely is."""

CENTS = (1, 2)
"""With so many digits behind it a mark parts the whole from its fraction: 813.00 is not 81300."""

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


def with_marks(text: str, marks: Sequence[Mark]) -> str:
    """The text with the marks that are rather there than not."""
    signs = {mark.place: mark.sign for mark in marks if mark.probability >= 0.5}
    return "".join(signs.get(place, "") + digit for place, digit in enumerate(text))


def marks_leave_doubt(text: str, marks: Sequence[Mark]) -> bool:
    """Whether a mark on which the value hangs may or may not be there, or one stands where none belongs."""
    low, high = UNSURE
    unsure = any(low < mark.probability < high and len(text) - mark.place in CENTS for mark in marks if mark.place)
    return unsure or not WELL_FORMED.fullmatch(with_marks(text, marks))
