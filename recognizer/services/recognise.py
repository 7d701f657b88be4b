"""From bytes to a reading: decode, find the ink, read every digit, decide. Writes nothing."""

from __future__ import annotations

import math
import os
import threading
import time
from dataclasses import dataclass

import numpy as np

from recognizer.domain.types import (
    DecodedImage,
    DigitReading,
    Expect,
    NumberCrop,
    NumberReading,
    Reading,
    ReadingState,
    Reason,
)
from recognizer.inference.engine import DigitEngine
from recognizer.services.decoding import decoder_pool
from recognizer.services.serving import Serving, serving_model
from recognizer.vision.layout import find_numbers

# A page of 4 megapixels takes some 40 MB while its ink is found: more pages at once than cores gain nothing.
_reading_places = threading.BoundedSemaphore(os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A reading, with the decoded picture it was read from and the model that read it."""

    reading: Reading
    image: DecodedImage
    serving: Serving


def picture_recognise(*, data: bytes, expect: Expect) -> Recognised:
    """Read a picture given as the bytes of a file.

    Raises the errors of decoding (NoFile, EmptyFile, TooLarge, UnsupportedImage, BadImage, DecoderUnavailable)
    and ModelUnavailable. A picture without a number is no error: its reading is rejected, with a reason.
    """
    serving = serving_model()
    started = time.perf_counter()
    image = decoder_pool().decode(data)
    reading = image_read(image=image, expect=expect, engine=serving.engine, started=started)
    return Recognised(reading=reading, image=image, serving=serving)


def image_read(*, image: DecodedImage, expect: Expect, engine: DigitEngine, started: float | None = None) -> Reading:
    """Read a decoded picture; ``started`` is the ``perf_counter`` from which its time counts."""
    started = time.perf_counter() if started is None else started
    with _reading_places:
        found = find_numbers(image.gray, expect, scale=image.scale)
    numbers = _read_numbers(found, expect, engine)
    reason = None if numbers else Reason.NOT_A_NUMBER if found else Reason.NO_INK
    return Reading(
        text=_joined(numbers),
        confidence=math.prod(number.confidence for number in numbers) if numbers else 0.0,
        state=_whole_state(numbers),
        reason=reason,
        width=image.width,
        height=image.height,
        ms=round((time.perf_counter() - started) * 1000, 1),
        models={str(engine.card.kind): engine.card.name},
        numbers=tuple(numbers),
        versions={str(engine.card.kind): engine.card.version},
    )


def _read_numbers(found: list[NumberCrop], expect: Expect, engine: DigitEngine) -> list[NumberReading]:
    crops = [glyph.crop for number in found for glyph in number.glyphs]
    if not crops:
        return []
    table = engine.probabilities(np.stack(crops))
    numbers, at = [], 0
    for number in found:
        rows = table[at : at + len(number.glyphs)]
        at += len(number.glyphs)
        reading = _number_reading(number, rows, expect, engine)
        if reading is not None:
            numbers.append(reading)
    return numbers


def _number_reading(
    number: NumberCrop, rows: np.ndarray[tuple[int, ...], np.dtype[np.float32]], expect: Expect, engine: DigitEngine
) -> NumberReading | None:
    """One number, or None where most of it does not look like digits."""
    best = rows.max(axis=1)
    if np.median(best) < engine.card.reject_below:
        return None
    digits = tuple(
        DigitReading(
            digit=int(row.argmax()),
            confidence=float(row.max()),
            box=glyph.box,
            probabilities=tuple(float(p) for p in row),
            crop=glyph.crop,
            needs_review=bool(row.max() < engine.card.threshold),
        )
        for glyph, row in zip(number.glyphs, rows, strict=True)
    )
    confidence = float(best.prod())
    as_expected = expect.digits is None or expect.digits == len(digits)
    sure = as_expected and confidence >= engine.card.threshold
    return NumberReading(
        text="".join(str(digit.digit) for digit in digits),
        confidence=confidence,
        state=ReadingState.ACCEPTED if sure else ReadingState.NEEDS_REVIEW,
        box=number.box,
        line=number.line,
        digits=digits,
    )


def _joined(numbers: list[NumberReading]) -> str:
    """Numbers joined by a space, lines by a newline."""
    lines: dict[int, list[str]] = {}
    for number in numbers:
        lines.setdefault(number.line, []).append(number.text)
    return "\n".join(" ".join(texts) for _, texts in sorted(lines.items()))


def _whole_state(numbers: list[NumberReading]) -> ReadingState:
    if not numbers:
        return ReadingState.REJECTED
    if any(number.state is ReadingState.NEEDS_REVIEW for number in numbers):
        return ReadingState.NEEDS_REVIEW
    return ReadingState.ACCEPTED
