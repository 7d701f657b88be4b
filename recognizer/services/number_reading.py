"""One number from its glyphs and its strip: what it says, how sure, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import DigitReading, Expect, GlyphCrop, ModelCard, NumberCrop, NumberReading, ReadingState
from recognizer.inference.agreement import Agreed
from recognizer.inference.alignment import align, digit_columns, middle_column
from recognizer.inference.decoding import Seen
from recognizer.inference.engine import DigitEngine
from recognizer.inference.marks import (
    Mark,
    marks_before,
    marks_leave_doubt,
    space_leaves_doubt,
    spaces_before,
    with_marks,
)
from recognizer.inference.number_engine import NumberEngine
from recognizer.vision.gaps import gaps_between
from recognizer.vision.strip_digits import strip_digits

Table = NDArray[np.floating]

SELDOM_DIGITS = 0.3
HARDLY_SURE = 0.6
"""Glyphs that the digit network holds for digits with less than this probability on average, of which even both
networks together are no surer than that, are a word's letters: no number at all.
"""
SPARSE = 2.0
"""Neither is what is wider for each digit than so many times its height: most of its ink would say nothing."""


def number_by_digits(number: NumberCrop, table: Table, expect: Expect, card: ModelCard) -> NumberReading | None:
    """The glyphs as the digit network alone reads them, ``table`` (n, 10); None where most don’t look like digits."""
    best = table.max(axis=1)
    if not len(best) or np.median(best) < card.reject_below:
        return None
    text = "".join(map(str, table.argmax(axis=1)))
    confidence = float(best.prod())
    return NumberReading(
        text=text,
        formatted=text,
        confidence=confidence,
        state=_state(expect, text, confidence, card.threshold),
        box=number.box,
        line=number.line,
        digits=digit_readings(text, table, number.glyphs, card.threshold),
    )


def number_by_both(
    number: NumberCrop, table: Table, expect: Expect, digits: DigitEngine, engine: NumberEngine
) -> NumberReading | None:
    """The number as both networks read it together; None where it says nothing, or surely not this.

    Where the line network sees another count of digits than there are glyphs, the digit network is shown the digits
    that the line network sees.
    """
    looks = engine.looks(number.strip.pixels)
    seen = [Seen.of(look.probabilities) for look in looks]
    glyphs: Sequence[GlyphCrop] = number.glyphs
    columns = digit_columns(seen, [look.stride for look in looks], unless=len(glyphs)) if expect.digits != 1 else []
    if columns:
        glyphs = strip_digits(number, columns)
        table = digits.probabilities(np.stack([glyph.crop for glyph in glyphs]))
    agreed = engine.agreement_for(expect).agree(seen, table, expect, knows_others=digits.knows_others)
    sure_enough = agreed.text and agreed.confidence >= engine.reject_below_for(expect)
    if not sure_enough or _are_letters(number, agreed, table, expect):
        return None
    look = looks[agreed.look]
    spans = align(seen[agreed.look].frames, agreed.text) or []
    columns = [middle_column(span, look.stride) for span in spans]
    if not agreed.of_glyphs:
        glyphs = strip_digits(number, columns)
    formatted, clear = _as_written(agreed.text, marks_before(look.probabilities, spans), number, columns)
    clear = clear and not (number.remains and expect.digits is None)
    threshold = engine.threshold_for(expect)
    state = _state(expect, agreed.text, agreed.confidence, threshold)
    return NumberReading(
        text=agreed.text,
        formatted=formatted,
        confidence=agreed.confidence,
        state=state if clear else ReadingState.NEEDS_REVIEW,
        box=number.box,
        line=number.line,
        digits=digit_readings(agreed.text, agreed.probabilities, glyphs, threshold),
    )


def _as_written(text: str, marks: Sequence[Mark], number: NumberCrop, columns: Sequence[int]) -> tuple[str, bool]:
    """The text with its marks and spaces, and whether these leave no doubt about its value; its digits stand at
    ``columns`` of the strip.
    """
    spaces = spaces_before(gaps_between(number.strip.pixels, columns))
    clear = not marks_leave_doubt(text, marks) and not space_leaves_doubt(text, spaces, marks)
    return with_marks(text, marks, spaces), clear


def _are_letters(number: NumberCrop, agreed: Agreed, table: Table, expect: Expect) -> bool:
    """Whether what is read with little confidence is a word: too few digits for its width, or the digit network says of
    its glyphs, ``table`` (n, 10), that they are none.
    """
    if expect.digits is not None or agreed.confidence >= HARDLY_SURE:
        return False
    sparse = number.box.width > SPARSE * len(agreed.text) * number.box.height
    return sparse or (agreed.of_glyphs and float(table.sum(axis=1).mean()) < SELDOM_DIGITS)


def _state(expect: Expect, text: str, confidence: float, threshold: float) -> ReadingState:
    as_expected = expect.digits is None or expect.digits == len(text)
    return ReadingState.ACCEPTED if as_expected and confidence >= threshold else ReadingState.NEEDS_REVIEW


def digit_readings(text: str, table: Table, glyphs: Sequence[GlyphCrop], threshold: float) -> tuple[DigitReading, ...]:
    """A number's digits with what is known of each: ``table`` (len(text), 10), a glyph for each."""
    return tuple(
        DigitReading(
            digit=int(digit),
            confidence=float(row[int(digit)]),
            box=glyph.box,
            probabilities=tuple(float(p) for p in row),
            crop=glyph.crop,
            needs_review=bool(row[int(digit)] < threshold),
        )
        for digit, row, glyph in zip(text, table, glyphs, strict=True)
    )
