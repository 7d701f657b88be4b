"""Crops are made as MNIST's were."""

from __future__ import annotations

import numpy as np
import pytest

from recognizer.tests.pictures import ink_of
from recognizer.vision.normalise import normalise_ink


def centre_of_mass(crop: np.ndarray) -> tuple[float, float]:
    rows, columns = np.mgrid[0 : crop.shape[0], 0 : crop.shape[1]]
    return float((rows * crop).sum() / crop.sum()), float((columns * crop).sum() / crop.sum())


@pytest.mark.parametrize("digit", "0123456789")
def test_the_ink_fits_a_box_of_twenty_with_its_centre_of_mass_in_the_middle(digit: str) -> None:
    crop = normalise_ink(ink_of(digit, (300, 400), (90, 40), 250))
    rows, columns = np.flatnonzero(crop.any(axis=1)), np.flatnonzero(crop.any(axis=0))
    assert crop.shape == (28, 28)
    assert crop.dtype == np.uint8
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    assert centre_of_mass(crop) == pytest.approx((14, 14), abs=0.51)


def test_the_place_of_the_ink_makes_no_difference() -> None:
    here = normalise_ink(ink_of("5", (300, 300), (20, 20), 200))
    there = normalise_ink(ink_of("5", (400, 350), (120, 100), 200))
    np.testing.assert_array_equal(here, there)


def test_the_aspect_is_kept() -> None:
    bar = np.full((200, 20), 255, dtype=np.uint8)
    crop = normalise_ink(bar)
    assert crop.any(axis=1).sum() == 20
    assert crop.any(axis=0).sum() == 2


def test_faint_ink_is_stretched_to_full_and_its_grey_levels_stay_in_proportion() -> None:
    ink = np.zeros((20, 20), dtype=np.uint8)
    ink[:, 2:9] = 30
    ink[:, 9:18] = 60
    crop = normalise_ink(ink)
    assert crop.max() == 255
    assert set(np.unique(crop)) >= {0, 128, 255}


def test_faint_noise_far_away_does_not_shrink_the_digit() -> None:
    ink = ink_of("7", (200, 200), (60, 60), 80)
    clean = normalise_ink(ink)
    ink[3, 3] = 5
    np.testing.assert_array_equal(normalise_ink(ink), clean)


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (2, 2), (28, 28), (5000, 4)])
def test_ink_of_any_size_gives_a_crop(shape: tuple[int, int]) -> None:
    crop = normalise_ink(np.full(shape, 255, dtype=np.uint8))
    assert crop.max() == 255


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (1, 1), (40, 30)])
def test_no_ink_gives_a_black_crop(shape: tuple[int, int]) -> None:
    assert not normalise_ink(np.zeros(shape, dtype=np.uint8)).any()


def test_two_specks_too_far_apart_to_survive_scaling_give_a_black_crop_rather_than_an_error() -> None:
    ink = np.zeros((4000, 4000), dtype=np.uint8)
    ink[0, 0] = ink[-1, -1] = 255
    assert normalise_ink(ink).shape == (28, 28)


def test_the_same_ink_gives_the_same_crop() -> None:
    ink = ink_of("8", (200, 200), (40, 40), 120)
    before = ink.copy()
    np.testing.assert_array_equal(normalise_ink(ink), normalise_ink(ink))
    np.testing.assert_array_equal(ink, before)
