"""One network out of several that started from the same weights: the mean of theirs.

Wortsman et al., "Model soups", ICML 2022: networks fine-tuned from one start lie in one basin, where the mean of the
weights answers about as well as the mean of the answers would, at the cost of a single network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from recognizer.training.export import load_network
from recognizer.training.files import write_atomically
from recognizer.training.material import Material
from recognizer.training.trainer import SeedResult, judge


def mean_of_seeds(results: Sequence[SeedResult], material: Material, path: Path) -> SeedResult:
    """The mean of the seeds' best weights, kept at ``path`` and judged as they were, as if after an only epoch."""
    networks = [load_network(result.best) for result in results]
    mean = networks[0]
    weights = zip(*(network.get_weights() for network in networks), strict=True)
    mean.set_weights([np.mean(same, axis=0) for same in weights])
    write_atomically(path, mean.save)
    record = judge(mean, material.judged, len(material.validation))
    seconds = sum(result.seconds for result in results)
    return replace(results[0], best=path, best_epoch=1, history=[record], seconds=seconds, together=True)
