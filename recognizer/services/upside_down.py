"""Numbers that say something else upside down, and say it as clearly: how the sheet was held is then in doubt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import NumberCrop
from recognizer.inference.agreement import LEAST
from recognizer.inference.decoding import Seen, log_probabilities
from recognizer.inference.engine import DigitEngine
from recognizer.inference.number_engine import NumberEngine
from recognizer.services.serving import Readers

FEWEST = 5
"""Digits that a number needs to tell how it was held: many a short one says something upside down too, and few pictures
are held so.
"""

MOST_NUMBERS = 3
"""A page of more numbers seldom stands on its head and still reads well: not worth its time."""

AS_CLEAR = 0.1
"""How much less probable, in nats, a number may be upside down and still count as as clear."""

HARDLY = 1.0
"""What the digit network finds less clear by more than so many nats is not shown to the line network, which is slow."""

DIGITS = 0.5
"""What the digit network's word weighs beside the line network's."""


def reads_upside_down(numbers: Sequence[NumberCrop], readers: Readers) -> bool:
    """Whether the longest of these numbers reads about as well after half a turn, to both networks together.

    Without a line network, on a page of many numbers or with short ones alone, never.
    """
    longest = max(numbers, key=lambda number: len(number.glyphs), default=None)
    if longest is None or len(longest.glyphs) < FEWEST or len(numbers) > MOST_NUMBERS or readers.number is None:
        return False
    crops = np.stack([glyph.crop for glyph in longest.glyphs])
    gained = DIGITS * (_by_digits(_half_turned(crops), readers.digit) - _by_digits(crops, readers.digit)) + AS_CLEAR
    if gained < -HARDLY:
        return False
    plain = _by_line(longest.strip.pixels, readers.number)
    other = _by_line(_half_turned(longest.strip.pixels), readers.number)
    return plain[0] == other[0] and gained + other[1] - plain[1] > 0


def _half_turned(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(pixels[..., ::-1, ::-1])


def _by_line(strip: NDArray[np.uint8], engine: NumberEngine) -> tuple[int, float]:
    """How many digits the line network sees on a strip (32, width), and the logarithm of how probable its text is."""
    seen = Seen.of(engine.frames(strip).probabilities)
    text = seen.texts[0]
    return len(text), float(log_probabilities(seen.frames, (text,))[0])


def _by_digits(crops: NDArray[np.uint8], engine: DigitEngine) -> float:
    """The logarithm of how probable the likeliest digits of crops (n, 28, 28) are together."""
    best = engine.probabilities(crops).max(axis=1)
    return float(np.log(np.maximum(best, LEAST)).sum())
