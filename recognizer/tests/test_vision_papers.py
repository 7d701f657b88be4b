"""Digits are found on ruled, squared and patterned paper, by any pen, on a board and on a screen."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from recognizer.domain.types import Expect
from recognizer.tests.pictures import Picture, as_png, page, read_by_shape, shaded
from recognizer.vision.components import keep_writing, label_pieces
from recognizer.vision.decode import decode
from recognizer.vision.decode_limits import DecodeLimits
from recognizer.vision.layout import find_numbers
from recognizer.vision.sheet import find_sheet
from recognizer.vision.strokes import is_net

SIZE = (700, 420)
TEXTS = ["27", "458", "306"]
Colour = tuple[int, int, int]


def written(*, paper: int = 240, ink: int = 20) -> Picture:
    return page("27 458\n306", size=SIZE, height=70, paper=paper, ink=ink)


def squared(picture: Picture, *, every: int = 40, level: int = 150) -> Picture:
    lines = picture.copy()
    lines[every // 2 :: every] = np.minimum(lines[every // 2 :: every], level)
    lines[:, every // 2 :: every] = np.minimum(lines[:, every // 2 :: every], level)
    return lines


def turned(picture: Picture, degrees: float) -> Picture:
    turn = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), degrees, 1)
    whole = cv2.warpAffine(picture, turn, SIZE, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(whole, dtype=np.uint8)


def on_a_table(picture: Picture, corners: list[tuple[int, int]], *, table: int = 85) -> Picture:
    """The page seen at an angle, its corners at these places, with the table around it."""
    width, height = SIZE
    whole = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(whole, np.array(corners, np.float32))
    seen = cv2.warpPerspective(picture, matrix, SIZE, flags=cv2.INTER_AREA, borderValue=(table,))
    return np.asarray(cv2.GaussianBlur(seen, (0, 0), 0.8), dtype=np.uint8)


def beside_margin(picture: Picture, *, thick: int, level: int) -> Picture:
    """The page with the line of a margin to the left of what is written."""
    lined = picture.copy()
    lined[:, 45 : 45 + thick] = np.minimum(lined[:, 45 : 45 + thick], level)
    return lined


def as_poor_jpeg(picture: Picture) -> Picture:
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def on_screen(picture: Picture) -> Picture:
    """Photographed from a screen: the grid of its dots against the camera's."""
    rows, columns = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    waves = 0.86 + 0.08 * np.sin(1.9 * columns + 0.35 * rows) + 0.06 * np.sin(2.3 * rows)
    return np.asarray(np.clip(picture * waves, 0, 255), dtype=np.uint8)


def in_colours(ink: Colour, paper: Colour, rule: Colour, *, squares: bool) -> Picture:
    """Coloured ink on paper with rules of another colour, as the decoder turns it to grey."""
    ruled = np.zeros(SIZE[::-1], dtype=bool)
    ruled[26::52] = ruled[27::52] = True
    if squares:
        ruled[:, 26::52] = True
    ground = np.where(ruled[..., None], np.array(rule), np.array(paper))
    share = written(paper=255, ink=0)[..., None] / 255
    picture = np.round(np.array(ink) + (ground - np.array(ink)) * share).astype(np.uint8)
    decoded = decode(as_png(picture), DecodeLimits())
    return np.frombuffer(decoded.grey, dtype=np.uint8).reshape(decoded.grey_height, decoded.grey_width)


