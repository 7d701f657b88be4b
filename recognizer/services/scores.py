"""What many readings of labelled pictures amount to: shares right, doubt, and the same by group."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Reading, ReadingState
from recognizer.inference.calibration import (
    coverage_at,
    expected_calibration_error,
    threshold_for_error,
    wilson_interval,
)
from recognizer.training.evaluate import confusion_matrix, edit_distance

GROUPED_BY = ("medium", "is28")
"""Columns of ``labels.csv`` by which pictures are also scored apart."""

ONE_PERCENT = 0.01


@dataclass(frozen=True, slots=True)
class Case:
    """One picture: what is written on it, how it was read (None: it could not be opened), and its other columns."""

    expected: str
    reading: Reading | None
    ms: float
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Digits only: how numbers are grouped on the page is not what a label says."""
        return "".join(self.reading.text.split()) if self.reading else ""

    @property
    def right(self) -> bool:
        return self.text == self.expected

    @property
    def accepted(self) -> bool:
        return self.reading is not None and self.reading.state is ReadingState.ACCEPTED


def scores_of(cases: Sequence[Case], threshold: float) -> dict[str, Any]:
    """The scores of pictures that ``manage.py evaluate`` promises, ready for JSON."""
    numbers = [case for case in cases if case.expected]
    others = [case for case in cases if not case.expected]
    answer: dict[str, Any] = {"n": len(cases)}
    if numbers:
        answer |= _scores_of_numbers(numbers, threshold)
    if others:
        answer["refused"] = round(sum(not case.accepted for case in others) / len(others), 5)
        answer["refused_ci95"] = interval(sum(not case.accepted for case in others), len(others))
    answer["ms_p50"] = round(statistics.median(case.ms for case in cases), 3)
    return answer


def interval(right: int, of: int) -> list[float]:
    """The 95 % interval of a share, as it is shown."""
    return [round(end, 5) for end in wilson_interval(right, of)]


def _scores_of_numbers(cases: Sequence[Case], threshold: float) -> dict[str, Any]:
    correct = np.array([case.right for case in cases])
    confidence = np.array([case.reading.confidence if case.reading else 0.0 for case in cases])
    accepted = np.array([case.accepted for case in cases])
    digits = all(len(case.expected) == 1 for case in cases)
    length = sum(len(case.expected) for case in cases)
    distance = sum(edit_distance(case.text, case.expected) for case in cases)
    share = "accuracy" if digits else "exact_match"
    return {
        share: round(float(correct.mean()), 5),
        "ci95": interval(int(correct.sum()), len(cases)),
        "cer": round(distance / length, 5),
        **doubt_of(confidence, correct, accepted, threshold),
        **_apart(cases, share),
        **({"confusion": _confusion(cases)} if digits else {}),
    }


def doubt_of(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], accepted: NDArray[np.bool_], threshold: float
) -> dict[str, Any]:
    """Calibration error, the share accepted, the share of those that is wrong, and how much could be accepted with one
    percent wrong.
    """
    at = coverage_at(accepted.astype(np.float64), correct, 1.0)
    return {
        "ece": round(expected_calibration_error(confidence, correct), 5),
        "threshold": threshold,
        "coverage": round(at.coverage, 5),
        "error_among_accepted": round(at.error, 5),
        "coverage_at_1_percent": round(threshold_for_error(confidence, correct, ONE_PERCENT).coverage, 5),
    }


def _apart(cases: Sequence[Case], share: str) -> dict[str, Any]:
    """The mean over the sources, where one hand must not decide, and the share of each group, where there are any."""
    answer: dict[str, Any] = {}
    sources = _grouped(cases, ("source",))
    if sources:
        answer["mean_over_sources"] = round(statistics.fmean(_share(group) for group in sources.values()), 5)
    columns = [column for column in GROUPED_BY if all(column in case.more for case in cases)]
    if columns:
        answer["groups"] = [
            {**dict(zip(columns, key, strict=True)), "n": len(group), share: round(_share(group), 5)}
            | {"ci95": interval(sum(case.right for case in group), len(group))}
            for key, group in sorted(_grouped(cases, columns).items())
        ]
    return answer


def _share(cases: Sequence[Case]) -> float:
    return statistics.fmean(case.right for case in cases)


def _grouped(cases: Sequence[Case], columns: Sequence[str]) -> dict[tuple[str, ...], list[Case]]:
    """Cases by their values in these columns; nothing where any case lacks one."""
    groups: dict[tuple[str, ...], list[Case]] = {}
    for case in cases:
        if any(column not in case.more for column in columns):
            return {}
        groups.setdefault(tuple(case.more[column] for column in columns), []).append(case)
    return groups


def _confusion(cases: Sequence[Case]) -> list[list[int]]:
    """Of the pictures read as one digit."""
    single = [case for case in cases if len(case.text) == 1]
    read, labels = (np.array(column, np.int64) for column in ([c.text for c in single], [c.expected for c in single]))
    matrix: list[list[int]] = confusion_matrix(read, labels).tolist()
    return matrix
