"""Why a digit was read as it was: its crop asked about again, part by part. Writes nothing."""

from __future__ import annotations

import numpy as np

from recognizer.domain.errors import ModelUnavailable, PictureNotKept
from recognizer.inference.engine import DigitEngine
from recognizer.inference.occlusion import Occlusion, occlude
from recognizer.models import DigitResult
from recognizer.services.samples import SIDE
from recognizer.services.second_opinion import model_engine_once


def digit_explain(*, digit: DigitResult) -> Occlusion:
    """Which parts of a digit's crop spoke for it, by the digit network that read it.

    Raises PictureNotKept where the crop was not kept, ModelUnavailable where that network is gone.
    """
    if digit.crop is None:
        raise PictureNotKept
    engine = model_engine_once(digit.prediction.model_version)
    if not isinstance(engine, DigitEngine):
        raise ModelUnavailable
    crop = np.frombuffer(bytes(digit.crop), np.uint8).reshape(SIDE, SIDE)
    return occlude(crop, digit.digit, engine.probabilities)
