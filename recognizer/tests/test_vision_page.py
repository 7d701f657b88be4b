"""A page equals its lines: numbers are found at any size and slope, among rules, frames, columns and print."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from recognizer.domain.types import Expect, NumberCrop
from recognizer.tests.pictures import Picture, draw_digit, page, read_by_shape
from recognizer.vision.layout import find_numbers
from recognizer.vision.turns import turns_to_try

ANY = Expect()


def texts(numbers: list[NumberCrop]) -> list[str]:
    return [read_by_shape([glyph.crop for glyph in number.glyphs]) for number in numbers]


def counts(numbers: list[NumberCrop]) -> list[int]:
    return [len(number.glyphs) for number in numbers]


def turned(picture: Picture, degrees: float) -> Picture:
    """The picture turned clockwise about its middle, on a larger sheet of the same paper."""
    height, width = picture.shape
    side = int(np.hypot(height, width)) + 4
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    matrix[:, 2] += (side - width) / 2, (side - height) / 2
    return np.asarray(cv2.warpAffine(picture, matrix, (side, side), borderValue=255.0), dtype=np.uint8)


def together(*pictures: Picture) -> Picture:
    """The ink of all on one sheet."""
    return np.asarray(np.minimum.reduce(pictures), dtype=np.uint8)


def test_a_page_reads_as_its_lines_do() -> None:
    lines = ["4021", "77 958", "360"]
    whole = find_numbers(page("\n".join(lines), size=(900, 640), height=80), ANY)
    apart = [text for line in lines for text in texts(find_numbers(page(line, size=(900, 200), height=80), ANY))]
    assert texts(whole) == apart


@pytest.mark.parametrize("height", [12, 30, 120, 500])
def test_numbers_of_any_size_are_found(height: int) -> None:
    (number,) = find_numbers(page("408", size=(6 * height, 3 * height), height=height), ANY)
    assert number.box.height == pytest.approx(1.1 * height, rel=0.15)
    assert number.box.width == pytest.approx(2.6 * height, rel=0.15)


def test_a_digit_two_thousand_pixels_high_is_found() -> None:
    assert texts(find_numbers(page("3", size=(1700, 2300), height=2000), ANY)) == ["3"]


@pytest.mark.parametrize("degrees", [-15, -9, 9, 15])
def test_lines_that_slope_up_to_fifteen_degrees_keep_their_numbers_and_order(degrees: float) -> None:
    numbers = find_numbers(turned(page("20358\n4417 902\n66051", size=(900, 640), height=80), degrees), ANY)
    assert counts(numbers) == [5, 4, 3, 5]
    assert [number.line for number in numbers] == [0, 1, 1, 2]


def test_a_sloping_line_lies_level_in_its_strip() -> None:
    (number,) = find_numbers(turned(page("111111", size=(900, 300), height=80), 12), ANY)
    rows = [np.nonzero(half > 100)[0].mean() for half in np.array_split(number.strip.pixels, 2, axis=1)]
    assert abs(rows[0] - rows[1]) < 3


@pytest.mark.parametrize("mark", [".", ","])
def test_a_mark_bridges_a_wide_gap_within_an_amount(mark: str) -> None:
    apart = page("12", size=(900, 200), at=(40, 50), height=80), page("500", size=(900, 200), at=(330, 50), height=80)
    assert counts(find_numbers(together(*apart), ANY)) == [2, 3]
    bridged = together(*apart)
    cv2.line(bridged, (258, 124), (258 if mark == "." else 252, 130 if mark == "." else 145), 0, 9, cv2.LINE_AA)
    assert counts(find_numbers(bridged, ANY)) == [5]


def test_trailing_dashes_are_no_digits_and_split_nothing() -> None:
    picture = page("813", size=(700, 200), at=(40, 50), height=80)
    for y in (82, 102):
        cv2.line(picture, (320, y), (380, y), 0, 8, cv2.LINE_AA)
    assert counts(find_numbers(picture, ANY)) == [3]


def test_digits_spaced_widely_and_evenly_are_one_number() -> None:
    picture = np.full((240, 1200), 255, dtype=np.uint8)
    ink = np.zeros_like(picture)
    for index, digit in enumerate("912532"):
        draw_digit(ink, digit, 60 + 190 * index, 70, 90, 9)
    assert texts(find_numbers(picture - ink, ANY)) == ["912532"]


def test_columns_are_told_by_gaps_that_run_down_the_page() -> None:
    rows = [("208", "3356"), ("417", "9025"), ("665", "1304"), ("930", "8826")]
    ink = np.zeros((620, 800), dtype=np.uint8)
    for row, cells in enumerate(rows):
        for left, cell in zip((60, 330), cells, strict=True):
            for index, digit in enumerate(cell):
                draw_digit(ink, digit, left + 66 * index, 40 + 140 * row, 80, 8)
    assert texts(find_numbers(255 - ink, ANY)) == [cell for cells in rows for cell in cells]


def test_linked_digits_are_one_number_with_one_strip() -> None:
    picture = page("2", size=(500, 200), at=(40, 50), height=80)
    for x in (150, 205, 260):
        cv2.ellipse(picture, (x, 100), (29, 28), 0, 0, 360, 0, 8, cv2.LINE_AA)
    (number,) = find_numbers(picture, ANY)
    assert number.box.right >= 285
    assert (number.strip.pixels[:, -28:-12] > 128).any()


def test_a_frame_around_a_number_is_no_digit_and_not_in_its_strip() -> None:
    picture = page("5038", size=(700, 300), height=80)
    (bare,) = find_numbers(picture, ANY)
    cv2.rectangle(picture, (60, 60), (640, 240), 0, 4)
    (framed,) = find_numbers(picture, ANY)
    assert framed.box == bare.box
    assert float(np.abs(framed.strip.pixels.astype(int) - bare.strip.pixels).mean()) < 8


def test_small_print_is_left_alone() -> None:
    picture = page("7204", size=(900, 500), at=(300, 250), height=90)
    for line in range(4):
        cv2.putText(picture, "Please fill in with a pen", (40, 60 + 30 * line), 0, 0.7, 0, 2, cv2.LINE_AA)
    assert texts(find_numbers(picture, ANY)) == ["7204"]


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_held_wrongly_is_read_after_the_turn_that_is_named(quarters: int) -> None:
    upright = page("20358\n44179\n66051", size=(900, 640), height=80)
    held = np.ascontiguousarray(np.rot90(upright, quarters))
    assert quarters in turns_to_try(find_numbers(held, ANY))
    numbers = find_numbers(held, ANY, turn=quarters)
    assert texts(numbers) == ["20358", "44179", "66051"]
    boxes = sorted(number.box.as_list() for number in numbers)
    assert all(held[y : y + h, x : x + w].min() < 60 for x, y, w, h in boxes)


def test_few_digits_do_not_tell_how_a_page_was_held() -> None:
    assert turns_to_try(find_numbers(page("204"), ANY)) == ()
