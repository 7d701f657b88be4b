"""A kept picture read by another registered model, beside the reading that stands. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recognizer.domain.errors import BadModel, ModelUnavailable
from recognizer.domain.phrases import phrase
from recognizer.domain.types import Box, Expect, NumberReading, Reading
from recognizer.inference.engine import DigitEngine
from recognizer.inference.number_engine import NumberEngine
from recognizer.models import ModelVersion, Prediction, Upload
from recognizer.services.recognise import image_read
from recognizer.services.serving import Readers, engine_load, model_engine, models_serving
from recognizer.services.stored_pictures import stored_picture_open


@dataclass(frozen=True, slots=True)
class Pair:
    """One place of the picture: what stands there, what the other model reads there; None where either sees nothing."""

    standing: Prediction | None
    other: NumberReading | None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What another model reads, and how it goes with what stands."""

    reading: Reading
    pairs: list[Pair]


def opinion_ask(*, upload: Upload, model: ModelVersion) -> Opinion:
    """Read a kept picture with ``model`` in the place of the serving one of its kind.

    ``upload`` has its predictions at hand. Raises PictureNotKept, ModelUnavailable and the errors of decoding.
    """
    image = stored_picture_open(upload=upload)
    readers = _readers_with(model)
    reading = image_read(image=image, expect=Expect.parse(upload.expect), readers=readers)
    return Opinion(reading, _pairs(list(upload.predictions.all()), list(reading.numbers)))


def _readers_with(model: ModelVersion) -> Readers:
    serving = models_serving().readers
    engine = model_engine_once(model)
    if isinstance(engine, DigitEngine):
        return replace(serving, digit=engine)
    return replace(serving, number=engine)


def model_engine_once(model: ModelVersion) -> DigitEngine | NumberEngine:
    """A model's engine for one question: those that don't serve need no memory afterwards. Raises ModelUnavailable."""
    serves = model.state in (ModelVersion.State.ACTIVE, ModelVersion.State.PREVIOUS)
    try:
        return model_engine(model) if serves else engine_load(model)
    except BadModel as error:
        raise ModelUnavailable(
            phrase("The model {name} can’t be loaded just now. Ask another one.", name=model.name)
        ) from error


def _pairs(standing: list[Prediction], others: list[NumberReading]) -> list[Pair]:
    """Each number that stands with the one that shares most of its place, in the page's order; then the rest."""
    left, pairs = list(others), []
    for row in standing:
        box = Box(row.box_x, row.box_y, row.box_width, row.box_height)
        best = max(left, key=lambda number: _common(box, number.box), default=None)
        if best is not None and _common(box, best.box) > 0:
            left.remove(best)
            pairs.append(Pair(row, best))
        else:
            pairs.append(Pair(row, None))
    return pairs + [Pair(None, number) for number in left]


def _common(one: Box, other: Box) -> int:
    width = min(one.right, other.right) - max(one.x, other.x)
    height = min(one.bottom, other.bottom) - max(one.y, other.y)
    return max(0, width) * max(0, height)
