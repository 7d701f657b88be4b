"""What people take with them: their readings as CSV, as JSON, as a spreadsheet; any number, in constant memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, prefetch_related_objects

from accounts.models import User
from recognizer.domain.history import HistoryQuery
from recognizer.models import DigitResult, Prediction, Upload
from recognizer.selectors_history import history_each, history_of
from recognizer.services.spreadsheet import Cell, spreadsheet_stream

COLUMNS = (
    *("id", "created_at", "file", "text", "as_read", "formatted", "confidence", "state", "source", "digits"),
    *("model", "corrected", "picture_kept", "page", "pages", "batch", "form"),
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
READING_STATES: dict[str, str] = {Upload.State.READ: "accepted"}
FAILED = {"code": "failed", "message": "This picture could not be read."}

Chunks = Iterable[list[Upload]]


def history_export(*, owner: User, query: HistoryQuery, kind: str) -> Iterator[bytes]:
    """All that a query finds of an owner's history, in its order, as the pieces of a file. ``kind``: see FORMATS."""
    return FORMATS[kind](history_each(owner=owner, query=query))


def uploads_export(*, owner: User, ids: Collection[UUID], kind: str) -> Iterator[bytes]:
    """Those of an owner's uploads that are named, newest first."""
    return FORMATS[kind](iter([list(history_of(owner).filter(id__in=ids).order_by("-created_at", "-id"))]))


def csv_cell(cell: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, "CSV injection")."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


class _Echo:
    """Gives the csv module's line back instead of writing it anywhere."""

    def write(self, line: str) -> str:
        return line


def csv_stream(*, columns: Iterable[str], rows: Iterable[Iterable[Cell]]) -> Iterator[bytes]:
    """The file in pieces: ``columns`` first, then ``rows``, none of them a formula."""
    writer: Any = csv.writer(_Echo(), lineterminator="\r\n")
    # With the mark, spreadsheets know that it is UTF-8.
    yield b"\xef\xbb\xbf"
    for row in chain([columns], rows):
        line: str = writer.writerow([csv_cell(cell) for cell in row])
        yield line.encode()


def _csv(chunks: Chunks) -> Iterator[bytes]:
    return csv_stream(columns=COLUMNS, rows=_rows(chunks))


def _xlsx(chunks: Chunks) -> Iterator[bytes]:
    return spreadsheet_stream(columns=COLUMNS, rows=_rows(chunks))


def _rows(chunks: Chunks) -> Iterator[list[Cell]]:
    for uploads in chunks:
        prefetch_related_objects(uploads, "read_by", "batch", "form")
        yield from (_row(upload) for upload in uploads)


def _row(upload: Upload) -> list[Cell]:
    return [
        *(str(upload.id), upload.created_at.isoformat(), upload.name, upload.final_text, upload.text, upload.formatted),
        *(_rounded(upload.confidence), READING_STATES.get(upload.state, upload.state), upload.source),
        *(upload.digit_count, upload.read_by.name if upload.read_by else ""),
        *("yes" if upload.final_text != upload.text else "no", "yes" if upload.image else "no"),
        *(upload.page, upload.pages, str(upload.batch or ""), str(upload.form or "")),
    ]


def _rounded(confidence: float | None) -> float | None:
    return None if confidence is None else round(confidence, 4)


def readings_prefetch(uploads: list[Upload]) -> None:
    """Fetch all that was read on uploads, without what the models saw, in four queries."""
    digits = DigitResult.objects.defer("crop").order_by("order")
    predictions = Prediction.objects.select_related("model_version", "number_model").order_by("order")
    predictions = predictions.prefetch_related(Prefetch("digits", digits), "corrections")
    prefetch_related_objects(uploads, Prefetch("predictions", predictions))


def _json(chunks: Chunks) -> Iterator[bytes]:
    for uploads in chunks:
        readings_prefetch(uploads)
        for upload in uploads:
            yield json.dumps(upload_as_json(upload), ensure_ascii=False).encode() + b"\n"


def upload_as_json(upload: Upload) -> dict[str, Any]:
    """A stored reading in the shape of ``domain.reading_json``, with the rows' ids, moment, source, and its text with
    corrections. Wants predictions, digits, corrections and models to be prefetched.
    """
    predictions = list(upload.predictions.all())
    models = [model for p in predictions for model in (p.number_model, p.model_version) if model is not None]
    return {
        "id": str(upload.id),
        "created_at": upload.created_at.isoformat(),
        "source": upload.source,
        "file": upload.name,
        "page": upload.page or 1,
        "pages": upload.pages or 1,
        "text": upload.text,
        "final_text": upload.final_text,
        "formatted": upload.formatted,
        "confidence": _rounded(upload.confidence),
        "state": READING_STATES.get(upload.state, upload.state),
        "reason": upload.reason or None,
        "needs_review": upload.state == Upload.State.NEEDS_REVIEW,
        "error": FAILED if upload.state == Upload.State.FAILED else None,
        "ms": upload.ms,
        "width": upload.width,
        "height": upload.height,
        "models": {model.kind: model.name for model in models},
        "numbers": [_number(prediction) for prediction in predictions],
    }


def _number(prediction: Prediction) -> dict[str, Any]:
    newest = next(iter(prediction.corrections.all()), None)
    return {
        "id": str(prediction.id),
        "text": prediction.text,
        "formatted": prediction.formatted,
        "confidence": round(prediction.confidence, 4),
        "state": prediction.state,
        "needs_review": prediction.state == Prediction.State.NEEDS_REVIEW,
        "corrected": newest.text if newest else None,
        "box": _box(prediction),
        "line": prediction.line,
        "digits": [
            {
                "digit": digit.digit,
                "confidence": round(digit.confidence, 4),
                "box": _box(digit),
                "probabilities": digit.probabilities,
            }
            for digit in prediction.digits.all()
        ],
    }


def _box(row: Prediction | DigitResult) -> list[int]:
    return [row.box_x, row.box_y, row.box_width, row.box_height]


CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FORMATS: dict[str, Callable[[Chunks], Iterator[bytes]]] = {"csv": _csv, "json": _json, "xlsx": _xlsx}
