"""From bytes to a reading: decode, find the ink, read every number, decide. Writes nothing."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from uuid import UUID

import numpy as np

from recognizer.domain.types import (
    Box,
    DecodedImage,
    Expect,
    NumberCrop,
    NumberReading,
    Reading,
    ReadingState,
    Reason,
    join_numbers,
)
from recognizer.services.decoding import decoder_pool
from recognizer.services.number_reading import number_by_both, number_by_digits
from recognizer.services.second_look import Table, best_cut
from recognizer.services.serving import Readers, Serving, models_serving
from recognizer.services.upside_down import reads_upside_down
from recognizer.vision.layout import find_numbers
from recognizer.vision.turns import FEWEST_STACKED, TALL, turns_to_try

# A page of 4 megapixels takes some 40 MB while its ink is found: more pages at once than cores gain nothing.
reading_places = threading.BoundedSemaphore(os.cpu_count() or 1)

STRAY = 0.65
"""A lone digit among other numbers that is read with less confidence than this is more likely none."""

UPSIDE_DOWN = 2
"""Quarters by which a picture that stands on its head is turned."""

POOR = 0.8
"""A picture whose average digit is read with less confidence than this may have been held askew."""


@dataclass(frozen=True, slots=True)
class ReadAsForm:
    """What came of reading a picture as a form. ``fields``: the field and the doubt of each of the reading's numbers.

    ``problem`` says why it was not read as that form; then there are no fields, and the numbers were found freely.
    ``transform`` takes the sample's pixels to the upright picture's, nine numbers row by row.
    """

    form_id: UUID
    fields: tuple[tuple[UUID, str], ...] = ()
    transform: tuple[float, ...] | None = None
    likeness: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A reading, with the decoded picture it was read from and the models that read it."""

    reading: Reading
    image: DecodedImage
    serving: Serving
    form: ReadAsForm | None = None


def picture_recognise(*, data: bytes, expect: Expect, page: int = 1) -> Recognised:
    """Read a picture given as the bytes of a file, or one page (from 1) of a PDF or TIFF.

    Raises the errors of decoding (see ``DecodePool.decode``) and ModelUnavailable. A picture without a number is no
    error: its reading is rejected, with a reason.
    """
    serving = models_serving()
    started = time.perf_counter()
    image = decoder_pool().decode(data, page=page)
    reading = image_read(image=image, expect=expect, readers=serving.readers, started=started)
    return Recognised(reading=reading, image=image, serving=serving)


def image_read(*, image: DecodedImage, expect: Expect, readers: Readers, started: float | None = None) -> Reading:
    """Read a decoded picture; ``started`` is the ``perf_counter`` from which its time counts."""
    started = time.perf_counter() if started is None else started
    with reading_places:
        found, numbers = _read_as_held(image, expect, readers)
    numbers = [_enclosing(number) for number in _without_strays(numbers)]
    reason = None if numbers else Reason.NOT_A_NUMBER if found else Reason.NO_INK
    return Reading(
        text=join_numbers((number.line, number.text) for number in numbers),
        confidence=math.prod(number.confidence for number in numbers) if numbers else 0.0,
        state=_whole_state(numbers),
        reason=reason,
        width=image.width,
        height=image.height,
        ms=round((time.perf_counter() - started) * 1000, 1),
        models={str(card.kind): card.name for card in readers.cards},
        numbers=tuple(numbers),
        versions={str(card.kind): card.version for card in readers.cards},
    )


def _digit_table(found: list[NumberCrop], readers: Readers) -> Table:
    """What the digit network says of all glyphs of the page at once, (n, 10): it is quickest with many."""
    crops = [glyph.crop for number in found for glyph in number.glyphs]
    return readers.digit.probabilities(np.stack(crops)) if crops else np.empty((0, 10), np.float32)


