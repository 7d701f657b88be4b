"""Digit crops in, calibrated probabilities out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.errors import BadModel
from recognizer.domain.phrases import phrase
from recognizer.domain.types import ModelCard, ModelKind
from recognizer.inference.calibration import with_temperature
from recognizer.inference.network import Network, load_network

SIDE = 28
CLASSES = 10
OUTPUTS = (CLASSES, CLASSES + 1)
"""A network has ten outputs, or an eleventh: no digit."""
BATCHES = (16, 4, 1)
"""Sizes of batches, each with an interpreter of its own. A crop costs the same in any of them, so crops are shared out
among them and none is padded; batches larger than these are slower, since they leave the processor's cache."""


class DigitEngine:
    """A loaded digit network, safe to call from many threads."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._outputs = CLASSES

    @property
    def knows_others(self) -> bool:
        """Whether it has an answer for what is no digit."""
        return self._outputs > CLASSES

    @property
    def card(self) -> ModelCard:
        return self._network.card

    @classmethod
    def load(cls, directory: Path) -> DigitEngine:
        """Load ``model.tflite`` from ``directory``, checked against the sha256 and shapes that its card promises.

        Raises BadModel with a sentence where a file is missing, altered or not a digit network.
        """
        engine = cls(load_network(directory, ModelKind.DIGIT))
        answer = engine._run(np.zeros((1, SIDE, SIDE), np.uint8))
        if not np.isfinite(answer).all():
            raise BadModel(
                phrase(
                    "The network of the model {name} answers with something that is no number.",
                    name=engine._network.card.name,
                )
            )
        engine._outputs = answer.shape[1]
        return engine

    def probabilities(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Calibrated probabilities of the ten digits, shape (n, 10), of crops, shape (n, 28, 28), white ink on black.

        A row adds up to 1, or to less by the probability that the crop shows no digit, where the network knows such.
        Raises ValueError for crops of another shape or type: that is a mistake of ours, not of a person.
        """
        if crops.ndim != 3 or crops.shape[1:] != (SIDE, SIDE) or crops.dtype != np.uint8:
            raise ValueError(f"Crops must be uint8 of shape (n, 28, 28), not {crops.dtype} of {crops.shape}.")
        if not len(crops):
            return np.empty((0, CLASSES), np.float32)
        answers = np.concatenate([self._run(batch) for batch in _batches(crops)])
        return with_temperature(answers, self.card.temperature)[:, :CLASSES]

    def _run(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        answer = self._network.run(crops[..., None].astype(np.float32))
        if answer.shape not in [(len(crops), outputs) for outputs in OUTPUTS]:
            raise BadModel(
                phrase(
                    "The network of the model {name} gives neither ten probabilities nor eleven.",
                    name=self._network.card.name,
                )
            )
        return answer


def _batches(crops: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Crops of shape (n, 28, 28) in their order, shared out among batches of the sizes in ``BATCHES``."""
    at = 0
    for size in BATCHES:
        while len(crops) - at >= size:
            yield crops[at : at + size]
            at += size
