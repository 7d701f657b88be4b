"""The figures of a model that people compare, the same on its page and in the admin."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from recognizer.models import ModelVersion

FIGURES = {
    "accuracy": gettext_lazy("Test accuracy"),
    "exact_match": gettext_lazy("Numbers read right, every digit of them"),
    "cer": gettext_lazy("Wrong digits, for each that is written"),
    "mean": gettext_lazy("Mean over the seeds"),
    "std": gettext_lazy("Spread over the seeds (standard deviation)"),
    "ece": gettext_lazy("Expected calibration error"),
    "coverage": gettext_lazy("Answered without “not sure”"),
    "error_among_accepted": gettext_lazy("Wrong among these"),
    "coverage_at_1_percent": gettext_lazy("Answered with at most 1 % wrong"),
    "refused": gettext_lazy("Pictures without a number that were refused or doubted"),
}


def figures_of(model: ModelVersion) -> list[tuple[str, float]]:
    """Label and share (0 to 1) of what was measured on the test set; what was not measured is left out, and so is the
    mean of a single seed.
    """
    test = _test(model)
    if test.get("std") is None:
        test = {key: share for key, share in test.items() if key != "mean"}
    return [(str(label), test[key]) for key, label in FIGURES.items() if test.get(key) is not None]


def headline_of(model: ModelVersion) -> float | None:
    """The one share by which models of a kind are compared in a list; None where it was not measured."""
    test = _test(model)
    share: float | None = test.get("accuracy", test.get("exact_match"))
    return share


def recalls_of(model: ModelVersion) -> list[tuple[int, float]]:
    """Each digit and the share of it (0 to 1) that is read right; a digit that the test set lacks is left out."""
    return [(digit, share) for digit, share in enumerate(_test(model).get("per_digit") or []) if share is not None]


def _test(model: ModelVersion) -> dict[str, Any]:
    """Measured on the test set or, where a model has none of its own, on what chose its best state."""
    test: dict[str, Any] = model.metrics.get("test") or model.metrics.get("validation") or {}
    return test
