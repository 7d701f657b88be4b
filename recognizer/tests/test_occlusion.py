"""What spoke for a digit: parts of its crop are covered, one after another."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.inference.occlusion import PATCH, Occlusion, occlude
from recognizer.views.heat import heat_of


def crop_with_ink(*spots: tuple[int, int]) -> NDArray[np.uint8]:
    crop = np.zeros((28, 28), np.uint8)
    for y, x in spots:
        crop[y : y + 4, x : x + 4] = 255
    return crop


def ink_at(y: int, x: int) -> object:
    """A network that is as sure of a 3 as there is ink at one spot, and of a 5 otherwise."""

    def ask(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        answers = np.zeros((len(crops), 10), np.float32)
        answers[:, 3] = crops[:, y : y + 4, x : x + 4].mean(axis=(1, 2)) / 255
        answers[:, 5] = 1 - answers[:, 3]
        return answers

    return ask


def test_the_spot_that_decided_stands_out_and_others_do_not() -> None:
    crop = crop_with_ink((4, 6), (18, 18))
    seen = occlude(crop, 3, ink_at(4, 6))  # type: ignore[arg-type]
    assert seen.before == pytest.approx(1.0)
    assert seen.lowest < 0.1
    y, x = np.unravel_index(seen.drops.argmax(), seen.drops.shape)
    assert abs(y - 5.5) <= PATCH
    assert abs(x - 7.5) <= PATCH
    assert not seen.drops[18:, 18:].any()


def test_what_spoke_against_it_is_below_nought() -> None:
    crop = crop_with_ink((4, 6), (18, 18))
    seen = occlude(crop, 5, ink_at(4, 6))  # type: ignore[arg-type]
    assert seen.drops.min() < -0.1
    assert seen.drops.max() <= 0
    heat = heat_of(seen)
    assert heat.against
    assert {square.speaks for square in heat.squares} == {"against"}


def test_every_pixel_is_covered_once_at_least_and_the_crop_is_left_as_it_is() -> None:
    crop = crop_with_ink((10, 10))
    asked: list[NDArray[np.uint8]] = []

    def ask(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        asked.append(crops.copy())
        return np.full((len(crops), 10), 0.1, np.float32)

    before = crop.copy()
    seen = occlude(crop, 0, ask)
    [crops] = asked
    grey = round(float(crop.mean()))
    assert (crops[1:] == grey).any(axis=0).all()
    assert (crops[0] == crop).all()
    assert (crop == before).all()
    assert np.isfinite(seen.drops).all()


def test_where_nothing_decided_nothing_is_drawn() -> None:
    heat = heat_of(Occlusion(3, 0.9, 0.895, np.full((28, 28), 0.001)))
    assert not heat.telling
    assert heat_of(Occlusion(3, 0.0, 0.0, np.zeros((28, 28)))).squares == []


def test_the_square_that_mattered_most_is_the_strongest() -> None:
    drops = np.zeros((28, 28))
    drops[4:6, 8:10], drops[10:12, 0:2] = 0.5, -0.25
    squares = heat_of(Occlusion(3, 0.9, 0.1, drops)).squares
    assert [(s.x, s.y, s.speaks, s.opacity) for s in squares] == [(8, 4, "for", "0.80"), (0, 10, "against", "0.40")]
