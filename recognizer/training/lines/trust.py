"""How far to trust a line network beside a digit network: both read held-out numbers as serving reads them.

Decided on pictures drawn on the spot from digits that no strip of training was made of, as degraded as life is; found,
cut and read by the very functions that serve.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Expect
from recognizer.inference.agreement import Agreement, Candidates, candidates
from recognizer.inference.alignment import digit_columns
from recognizer.inference.calibration import (
    coverage_at,
    expected_calibration_error,
    threshold_for_error,
    with_temperature,
)
from recognizer.inference.decoding import collapse_marks, log_probabilities
from recognizer.inference.number_engine import Frames
from recognizer.training.agreement import fit_agreement, fit_agreement_alike
from recognizer.training.calibrate import risk_coverage_points
from recognizer.training.evaluate import edit_distance
from recognizer.training.lines.compose import Mixture, photographed, photographed_alone
from recognizer.vision.layout import find_numbers
from recognizer.vision.strip_digits import strip_digits

Looks = Sequence[NDArray[np.float32]]
ReadStrip = Callable[[NDArray[np.uint8]], Sequence[Frames]]
"""A strip, uint8 (32, w), to the frames of each look at it, before any temperature."""
ReadDigits = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Crops, uint8 (n, 28, 28), to calibrated probabilities, (n, 10)."""

TEMPERATURES = np.geomspace(0.6, 2.5, 12)
ANY, ONE = Expect(), Expect(1)
STRAIN = 0.6
"""Training's pictures are harder than life, as is usual; trust is decided on what resembles life."""
SEED = 50_000
ACCEPTED_ERROR, ACCEPTED_ERROR_OF_ONE = 0.02, 0.0075
"""Of the numbers, and of the lone digits, accepted on held-out pictures at most so many are wrong."""
KEPT, KEPT_OF_ONE = 0.998, 1.0
"""Share of the numbers, and of the lone digits, read right that ``reject_below`` keeps: who says that there is a digit
rather gets a doubtful answer than none."""


@dataclass(frozen=True, slots=True)
class Case:
    """One number found on a held-out picture, and the digits that stand there (none: it is no number)."""

    looks: Looks
    table: NDArray[np.float32]
    truth: str


def held_out_cases(held: Mixture, count: int, read_strip: ReadStrip, read_digits: ReadDigits) -> list[Case]:
    """The largest number found on each of ``count`` pictures; pictures on which nothing is found give no case."""
    rng = np.random.default_rng(SEED)
    cases = []
    for _ in range(count):
        photo, label = photographed(held, rng, STRAIN)
        found = find_numbers(photo.gray, ANY)
        if not found:
            continue
        number = max(found, key=lambda crop: crop.box.width * crop.box.height)
        looks = read_strip(number.strip.pixels)
        own = [look.probabilities for look in looks]
        columns = digit_columns(own, [look.stride for look in looks])
        same = len(columns) in (0, len(number.glyphs))
        crops = [glyph.crop for glyph in (number.glyphs if same else strip_digits(number, columns))]
        cases.append(Case(own, read_digits(np.stack(crops)), "".join(filter(str.isdigit, label))))
    return cases


def held_out_digits(held: Mixture, count: int, read_strip: ReadStrip, read_digits: ReadDigits) -> list[Case]:
    """The same of pictures of one digit, or of none, found as where one digit is expected."""
    rng = np.random.default_rng(SEED + 1)
    cases = []
    for _ in range(count):
        photo, label = photographed_alone(held, rng, STRAIN)
        for number in find_numbers(photo.gray, ONE)[:1]:
            own = [look.probabilities for look in read_strip(number.strip.pixels)]
            cases.append(Case(own, read_digits(np.stack([number.glyphs[0].crop])), label))
    return cases


