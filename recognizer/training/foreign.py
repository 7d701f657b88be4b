"""Digits of other countries' hands, by UCI: optdigits (Turkey) and Semeion (Italy), brought into MNIST's form.

Both fill their frame, 32×32 and 16×16, so a digit's own proportions are lost: it is squeezed anew at random, which
also makes many digits of one.

E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", 1998, doi 10.24432/C50P49; Semeion Research
Center, "Semeion Handwritten Digit", doi 10.24432/C5SC8V; both UCI Machine Learning Repository, CC BY 4.0.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.errors import BadDataSet
from recognizer.domain.phrases import phrase
from recognizer.training.datasets import Samples
from recognizer.training.evaluation_data import TestPictures, load_evaluation_set
from recognizer.vision.normalise import normalise_ink

PLACES = ("OPTDIGITS_PATH", "SEMEION_PATH")
"""Environment variables that name an ``.npz`` each: x_test, uint8 (n, height, width), white on black, and y_test."""

TALL = 112
"""Height to which a bitmap is enlarged: its steps are then smoothed over several pixels."""

Picture = NDArray[np.uint8]


def find_foreign(given: Sequence[str]) -> list[Path]:
    """The files given, else those that the environment names; none is no error."""
    return [Path(path) for path in given] or [Path(os.environ[name]) for name in PLACES if os.environ.get(name)]


def load_foreign(paths: Sequence[Path]) -> list[TestPictures]:
    """Load the files. Raises BadDataSet where one is missing, broken or no ``.npz``."""
    loaded = [load_evaluation_set(path) for path in paths]
    sets = [each for each in loaded if isinstance(each, TestPictures)]
    if len(sets) < len(loaded):
        raise BadDataSet(phrase("Digits of other hands are taken from .npz files, not from folders."))
    return sets


def as_mnist(bitmap: Picture, label: int, rng: np.random.Generator) -> Picture:
    """A bitmap that fills its frame as a crop of 28×28: smoothed, squeezed, normalised."""
    shape = (TALL, TALL * bitmap.shape[1] // bitmap.shape[0])
    large = cv2.resize(bitmap, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    smooth = cv2.GaussianBlur(large, (0, 0), TALL / max(bitmap.shape) * float(rng.uniform(0.35, 0.6)))
    edge = np.clip((smooth - 127.5) * float(rng.uniform(1.5, 4.0)) + 127.5, 0, 255).astype(np.uint8)
    # Ones are narrow; the others are about two thirds as wide as high.
    share = rng.uniform(0.3, 0.85) if label == 1 else rng.uniform(0.5, 1.0)
    narrow = cv2.resize(edge, (max(8, int(shape[1] * share)), shape[0]), interpolation=cv2.INTER_AREA)
    crop = normalise_ink(np.asarray(narrow, np.uint8))
    return crop if int(crop.max()) else normalise_ink(bitmap)


def render_foreign(sets: Sequence[TestPictures], count: int, rng: np.random.Generator) -> Samples:
    """``count`` crops of digits drawn from all the sets, every digit as often as any other."""
    pictures, labels = np.zeros((count, 28, 28), np.uint8), rng.integers(0, 10, count)
    for index, label in enumerate(labels):
        chosen = sets[int(rng.integers(len(sets)))]
        fit = np.flatnonzero(chosen.labels == label)
        if not len(fit):
            fit = np.arange(len(chosen.labels))
        at = int(fit[int(rng.integers(len(fit)))])
        labels[index] = chosen.labels[at]
        pictures[index] = as_mnist(chosen.pictures[at], int(chosen.labels[at]), rng)
    return Samples(pictures, labels.astype(np.int64))
