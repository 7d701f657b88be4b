"""How far a network is trusted: decided on what is held out, what is no digit included."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.tests.training_material import drawn
from recognizer.training.calibrate import calibrate, calibrated_digits
from recognizer.training.datasets import Samples
from recognizer.training.pool import NO_DIGIT, Pool

DIGITS, OTHERS = 200, 100


def held() -> Pool:
    """Held-out digits, and pictures of no digit, each with its number in its first pixels."""
    given = drawn(DIGITS)
    other = np.full((OTHERS, 28, 28), 9, np.uint8)
    samples = Samples(
        np.concatenate([given.pictures, other]), np.concatenate([given.labels, np.full(OTHERS, NO_DIGIT)])
    )
    rows = {"degraded": slice(0, DIGITS), "foreign": slice(0, 0), "hands": slice(0, 0)}
    return Pool(samples, {**rows, "negatives": slice(DIGITS, DIGITS + OTHERS)}, "")


def answers(columns: int, sure: float) -> NDArray[np.float32]:
    """Right about every digit, at 0.96; of no digits ``sure`` that they are none, else that they are a three."""
    labels = np.concatenate([drawn(50).labels, held().samples.labels])
    rows = np.full((len(labels), columns), 0.04 / (columns - 1), np.float32)
    digit = labels < NO_DIGIT
    rows[digit, labels[digit]] = 0.96
    if columns > NO_DIGIT:
        rows[~digit] = (1 - sure) / 10
        rows[~digit, NO_DIGIT] = sure
    else:
        rows[~digit] = (1 - sure) / 9
        rows[~digit, 3] = sure
    return rows


def test_rows_of_eleven_add_up_to_the_chance_that_it_is_a_digit() -> None:
    given = np.array([[0.02] * 10 + [0.8]], np.float32)
    assert calibrated_digits(given, 1.0).shape == (1, 10)
    assert calibrated_digits(given, 1.0).sum() == pytest.approx(0.2, abs=1e-5)
    assert calibrated_digits(given[:, :10] / 0.2, 1.0).sum() == pytest.approx(1.0, abs=1e-5)


def test_what_is_surely_no_digit_is_refused_and_every_digit_kept() -> None:
    trust = calibrate(lambda pictures: answers(11, 0.9), drawn(50), held())
    assert trust.card["held_out"]["negatives"] == {"n": OTHERS, "refused": 1.0, "accepted": 0.0}
    assert trust.card["held_out"]["degraded"]["accuracy"] == 1.0
    assert "foreign" not in trust.card["held_out"]
    assert trust.after.shape == (50 + DIGITS + OTHERS, 10)
    assert 0 < trust.card["reject_below"] <= trust.threshold


def test_a_network_that_takes_what_is_no_digit_for_a_digit_is_trusted_with_nothing() -> None:
    trust = calibrate(lambda pictures: answers(10, 0.99), drawn(50), held())
    assert trust.threshold == 1.0
    assert trust.card["risk_coverage"][-1]["error"] == pytest.approx(OTHERS / (DIGITS + OTHERS), abs=1e-6)


def test_the_curve_in_the_card_rises_to_all_that_was_held_out() -> None:
    curve = calibrate(lambda pictures: answers(11, 0.4), drawn(50), held()).card["risk_coverage"]
    coverage = [point["coverage"] for point in curve]
    assert coverage == sorted(coverage)
    assert coverage[-1] == 1.0
    assert curve[-1]["error"] == pytest.approx(OTHERS / (DIGITS + OTHERS), abs=1e-6)
