"""Small material for tests of training: drawn digits, about as MNIST's, and pools of them."""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.training.datasets import DataSet, Samples
from recognizer.training.evaluation_data import TestPictures
from recognizer.training.material import Material
from recognizer.training.pool import Pool


def drawn(count: int) -> Samples:
    """Digits 0, 1, 2 …, uint8 (count, 28, 28)."""
    fields = np.zeros((count, 28, 28), np.uint8)
    labels = np.arange(count) % 10
    for field, label in zip(fields, labels, strict=True):
        cv2.putText(field, str(label), (6, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.75, 255, 2, cv2.LINE_AA)
    return Samples(fields, labels)


def bitmaps(side: int, count: int = 40) -> TestPictures:
    """Digits that fill their frame in black and white, as UCI's do."""
    fields = np.zeros((count, side, side), np.uint8)
    labels = np.arange(count) % 10
    for field, label in zip(fields, labels, strict=True):
        large = np.zeros((64, 64), np.uint8)
        cv2.putText(large, str(label), (8, 56), cv2.FONT_HERSHEY_SIMPLEX, 2.4, 255, 6)
        x, y, width, height = cv2.boundingRect(large)
        field[:] = cv2.resize(large[y : y + height, x : x + width], (side, side), interpolation=cv2.INTER_AREA)
    return TestPictures(f"bitmaps-{side}", np.where(fields > 127, 255, 0).astype(np.uint8), labels)


def material(train: int, validation: int) -> Material:
    """Drawn digits as a run's material; nothing is shown beside them, and ten more are held out."""
    whole = DataSet("0" * 64, "0" * 64, drawn(train + validation), drawn(20))
    held = Pool(drawn(10), {"degraded": slice(0, 10)}, "held")
    return Material(whole, drawn(train), drawn(validation), Pool.empty(), held, ())
