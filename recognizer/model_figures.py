"""The figures of a model that people compare, the same on its page and in the admin."""

from __future__ import annotations

from typing import Any

from recognizer.models import ModelVersion

FIGURES = {
    "accuracy": "Test accuracy",
    "mean": "Mean over the seeds",
    "std": "Spread over the seeds (standard deviation)",
    "ece": "Expected calibration error",
    "coverage": "Answered without “not sure”",
    "error_among_accepted": "Wrong among these",
}


def figures_of(model: ModelVersion) -> list[tuple[str, float]]:
    """Label and share (0 to 1) of what was measured on the test set; what was not measured is left out."""
    test = _test(model)
    return [(label, test[key]) for key, label in FIGURES.items() if test.get(key) is not None]


def recalls_of(model: ModelVersion) -> list[tuple[int, float]]:
    """Each digit and the share of it (0 to 1) that is read right; a digit that the test set lacks is left out."""
    return [(digit, share) for digit, share in enumerate(_test(model).get("per_digit") or []) if share is not None]


def _test(model: ModelVersion) -> dict[str, Any]:
    test: dict[str, Any] = model.metrics.get("test", {})
    return test