def trust_of(cases: Sequence[Case], alone: Sequence[Case]) -> dict[str, Any]:
    """What the card says: temperature, agreement, threshold, reject_below and the risk-coverage curve; for numbers in
    general, and where one digit is expected.
    """
    temperature = _temperature(cases)
    agreement = fit_agreement(_found(cases, temperature), [case.truth for case in cases])
    of_one = fit_agreement_alike(_found(alone, temperature, ONE), [case.truth for case in alone])
    confidence, right = _answers(agreement, cases, temperature)
    return {
        "calibration": {
            "temperature": round(temperature, 4),
            "method": "temperature of least negative log-likelihood of the true text on held-out pictures; then the "
            "agreement's weights by logistic regression on the same",
            "n": len(cases) + len(alone),
            "ece_after": expected_calibration_error(confidence, right),
        },
        "agreement": agreement.as_json(),
        "agreement_one": of_one.as_json(),
        **_limits(confidence, right, ACCEPTED_ERROR, KEPT, ""),
        **_limits(*_answers(of_one, alone, temperature, ONE), ACCEPTED_ERROR_OF_ONE, KEPT_OF_ONE, "_one"),
        "risk_coverage": risk_coverage_points(confidence, right),
    }


def _limits(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], error: float, kept: float, ending: str
) -> dict[str, float | str]:
    """Threshold and reject_below with their reasons, under keys with this ending."""
    point = threshold_for_error(confidence, right, error)
    least = float(np.quantile(confidence[right], 1 - kept)) if right.any() else 0.0
    return {
        f"threshold{ending}": point.threshold,
        f"threshold{ending}_reason": (
            f"The least confidence from which at most {100 * error:g} % of what is accepted on held-out pictures is "
            f"wrong: {point.coverage:.1%} of them are accepted; {right.mean():.1%} are read right."
        ),
        f"reject_below{ending}": min(least, point.threshold),
        f"reject_below{ending}_reason": f"{kept:.1%} of what is read right on held-out pictures lies above it.",
    }


@dataclass(frozen=True, slots=True)
class Answered:
    """What both networks together say to the cases, (n,): how surely, and whether rightly; and wrong digits a digit."""

    confidence: NDArray[np.float64]
    right: NDArray[np.bool_]
    cer: float


def answered(cases: Sequence[Case], trust: dict[str, Any]) -> Answered:
    """Read the cases with that trust."""
    agreement = Agreement.from_json(trust["agreement"])
    found = _found(cases, trust["calibration"]["temperature"])
    texts = [case.texts[agreement.best(case)] for case in found]
    wrong = sum(edit_distance(text, case.truth) for text, case in zip(texts, cases, strict=True))
    confidence, right = _answers(agreement, cases, trust["calibration"]["temperature"])
    return Answered(confidence, right, wrong / max(1, sum(len(case.truth) for case in cases)))


def figures_of(read: Answered, threshold: float) -> dict[str, Any]:
    """How well both networks together read the cases."""
    point = coverage_at(read.confidence, read.right, threshold)
    return {
        "n": len(read.right),
        "exact_match": float(read.right.mean()),
        "cer": read.cer,
        "ece": expected_calibration_error(read.confidence, read.right),
        "threshold": threshold,
        "coverage": point.coverage,
        "error_among_accepted": point.error,
    }


def _found(cases: Sequence[Case], temperature: float, expect: Expect = ANY) -> list[Candidates]:
    # Rows of a network that knows digits alone add up to 1, but for rounding.
    knows_others = any(abs(1.0 - row) > 1e-4 for case in cases for row in case.table.sum(axis=1))
    return [
        candidates(
            [with_temperature(frames, temperature) for frames in case.looks],
            case.table,
            expect,
            knows_others=knows_others,
        )
        for case in cases
    ]


def _answers(
    agreement: Agreement, cases: Sequence[Case], temperature: float, expect: Expect = ANY
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The confidence in each answer and whether it is right; an empty answer is never accepted."""
    found = _found(cases, temperature, expect)
    texts = [case.texts[agreement.best(case)] for case in found]
    confidence = [agreement.confidence(case) if text else 0.0 for case, text in zip(found, texts, strict=True)]
    right = [bool(text) and text == case.truth for text, case in zip(texts, cases, strict=True)]
    return np.array(confidence), np.array(right)


def _temperature(cases: Sequence[Case]) -> float:
    """The one at which the true texts are most probable, in the first look."""
    told = [case for case in cases if case.truth]

    def cost(temperature: float) -> float:
        own = (collapse_marks(with_temperature(case.looks[0], temperature)) for case in told)
        return -sum(float(log_probabilities(f, (case.truth,))[0]) for f, case in zip(own, told, strict=True))

    return float(min(TEMPERATURES, key=cost))
