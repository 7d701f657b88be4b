"""What used to be misread without a word: it is read right, left alone, or goes to a person; never accepted wrong."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from recognizer.domain.types import Expect, Reading, ReadingState
from recognizer.inference.marks import Mark, space_leaves_doubt, spaces_before, with_marks
from recognizer.services.upside_down import reads_upside_down
from recognizer.tests.pictures import as_png
from recognizer.tests.sample_pages import Picture, clear_hand, framed, lay, note, on_paper, ruled, written
from recognizer.tests.shipped import read_file, read_grey, shipped_readers
from recognizer.training.hands import Pen
from recognizer.vision.gaps import gaps_between
from recognizer.vision.layout import find_numbers
from recognizer.vision.sheet import find_sheet

ANY = Expect()
HEIGHT = 60


def beside(*parts: Picture, gap: int) -> Picture:
    """Pieces of ink side by side on paper, their feet on one line."""
    height, width = max(part.shape[0] for part in parts), sum(part.shape[1] + gap for part in parts) - gap
    canvas, x = np.zeros((height, width), np.uint8), 0
    for part in parts:
        lay(canvas, part, (x, height - part.shape[0]))
        x += part.shape[1] + gap
    return on_paper(framed(canvas, 40))


def word(text: str) -> Picture:
    """A word as high as digits, in a font that is everywhere, cut close."""
    field = np.zeros((120, 60 * len(text) + 40), np.uint8)
    cv2.putText(field, text, (10, 80), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 2.0, 255, 4, cv2.LINE_AA)
    rows, columns = np.flatnonzero(field.any(axis=1)), np.flatnonzero(field.any(axis=0))
    return field[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def is_honest(reading: Reading, text: str) -> bool:
    return reading.state is not ReadingState.ACCEPTED or reading.text == text


@pytest.mark.parametrize("text", ["Nr", "Total", "Haus", "Datum", "kg", "Betrag"])
def test_a_word_beside_a_number_is_never_accepted_as_digits(text: str) -> None:
    for number in ("45", "12", "3076"):
        assert is_honest(read_grey(beside(word(text), written(number, HEIGHT), gap=40)), number)
        assert is_honest(read_grey(beside(written(number, HEIGHT), word(text), gap=40)), number)


@pytest.mark.parametrize("text", ["Haus", "Datum", "Name", "Herr", "Remark"])
def test_a_word_alone_is_not_accepted(text: str) -> None:
    assert read_grey(beside(word(text), gap=0)).state is not ReadingState.ACCEPTED


@pytest.mark.parametrize("step", [22, 31, 47, 58])
@pytest.mark.parametrize("text", ["26", "58", "147"])
def test_no_digit_of_a_pencil_on_squared_paper_is_lost_in_silence(text: str, step: int) -> None:
    pencil = clear_hand(pen=Pen.PENCIL, pen_width=0.06)
    ink = framed(written(text, 54, pencil), 50)
    for level in (178, 205):
        picture = ruled(on_paper(ink, pen=165), step=step, first=9, level=level, upright=True)
        assert is_honest(read_grey(cv2.GaussianBlur(picture, (0, 0), 0.6)), text)


def test_a_square_of_squared_paper_is_no_sheet() -> None:
    squares = ruled(np.full((220, 260), 236, np.uint8), step=72, level=150, upright=True)
    assert find_sheet(squares) is None


def test_ink_as_high_as_digits_right_beside_a_number_is_noticed() -> None:
    picture = note("402")
    [clean] = find_numbers(picture, ANY)
    assert not clean.remains
    box = clean.box
    for part in range(6):  # a digit that fell apart
        y = box.y + part * box.height // 6
        cv2.line(picture, (box.right + 25, y + 2), (box.right + 42, y + 11), 90, 3)
    [doubtful] = find_numbers(picture, ANY)
    assert doubtful.remains
    assert read_grey(picture).state is not ReadingState.ACCEPTED


def test_a_dash_a_comma_and_a_rule_beside_a_number_leave_no_doubt() -> None:
    assert not any(number.remains for number in find_numbers(note("813.-"), ANY))
    assert not any(number.remains for number in find_numbers(note("40,5"), ANY))
    assert not any(number.remains for number in find_numbers(ruled(note("402")), ANY))


@pytest.mark.parametrize("text", ["908060", "88966", "68689", "60989"])
def test_what_reads_as_well_upside_down_goes_to_a_person(text: str) -> None:
    picture = np.ascontiguousarray(np.rot90(note(text), 2))
    assert is_honest(read_grey(picture), text)


@pytest.mark.parametrize("text", ["42735", "27413", "12345", "402", "886"])
def test_what_reads_one_way_alone_and_short_numbers_are_not_doubted(text: str) -> None:
    assert read_grey(note(text)).state is ReadingState.ACCEPTED
    assert not reads_upside_down(find_numbers(note(text), ANY), shipped_readers())


@pytest.mark.parametrize(("whole", "cents"), [("12", "50"), ("813", "00"), ("1250", "75"), ("9", "90")])
def test_a_gap_before_the_last_two_digits_is_kept_and_doubted(whole: str, cents: str) -> None:
    picture = beside(written(whole, HEIGHT), written(cents, HEIGHT), gap=46)
    reading = read_file(as_png(picture))
    assert (reading.formatted, reading.state) == (f"{whole} {cents}", ReadingState.NEEDS_REVIEW)


def test_a_gap_between_thousands_is_kept_and_not_doubted() -> None:
    reading = read_grey(beside(written("12", HEIGHT), written("500", HEIGHT), gap=46))
    assert (reading.formatted, reading.state) == ("12 500", ReadingState.ACCEPTED)


@pytest.mark.parametrize(
    ("gaps", "places"),
    [
        ([0.1, 0.7, 0.2], {2}),
        ([0.7, 0.1, 0.1, 0.6, 0.2], {1, 4}),
        ([0.1, 0.3, 0.1], set()),
        ([0.6, 0.7, 0.6], set()),
        ([0.5, 0.3], set()),
        ([0.7, 0.7, 0.1], set()),
        ([0.9], set()),
        ([], set()),
    ],
    ids=["one", "two", "narrow", "a wide hand", "not clearly wider", "nearly all wide", "two digits", "one digit"],
)
def test_a_space_is_wide_and_far_wider_than_other_gaps(gaps: list[float], places: set[int]) -> None:
    assert spaces_before(gaps) == places


def test_a_mark_in_a_gap_takes_the_place_of_the_space() -> None:
    mark = [Mark(2, ",", 0.95)]
    assert with_marks("1250", mark, {2}) == "12,50"
    assert with_marks("1250", [], {2}) == "12 50"
    assert not space_leaves_doubt("1250", {2}, mark)
    assert space_leaves_doubt("1250", {2}, [Mark(2, ",", 0.1)])
    assert not space_leaves_doubt("12500", {2}, [])


def test_gaps_are_measured_between_digits_and_a_rule_bridges_none() -> None:
    strip = np.zeros((32, 80), np.uint8)
    strip[6:27, 8:12] = strip[6:27, 33:37] = strip[6:27, 43:47] = 255
    assert gaps_between(strip, [10, 35, 45]) == [pytest.approx(1.0), pytest.approx(6 / 21)]
    strip[28] = 255
    assert gaps_between(strip, [10, 35, 45]) == [pytest.approx(1.0), pytest.approx(6 / 21)]


@pytest.mark.parametrize("text", ["40213", "4195", "7835", "1505", "27419"])
@pytest.mark.parametrize("quarters", [1, 3])
def test_a_number_on_its_side_is_read(text: str, quarters: int) -> None:
    reading = read_grey(np.ascontiguousarray(np.rot90(note(text), quarters)))
    assert reading.text == text
