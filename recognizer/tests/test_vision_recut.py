"""A picture of one digit, looked at a second time: what else may belong to the digit, and what may not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from recognizer.domain.types import Box, Expect
from recognizer.tests.pictures import Picture, page, read_by_shape, shaded
from recognizer.vision.layout import find_numbers
from recognizer.vision.recut import Cut, Recut
from recognizer.vision.seams import cut_neighbours
from recognizer.vision.through import remove_levels, remove_uprights

DIGIT = "3"


def cuts_of(picture: Picture) -> list[Cut]:
    return Recut.of(picture).cuts()


def texts(cuts: list[Cut]) -> set[str]:
    return {read_by_shape([cut.glyph.crop]) for cut in cuts}


def between_neighbours(*, bridge: int) -> Picture:
    """A three in the middle, halves of an eight and a nought on its sides, joined to it by strokes this thick."""
    picture = page("8", size=(220, 160), at=(-38, 30), height=100)
    picture = np.minimum(picture, page("0", size=(220, 160), at=(180, 30), height=100))
    picture = np.minimum(picture, page(DIGIT, size=(220, 160), at=(80, 30), height=100))
    if bridge:
        cv2.line(picture, (15, 105), (90, 108), 20, bridge)
        cv2.line(picture, (135, 60), (185, 60), 20, bridge)
    return picture


def leaning_on_a_line(*, gap: int = 0) -> Picture:
    picture = page(DIGIT, size=(150, 140), at=(45, 20), height=100)
    cv2.line(picture, (41 - gap, 0), (44 - gap, 140), 20, 4)
    cv2.line(picture, (0, 118), (150, 116), 20, 4)
    return picture


@pytest.mark.parametrize("bridge", [0, 3, 5])
def test_a_digit_is_cut_free_from_the_halves_of_its_neighbours(bridge: int) -> None:
    assert DIGIT in texts(cuts_of(between_neighbours(bridge=bridge)))


def test_seams_go_around_neighbours_and_leave_the_digit_whole() -> None:
    alone = 255 - page(DIGIT, size=(220, 160), at=(80, 30), height=100)
    ink = 255 - between_neighbours(bridge=3)
    kept = cut_neighbours(np.where(ink > 128, 255, 0).astype(np.uint8))
    whole = alone > 128
    assert kept[whole].mean() > 0.97 * 255
    assert np.count_nonzero(kept[~whole]) < 0.25 * np.count_nonzero(whole)


def test_ink_that_touches_no_side_is_left_alone() -> None:
    mask = np.where(page("4", size=(200, 160)) < 128, 255, 0).astype(np.uint8)
    np.testing.assert_array_equal(cut_neighbours(mask), mask)
    np.testing.assert_array_equal(remove_uprights(mask), mask)
    np.testing.assert_array_equal(remove_levels(mask), mask)


def test_a_digit_is_cut_free_from_the_lines_of_a_table() -> None:
    assert DIGIT in texts(cuts_of(leaning_on_a_line()))


@pytest.mark.parametrize("tilt", [-8, 0, 9])
def test_a_line_goes_and_the_strokes_across_it_stay(tilt: int) -> None:
    strokes = np.zeros((120, 100), dtype=np.uint8)
    cv2.line(strokes, (10, 30), (90, 70), 255, 6)
    cv2.circle(strokes, (50, 60), 40, 255, 6)
    crossed = strokes.copy()
    cv2.line(crossed, (50 - tilt // 2, 0), (50 + tilt // 2, 120), 255, 3)
    kept = remove_uprights(crossed)
    assert np.count_nonzero(kept & ~strokes) < 0.2 * np.count_nonzero(crossed & ~strokes)
    assert np.count_nonzero(kept & strokes) > 0.95 * np.count_nonzero(strokes)
    np.testing.assert_array_equal(remove_levels(np.ascontiguousarray(crossed.T)), kept.T)


def test_the_far_stroke_of_a_digit_is_offered_with_it_and_counts() -> None:
    picture = np.full((200, 200), 255, dtype=np.uint8)
    cv2.line(picture, (100, 50), (100, 140), 20, 8)
    cv2.line(picture, (55, 164), (145, 164), 20, 8)
    recut = Recut.of(picture)
    (number,) = find_numbers(picture, Expect(1))
    whole = max(recut.cuts(), key=lambda cut: cut.glyph.box.height)
    assert whole.glyph.box.bottom > 160
    assert whole.share > 0.95 > recut.share(number.box)


def test_hairlines_are_kept_in_one_cut_at_least() -> None:
    picture = page("0", size=(160, 160), height=110, pen=14)
    faint = page("0", size=(160, 160), height=110, pen=14, ink=185)
    picture[:, 75:85] = faint[:, 75:85]
    tall = [cut.glyph.box.width for cut in cuts_of(picture)]
    assert max(tall) > 70


def test_a_clean_digit_has_all_the_ink_and_the_first_cut_shows_it() -> None:
    picture = shaded(page(DIGIT, size=(600, 450), height=200))
    recut = Recut.of(picture)
    (number,) = find_numbers(picture, Expect(1))
    assert recut.share(number.box) > 0.95
    assert read_by_shape([recut.cuts()[0].glyph.crop]) == DIGIT


def test_half_of_the_ink_is_half_a_share() -> None:
    picture = page("11", size=(300, 200), height=100)
    assert Recut.of(picture).share(Box(0, 0, 150, 200)) == pytest.approx(0.5, abs=0.1)


def test_boxes_are_in_pixels_of_the_original_though_a_smaller_copy_is_looked_at() -> None:
    picture = page(DIGIT, size=(900, 700), height=400)
    columns = np.flatnonzero((picture < 128).any(axis=0))
    cut = Recut.of(picture, scale=2.0).cuts()[0]
    assert abs(cut.glyph.box.x / 2 - columns[0]) < 12
    assert abs(cut.glyph.box.right / 2 - columns[-1]) < 12


def test_a_digit_on_a_card_on_a_dark_desk_has_all_the_ink() -> None:
    desk = np.full((500, 600), 40, dtype=np.uint8)
    desk[80:400, 120:460] = page(DIGIT, size=(340, 320), paper=230, height=150)
    (number,) = find_numbers(desk, Expect(1))
    assert Recut.of(desk).share(number.box) > 0.95


def test_no_two_cuts_are_the_same() -> None:
    crops = [cut.glyph.crop.tobytes() for cut in cuts_of(between_neighbours(bridge=3))]
    assert 1 < len(crops) == len(set(crops))


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (300, 400)])
def test_where_there_is_no_ink_there_is_no_cut(size: tuple[int, int]) -> None:
    recut = Recut.of(np.full(size, 200, dtype=np.uint8))
    assert recut.cuts() == []
    assert recut.share(Box(0, 0, 1, 1)) == 0.0
