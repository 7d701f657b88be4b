"""Metrics of digit predictions, against counts made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recognizer.training.evaluate import confusion_matrix, ms_p50, per_digit, score
from recognizer.training.figures import confusion, learning_curves, reliability, risk_and_coverage

LABELS = np.array([0, 0, 1, 2])
READ = np.array([0, 1, 1, 2])
CONFIDENCE = np.array([0.9, 0.6, 0.95, 0.7])


def probabilities() -> np.ndarray:
    rows = np.repeat((1 - CONFIDENCE)[:, None] / 9, 10, axis=1)
    rows[np.arange(4), READ] = CONFIDENCE
    return rows


def test_the_confusion_matrix_has_a_row_for_each_true_digit() -> None:
    matrix = confusion_matrix(probabilities().argmax(axis=1), LABELS)
    assert matrix.shape == (10, 10)
    assert matrix[0, 1] == 1
    assert matrix.sum() == 4
    assert matrix.trace() == 3


def test_recall_and_precision_are_none_for_digits_that_never_came() -> None:
    recall, precision = per_digit(confusion_matrix(probabilities().argmax(axis=1), LABELS))
    assert recall[:4] == [0.5, 1.0, 1.0, None]
    assert precision[:4] == [1.0, 0.5, 1.0, None]


def test_a_score_counts_what_is_accepted_and_what_of_it_is_wrong() -> None:
    scores = score(probabilities(), LABELS, threshold=0.7)
    assert scores["accuracy"] == 0.75
    assert scores["coverage"] == 0.75
    assert scores["error_among_accepted"] == 0.0
    assert scores["ece"] == pytest.approx((0.1 + 0.6 + 0.05 + 0.3) / 4)


def test_the_median_time_of_a_call_is_positive() -> None:
    assert 0 < ms_p50(lambda: sum(range(1000)), repeats=5) < 100


def test_the_plots_are_written_as_svg_and_twice_the_same(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    history = [{"accuracy": 0.8, "val_accuracy": 0.9}, {"accuracy": 0.9, "val_accuracy": 0.95}]

    def draw() -> list[bytes]:
        learning_curves(folder / "a.svg", {1: history})
        confusion(folder / "b.svg", confusion_matrix(probabilities().argmax(axis=1), LABELS))
        reliability(folder / "c.svg", probabilities(), probabilities(), LABELS)
        risk_and_coverage(folder / "d.svg", probabilities(), LABELS, 0.7)
        return [(folder / f"{name}.svg").read_bytes() for name in "abcd"]

    first = draw()
    assert all(b"<svg" in picture for picture in first)
    assert draw() == first
