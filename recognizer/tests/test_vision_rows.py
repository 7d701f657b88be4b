"""Rows that stand close: a digit belongs to its own row, and where two rows touch, nothing is sure."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from recognizer.domain.types import Expect
from recognizer.tests.pictures import Picture, page, read_by_shape
from recognizer.vision.layout import find_numbers

SIZE = (420, 330)


def two_rows(apart: int) -> Picture:
    """Two numbers one below the other, their tops so many pixels apart; digits are 79 pixels high, pen and all."""
    upper = page("4581", size=SIZE, at=(40, 60), height=70)
    return np.minimum(upper, page("2736", size=SIZE, at=(40, 60 + apart), height=70))


@pytest.mark.parametrize("apart", [80, 84, 90, 110])
def test_digits_of_close_rows_are_not_joined(apart: int) -> None:
    numbers = find_numbers(two_rows(apart), Expect())
    assert [read_by_shape([glyph.crop for glyph in number.glyphs]) for number in numbers] == ["4581", "2736"]
    assert not any(number.remains for number in numbers)


def test_beside_two_digits_of_different_rows_that_touch_a_number_is_in_doubt() -> None:
    touching = two_rows(110)
    cv2.line(touching, (200, 128), (194, 175), 20, 8, cv2.LINE_AA)
    upper = find_numbers(touching, Expect())[0]
    assert upper.remains
