"""One number from its glyphs and its strip: what it says, how sure, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import DigitReading, Expect, GlyphCrop, ModelCard, NumberCrop, NumberReading, ReadingState
from recognizer.inference.alignment import align, digit_columns, middle_column
from recognizer.inference.decoding import Seen
from recognizer.inference.engine import DigitEngine
from recognizer.inference.marks import marks_before, marks_leave_doubt, with_marks
from recognizer.inference.number_engine import NumberEngine
from recognizer.vision.strip_digits import strip_digits

Table = NDArray[np.floating]


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
        digits=_digits(text, table, number.glyphs, card.threshold),
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
    columns = digit_columns(seen, [look.stride for look in looks]) if expect.digits != 1 else []
    glyphs: Sequence[GlyphCrop] = number.glyphs
    if columns and len(columns) != len(glyphs):
        glyphs = strip_digits(number, columns)
        table = digits.probabilities(np.stack([glyph.crop for glyph in glyphs]))
    agreed = engine.agreement_for(expect).agree(seen, table, expect)
    if not agreed.text or agreed.confidence < engine.reject_below_for(expect):
        return None
    look = looks[agreed.look]
    spans = align(seen[agreed.look].frames, agreed.text) or []
    if not agreed.of_glyphs:
        glyphs = strip_digits(number, [middle_column(span, look.stride) for span in spans])
    marks = marks_before(look.probabilities, spans)
    threshold = engine.threshold_for(expect)
    state = _state(expect, agreed.text, agreed.confidence, threshold)
    if marks_leave_doubt(agreed.text, marks):
        state = ReadingState.NEEDS_REVIEW
    return NumberReading(
        text=agreed.text,
        formatted=with_marks(agreed.text, marks),
        confidence=agreed.confidence,
        state=state,
        box=number.box,
        line=number.line,
        digits=_digits(agreed.text, agreed.probabilities, glyphs, threshold),
    )


def _state(expect: Expect, text: str, confidence: float, threshold: float) -> ReadingState:
    as_expected = expect.digits is None or expect.digits == len(text)
    return ReadingState.ACCEPTED if as_expected and confidence >= threshold else ReadingState.NEEDS_REVIEW


def _digits(text: str, table: Table, glyphs: Sequence[GlyphCrop], threshold: float) -> tuple[DigitReading, ...]:
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
