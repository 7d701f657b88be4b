"""How far to trust a trained network: temperature, threshold and the least confidence of a digit.

Decided on the held-out validation pictures as they are, and on what is held out beside them: rewritten and
photographed, of other countries and of drawn hands, and of no digit, since life is so (the threshold on these alone:
what it promises must hold for people's pictures). Never on the test set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.calibration import (
    Floats,
    OperatingPoint,
    confidence_and_correct,
    expected_calibration_error,
    fit_temperature,
    risk_coverage,
    threshold_for_error,
    with_temperature,
)
from recognizer.training.datasets import CLASSES, Samples
from recognizer.training.pool import NO_DIGIT, Pool

ACCEPTED_ERROR = 0.005
KEPT_DIGITS = 0.99
POINTS = 60
"""Points of the risk-coverage curve kept in the card."""

Network = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Trust:
    """What the card says of confidence, and the answers it was decided on, (n, 10), for the plots."""

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


def calibrated_digits(answers: Floats, temperature: float) -> NDArray[np.float32]:
    """A network's answers, (n, 10) or with "no digit" (n, 11), as serving takes them: probabilities of ten digits.

    Rows of the latter add up to the probability that it is a digit at all.
    """
    return with_temperature(answers, temperature)[:, :CLASSES]


def calibrate(network: Network, validation: Samples, held: Pool) -> Trust:
    """Choose temperature, threshold and reject_below for a network that maps pictures to probabilities."""
    labels = np.concatenate([validation.labels, held.samples.labels])
    answers = network(np.concatenate([validation.pictures, held.samples.pictures]))
    # Ten outputs know no other class: their temperature is that of digits alone.
    known = labels < answers.shape[1]
    temperature = round(fit_temperature(answers[known], labels[known]), 4)
    before, after = answers[:, :CLASSES], calibrated_digits(answers, temperature)
    confidence, correct = confidence_and_correct(after[len(validation) :], held.samples.labels)
    point = threshold_for_error(confidence, correct, ACCEPTED_ERROR)
    digits = held.samples.labels != NO_DIGIT
    least = float(np.quantile(confidence[digits], 1 - KEPT_DIGITS))
    card = {
        "calibration": {
            "temperature": temperature,
            "method": "temperature of least negative log-likelihood on the validation pictures, clean and held out",
            "n": int(known.sum()),
            "ece_before": expected_calibration_error(*confidence_and_correct(before, labels)),
            "ece_after": expected_calibration_error(*confidence_and_correct(after, labels)),
        },
        "threshold": point.threshold,
        "threshold_reason": (
            f"The least confidence from which at most {ACCEPTED_ERROR:.1%} of the accepted held-out pictures, "
            f"{(~digits).mean():.0%} of them of no digit, are wrong: {point.coverage:.2%} are accepted."
        ),
        "reject_below": min(least, point.threshold),
        "reject_reason": _reject_reason(confidence[~digits], least, point.threshold),
        "risk_coverage": risk_coverage_points(confidence, correct),
        "held_out": _by_kind(after[len(validation) :], held, point.threshold),
    }
    return Trust(card, labels, before, after)


def _reject_reason(of_others: NDArray[np.float64], least: float, threshold: float) -> str:
    return (
        f"{KEPT_DIGITS:.0%} of the held-out digits lie above it, and {float((of_others < least).mean()):.1%} of "
        f"{len(of_others)} pictures of no digit below it; {float((of_others < threshold).mean()):.1%} of those lie "
        "below the threshold."
    )


def risk_coverage_points(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> list[dict[str, float]]:
    """Points of error over coverage on the held-out pictures, evenly spaced in coverage, the last one accepting all."""
    points: list[OperatingPoint] = risk_coverage(confidence, correct)
    coverage = np.array([point.coverage for point in points])
    chosen = np.unique(np.searchsorted(coverage, np.linspace(1 / POINTS, 1.0, POINTS)).clip(max=len(points) - 1))
    return [
        {"threshold": round(p.threshold, 6), "coverage": round(p.coverage, 5), "error": round(p.error, 6)}
        for p in (points[index] for index in chosen)
    ]


def _by_kind(digits: NDArray[np.float32], held: Pool, threshold: float) -> dict[str, dict[str, float]]:
    """For each kind held out: how many, the share right (of no digits: below the threshold), the share accepted."""
    confidence, correct = confidence_and_correct(digits, held.samples.labels)
    accepted = confidence >= threshold
    figures = {}
    for kind, rows in held.rows.items():
        if rows.stop > rows.start:
            good = ~accepted[rows] if kind == "negatives" else correct[rows]
            key = "refused" if kind == "negatives" else "accuracy"
            figures[kind] = {
                "n": rows.stop - rows.start,
                key: float(good.mean()),
                "accepted": float(accepted[rows].mean()),
            }
    return figures
