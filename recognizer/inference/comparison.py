"""Two models on the same samples: what the difference is worth, and whether it is beyond doubt. Numpy only."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.calibration import wilson_interval

Right = NDArray[np.bool_]

Z95 = 1.959964
"""Standard deviations on either side of 95 % of a normal distribution."""
Z995 = 2.807034
"""The same of 99.5 %: ten digits are looked at, and all ten intervals together shall hold with 95 % (Bonferroni)."""
CLASSES = 10
TIMED = 60
"""Calls of either model that are timed, in turns: a busy moment slows both."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A candidate's share read right less that of the model that serves, on the same ``n`` samples.

    ``low`` to ``high`` is its interval; ``gained`` samples only the candidate reads right, ``lost`` only the other one;
    ``p`` is McNemar's.
    """

    n: int
    candidate: float
    serving: float
    low: float
    high: float
    gained: int
    lost: int
    p: float

    @property
    def value(self) -> float:
        return self.candidate - self.serving

    @property
    def worse(self) -> bool:
        """Beyond doubt: the whole interval lies below nothing."""
        return self.high < 0


@dataclass(frozen=True, slots=True)
class DigitDifference:
    """The difference on the samples of one digit; its interval is one of ten that hold together with 95 %."""

    digit: int
    difference: Difference


def difference(candidate: Right, serving: Right, z: float = Z95) -> Difference:
    """Compare what either read right, booleans of shape (n,), sample by sample. Raises ValueError for no samples."""
    if len(candidate) != len(serving) or not len(candidate):
        raise ValueError(f"{len(candidate)} and {len(serving)} answers cannot be compared.")
    both, neither = int((candidate & serving).sum()), int((~candidate & ~serving).sum())
    gained, lost = int((candidate & ~serving).sum()), int((~candidate & serving).sum())
    low, high = paired_interval(both, gained, lost, neither, z)
    return Difference(
        n=len(candidate),
        candidate=float(candidate.mean()),
        serving=float(serving.mean()),
        low=low,
        high=high,
        gained=gained,
        lost=lost,
        p=mcnemar_exact(gained, lost),
    )


def digits_changed(candidate: Right, serving: Right, labels: NDArray[np.integer]) -> list[DigitDifference]:
    """The difference for each digit that occurs among the labels, of shape (n,)."""
    chosen = [(digit, labels == digit) for digit in range(CLASSES)]
    return [DigitDifference(d, difference(candidate[of], serving[of], Z995)) for d, of in chosen if of.any()]


def mcnemar_exact(gained: int, lost: int) -> float:
    """How probable a split at least as uneven is if both models were equally good (two-sided, exact binomial).

    McNemar, "Note on the sampling error of the difference between correlated proportions", Psychometrika, 1947.
    """
    total = gained + lost
    if not total:
        return 1.0
    logs = (
        math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1) for k in range(min(gained, lost) + 1)
    )
    return min(1.0, 2 * sum(math.exp(log - total * math.log(2)) for log in logs))


def paired_interval(both: int, gained: int, lost: int, neither: int, z: float = Z95) -> tuple[float, float]:
    """The interval of the difference of two shares seen on the same samples.

    Newcombe, "Improved confidence intervals for the difference between binomial proportions based on paired data",
    Statistics in Medicine 17, 1998, method 10: Wilson's interval of either share, joined with their correlation.
    """
    n = both + gained + lost + neither
    first, second = (both + gained) / n, (both + lost) / n
    low_1, high_1 = wilson_interval(both + gained, n, z)
    low_2, high_2 = wilson_interval(both + lost, n, z)
    phi = _correlation(both, gained, lost, neither)
    below = _joined(first - low_1, high_2 - second, phi)
    above = _joined(high_1 - first, second - low_2, phi)
    value = first - second
    return max(-1.0, value - below), min(1.0, value + above)


def _joined(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(0.0, one * one - 2 * phi * one * other + other * other))


def _correlation(both: int, gained: int, lost: int, neither: int) -> float:
    """Phi with Newcombe's correction for continuity; 0 where a margin is empty."""
    margins = (both + gained) * (lost + neither) * (both + lost) * (gained + neither)
    if not margins:
        return 0.0
    product = float(both * neither - gained * lost)
    if product > 0:
        product = max(0.0, product - (both + gained + lost + neither) / 2)
    return product / math.sqrt(margins)


def speeds(calls: Sequence[Callable[[], object]], repeats: int = TIMED) -> list[float]:
    """Median milliseconds of each call, timed in turns after one call each that doesn't count."""
    for call in calls:
        call()
    times = np.empty((repeats, len(calls)))
    for row in times:
        for column, call in enumerate(calls):
            started = time.perf_counter()
            call()
            row[column] = time.perf_counter() - started
    return [float(each) for each in np.median(times, axis=0) * 1000]
