"""A number's strip in, the calibrated frames of the line network out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.errors import BadModel
from recognizer.domain.phrases import phrase
from recognizer.domain.types import Expect, ModelCard, ModelKind
from recognizer.inference.agreement import Agreement
from recognizer.inference.calibration import with_temperature
from recognizer.inference.card import limit_of_one
from recognizer.inference.decoding import SYMBOLS
from recognizer.inference.network import Network, load_network

HEIGHT = 32
STRIDE = 4
"""Columns of the strip that a frame looks at."""
WIDTHS = (64, 128, 192, 256, 384, 512, 768, 1024)
"""Widths that get an interpreter of their own. The widest holds some sixty digits; a wider strip is narrowed to it."""
SCALES = (1.0, 1.16, 1.35)
"""Sizes at which a strip is looked at: how high its digits are is a guess, and one that rather errs upwards. Chosen on
held-out synthetic numbers: 80.6 % of them were read right at one size, 82.6 % at these three."""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """What the line network says of a strip: ``probabilities`` of shape (T, 13), a blank, the digits 0 to 9, a dot and
    a comma; frame t looks at the strip's columns from ``stride`` · t on.
    """

    probabilities: NDArray[np.float32]
    stride: float


class NumberEngine:
    """A loaded line network, and how its answers agree with the digits'. Safe to call from many threads."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.agreement = Agreement.from_json(network.card.raw.get("agreement"))
        card = network.card
        self._threshold_of_one = limit_of_one(card, "threshold", card.threshold)
        self._reject_below_of_one = limit_of_one(card, "reject_below", card.reject_below)
        self._agreement_of_one = Agreement.from_json(network.card.raw.get("agreement_one"))

    @property
    def card(self) -> ModelCard:
        return self._network.card

    def agreement_for(self, expect: Expect) -> Agreement:
        """How the two networks are weighed. A lone digit is what the digit network knows best, so it has weights of its
        own, the defaults unless the card has some.
        """
        return self._agreement_of_one if expect.digits == 1 else self.agreement

    def threshold_for(self, expect: Expect) -> float:
        """The least confidence that is accepted: for a lone digit the card may name one of its own."""
        return self._threshold_of_one if expect.digits == 1 else self.card.threshold

    def reject_below_for(self, expect: Expect) -> float:
        """The least confidence of anything that is called a number, or a digit."""
        return self._reject_below_of_one if expect.digits == 1 else self.card.reject_below

    @classmethod
    def load(cls, directory: Path) -> NumberEngine:
        """Load ``model.tflite`` from ``directory``, checked against the sha256 and shapes that its card promises.

        Raises BadModel with a sentence where a file is missing, altered or not a line network.
        """
        engine = cls(load_network(directory, ModelKind.NUMBER))
        if not np.isfinite(engine.frames(np.zeros((HEIGHT, WIDTHS[0]), np.uint8)).probabilities).all():
            raise BadModel(
                phrase(
                    "The network of the model {name} answers with something that is no number.",
                    name=engine._network.card.name,
                )
            )
        return engine

    def looks(self, strip: NDArray[np.uint8]) -> tuple[Frames, ...]:
        """Calibrated frames of a strip of shape (32, width), seen at each of ``SCALES`` in turn."""
        return tuple(self._look(strip, scale) for scale in SCALES)

    def _look(self, strip: NDArray[np.uint8], scale: float) -> Frames:
        frames = self.frames(strip if scale == 1.0 else _scaled(strip, scale))
        return Frames(frames.probabilities, frames.stride / scale)

    def frames(self, strip: NDArray[np.uint8]) -> Frames:
        """Calibrated frames of a strip of shape (32, width), white ink on black.

        Raises ValueError for a strip of another shape or type: that is a mistake of ours, not of a person.
        """
        if strip.ndim != 2 or strip.shape[0] != HEIGHT or not strip.shape[1] or strip.dtype != np.uint8:
            raise ValueError(f"A strip must be uint8 of shape (32, width), not {strip.dtype} of {strip.shape}.")
        own = strip.shape[1]
        if own > WIDTHS[-1]:
            strip = np.asarray(cv2.resize(strip, (WIDTHS[-1], HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
        count = -(-strip.shape[1] // STRIDE)
        answer = with_temperature(self._run(strip)[:count], self.card.temperature)
        return Frames(answer, STRIDE * own / strip.shape[1])

    def _run(self, strip: NDArray[np.uint8]) -> NDArray[np.float32]:
        width = next(width for width in WIDTHS if width >= strip.shape[1])
        batch = np.zeros((1, HEIGHT, width, 1), np.float32)
        batch[0, :, : strip.shape[1], 0] = strip
        answer = self._network.run(batch)
        if answer.shape != (1, width // STRIDE, SYMBOLS):
            raise BadModel(
                phrase(
                    "The network of the model {name} doesn't give {symbols} probabilities for every {stride} columns.",
                    name=self._network.card.name,
                    symbols=SYMBOLS,
                    stride=STRIDE,
                )
            )
        frames: NDArray[np.float32] = answer[0]
        return frames


def _scaled(strip: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """A strip enlarged or reduced about its middle row; what then lies outside is cut off, what is missing is paper."""
    width = max(1, round(strip.shape[1] * scale))
    middle = HEIGHT / 2
    matrix = np.array([[scale, 0.0, 0.0], [0.0, scale, middle - scale * middle]])
    return np.asarray(cv2.warpAffine(strip, matrix, (width, HEIGHT), flags=cv2.INTER_LINEAR), np.uint8)
