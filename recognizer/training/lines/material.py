"""All that a run of the line network learns from and is judged on: whose digits, and the strips made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recognizer.training.datasets import DataSet, Samples, find_mnist, hash_split, load_data_set, require_every_digit
from recognizer.training.evaluation_data import TestPictures
from recognizer.training.foreign import find_foreign, load_foreign
from recognizer.training.lines.compose import Mixture
from recognizer.training.lines.pool import LinePool, open_pool, render
from recognizer.training.lines.writing import Bitmaps
from recognizer.training.parameters import TrainingParameters

STRIPS = 230_000
"""Strips rendered where ``limit`` doesn't say otherwise: more are better, at four milliseconds each."""
JUDGED = 1 / 30
"""Strips to validate on, as a share of those trained on."""
FEWEST, FEWEST_JUDGED = 100, 20
POOL_SEED, HELD_SEED = 30_000, 40_000
FOREIGN = 0.2
"""Share of numbers written with UCI's digits, where there are any: few digits, but of European hands."""
HANDS = 0.55
"""Share written by drawn hands: they alone have all allographs, and link their digits as a pen does."""


@dataclass(frozen=True, slots=True)
class LineMaterial:
    """Strips to train and to validate on; ``held`` writes what no strip of training was made of."""

    whole: DataSet
    train: LinePool
    validation: LinePool
    held: Mixture
    foreign: tuple[str, ...]


def load_line_material(parameters: TrainingParameters, folder: Path) -> LineMaterial:
    """Find, check and split the data sets; render the strips that are not yet under ``folder``.

    Raises BadDataSet.
    """
    whole = load_data_set(find_mnist(Path(parameters.data) if parameters.data else None))
    require_every_digit(whole.train, "train", FEWEST)
    foreign = load_foreign(find_foreign(parameters.extra))
    learned, held = mixtures(whole, foreign, parameters.preset().validation)
    count = parameters.limit or STRIPS
    train = _pool(learned, count, POOL_SEED, folder / "strips", parameters.jobs)
    validation = _pool(
        held, max(FEWEST_JUDGED, int(count * JUDGED)), HELD_SEED, folder / "held-strips", parameters.jobs
    )
    return LineMaterial(whole, train, validation, held, tuple(each.name for each in foreign))


def mixtures(whole: DataSet, foreign: Sequence[TestPictures], share: float) -> tuple[Mixture, Mixture]:
    """Who writes for training, and who for validation: the ``share`` of each set's digits with the smallest sha256."""
    sets = [("digits", whole.train, 1.0 - HANDS - (FOREIGN if foreign else 0.0))]
    sets += [(each.name, Samples(each.pictures, each.labels), FOREIGN / len(foreign)) for each in foreign]
    learned: list[tuple[Bitmaps, float]] = []
    held: list[tuple[Bitmaps, float]] = []
    for name, samples, weight in sets:
        for chosen, into in zip(hash_split(samples, share), (learned, held), strict=True):
            part = samples.take(chosen)
            if len(np.unique(part.labels)) == 10:  # a hand that cannot write some digit writes no number
                into.append((Bitmaps.of(name, part.pictures, part.labels), weight))
    return Mixture(HANDS, learned), Mixture(HANDS, held)


def _pool(mixture: Mixture, count: int, seed: int, folder: Path, jobs: int) -> LinePool:
    try:
        pool = open_pool(folder)
    except FileNotFoundError:
        return render(mixture, count, seed, folder, jobs)
    # Half a folder opens as well as a whole one of other parameters: both are rendered anew.
    return pool if len(pool) == count else render(mixture, count, seed, folder, jobs)
