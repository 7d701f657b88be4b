"""How far two networks that agree can be trusted: ``inference.agreement``’s weights, fitted on held-out numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.agreement import FEATURES, Agreement, Candidates

DIGITS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5)
MISCOUNTS = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 9.0)
"""Weights that are tried: a few right answers more or less decide, and a finer grid would only fit chance."""

RIDGE = 1.0
"""Pull of the weights towards 0, as one number's worth of doubt: a feature that never varies stays without weight."""

STEPS = 50

ANNOUNCED = 2.0
"""Nats by which "no digit" must be the likelier where one digit is announced: who announces one is mostly right."""


def fit_agreement(cases: Sequence[Candidates], truths: Sequence[str], features: Sequence[str] = FEATURES) -> Agreement:
    """Fit on numbers whose text is known (empty: no number there), none of which trained either network.

    First the weights that get the most texts right (the line network's is 1, since only proportions matter), then
    the trust in what is read. Raises ValueError where there is nothing to fit on.
    """
    if not cases or len(cases) != len(truths):
        raise ValueError(f"{len(cases)} numbers with {len(truths)} texts are nothing to fit on.")
    weighed = _best_weights(cases, truths)
    read = [(case, truth) for case, truth in zip(cases, truths, strict=True) if case.texts[weighed.best(case)]]
    if not read:
        return weighed
    right = np.array([case.texts[weighed.best(case)] == truth for case, truth in read])
    trust = fit_logistic(np.stack([weighed.features(case) for case, _ in read]), right)
    return replace(weighed, trust=tuple(round(float(weight), 5) for weight in trust))


def fit_agreement_alike(cases: Sequence[Candidates], truths: Sequence[str]) -> Agreement:
    """For lone digits: both networks weigh alike, and only how much what they say together is worth is fitted.

    Synthetic lines flatter the line network, which learned from their like; on people's own digits the digit network is
    the better of the two, and neither takes for a digit what the other doesn't. Raises ValueError for no cases.
    """
    if not cases or len(cases) != len(truths):
        raise ValueError(f"{len(cases)} digits with {len(truths)} texts are nothing to fit on.")
    alike = Agreement(line=1.0, digits=1.0, miscount=ANNOUNCED)
    read = [(case, truth) for case, truth in zip(cases, truths, strict=True) if case.texts[alike.best(case)]]
    right = np.array([case.texts[alike.best(case)] == truth for case, truth in read], bool)
    own = np.array([FEATURES.index(name) for name in ("by the line", "by the digits")])
    together = [[1.0, alike.features(case)[own].sum()] for case, _ in read]
    constant, slope = fit_logistic(np.array(together).reshape(-1, 2), right)
    trust = np.zeros(len(FEATURES))
    trust[0], trust[own] = constant, slope
    return replace(alike, trust=tuple(round(float(weight), 5) for weight in trust))


def _best_weights(cases: Sequence[Candidates], truths: Sequence[str]) -> Agreement:
    """The weights that get the most texts right and, among equals, hold the true ones for the most probable."""
    by_line = _table([case.by_line for case in cases], fill=-np.inf)
    by_digits = _table([case.by_digits for case in cases])
    fits = _table([case.fits for case in cases]).astype(bool)
    true = _table([np.array([text == truth for text in c.texts]) for c, truth in zip(cases, truths, strict=True)])

    def goodness(agreement: Agreement) -> tuple[float, float]:
        scores = agreement.line * by_line + agreement.digits * by_digits - np.where(fits, 0.0, agreement.miscount)
        right = np.take_along_axis(true, scores.argmax(axis=1)[:, None], axis=1).sum()
        return float(right), float((scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))[true > 0].sum())

    return max((Agreement(digits=d, miscount=m) for d, m in product(DIGITS, MISCOUNTS)), key=goodness)


def _table(rows: Sequence[NDArray[np.generic]], fill: float = 0.0) -> NDArray[np.float64]:
    """Rows of any length as one table, filled up behind."""
    table = np.full((len(rows), max(map(len, rows))), fill)
    for own, row in zip(table, rows, strict=True):
        own[: len(row)] = row
    return table


def fit_logistic(features: NDArray[np.float64], right: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights, shape (k,), of the logistic regression of ``right``, (n,), on features, (n, k), the first of which is
    constant, by Newton's method (iteratively reweighted least squares), with a ridge on all but the constant.
    """
    weights = np.zeros(features.shape[1])
    ridge = RIDGE * np.eye(len(weights))
    ridge[0, 0] = 1e-6
    for _ in range(STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(features @ weights, -30.0, 30.0)))
        gradient = features.T @ (right - chance) - ridge @ weights
        curvature = (features * (chance * (1.0 - chance))[:, None]).T @ features + ridge
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return weights