@pytest.mark.parametrize(
    "paper",
    [
        pytest.param(lambda: squared(written()), id="squared"),
        pytest.param(lambda: squared(written(), every=20, level=190), id="finely squared"),
        pytest.param(lambda: squared(written(), level=110), id="darkly squared"),
        pytest.param(lambda: turned(squared(written()), 2), id="squared, held askew"),
        pytest.param(lambda: turned(squared(written()), -5), id="squared, more askew"),
        pytest.param(lambda: shaded(squared(written(), level=160)), id="squared, in shadow"),
        pytest.param(lambda: as_poor_jpeg(squared(written(), level=170)), id="squared, poorly compressed"),
        pytest.param(lambda: cv2.GaussianBlur(squared(written()), (0, 0), 1.2), id="squared, blurred"),
        pytest.param(lambda: shaded(255 - written(paper=220, ink=60), 0.7), id="chalk, badly lit"),
        pytest.param(lambda: on_screen(written()), id="screen"),
        pytest.param(lambda: beside_margin(written(), thick=3, level=120), id="with a margin"),
        pytest.param(lambda: turned(beside_margin(written(), thick=3, level=60), 5), id="with a margin, held askew"),
        pytest.param(lambda: turned(beside_margin(written(), thick=9, level=90), 6), id="with a broad margin, askew"),
        pytest.param(
            lambda: in_colours((200, 40, 40), (250, 250, 245), (120, 160, 220), squares=False), id="red on blue rules"
        ),
        pytest.param(
            lambda: in_colours((30, 40, 140), (250, 250, 245), (150, 180, 230), squares=True), id="blue on blue squares"
        ),
        pytest.param(
            lambda: in_colours((20, 20, 60), (250, 235, 120), (200, 190, 100), squares=False), id="yellow legal pad"
        ),
    ],
)
def test_digits_are_found_on_every_paper(paper: Callable[[], Picture]) -> None:
    numbers = find_numbers(paper(), Expect())
    assert [read_by_shape([glyph.crop for glyph in number.glyphs]) for number in numbers] == TEXTS


@pytest.mark.parametrize(
    "corners",
    [
        pytest.param([(60, 40), (630, 20), (660, 390), (30, 370)], id="whole"),
        pytest.param([(90, 15), (660, 80), (600, 400), (20, 330)], id="whole, turned"),
        pytest.param([(150, -20), (670, 70), (600, 400), (-20, 300)], id="cut by two sides"),
    ],
)
def test_digits_are_found_on_a_sheet_that_lies_at_an_angle_on_a_table(corners: list[tuple[int, int]]) -> None:
    seen = shaded(on_a_table(written(), corners), 0.8)
    assert find_sheet(seen) is not None
    numbers = find_numbers(seen, Expect())
    assert [read_by_shape([glyph.crop for glyph in number.glyphs]) for number in numbers] == TEXTS


def test_the_lit_part_of_a_page_is_no_sheet() -> None:
    half, corner = written(), written()
    half[:, 300:] //= 2
    corner[200:, :350] //= 2
    assert find_sheet(half) is None
    assert find_sheet(corner) is None


def test_a_one_from_edge_to_edge_is_a_digit_where_nothing_stands_beside_it() -> None:
    lone = np.full((200, 120), 240, dtype=np.uint8)
    cv2.line(lone, (66, 0), (52, 199), 30, 6, cv2.LINE_AA)
    assert len(find_numbers(lone, Expect())) == 1


def test_squared_paper_is_a_net_and_digits_are_none() -> None:
    grid = np.zeros((300, 400), dtype=np.uint8)
    grid[20::40] = grid[:, 20::40] = 255
    assert is_net(grid > 0)
    for digit in "0123456789":
        assert not is_net(page(digit) < 128)


def test_noise_is_no_net_though_it_is_full_of_holes() -> None:
    noise = np.random.default_rng(2).random((300, 300)) < 0.7
    assert not is_net(noise)


def test_a_nought_that_fills_the_frame_is_kept_and_a_net_is_not() -> None:
    nought = np.where(page("0", size=(84, 120), at=(10, 2), height=115, pen=14) < 128, 255, 0).astype(np.uint8)
    assert len(keep_writing(*label_pieces(nought))) == 1
    net = np.zeros((300, 400), dtype=np.uint8)
    net[20::40] = net[:, 20::40] = 255
    assert keep_writing(*label_pieces(net)) == []
