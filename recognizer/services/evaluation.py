"""Scores a registered model on a data set: through the network alone, or through the whole reader."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.errors import BadDataSet, NumeralError
from recognizer.domain.types import Expect, Reading, ReadingState
from recognizer.inference.calibration import coverage_at, expected_calibration_error
from recognizer.inference.engine import DigitEngine
from recognizer.services.decoding import decoder_pool
from recognizer.services.recognise import image_read
from recognizer.training.evaluate import confusion_matrix, ms_p50, score
from recognizer.training.evaluation_data import LabelledFiles, TestPictures, load_evaluation_set

BATCH = 64
NETWORK_SCORES = ("accuracy", "ece", "threshold", "coverage", "error_among_accepted")


def evaluate_on(
    *, engine: DigitEngine, path: Path, through: str | None = None, expect: Expect | None = None
) -> dict[str, Any]:
    """One JSON object for one data set, as the interface promises.

    ``through`` is "network" or "reader"; without it, 28 by 28 arrays go through the network and all else through the
    reader. Raises BadDataSet.
    """
    data = load_evaluation_set(path)
    fits = isinstance(data, TestPictures) and data.fits_the_network
    through = through or ("network" if fits else "reader")
    head = {"kind": str(engine.card.kind), "model": engine.card.name, "data": data.name}
    if through == "network":
        if not isinstance(data, TestPictures) or not fits:
            raise BadDataSet(f"{data.name} has no pictures of 28 by 28; it can only go through the reader.")
        return {**head, **_through_network(engine, data)}
    return {**head, **_through_reader(engine, data, expect or Expect())}


def _through_network(engine: DigitEngine, data: TestPictures) -> dict[str, Any]:
    starts = range(0, len(data.pictures), BATCH)
    table = np.concatenate([engine.probabilities(data.pictures[at : at + BATCH]) for at in starts])
    scores = score(table, data.labels, engine.card.threshold)
    return {
        "n": scores["n"],
        **{key: round(scores[key], 5) for key in NETWORK_SCORES},
        # One digit at a time, as a request would.
        "ms_p50": round(ms_p50(lambda: engine.probabilities(data.pictures[:1])), 3),
        "confusion": scores["confusion"],
    }


@dataclass(frozen=True, slots=True)
class _Case:
    expected: str
    reading: Reading | None
    ms: float

    @property
    def text(self) -> str:
        """Digits only: how numbers are grouped on the page is not what a label says."""
        return "".join(self.reading.text.split()) if self.reading else ""

    @property
    def accepted(self) -> bool:
        return self.reading is not None and self.reading.state is ReadingState.ACCEPTED


def _through_reader(engine: DigitEngine, data: TestPictures | LabelledFiles, expect: Expect) -> dict[str, Any]:
    cases = [_case(engine, picture, text, expect) for picture, text in _pictures(data)]
    numbers = [case for case in cases if case.expected]
    others = [case for case in cases if not case.expected]
    answer: dict[str, Any] = {"n": len(cases)}
    if numbers:
        answer |= _scores(numbers, engine.card.threshold)
    if others:
        answer["refused"] = round(sum(not case.accepted for case in others) / len(others), 5)
    answer["ms_p50"] = round(statistics.median(case.ms for case in cases), 3)
    return answer


def _pictures(data: TestPictures | LabelledFiles) -> list[tuple[Path | NDArray[np.uint8], str]]:
    if isinstance(data, LabelledFiles):
        return list(zip(data.files, ("".join(c for c in text if c.isdigit()) for text in data.texts), strict=True))
    return list(zip(data.pictures, map(str, data.labels.tolist()), strict=True))


def _case(engine: DigitEngine, picture: Path | NDArray[np.uint8], text: str, expect: Expect) -> _Case:
    encoded = picture.read_bytes() if isinstance(picture, Path) else cv2.imencode(".png", picture)[1].tobytes()
    started = time.perf_counter()
    try:
        reading = image_read(image=decoder_pool().decode(encoded), expect=expect, engine=engine)
    except NumeralError:  # a file that cannot be opened counts as not read
        reading = None
    return _Case(expected=text, reading=reading, ms=1000 * (time.perf_counter() - started))


def _scores(cases: list[_Case], threshold: float) -> dict[str, Any]:
    correct = np.array([case.text == case.expected for case in cases])
    confidence = np.array([case.reading.confidence if case.reading else 0.0 for case in cases])
    accepted = np.array([case.accepted for case in cases])
    digits = all(len(case.expected) == 1 for case in cases)
    length = sum(len(case.expected) for case in cases)
    distance = sum(edit_distance(case.text, case.expected) for case in cases)
    single = [case for case in cases if digits and len(case.text) == 1]
    read, labels = (np.array(column, np.int64) for column in ([c.text for c in single], [c.expected for c in single]))
    return {
        "accuracy" if digits else "exact_match": round(float(correct.mean()), 5),
        "cer": round(distance / length, 5),
        **_doubt(confidence, correct, accepted, threshold),
        **({"confusion": confusion_matrix(read, labels).tolist()} if digits else {}),
    }


def _doubt(
    confidence: NDArray[np.float64], correct: NDArray[np.bool_], accepted: NDArray[np.bool_], threshold: float
) -> dict[str, Any]:
    """Calibration error, the share accepted, and the share of those that is wrong."""
    at = coverage_at(accepted.astype(np.float64), correct, 1.0)
    return {
        "ece": round(expected_calibration_error(confidence, correct), 5),
        "threshold": threshold,
        "coverage": round(at.coverage, 5),
        "error_among_accepted": round(at.error, 5),
    }


def edit_distance(one: str, other: str) -> int:
    """Fewest insertions, deletions and substitutions that make ``one`` into ``other`` (Levenshtein, 1966)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        above, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (a != b))
    return row[-1]
