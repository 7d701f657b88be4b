"""Fitting the agreement: hidden weights are found, the better network is believed, and confidence becomes honest."""

from __future__ import annotations

import numpy as np
import pytest

from recognizer.domain.types import Expect
from recognizer.inference.agreement import FEATURES, Agreement, Candidates, candidates
from recognizer.inference.calibration import expected_calibration_error
from recognizer.training.agreement import fit_agreement, fit_logistic


def numbers(count: int, line: float, digits: float, seed: int = 4) -> tuple[list[Candidates], list[str]]:
    """Numbers of three digits of which each network sees every digit with so much noise."""
    rng = np.random.default_rng(seed)
    cases, truths = [], []
    for _ in range(count):
        text = "".join(map(str, rng.integers(0, 10, 3)))
        frames = np.zeros((7, 13))
        frames[0::2, 0] = 1.0
        frames[1::2, 1:11] = _seen(text, line, rng)
        cases.append(candidates([frames], _seen(text, digits, rng), Expect()))
        truths.append(text)
    return cases, truths


def _seen(text: str, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Overconfident probabilities, shape (n, 10), around the truth."""
    logits = rng.normal(0, noise, (len(text), 10))
    logits[np.arange(len(text)), [int(digit) for digit in text]] += 2.5
    powers = np.exp(3 * logits)
    shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return shares


def right_of(agreement: Agreement, cases: list[Candidates], truths: list[str]) -> np.ndarray:
    return np.array([case.texts[agreement.best(case)] == truth for case, truth in zip(cases, truths, strict=True)])


def test_hidden_weights_are_found() -> None:
    rng = np.random.default_rng(1)
    features = np.column_stack([np.ones(20_000), rng.normal(0, 2, (20_000, 2))])
    hidden = np.array([0.5, 1.5, -0.7])
    right = rng.random(20_000) < 1 / (1 + np.exp(-features @ hidden))
    assert fit_logistic(features, right) == pytest.approx(hidden, abs=0.08)


def test_what_is_always_right_and_what_never_varies_leave_finite_weights() -> None:
    features = np.column_stack([np.ones(50), np.full(50, 12.0), np.arange(50)])
    assert np.isfinite(fit_logistic(features, np.ones(50, bool))).all()


@pytest.mark.parametrize(("line", "digits"), [(0.5, 2.0), (2.0, 0.5)], ids=["the line sees well", "the digits do"])
def test_the_network_that_sees_better_gets_more_weight(line: float, digits: float) -> None:
    cases, truths = numbers(200, line, digits)
    fitted = fit_agreement(cases, truths)
    assert (fitted.digits >= 1) is (digits < line)
    assert right_of(fitted, cases, truths).mean() >= right_of(Agreement(), cases, truths).mean()


def test_fitted_confidence_is_honest_on_other_numbers() -> None:
    fitted = fit_agreement(*numbers(400, 1.2, 1.2))
    cases, truths = numbers(400, 1.2, 1.2, seed=5)
    right = right_of(fitted, cases, truths)
    confidence = np.array([fitted.confidence(case) for case in cases])
    assert 0.3 < right.mean() < 0.99
    assert confidence[right].mean() > confidence[~right].mean() + 0.2
    assert expected_calibration_error(confidence, right, bins=5) < 0.08
    assert len(fitted.trust) == len(FEATURES)
    assert Agreement.from_json(fitted.as_json()) == fitted


def test_nothing_to_fit_on_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to fit on"):
        fit_agreement([], [])
