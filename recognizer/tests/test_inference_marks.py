"""Dots and commas: seen between the digits, shown, and doubted where the value hangs on them."""

from __future__ import annotations

import numpy as np
import pytest

from recognizer.inference.alignment import align
from recognizer.inference.decoding import beam_search, collapse_marks
from recognizer.inference.marks import Mark, marks_before, marks_leave_doubt, with_marks
from recognizer.tests.test_inference_decoding import Frames, written


def marks_on(frames: Frames) -> tuple[str, list[Mark]]:
    digits = collapse_marks(frames)
    text = beam_search(digits)[0]
    spans = align(digits, text)
    assert spans is not None
    return text, marks_before(frames, spans)


@pytest.mark.parametrize("number", ["813.00", "40.213", "1,234,567.89", "7", "1234", ",5", "0,5"])
def test_what_is_written_between_digits_is_shown(number: str) -> None:
    text, marks = marks_on(written(number))
    assert text == number.replace(".", "").replace(",", "")
    assert with_marks(text, marks) == number


def test_a_mark_behind_the_last_digit_is_none() -> None:
    text, marks = marks_on(written("813."))
    assert with_marks(text, marks) == "813"


@pytest.mark.parametrize("number", ["813", "813.0", "813.00", "40.213", "3,1415", "1.234.567", "1.234,5", "12.345,67"])
def test_marks_in_their_places_leave_no_doubt(number: str) -> None:
    assert not marks_leave_doubt(*marks_on(written(number, sure=0.95)))


@pytest.mark.parametrize("number", [".50", "1.2.3", "12.34.56", "1234.567.890", "1.234.5678"])
def test_marks_in_odd_places_leave_doubt(number: str) -> None:
    assert marks_leave_doubt(*marks_on(written(number, sure=0.95)))


@pytest.mark.parametrize(
    ("place", "probability", "doubt"),
    [(3, 0.6, True), (4, 0.3, True), (2, 0.6, False), (3, 0.1, False), (3, 0.95, False), (0, 0.3, False)],
    ids=["cents unsure", "one digit behind", "thousands", "surely none", "surely one", "before all"],
)
def test_doubt_matters_where_the_value_hangs_on_it(place: int, probability: float, doubt: bool) -> None:
    assert marks_leave_doubt("81300", [Mark(place, ".", probability)]) is doubt


def test_a_number_without_room_between_its_digits_has_no_marks() -> None:
    frames = np.eye(13)[[1, 2, 3]]
    assert marks_on(frames) == ("012", [])
