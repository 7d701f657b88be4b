"""Calibration: the temperature that was hidden is found, and thresholds keep the error that they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.inference.calibration import (
    confidence_and_correct,
    coverage_at,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability_bins,
    risk_coverage,
    threshold_for_error,
    with_temperature,
)

CONFIDENCE = np.array([0.9, 0.8, 0.8, 0.7, 0.6])
CORRECT = np.array([True, True, False, True, False])


def honest(count: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities whose labels are drawn from them: calibrated by construction."""
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 2, (count, 10))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (probabilities.cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)
    return probabilities, labels


def test_temperature_one_changes_nothing() -> None:
    probabilities, _ = honest(100)
    assert np.allclose(with_temperature(probabilities, 1.0), probabilities, atol=1e-6)


@given(st.floats(0.1, 10))
def test_a_temperature_keeps_the_order_and_the_sum(temperature: float) -> None:
    probabilities = np.array([[0.7, 0.2, 0.1, 0.0]])
    changed = with_temperature(probabilities, temperature)
    assert changed.sum() == pytest.approx(1.0, abs=1e-5)
    assert (np.diff(changed[0]) <= 0).all()


@pytest.mark.parametrize("hidden", [0.5, 1.0, 2.5])
def test_a_hidden_temperature_is_found(hidden: float) -> None:
    probabilities, labels = honest()
    distorted = with_temperature(probabilities, 1 / hidden)
    assert fit_temperature(distorted, labels) == pytest.approx(hidden, rel=0.04)


def test_calibration_lowers_the_error_of_an_overconfident_network() -> None:
    probabilities, labels = honest()
    overconfident = with_temperature(probabilities, 0.4)
    mended = with_temperature(overconfident, fit_temperature(overconfident, labels))
    before = expected_calibration_error(*confidence_and_correct(overconfident, labels))
    after = expected_calibration_error(*confidence_and_correct(mended, labels))
    assert after < 0.02 < 0.1 < before
    assert negative_log_likelihood(mended, labels) < negative_log_likelihood(overconfident, labels)


def test_the_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    assert expected_calibration_error(np.full(10, 0.8), np.arange(10) < 5) == pytest.approx(0.3)
    assert expected_calibration_error(np.empty(0), np.empty(0, bool)) == 0.0


def test_each_prediction_falls_into_one_bin() -> None:
    bins = reliability_bins(np.array([0.1, 0.5, 0.55, 1.0]), np.array([False, True, False, True]), bins=2)
    assert [(item.low, item.high, item.count) for item in bins] == [(0.0, 0.5, 2), (0.5, 1.0, 2)]
    assert [item.accuracy for item in bins] == [0.5, 0.5]


def test_equal_confidences_are_accepted_together() -> None:
    points = risk_coverage(CONFIDENCE, CORRECT)
    assert [point.threshold for point in points] == [0.9, 0.8, 0.7, 0.6]
    assert [point.coverage for point in points] == [0.2, 0.6, 0.8, 1.0]
    assert [point.error for point in points] == pytest.approx([0, 1 / 3, 1 / 4, 2 / 5])


@pytest.mark.parametrize(("error", "threshold"), [(0.0, 0.9), (0.25, 0.7), (0.3, 0.7), (0.5, 0.6)])
def test_the_threshold_is_the_least_that_keeps_the_error(error: float, threshold: float) -> None:
    point = threshold_for_error(CONFIDENCE, CORRECT, error)
    assert point.threshold == threshold
    assert coverage_at(CONFIDENCE, CORRECT, point.threshold) == point
    assert point.error <= error


def test_nothing_is_accepted_where_even_the_surest_is_wrong() -> None:
    point = threshold_for_error(np.array([0.99, 0.5]), np.array([False, True]), 0.1)
    assert (point.threshold, point.coverage) == (1.0, 0.0)


def test_a_threshold_above_all_accepts_nothing() -> None:
    point = coverage_at(CONFIDENCE, CORRECT, 0.95)
    assert (point.coverage, point.error) == (0.0, 0.0)
