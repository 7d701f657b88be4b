"""A strip shows a whole number at one size, with its place in the picture."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from recognizer.domain.types import Box, Expect, NumberCrop
from recognizer.tests.pictures import Picture, ink_of, page
from recognizer.vision.cutting import BESIDE
from recognizer.vision.layout import find_numbers
from recognizer.vision.strip_digits import strip_digits
from recognizer.vision.strips import BODY, HEIGHT, MARGIN, STEP, cut_strip, strip_levels

ANY = Expect()


def only(picture: Picture) -> NumberCrop:
    (number,) = find_numbers(picture, ANY)
    return number


def extent(pixels: Picture) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the strong ink."""
    rows, columns = np.nonzero(pixels > 100)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


@pytest.mark.parametrize("height", [12, 20, 45, 150, 600])
def test_digits_of_every_size_come_at_the_same_size_and_in_the_middle(height: int) -> None:
    picture = page("2058", size=(5 * height, 2 * height), height=height)
    strip = only(picture).strip
    left, top, right, bottom = extent(strip.pixels)
    assert strip.pixels.shape[0] == HEIGHT
    assert strip.pixels.shape[1] % STEP == 0
    assert abs(bottom - top - BODY) <= 3
    assert abs(top + bottom - HEIGHT) <= 3
    assert abs(left - (strip.pixels.shape[1] - right)) <= 3
    beside = MARGIN + BESIDE * BODY
    assert beside - 2 <= left <= beside + STEP / 2 + 3


def test_ink_beside_a_number_that_is_no_glyph_of_its_own_stands_in_the_strip() -> None:
    plain = page("2058", size=(500, 200), at=(100, 60), height=80)
    (number,) = find_numbers(plain, ANY)
    beside = plain.copy()
    cv2.circle(beside, (number.box.right + 25, 130), 5, 30, cv2.FILLED, cv2.LINE_AA)
    assert len(only(beside).glyphs) == 4
    _, _, right, _ = extent(only(plain).strip.pixels)
    assert extent(only(beside).strip.pixels)[2] > right + 3


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_the_matrix_leads_from_the_strip_to_the_digits_in_the_original(scale: float) -> None:
    picture = page("37", size=(400, 200), at=(150, 60), height=80)
    (number,) = find_numbers(picture, ANY, scale=scale)
    left, top, right, bottom = extent(number.strip.pixels)
    corners = number.strip.matrix @ np.array([[left, right], [top, bottom], [1, 1]], dtype=np.float64)
    box = number.box
    assert corners.ravel() == pytest.approx([box.x, box.right, box.y, box.bottom], abs=8 * scale)


def test_a_tilted_line_is_level_in_its_strip() -> None:
    strength = ink_of("11111", (600, 300), (60, 60), 60)
    turn = cv2.getRotationMatrix2D((0, 0), -12, 1)
    tilted = np.asarray(cv2.warpAffine(strength, turn, (600, 400)), dtype=np.uint8)
    box = Box(60, 60, 270, 60)
    level = cut_strip(strength, box, body_height=60).pixels
    same = cut_strip(tilted, box, body_height=60, tilt=math.radians(12)).pixels
    assert float(np.abs(level.astype(int) - same).mean()) < 6


def test_what_is_anothers_is_left_out() -> None:
    strength = ink_of("8 8", (400, 120), (20, 20), 80)
    keep = np.full_like(strength, 255)
    keep[:, 120:] = 0
    strip = cut_strip(strength, Box(20, 20, 300, 80), body_height=80, keep=keep).pixels
    assert strip[:, : strip.shape[1] // 3].any()
    assert not strip[:, strip.shape[1] // 2 :].any()


def test_a_number_at_the_edge_of_the_picture_has_paper_beyond_it() -> None:
    strength = np.full((30, 40), 200, dtype=np.uint8)
    strip = cut_strip(strength, Box(0, 0, 40, 30), body_height=30).pixels
    assert not strip[:, :4].any()
    assert not strip[0].any()
    assert strip[16, 20] == 255


def test_strong_ink_becomes_white_and_a_faint_pattern_stays_faint() -> None:
    levels = np.full((32, 64), 12, dtype=np.uint8)
    levels[8:24, 20:24] = levels[8:24, 40:44] = 90
    stretched = strip_levels(levels)
    assert stretched.max() == 255
    assert stretched[0, 0] <= 40


def test_an_empty_strip_stays_dark() -> None:
    noise = np.random.default_rng(1).integers(0, 6, (32, 64), dtype=np.uint8)
    assert strip_levels(noise).max() < 50
    assert not strip_levels(np.zeros((32, 8), dtype=np.uint8)).any()


def test_a_digit_beside_the_glyphs_gets_its_own_box_and_a_mark_beside_the_last_digit_is_not_part_of_it() -> None:
    picture = page("2058", size=(500, 200), at=(100, 60), height=80)
    number = only(picture)
    left, _, right, _ = extent(number.strip.pixels)
    width = (right - left) / 4
    columns = [round(left + (place + 0.5) * width) for place in range(4)]
    cut_off = replace(number, box=replace(number.box, x=number.box.x + number.box.width // 4 + 8))
    first, second, *_ = strip_digits(cut_off, columns)
    assert first.box.right <= second.box.x + 8
    assert first.box.x < cut_off.box.x
    marked = number.strip.pixels.copy()
    marked[24:27, right + 4 : right + 8] = 255
    whole = strip_digits(number, columns)
    beside = strip_digits(replace(number, strip=replace(number.strip, pixels=marked)), columns)
    assert [glyph.box for glyph in beside] == [glyph.box for glyph in whole]


def test_no_columns_are_no_digits() -> None:
    assert strip_digits(only(page("17", size=(300, 200), height=80)), []) == []
