"""A reading as JSON: one shape for the command, the live reading and every later door."""

from __future__ import annotations

from typing import Any

from recognizer.domain.errors import NumeralError
from recognizer.domain.types import NumberReading, Reading, ReadingState


def reading_as_json(reading: Reading, *, file: str | None = None, page: int = 1, pages: int = 1) -> dict[str, Any]:
    """The reading of one page. Boxes are [x, y, width, height] in pixels of the upright image."""
    return {
        **({} if file is None else {"file": file}),
        "page": page,
        "pages": pages,
        "text": reading.text,
        "formatted": reading.formatted,
        "confidence": round(reading.confidence, 4),
        "state": reading.state.value,
        "reason": reading.reason.value if reading.reason else None,
        "needs_review": reading.state is ReadingState.NEEDS_REVIEW,
        "error": None,
        "ms": reading.ms,
        "width": reading.width,
        "height": reading.height,
        "models": dict(reading.models),
        "numbers": [_number_as_json(number) for number in reading.numbers],
    }


def _number_as_json(number: NumberReading) -> dict[str, Any]:
    return {
        "id": None,
        "text": number.text,
        "formatted": number.formatted,
        "confidence": round(number.confidence, 4),
        "state": number.state.value,
        "needs_review": number.state is ReadingState.NEEDS_REVIEW,
        "corrected": None,
        "box": number.box.as_list(),
        "line": number.line,
        "digits": [
            {
                "digit": digit.digit,
                "confidence": round(digit.confidence, 4),
                "box": digit.box.as_list(),
                "probabilities": [round(p, 6) for p in digit.probabilities],
            }
            for digit in number.digits
        ],
    }


def error_as_json(error: NumeralError, *, file: str, page: int | None = None, pages: int = 1) -> dict[str, Any]:
    """A file that could not be read; or one page of it, where ``page`` says which."""
    return {"file": file, **({} if page is None else {"page": page, "pages": pages}), **error.as_json()}