def _read_as_held(image: DecodedImage, expect: Expect, readers: Readers) -> tuple[bool, list[NumberReading]]:
    """Whether there is ink like writing, and the numbers; turned by quarters where that reads far better."""
    found, numbers = _read_turned(image, expect, readers, 0)
    if expect.digits == 1:
        return bool(found), numbers
    sureness = _sureness(found, numbers)
    best = found
    for turn in _turns(image, found, numbers) if sureness < POOR else ():
        seen, other = _read_turned(image, expect, readers, turn)
        if _count(other) >= FEWEST_STACKED and _sureness(seen, other) >= max(POOR, sureness):
            sureness, best, numbers = _sureness(seen, other), seen, other
    if _whole_state(numbers) is ReadingState.ACCEPTED and reads_upside_down(_those_read(best, numbers), readers):
        numbers = [replace(number, state=ReadingState.NEEDS_REVIEW) for number in numbers]
    return bool(found), numbers


def _turns(image: DecodedImage, found: Sequence[NumberCrop], numbers: Sequence[NumberReading]) -> tuple[int, ...]:
    """The turns to try for a picture that was read poorly."""
    height, width = image.gray.shape
    turns = turns_to_try(found, tall=height >= TALL * width)
    # Words beside numbers that are read well are no reason to turn a page on its head.
    read_well = _sureness(_those_read(found, numbers), numbers) >= POOR
    return () if UPSIDE_DOWN in turns and read_well else turns


def _sureness(found: Sequence[NumberCrop], numbers: Sequence[NumberReading]) -> float:
    """The confidence in an average glyph: that of its number's average digit, none where it was not read."""
    average = {n.box: sum(digit.confidence for digit in n.digits) / len(n.digits) for n in numbers if n.digits}
    count = sum(len(number.glyphs) for number in found)
    return sum(average.get(number.box, 0.0) * len(number.glyphs) for number in found) / count if count else 0.0


def _count(numbers: Sequence[NumberReading]) -> int:
    return sum(len(number.digits) for number in numbers)


def _those_read(found: Sequence[NumberCrop], numbers: Sequence[NumberReading]) -> list[NumberCrop]:
    read = {number.box for number in numbers}
    return [number for number in found if number.box in read]


def _read_turned(
    image: DecodedImage, expect: Expect, readers: Readers, turn: int
) -> tuple[list[NumberCrop], list[NumberReading]]:
    found = find_numbers(image.gray, expect, scale=image.scale, turn=turn)
    table = _digit_table(found, readers)
    if expect.digits == 1 and len(table) <= 1:
        found, table = best_cut(image, found, table, readers.digit)
    return found, _read_numbers(found, table, expect, readers)


def _read_numbers(found: list[NumberCrop], table: Table, expect: Expect, readers: Readers) -> list[NumberReading]:
    numbers, at = [], 0
    for number in found:
        rows = table[at : at + len(number.glyphs)]
        at += len(number.glyphs)
        if readers.number is None:
            reading = number_by_digits(number, rows, expect, readers.digit.card)
        else:
            reading = number_by_both(number, rows, expect, readers.digit, readers.number)
        if reading is not None:
            numbers.append(reading)
    return numbers


def _without_strays(numbers: list[NumberReading]) -> list[NumberReading]:
    """Without the rings of logos and the letters that pass for a digit beside numbers that are better read."""
    surest = max((number.confidence for number in numbers), default=0.0)
    return [number for number in numbers if len(number.text) > 1 or number.confidence >= min(STRAY, surest)]


def _enclosing(number: NumberReading) -> NumberReading:
    """With a box around all of its digits: some may have been found beside the glyphs."""
    return replace(number, box=reduce(Box.union, (digit.box for digit in number.digits), number.box))


def _whole_state(numbers: Sequence[NumberReading]) -> ReadingState:
    if not numbers:
        return ReadingState.REJECTED
    if any(number.state is ReadingState.NEEDS_REVIEW for number in numbers):
        return ReadingState.NEEDS_REVIEW
    return ReadingState.ACCEPTED
