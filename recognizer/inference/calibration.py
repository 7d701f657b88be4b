"""Confidence that means what it says: temperature, reliability, and the threshold for a stated error.

Numpy only. ``probabilities`` are float arrays of shape (n, k) whose rows add up to 1, ``labels`` integers
of shape (n,), ``confidence`` the highest probability of each row, ``correct`` booleans of shape (n,).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]

SMALLEST = 1e-12
"""Probabilities are cut off here before the logarithm, so that a zero stays finite."""


def with_temperature(probabilities: Floats, temperature: float) -> NDArray[np.float32]:
    """Soften (above 1) or sharpen (below 1) probabilities: softmax(log p / temperature), shape kept.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. Temperature scaling of the logits and
    of the log-probabilities is the same, since softmax ignores a constant added to each row.
    """
    scaled = np.log(np.clip(probabilities, SMALLEST, 1.0).astype(np.float64)) / temperature
    scaled -= scaled.max(axis=-1, keepdims=True)
    powers = np.exp(scaled)
    calibrated: NDArray[np.float32] = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return calibrated


def negative_log_likelihood(probabilities: Floats, labels: Ints) -> float:
    """Mean of -log p(label), in nats."""
    chosen = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.clip(chosen, SMALLEST, 1.0)).mean())


def fit_temperature(probabilities: Floats, labels: Ints, low: float = 0.2, high: float = 5.0) -> float:
    """The temperature in [low, high] with the least negative log-likelihood.

    The likelihood has one peak over the logarithm of the temperature, so a golden-section search finds it.
    """
    golden = (np.sqrt(5.0) - 1.0) / 2.0
    left, right = float(np.log(low)), float(np.log(high))

    def cost(exponent: float) -> float:
        return negative_log_likelihood(with_temperature(probabilities, float(np.exp(exponent))), labels)

    for _ in range(30):
        width = golden * (right - left)
        if cost(right - width) < cost(left + width):
            right = left + width
        else:
            left = right - width
    return float(np.exp((left + right) / 2.0))


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The predictions whose confidence lies in (low, high]: how many, how sure, how often right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability_bins(confidence: Floats, correct: NDArray[np.bool_], bins: int = 15) -> list[ReliabilityBin]:
    """Predictions sorted into bins of equal width by confidence; empty bins are left out."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    found = []
    for low, high in pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        if count := int(inside.sum()):
            found.append(
                ReliabilityBin(
                    float(low), float(high), count, float(confidence[inside].mean()), float(correct[inside].mean())
                )
            )
    return found


def expected_calibration_error(confidence: Floats, correct: NDArray[np.bool_], bins: int = 15) -> float:
    """Mean distance between confidence and accuracy over the bins, weighted by their counts (0 is perfect).

    Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.
    """
    if not len(correct):
        return 0.0
    gaps = (b.count * abs(b.confidence - b.accuracy) for b in reliability_bins(confidence, correct, bins))
    return float(sum(gaps) / len(correct))


def confidence_and_correct(probabilities: Floats, labels: Ints) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The highest probability of each row, and whether it stands at the label."""
    confidence: NDArray[np.float64] = probabilities.max(axis=1).astype(np.float64)
    correct: NDArray[np.bool_] = probabilities.argmax(axis=1) == labels
    return confidence, correct


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What accepting from ``threshold`` up means: the share accepted, and the share of those that is wrong."""

    threshold: float
    coverage: float
    error: float


def risk_coverage(confidence: Floats, correct: NDArray[np.bool_]) -> list[OperatingPoint]:
    """One point for each distinct confidence, from the surest down (Geifman and El-Yaniv, NeurIPS 2017)."""
    order = np.argsort(-confidence, kind="stable")
    ranked, wrong = confidence[order], np.cumsum(~correct[order])
    accepted = np.arange(1, len(ranked) + 1)
    last_of_ties = np.append(ranked[1:] != ranked[:-1], True) if len(ranked) else np.empty(0, bool)
    return [
        OperatingPoint(float(ranked[i]), float(accepted[i] / len(ranked)), float(wrong[i] / accepted[i]))
        for i in np.flatnonzero(last_of_ties)
    ]


def threshold_for_error(confidence: Floats, correct: NDArray[np.bool_], error: float) -> OperatingPoint:
    """The least confidence from which at most the share ``error`` of what is accepted is wrong.

    Where even the surest predictions err more often, nothing is accepted: threshold 1, coverage 0.
    """
    good = [point for point in risk_coverage(confidence, correct) if point.error <= error]
    return good[-1] if good else OperatingPoint(1.0, 0.0, 0.0)


def coverage_at(confidence: Floats, correct: NDArray[np.bool_], threshold: float) -> OperatingPoint:
    """What the given threshold means on these predictions."""
    accepted = confidence >= threshold
    count = int(accepted.sum())
    error = float((~correct[accepted]).mean()) if count else 0.0
    return OperatingPoint(threshold, count / len(confidence) if len(confidence) else 0.0, error)


def wilson_interval(right: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The interval in which a share lies with 95 % (``z`` standard deviations) where ``right`` out of ``of`` were seen.

    Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
    """
    if not of:
        return 0.0, 1.0
    share, spread = right / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, middle - half), min(1.0, middle + half)
