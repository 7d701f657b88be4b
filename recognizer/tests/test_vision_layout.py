"""Numbers are found on paper of any kind, wherever they stand, in reading order."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from recognizer.domain.types import Box, Expect, NumberCrop
from recognizer.tests.pictures import Picture, as_png, coloured, landscape, page, read_by_shape, scribble, shaded
from recognizer.tests.pictures import transparent as see_through
from recognizer.vision.decode import decode
from recognizer.vision.decode_limits import DecodeLimits
from recognizer.vision.layout import find_numbers

ANY, ONE = Expect(), Expect(1)


def texts(numbers: list[NumberCrop]) -> list[str]:
    return [read_by_shape([glyph.crop for glyph in number.glyphs]) for number in numbers]


def grey_of(picture: Picture) -> Picture:
    """The grey that the decoder makes of a picture."""
    decoded = decode(as_png(picture), DecodeLimits())
    return np.frombuffer(decoded.grey, dtype=np.uint8).reshape(decoded.grey_height, decoded.grey_width)


def ruled(picture: Picture, every: int, *, squared: bool = False) -> Picture:
    lines = picture.copy()
    lines[every // 2 :: every] = np.minimum(lines[every // 2 :: every], 120)
    if squared:
        lines[:, every // 2 :: every] = np.minimum(lines[:, every // 2 :: every], 120)
    return lines


@pytest.mark.parametrize("digit", "0123456789")
@pytest.mark.parametrize(
    "road",
    [
        pytest.param(lambda digit: page(digit), id="black on white"),
        pytest.param(lambda digit: 255 - page(digit), id="white on black"),
        pytest.param(lambda digit: page(digit, ink=195, paper=236, pen=4), id="pencil"),
        pytest.param(lambda digit: shaded(page(digit, size=(600, 450))), id="shadow across the page"),
        pytest.param(lambda digit: shaded(255 - page(digit, paper=230), 0.7), id="chalk on a board, badly lit"),
        pytest.param(lambda digit: page(digit, at=(340, 205), height=80), id="in the corner"),
        pytest.param(lambda digit: page(digit, size=(84, 120), at=(10, 2), height=115, pen=14), id="fills the frame"),
        pytest.param(lambda digit: page(digit, size=(28, 28), at=(8, 5), height=18, pen=2), id="as small as MNIST"),
        pytest.param(lambda digit: page(digit, size=(900, 700), height=560, pen=9), id="a fine pen in a large hand"),
    ],
)
def test_a_digit_is_found_on_every_kind_of_paper(digit: str, road: object) -> None:
    picture = road(digit)  # type: ignore[operator]
    assert texts(find_numbers(picture, ANY)) == [digit]
    assert texts(find_numbers(picture, ONE)) == [digit]


@pytest.mark.parametrize(
    ("paper", "ink"),
    [
        ((190, 50, 50), (25, 25, 110)),
        ((240, 225, 60), (30, 40, 160)),
        ((60, 130, 70), (230, 240, 230)),
        ((255, 255, 255), (235, 215, 40)),
        ((255, 255, 255), (200, 30, 30)),
        ((20, 40, 90), (90, 150, 40)),
    ],
)
def test_coloured_ink_on_coloured_paper_is_found(paper: tuple[int, int, int], ink: tuple[int, int, int]) -> None:
    assert texts(find_numbers(grey_of(coloured(page("384", size=(500, 200)), paper, ink)), ANY)) == ["384"]


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255), (250, 200, 40), (20, 60, 200)])
def test_a_drawing_on_transparent_ground_is_found_whatever_its_colour(ink: tuple[int, int, int]) -> None:
    assert texts(find_numbers(grey_of(see_through(page("6"), ink)), ANY)) == ["6"]


def test_a_tiny_digit_on_a_large_page_is_found() -> None:
    numbers = find_numbers(page("7", size=(500, 400), at=(60, 300), height=12, pen=1), ANY)
    assert [(len(number.glyphs), abs(number.box.height - 13) <= 3) for number in numbers] == [(1, True)]


def test_several_numbers_come_left_to_right_and_line_by_line() -> None:
    numbers = find_numbers(page("12 345\n678 9\n20", size=(900, 640), height=80), ANY)
    assert texts(numbers) == ["12", "345", "678", "9", "20"]
    assert [number.line for number in numbers] == [0, 0, 1, 1, 2]


def test_lines_that_slope_stay_lines() -> None:
    turn = cv2.getRotationMatrix2D((450, 320), 4, 1)
    picture = cv2.warpAffine(page("12345\n67890", size=(900, 640), height=80), turn, (900, 640), borderValue=255.0)
    assert texts(find_numbers(np.asarray(picture, dtype=np.uint8), ANY)) == ["12345", "67890"]


def test_boxes_surround_the_ink_in_pixels_of_the_original() -> None:
    picture = page("4 7", size=(500, 200), at=(100, 60), height=80)
    once, doubled = find_numbers(picture, ANY), find_numbers(picture, ANY, scale=2.5)
    columns = np.flatnonzero((picture[:, :250] < 128).any(axis=0))
    assert abs(once[0].box.x - columns[0]) <= 3
    assert abs(once[0].box.right - columns[-1]) <= 4
    for small, large in zip(once, doubled, strict=True):
        assert large.box.as_list() == pytest.approx([value * 2.5 for value in small.box.as_list()], abs=1)
        assert [glyph.box for glyph in large.glyphs] == [large.box]


def test_boxes_on_an_enlarged_tiny_picture_stay_in_its_own_pixels() -> None:
    (number,) = find_numbers(page("3", size=(28, 28), at=(8, 5), height=18, pen=2), ANY)
    assert number.box.x in range(5, 9)
    assert number.box.bottom in range(22, 27)


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.full((300, 400), 255, dtype=np.uint8), id="white"),
        pytest.param(np.zeros((300, 400), dtype=np.uint8), id="black"),
        pytest.param(np.full((1, 1), 255, dtype=np.uint8), id="one pixel"),
        pytest.param(np.full((1, 900), 7, dtype=np.uint8), id="one row"),
        pytest.param(shaded(np.full((900, 1200), 230, dtype=np.uint8)), id="paper in shadow"),
        pytest.param(
            np.random.default_rng(1).normal(200, 8, (900, 1200)).clip(0, 255).astype(np.uint8), id="noisy paper"
        ),
        pytest.param(ruled(np.full((600, 800), 240, dtype=np.uint8), 40), id="ruled paper"),
        pytest.param(ruled(np.full((600, 800), 240, dtype=np.uint8), 40, squared=True), id="squared paper"),
        pytest.param(landscape(), id="landscape"),
        pytest.param(scribble(), id="scribble"),
        pytest.param(np.random.default_rng(2).integers(0, 256, (300, 300), dtype=np.uint8), id="nothing but noise"),
    ],
)
def test_a_picture_without_writing_has_no_numbers(picture: Picture) -> None:
    assert find_numbers(picture, ANY) == []
    assert find_numbers(picture, ONE) == []


def test_digits_on_ruled_paper_are_found_without_the_rules() -> None:
    assert texts(find_numbers(ruled(page("27 458\n306", size=(900, 560), height=80, paper=240), 52), ANY)) == [
        "27",
        "458",
        "306",
    ]


def test_a_page_on_a_dark_desk_is_read_and_the_desk_is_not() -> None:
    desk = np.full((700, 900), 45, dtype=np.uint8)
    desk[120:600, 150:800] = page("52", size=(650, 480), paper=225)
    assert texts(find_numbers(shaded(desk, 0.8), ANY)) == ["52"]


def test_light_ink_on_a_dark_card_on_white_ground_is_found() -> None:
    picture = np.full((500, 600), 255, dtype=np.uint8)
    picture[100:350, 120:420] = 255 - page("2", size=(300, 250))
    (number,) = find_numbers(picture, ANY)
    assert texts([number]) == ["2"]
    assert 225 <= number.box.x <= 245


def test_specks_dots_and_dashes_are_no_digits() -> None:
    picture = page("48", size=(600, 300), at=(150, 100), height=90)
    cv2.circle(picture, (60, 60), 3, 0, -1)
    cv2.circle(picture, (330, 188), 7, 0, -1)
    cv2.line(picture, (380, 145), (440, 143), 0, 9)
    assert texts(find_numbers(picture, ANY)) == ["48"]


def test_the_separate_bar_of_a_five_belongs_to_it() -> None:
    picture = page("5", size=(300, 300), at=(110, 100), height=110, pen=9)
    picture[108:116, 100:140] = 255
    assert texts(find_numbers(picture, ANY)) == ["5"]


def test_the_two_strokes_of_an_open_four_are_one_digit() -> None:
    picture = np.full((300, 300), 255, dtype=np.uint8)
    cv2.polylines(picture, [np.array([[120, 80], [100, 160], [158, 160]])], False, 0, 9, cv2.LINE_AA)
    cv2.line(picture, (185, 90), (170, 230), 0, 9, cv2.LINE_AA)
    assert [len(number.glyphs) for number in find_numbers(picture, ANY)] == [1]


def test_two_ones_side_by_side_stay_two() -> None:
    picture = np.full((300, 300), 255, dtype=np.uint8)
    for x in (120, 150):
        cv2.line(picture, (x, 90), (x, 220), 0, 9, cv2.LINE_AA)
    assert [len(number.glyphs) for number in find_numbers(picture, ANY)] == [2]


def test_one_digit_expected_means_the_most_central_complete_one() -> None:
    picture = page("3", size=(300, 300), at=(120, 100), height=100)
    neighbours = np.minimum(picture, page("8 8", size=(300, 300), at=(-30, 100), height=100))
    (number,) = find_numbers(neighbours, ONE)
    assert texts([number]) == ["3"]


def test_a_count_expected_joins_pieces_that_stand_too_close_for_two_digits() -> None:
    picture = page("41", size=(500, 300), at=(120, 90), height=110)
    picture[90:215, 148:153] = 255
    broken = [len(number.glyphs) for number in find_numbers(picture, Expect(2))]
    assert sum(broken) == 2


def test_a_count_that_cannot_be_met_gives_what_was_found() -> None:
    assert texts(find_numbers(page("123", size=(500, 200)), Expect(2))) == ["123"]
    assert texts(find_numbers(page("123", size=(500, 200)), Expect(5))) == ["123"]


def test_the_same_picture_gives_the_same_answer_and_is_left_as_it_was() -> None:
    picture = shaded(page("90 17", size=(700, 300)))
    before = picture.copy()
    first, second = find_numbers(picture, ANY), find_numbers(picture, ANY)
    assert [number.box for number in first] == [number.box for number in second]
    assert all(isinstance(glyph.box, Box) for number in first for glyph in number.glyphs)
    np.testing.assert_array_equal(picture, before)


def test_a_square_nought_is_a_glyph_and_no_sheet_of_paper() -> None:
    picture = np.full((300, 300), 255, dtype=np.uint8)
    cv2.rectangle(picture, (95, 90), (200, 215), 0, 18)
    (number,) = find_numbers(picture, ANY)
    assert number.box.width in range(115, 132)
