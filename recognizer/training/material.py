"""All that a run learns from and is measured on: the data set, split; other hands' digits; the pools made of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from recognizer.domain.errors import BadDataSet
from recognizer.domain.phrases import phrase
from recognizer.training.corrected import Corrected, load_corrected
from recognizer.training.datasets import (
    CLASSES,
    DataSet,
    Samples,
    find_mnist,
    hash_split,
    lacking_digits,
    load_data_set,
    require_every_digit,
)
from recognizer.training.evaluation_data import TestPictures
from recognizer.training.foreign import find_foreign, load_foreign
from recognizer.training.parameters import TrainingParameters
from recognizer.training.pool import KINDS, Pool, Sources, open_pool
from recognizer.training.presets import Preset

FEWEST, FEWEST_TO_TEST = 100, CLASSES
HELD = {"degraded": 0.5, "foreign": 0.1, "hands": 0.2, "negatives": 0.1}
"""Pictures of each kind to validate and calibrate on, as shares of the validation pictures: as degraded as life is."""
POOL_SEED, HELD_SEED = 10_000, 20_000
"""Neither among the seeds of training nor each other's: no held-out picture was ever shown."""


@dataclass(frozen=True, slots=True)
class Material:
    """A data set as a run uses it. ``pool`` is shown in training; ``held`` is made of the validation part alone;
    ``corrected`` are people's corrections to show beside."""

    whole: DataSet
    train: Samples
    validation: Samples
    pool: Pool
    held: Pool
    foreign: tuple[str, ...]
    corrected: Corrected = field(default_factory=Corrected.none)

    @property
    def judged(self) -> Samples:
        """What decides between epochs and between seeds: the validation pictures as they are, and those held out."""
        return Samples(
            np.concatenate([self.validation.pictures, self.held.samples.pictures]),
            np.concatenate([self.validation.labels, self.held.samples.labels]),
        )


def load_material(parameters: TrainingParameters, folder: Path) -> Material:
    """Find, check and split the data, and render what is not yet in the pools under ``folder``. Raises BadDataSet."""
    whole = load_data_set(find_mnist(Path(parameters.data) if parameters.data else None))
    require_every_digit(whole.train, "train", FEWEST)
    require_every_digit(whole.test, "test", FEWEST_TO_TEST)
    preset = parameters.preset()
    foreign = load_foreign(find_foreign(parameters.extra))
    train, validation = _split(whole.train, preset.validation, parameters.limit)
    if lacking := lacking_digits(train):
        raise BadDataSet(
            phrase(
                "Of {names} no picture is left to learn from; give more, or a larger --limit.", names=", ".join(lacking)
            )
        )
    corrected = Corrected.none()
    if parameters.corrections is not None:
        corrected = load_corrected(folder / parameters.corrections, validation, whole.test)
    learned, kept = _split_foreign(foreign, preset.validation)
    held = {kind: int(len(validation) * share) for kind, share in HELD.items()}
    return Material(
        whole,
        train,
        validation,
        _shown_pool(preset, train, learned, folder / "pool"),
        open_pool(folder / "held", Sources(validation, kept), held, HELD_SEED),
        tuple(each.name for each in foreign),
        corrected,
    )


def pool_of(parameters: TrainingParameters, train: Samples, folder: Path) -> Pool:
    """The pool to show beside these training pictures alone, as a fold has them. Raises BadDataSet."""
    preset = parameters.preset()
    learned, _ = _split_foreign(load_foreign(find_foreign(parameters.extra)), preset.validation)
    return _shown_pool(preset, train, learned, folder)


def _shown_pool(preset: Preset, train: Samples, learned: Sequence[TestPictures], folder: Path) -> Pool:
    counts = {kind: int(len(train) * getattr(preset, kind) * preset.spare) for kind in KINDS}
    return open_pool(folder, Sources(train, learned), counts, POOL_SEED)


def _split(samples: Samples, share: float, limit: int | None) -> tuple[Samples, Samples]:
    """What is trained on and what is held out, together at most ``limit``.

    The whole set is split before it is limited, so that what the gate keeps is never trained on.
    """
    learned, held = hash_split(samples, share)
    if limit is not None and limit < len(samples):
        count = int(limit * share + 0.5)
        learned, held = learned[: limit - count], held[:count]
    return samples.take(learned), samples.take(held)


def _split_foreign(sets: Sequence[TestPictures], share: float) -> tuple[list[TestPictures], list[TestPictures]]:
    """Each set's part to learn from and its part held out, by hash as the data set's."""
    learned: list[TestPictures] = []
    kept: list[TestPictures] = []
    for each in sets:
        for indices, into in zip(hash_split(Samples(each.pictures, each.labels), share), (learned, kept), strict=True):
            into.append(TestPictures(each.name, each.pictures[indices], each.labels[indices]))
    return learned, kept
