"""Augmentation: the same from the same seed, always a picture of the same kind, and no digit where none should be."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.tests.training_material import drawn
from recognizer.training.augment import Strength, augment
from recognizer.training.damage import cluttered, worn
from recognizer.training.hands import Hand
from recognizer.training.letter_shapes import NAMES, draw_shape
from recognizer.training.letters import LETTERS, SIGNS, draw_letters
from recognizer.training.negatives import negatives
from recognizer.training.paper import degrade, skeleton, true_to

NONE = Strength(0, 0, 0, 0, 0, 0)


def overlap(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    a, b = first.astype(float).ravel(), second.astype(float).ravel()
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def test_no_strength_changes_nothing() -> None:
    given = drawn(20).pictures
    assert np.abs(augment(given, np.random.default_rng(1), NONE).astype(int) - given).max() <= 1


def test_augmented_digits_differ_and_are_still_there() -> None:
    given = drawn(600).pictures
    varied = augment(given, np.random.default_rng(1), Strength())
    assert varied.shape == given.shape
    assert varied.dtype == np.uint8
    assert (varied.max(axis=(1, 2)) > 60).all()
    mean = np.mean([overlap(a, b) for a, b in zip(given, varied, strict=True)])
    assert 0.5 < mean < 0.97


def test_a_neighbour_in_the_mosaic_is_never_seen() -> None:
    pictures = np.zeros((3, 28, 28), np.uint8)
    pictures[0] = pictures[2] = 255
    for seed in range(20):
        assert not augment(pictures, np.random.default_rng(seed), Strength(pixels=0))[1].any()


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_pictures(seed: int) -> None:
    given = drawn(40)

    def once() -> list[NDArray[np.uint8]]:
        rng = np.random.default_rng(seed)
        return [
            augment(given.pictures, rng, Strength()),
            degrade(given.pictures, given.labels, rng),
            negatives(20, given.pictures, given.labels, rng),
        ]

    assert all(np.array_equal(a, b) for a, b in zip(once(), once(), strict=True))


def test_a_photographed_digit_is_centred_as_serving_centres_it() -> None:
    given = drawn(100)
    crops = degrade(given.pictures, given.labels, np.random.default_rng(3))
    assert (crops.max(axis=(1, 2)) == 255).mean() > 0.95
    weights = crops.sum(axis=(1, 2), dtype=float)
    rows = (crops.sum(axis=2) * np.arange(28)).sum(axis=1) / weights
    assert np.abs(np.median(rows) - 14) < 1


def test_a_skeleton_is_thin_and_lies_on_the_stroke() -> None:
    field = np.zeros((112, 112), np.uint8)
    cv2.line(field, (20, 56), (90, 56), 255, 13)
    line = skeleton(field)
    assert 0 < (line > 0).sum() < (field > 0).sum() / 4
    assert not (line & ~field).any()
    assert (line[:, 30:80] > 0).any(axis=0).all()


def test_negatives_have_ink_and_are_many_kinds() -> None:
    given = drawn(50)
    pictures = negatives(60, given.pictures, given.labels, np.random.default_rng(4))
    assert pictures.any(axis=(1, 2)).all()
    assert len({picture.tobytes() for picture in pictures}) == 60


def ink() -> NDArray[np.uint8]:
    """A ring that fills the middle of a field of 112."""
    field = np.zeros((112, 112), np.uint8)
    cv2.circle(field, (56, 56), 36, 255, 9)
    return field


def test_clutter_stands_beside_a_digit_and_leaves_its_own_ink() -> None:
    for seed in range(30):
        field = cluttered(ink(), ink(), np.random.default_rng(seed))
        assert field.shape == (160, 160)
        assert (field[24:-24, 24:-24] >= ink()).all()
        assert np.count_nonzero(field) > np.count_nonzero(ink())


def test_worn_strokes_lose_ink_and_gain_none() -> None:
    for seed in range(30):
        left = worn(ink(), np.random.default_rng(seed))
        assert (left <= ink()).all()
        assert np.count_nonzero(left) > 0.4 * np.count_nonzero(ink())


def test_a_crop_that_shows_something_else_gives_way_to_the_ink_itself() -> None:
    elsewhere = np.zeros((28, 28), np.uint8)
    elsewhere[:4] = 255
    restored = true_to(ink(), elsewhere)
    assert restored[14, 14] == 0
    assert overlap(restored, elsewhere) < 0.3
    assert true_to(ink(), restored) is restored


def test_letters_are_drawn_without_any_handwriting_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recognizer.training.letters.handwriting_fonts", lambda: ())
    for seed in range(20):
        field = draw_letters(112, 4, np.random.default_rng(seed))
        assert field.shape == (112, 112)
        assert field.any()


def test_no_letter_that_a_digit_may_look_like_stands_alone_as_no_digit() -> None:
    assert not set("0123456789oOlIiSsZzBbgqDQ") & set(LETTERS + SIGNS)


@pytest.mark.parametrize("name", NAMES)
def test_every_shape_that_is_no_digit_is_drawn_within_its_field(name: str) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        shape = draw_shape(name, Hand.sample(rng), 112, rng)
        assert max(shape.shape) <= 126
        assert np.count_nonzero(shape) > 100


def test_a_hand_never_writes_a_shape_twice_the_same() -> None:
    rng = np.random.default_rng(7)
    hand = Hand.sample(rng)
    first, second = (draw_shape("K", hand, 80, rng) for _ in range(2))
    assert first.shape != second.shape or not np.array_equal(first, second)
