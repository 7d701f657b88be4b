"""Find a form on a picture of it, however it was held, and tell it from other forms."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.tests.form_pictures import Form, corner_squares, filled_form, printed_form
from recognizer.tests.pictures import Picture, landscape
from recognizer.tests.teaching_pictures import photographed
from recognizer.vision.form_alignment import Alignment, align
from recognizer.vision.form_sample import prepare_sample

DIGITS = (4, 8, 10, 6)
TEXTS = ("2038", "31415926", "0306406152", "271828")
NEAR = 4.0
"""Pixels of a photo with some 1.4 to each of the sample's."""


def form(seed: int = 1, **how: object) -> Form:
    return printed_form(DIGITS, seed=seed, **how)  # type: ignore[arg-type]


def seen_at(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    seen = matrix @ np.column_stack([points, np.ones(len(points))]).T
    return np.asarray((seen[:2] / seen[2]).T)


def corners(of: Form) -> NDArray[np.float64]:
    boxes = [[(b.x, b.y), (b.right, b.y), (b.right, b.bottom), (b.x, b.bottom)] for b in of.boxes]
    return np.array(boxes, np.float64).reshape(-1, 2)


def turned(page: Picture, quarters: int) -> tuple[Picture, NDArray[np.float64]]:
    """A scan turned clockwise, and the map that takes the page to it."""
    height, width = page.shape
    matrix = {0: np.eye(3), 1: [[0, -1, height], [1, 0, 0], [0, 0, 1]], 2: [[-1, 0, width], [0, -1, height], [0, 0, 1]]}
    matrix[3] = [[0, 1, 0], [-1, 0, width], [0, 0, 1]]
    return np.ascontiguousarray(np.rot90(page, -quarters)), np.array(matrix[quarters], np.float64)


def found_on(page: Picture, sample: Picture) -> Alignment:
    found = align(sample, page)
    assert found is not None
    return found


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_scan_is_found_whichever_way_it_was_laid(quarters: int) -> None:
    own = form()
    scan, goal = turned(filled_form(own, TEXTS), quarters)
    found = found_on(scan, own.page)
    assert found.is_form
    assert np.abs(seen_at(found.matrix, corners(own)) - seen_at(goal, corners(own))).max() < 1.0


@pytest.mark.parametrize(
    ("angle", "tilt", "shadow"), [(4, (0.08, 0.1), 0.5), (187, (-0.1, 0.05), 0.0), (93, (0, 0), 0.6)]
)
def test_a_photo_at_an_angle_is_laid_straight(angle: float, tilt: tuple[float, float], shadow: float) -> None:
    own = form(2)
    size = (2200, 1650) if angle == 93 else (1650, 2200)
    photo = photographed(filled_form(own, TEXTS), angle=angle, tilt=tilt, size=size, shadow=shadow, blur=1.0, noise=4)
    found = found_on(photo, own.page)
    assert found.is_form
    straight = cv2.warpPerspective(photo, np.linalg.inv(found.matrix), own.page.shape[::-1])
    for box in own.boxes:  # the printed box is where it belongs: dark along its sides
        side = straight[box.bottom - 3 : box.bottom + 4, box.x : box.right].astype(float)
        assert side.min(axis=0).mean() < 0.75 * np.median(straight[box.bottom + 8 : box.bottom + 14, box.x : box.right])


def test_a_sample_may_be_described_in_other_pixels_than_it_is_given_in() -> None:
    own = form(3)
    small = np.asarray(cv2.resize(own.page, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    found = align(prepare_sample(small, width=own.page.shape[1], height=own.page.shape[0]), filled_form(own, TEXTS))
    assert found is not None
    assert np.abs(seen_at(found.matrix, corners(own)) - corners(own)).max() < 2.0


def test_a_filled_in_sample_serves_as_well() -> None:
    own = form(4)
    found = found_on(filled_form(own, TEXTS), filled_form(own, ("1776", "11235813", "9999999999", "123456")))
    assert found.is_form
    assert np.abs(seen_at(found.matrix, corners(own)) - corners(own)).max() < 1.0


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_another_form_is_another_form(seed: int) -> None:
    found = align(form(5).page, photographed(filled_form(form(seed), TEXTS), angle=2, tilt=(0.05, 0.05)))
    assert found is None or not found.is_form


@pytest.mark.parametrize(
    "picture",
    [
        np.full((800, 600), 255, np.uint8),
        np.zeros((800, 600), np.uint8),
        np.full((1, 1), 255, np.uint8),
        np.full((3, 2000), 200, np.uint8),
        np.full((70, 40_000), 200, np.uint8),
        landscape((900, 700)),
        np.random.default_rng(1).integers(0, 256, (700, 500), dtype=np.uint8),
    ],
    ids=["white", "black", "a pixel", "a line", "a ribbon", "a landscape", "noise"],
)
def test_what_is_no_form_is_none(picture: Picture) -> None:
    found = align(form(6).page, picture)
    assert found is None or not found.is_form
    back = align(picture, form(6).page)
    assert back is None or not back.is_form


def test_a_form_of_boxes_alone_is_found_on_a_scan() -> None:
    own = form(7, words=0)
    found = found_on(filled_form(own, TEXTS), own.page)
    assert found.is_form
    assert np.abs(seen_at(found.matrix, corners(own)) - corners(own)).max() < 1.0


def test_squares_in_its_corners_find_a_form_of_boxes_on_a_photo_at_an_angle() -> None:
    own = corner_squares(form(8, words=0))
    photo = photographed(filled_form(own, TEXTS), angle=-5, tilt=(0.08, -0.06), noise=3)
    assert found_on(photo, own.page).is_form
