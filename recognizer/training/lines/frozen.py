"""Write numbers to measure on, once and for all: ``python -m recognizer.training.lines.frozen SAMPLES FOLDER COUNT``.

``SAMPLES`` is an ``.npz`` with ``x_test`` and ``y_test``, whose digits write; ``FOLDER`` gets the pictures and their
``labels.csv``. In a process of its own, since the one that serves loads no fonts.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import cv2
import numpy as np

from recognizer.training.datasets import Samples, load_parts
from recognizer.training.evaluation_data import LABELS_FILE
from recognizer.training.lines.compose import Mixture, photographed
from recognizer.training.lines.trust import STRAIN
from recognizer.training.lines.writing import Bitmaps

SEED = 60_000
"""Not one of those with which strips are rendered for training."""


def write_numbers(samples: Samples, folder: Path, count: int) -> None:
    """So many photographed lines, a few of them without a number. Raises OSError."""
    rng = np.random.default_rng(SEED)
    writer = Mixture(0.0, [(Bitmaps.of("digits", samples.pictures, samples.labels), 1.0)])
    with (folder / LABELS_FILE).open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["file", "text"])
        for number in range(count):
            photo, label = photographed(writer, rng, STRAIN)
            (folder / f"{number:04}.png").write_bytes(cv2.imencode(".png", photo.gray)[1].tobytes())
            table.writerow([f"{number:04}.png", label])


def main(samples: str, folder: str, count: str) -> None:
    """What the process does."""
    write_numbers(load_parts(Path(samples), parts=("test",)).samples["test"], Path(folder), int(count))


if __name__ == "__main__":
    main(*sys.argv[1:])
