"""Which parts of a crop spoke for a digit: each is covered in turn, and the answer is asked for again.

M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, section 4.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Crop

PATCH = 6
"""The covered square's side in pixels: wider than a stroke, smaller than a loop."""
STEP = 2
"""Pixels between two squares: 144 of them on a crop of 28 by 28."""

Ask = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Occlusion:
    """What covering did to one digit: ``before`` is its probability on the bare crop, ``lowest`` the least one with a
    square covered, and ``drops``, shape (28, 28), by how much it fell on average while a pixel was covered (below 0: it
    rose).
    """

    digit: int
    before: float
    lowest: float
    drops: NDArray[np.float64]


def occlude(crop: Crop, digit: int, ask: Ask) -> Occlusion:
    """Slide a square as grey as the crop's mean over a crop of shape (28, 28), and note how sure of ``digit`` it leaves
    the network. ``ask`` gives probabilities (n, 10) of crops (n, 28, 28).
    """
    corners = [(y, x) for y in _starts(crop.shape[0]) for x in _starts(crop.shape[1])]
    covered = np.repeat(crop[None], len(corners) + 1, axis=0)
    grey = np.uint8(round(float(crop.mean())))
    for picture, (y, x) in zip(covered[1:], corners, strict=True):
        picture[y : y + PATCH, x : x + PATCH] = grey
    answers = ask(covered)[:, digit].astype(np.float64)
    before = float(answers[0])
    total, times = np.zeros(crop.shape), np.zeros(crop.shape)
    for answer, (y, x) in zip(answers[1:], corners, strict=True):
        total[y : y + PATCH, x : x + PATCH] += before - answer
        times[y : y + PATCH, x : x + PATCH] += 1
    return Occlusion(digit, before, float(answers[1:].min()), total / times)


def _starts(length: int) -> range:
    return range(0, length - PATCH + 1, STEP)
