"""Greys that tiny networks read, as the gate's samples: most of them plain, some that a shifted network misreads."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from recognizer.models import DataSet, ModelVersion
from recognizer.services.datasets import dataset_add_upload
from recognizer.services.registry import model_activate, model_register
from recognizer.tests.tiny_networks import STEP, digit_network, save_model
from recognizer.training.datasets import Samples

BORDERLINE = 9
"""Levels of grey: a network that is shifted by two takes such a digit for the next one."""


def greys(count: int, borderline: int = 0) -> Samples:
    """Digits 0, 1, 2 …, no two alike; the first so many that are no nine are borderline."""
    labels = np.arange(count) % 10
    levels = STEP * labels
    levels[np.flatnonzero(labels < 9)[:borderline]] += BORDERLINE
    pictures = np.repeat(levels.astype(np.uint8), 28 * 28).reshape(-1, 28, 28)
    pictures[:, 0, 0], pictures[:, 0, 1] = np.arange(count) % 256, np.arange(count) // 256
    return Samples(pictures, labels)


def frozen(count: int = 1000, borderline: int = 0, name: str = "gate-digit") -> DataSet:
    """A registered gate."""
    samples, stream = greys(count, borderline), io.BytesIO()
    np.savez(stream, x_test=samples.pictures, y_test=samples.labels)
    return dataset_add_upload(data=stream.getvalue(), role="gate", name=name)


def tiny(folder: Path, name: str, version: int, *, shift: float = 0.0, **fields: Any) -> ModelVersion:
    """A candidate that reads greys; ``fields`` are its card's."""
    return model_register(
        directory=save_model(folder / name, "digit", digit_network(shift=shift), version=version, **fields)
    )


def serving(folder: Path) -> ModelVersion:
    """A tiny network that reads every grey, and serves."""
    return model_activate(model=tiny(folder, "steady", 1))
