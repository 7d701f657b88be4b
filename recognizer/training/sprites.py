"""Small pictures of digits, many in one file: what a report shows of mistakes and samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.inference.calibration import Floats, Ints
from recognizer.training.datasets import CLASSES
from recognizer.training.files import write_atomically

ACROSS = 10
MOST_MISTAKES = 20
SAMPLES_A_DIGIT = 4


@dataclass(frozen=True, slots=True)
class Tiles:
    """Pictures for one sprite, uint8 (n, height, width), and for each what is written, what was read, how surely."""

    pictures: NDArray[np.uint8]
    items: list[dict[str, Any]]

    def captions(self) -> list[str]:
        """A line for each, for people."""
        return [f"{each['written']} read {each['read']}, {each['confidence']:.2f}" for each in self.items]


def worst_mistakes(pictures: NDArray[np.uint8], labels: Ints, probabilities: Floats) -> Tiles:
    """The twenty digits read wrongly with the most confidence, the surest first."""
    confidence, read = probabilities.max(axis=1), probabilities.argmax(axis=1)
    wrong = np.flatnonzero(read != labels)
    return _tiles(pictures, labels, probabilities, wrong[np.argsort(-confidence[wrong], kind="stable")][:MOST_MISTAKES])


def samples(pictures: NDArray[np.uint8], labels: Ints, probabilities: Floats) -> Tiles:
    """Each digit's first four, whether read right or wrong."""
    chosen = [np.flatnonzero(labels == digit)[:SAMPLES_A_DIGIT] for digit in range(CLASSES)]
    return _tiles(pictures, labels, probabilities, np.concatenate(chosen))


def write_sprite(path: Path, pictures: NDArray[np.uint8]) -> None:
    """One PNG, ten pictures in a row, dark ink on white, as on paper. Raises ValueError where there are none."""
    if not len(pictures):
        raise ValueError("There is nothing to show.")
    _, height, width = pictures.shape
    down = -(-len(pictures) // ACROSS)
    fields = np.zeros((down * ACROSS, height, width), np.uint8)
    fields[: len(pictures)] = pictures
    sheet = fields.reshape(down, ACROSS, height, width).swapaxes(1, 2).reshape(down * height, ACROSS * width)
    content = bytes(cv2.imencode(".png", 255 - sheet)[1])
    write_atomically(path, lambda beside: beside.write_bytes(content))


def _tiles(
    pictures: NDArray[np.uint8], labels: Ints, probabilities: Floats, chosen: Sequence[int] | NDArray[np.intp]
) -> Tiles:
    items = [
        {
            "written": int(labels[at]),
            "read": int(probabilities[at].argmax()),
            "confidence": round(float(probabilities[at].max()), 4),
            "index": int(at),
        }
        for at in chosen
    ]
    return Tiles(pictures[np.asarray(chosen, np.intp)], items)
