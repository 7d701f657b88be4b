"""How far to trust a trained network: temperature, threshold and the least confidence of a digit.

Decided on the held-out validation pictures, as they are and rewritten and photographed, since life is degraded (the
threshold on these alone: what it promises must hold for people's pictures); and on pictures of no digit. Never on
the test set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.calibration import (
    confidence_and_correct,
    expected_calibration_error,
    fit_temperature,
    threshold_for_error,
    with_temperature,
)
from recognizer.training.datasets import Samples
from recognizer.training.negatives import negatives
from recognizer.training.paper import degrade

ACCEPTED_ERROR = 0.005
KEPT_DIGITS = 0.99
NEGATIVES = 2000
SEED = 20_000
"""Not among the seeds of training, so that no degraded picture here was seen there."""

Network = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Trust:
    """What the card says of confidence, and the answers it was decided on, for the plots."""

    card: dict[str, Any]
    labels: NDArray[np.int64]
    before: NDArray[np.float32]
    after: NDArray[np.float32]

    @property
    def temperature(self) -> float:
        return float(self.card["calibration"]["temperature"])

    @property
    def threshold(self) -> float:
        return float(self.card["threshold"])


def calibrate(network: Network, validation: Samples) -> Trust:
    """Choose temperature, threshold and reject_below for a network that maps pictures to probabilities."""
    rng = np.random.default_rng(SEED)
    rewritten = degrade(validation.pictures, validation.labels, rng)
    other = negatives(NEGATIVES, validation.pictures, validation.labels, rng)
    labels = np.concatenate([validation.labels, validation.labels])
    before = network(np.concatenate([validation.pictures, rewritten]))
    temperature = round(fit_temperature(before, labels), 4)
    after = with_temperature(before, temperature)
    confidence, correct = confidence_and_correct(after, labels)
    of_degraded, right = confidence[len(validation) :], correct[len(validation) :]
    point = threshold_for_error(of_degraded, right, ACCEPTED_ERROR)
    least = float(np.quantile(of_degraded, 1 - KEPT_DIGITS))
    of_others = with_temperature(network(other), temperature).max(axis=1)
    card = {
        "calibration": {
            "temperature": temperature,
            "method": "temperature of least negative log-likelihood on the validation pictures, clean and degraded",
            "n": len(labels),
            "ece_before": expected_calibration_error(*confidence_and_correct(before, labels)),
            "ece_after": expected_calibration_error(*confidence_and_correct(after, labels)),
        },
        "threshold": point.threshold,
        "threshold_reason": (
            f"The least confidence from which at most {ACCEPTED_ERROR:.1%} of the accepted degraded validation "
            f"digits are wrong: {point.coverage:.2%} of them are accepted, {point.error:.2%} of those wrong."
        ),
        "reject_below": min(least, point.threshold),
        "reject_reason": (
            f"{KEPT_DIGITS:.0%} of the degraded validation digits lie above it, and "
            f"{float((of_others < least).mean()):.1%} of {NEGATIVES} drawn pictures of no digit below it; "
            f"{float((of_others < point.threshold).mean()):.1%} of those lie below the threshold."
        ),
        "validation_degraded_accuracy": float(right.mean()),
    }
    return Trust(card, labels, before, after)
