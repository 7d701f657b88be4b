"""Metrics of predictions, in plain numpy: nothing here needs a network or a training library."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.calibration import (
    Floats,
    Ints,
    confidence_and_correct,
    coverage_at,
    expected_calibration_error,
)

CLASSES = 10


def confusion_matrix(read: Ints, labels: Ints) -> NDArray[np.int64]:
    """Counts, shape (10, 10): row is the true digit, column the one read; both are given as (n,)."""
    matrix = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(matrix, (labels, read), 1)
    return matrix


def per_digit(matrix: NDArray[np.int64]) -> tuple[list[float | None], list[float | None]]:
    """Recall and precision of each digit; None where it never came, or was never read."""

    def shares(totals: NDArray[np.int64]) -> list[float | None]:
        hits = matrix.diagonal()
        return [float(hit / total) if total else None for hit, total in zip(hits, totals, strict=True)]

    return shares(matrix.sum(axis=1)), shares(matrix.sum(axis=0))


def score(probabilities: Floats, labels: Ints, threshold: float) -> dict[str, Any]:
    """All that a card or a report says of predictions, (n, 10), on labelled digits, (n,); ready for JSON.

    ``coverage`` is the share with at least the threshold's confidence, ``error_among_accepted`` the share of those
    that is wrong.
    """
    confidence, correct = confidence_and_correct(probabilities, labels)
    matrix = confusion_matrix(probabilities.argmax(axis=1), labels)
    recall, precision = per_digit(matrix)
    point = coverage_at(confidence, correct, threshold)
    accuracy = float(correct.mean()) if len(correct) else 0.0
    return {
        "n": len(labels),
        "accuracy": accuracy,
        "error": 1.0 - accuracy,
        "ece": expected_calibration_error(confidence, correct),
        "threshold": threshold,
        "coverage": point.coverage,
        "error_among_accepted": point.error,
        "per_digit": recall,
        "precision": precision,
        "confusion": matrix.tolist(),
    }


def edit_distance(one: str, other: str) -> int:
    """Fewest insertions, deletions and substitutions that make ``one`` into ``other`` (Levenshtein, 1966)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        above, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (a != b))
    return row[-1]


def ms_p50(call: Callable[[], object], repeats: int = 50) -> float:
    """Median time of a call in milliseconds, after one call that doesn't count."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times) * 1000)
