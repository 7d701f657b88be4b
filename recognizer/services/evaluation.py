"""Scores registered models on a data set: through the digit network alone, or through the whole reader."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from recognizer.domain.errors import BadDataSet, NumeralError
from recognizer.domain.phrases import phrase
from recognizer.domain.types import Expect, ModelCard
from recognizer.inference.calibration import confidence_and_correct
from recognizer.inference.engine import DigitEngine
from recognizer.services.decoding import decoder_pool
from recognizer.services.recognise import image_read
from recognizer.services.scores import Case, doubt_of, interval, scores_of
from recognizer.services.serving import Readers
from recognizer.training.evaluate import confusion_matrix, ms_p50
from recognizer.training.evaluation_data import LabelledFiles, TestPictures, load_evaluation_set

BATCH = 64


def evaluate_on(
    *, readers: Readers, path: Path, through: str | None = None, expect: Expect | None = None
) -> dict[str, Any]:
    """One JSON object for one data set, as the interface promises.

    ``through`` is "network" or "reader"; without it, 28 by 28 arrays go through the digit network and all else through
    the reader. Raises BadDataSet.
    """
    data = load_evaluation_set(path)
    fits = isinstance(data, TestPictures) and data.fits_the_network
    through = through or ("network" if fits else "reader")
    if through == "network":
        if not isinstance(data, TestPictures) or not fits:
            raise BadDataSet(
                phrase("{name} has no pictures of 28 by 28; it can only go through the reader.", name=data.name)
            )
        return {**_head([readers.digit.card], data.name), **_through_network(readers.digit, data)}
    scores = scores_of(list(cases_of(readers, data, expect or Expect())), readers.cards[0].threshold)
    return {**_head(readers.cards, data.name), **scores}


def _head(cards: list[ModelCard], data: str) -> dict[str, Any]:
    """The model that decides, all that were asked, and the data."""
    models = {str(card.kind): card.name for card in cards}
    return {"kind": str(cards[0].kind), "model": cards[0].name, "models": models, "data": data}


def _through_network(engine: DigitEngine, data: TestPictures) -> dict[str, Any]:
    starts = range(0, len(data.pictures), BATCH)
    table = np.concatenate([engine.probabilities(data.pictures[at : at + BATCH]) for at in starts])
    confidence, correct = confidence_and_correct(table, data.labels)
    return {
        "n": len(correct),
        "accuracy": round(float(correct.mean()), 5),
        "ci95": interval(int(correct.sum()), len(correct)),
        **doubt_of(confidence, correct, confidence >= engine.card.threshold, engine.card.threshold),
        # One digit at a time, as a request would.
        "ms_p50": round(ms_p50(lambda: engine.probabilities(data.pictures[:1])), 3),
        "confusion": confusion_matrix(table.argmax(axis=1), data.labels).tolist(),
    }


def cases_of(readers: Readers, data: TestPictures | LabelledFiles, expect: Expect) -> Iterator[Case]:
    """Each picture of a set as the reader reads it."""
    for encoded, text, more in _pictures(data):
        started = time.perf_counter()
        try:
            reading = image_read(image=decoder_pool().decode(encoded), expect=expect, readers=readers)
        except NumeralError:  # a file that cannot be opened counts as not read
            reading = None
        yield Case(expected=text, reading=reading, ms=1000 * (time.perf_counter() - started), more=more)


def _pictures(data: TestPictures | LabelledFiles) -> Iterator[tuple[bytes, str, Mapping[str, str]]]:
    """Each picture as the bytes of a file, the digits on it, and what else is known of it."""
    if isinstance(data, LabelledFiles):
        for file, text, more in zip(data.files, data.texts, data.more, strict=True):
            yield file.read_bytes(), "".join(filter(str.isdigit, text)), more
    else:
        for picture, label in zip(data.pictures, data.labels.tolist(), strict=True):
            yield cv2.imencode(".png", picture)[1].tobytes(), str(label), {}
