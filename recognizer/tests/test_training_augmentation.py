"""Augmentation: the same from the same seed, always a picture of the same kind, and no digit where none should be."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.training.augment import Strength, augment
from recognizer.training.datasets import Samples
from recognizer.training.negatives import negatives
from recognizer.training.paper import degrade, skeleton
from recognizer.training.presets import Preset
from recognizer.training.stream import Stream

NONE = Strength(0, 0, 0, 0, 0, 0)


def drawn(count: int) -> Samples:
    """Digits 0, 1, 2 …, about as MNIST's."""
    fields = np.zeros((count, 28, 28), np.uint8)
    labels = np.arange(count) % 10
    for field, label in zip(fields, labels, strict=True):
        cv2.putText(field, str(label), (6, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.75, 255, 2, cv2.LINE_AA)
    return Samples(fields, labels)


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


def stream(**preset: object) -> Stream:
    return Stream(drawn(100), Preset(epochs=3, **preset), seed=1)  # type: ignore[arg-type]


def test_an_epoch_shows_each_digit_once_and_the_negatives_with_a_uniform_target() -> None:
    pictures, targets = next(stream(augmentation=True, degraded=0.5, negatives=0.1).epochs(0))
    assert pictures.shape == (110, 28, 28, 1)
    doubt = targets.max(axis=1) < 0.5
    assert doubt.sum() == 10
    assert np.allclose(targets[doubt], 0.1)
    assert np.array_equal(np.bincount(targets[~doubt].argmax(axis=1)), np.full(10, 10))


def test_a_plain_preset_shows_the_pictures_as_they_are() -> None:
    pictures, _ = next(stream().epochs(0))
    assert {p.tobytes() for p in pictures[..., 0]} == {p.tobytes() for p in drawn(100).pictures}


def test_a_resumed_stream_goes_on_where_it_was() -> None:
    whole = list(stream(augmentation=True).epochs(0))
    rest = list(stream(augmentation=True).epochs(2))
    assert (len(whole), len(rest)) == (3, 1)
    assert np.array_equal(whole[2][0], rest[0][0])
    assert not np.array_equal(whole[1][0], whole[2][0])
