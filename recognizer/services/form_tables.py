"""What was read as a form, as a table: a row for each picture, a column for each field; and the same as a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from recognizer.models import FormField, FormTemplate, Prediction, Upload
from recognizer.selectors_forms import table_each
from recognizer.services.exports import READING_STATES, csv_stream
from recognizer.services.spreadsheet import Cell, spreadsheet_stream

EXACT_DIGITS = 15
"""A spreadsheet keeps so many digits of a number; what is longer stays a text."""

Chunks = Iterable[list[Upload]]


@dataclass(frozen=True, slots=True)
class Value:
    """What stands in one field of one picture, by the last word on it; ``read`` is None where it was not read."""

    field: FormField
    read: Prediction | None
    text: str

    @property
    def shown(self) -> str:
        """As a person reads it: with its point, every nought kept."""
        decimals = self.field.decimals
        if not (self.text and decimals):
            return self.text
        filled = self.text.rjust(decimals + 1, "0")
        return f"{filled[:-decimals]}.{filled[-decimals:]}"

    @property
    def doubted(self) -> bool:
        """Whether it waits for a person."""
        return self.read is not None and self.read.state == Prediction.State.NEEDS_REVIEW

    @property
    def cell(self) -> Cell:
        """For a spreadsheet: a number where the field holds amounts, a text where it holds codes."""
        if not self.text or not is_amount(self.field) or len(self.text.lstrip("0")) > EXACT_DIGITS:
            return self.shown
        return float(self.shown) if self.field.decimals else int(self.text)


def is_amount(field: FormField) -> bool:
    """Whether a field's numbers are there to be added up: they have decimals, or a range and no check digit. All
    others may be codes, whose leading noughts count.
    """
    ranged = field.least is not None or field.greatest is not None
    return bool(field.decimals) or (ranged and not field.check_kind)


def values_of(fields: Sequence[FormField], upload: Upload) -> list[Value]:
    """What stands in each of the fields; ``upload`` as ``selectors_forms.table_page`` gives it."""
    read: dict[Any, Any] = {row.form_field_id: row for row in getattr(upload, "read_fields", ())}
    return [_value(field, read.get(field.id)) for field in fields]


def _value(field: FormField, read: Any) -> Value:
    if read is None:
        return Value(field, None, "")
    return Value(field, read, read.text if read.said is None else read.said)


def upload_problem(upload: Upload) -> str:
    """Why a picture was not read as its form; "" where it was."""
    page = getattr(upload, "form_page", None)
    return str(page.problem) if page else ""


def form_export(*, form: FormTemplate, batch: UUID | None = None, kind: str) -> Iterator[bytes]:
    """All of a form's table, in its order, as the pieces of a file. ``kind``: see FORMATS."""
    fields = list(form.fields.all())
    return FORMATS[kind](fields, table_each(form=form, batch=batch))


def _columns(fields: Sequence[FormField]) -> list[str]:
    return ["file", "page", "created_at", *(field.name for field in fields), "to_check", "problem", "id"]


def _rows(fields: Sequence[FormField], chunks: Chunks, cell: Callable[[Value], Cell]) -> Iterator[list[Cell]]:
    for uploads in chunks:
        for upload in uploads:
            values = values_of(fields, upload)
            doubted = "; ".join(value.field.name for value in values if value.doubted)
            given = upload.created_at.isoformat(timespec="seconds")
            yield [
                *(upload.name, upload.page, given),
                *(cell(value) for value in values),
                *(doubted, upload_problem(upload), str(upload.id)),
            ]


def _csv(fields: Sequence[FormField], chunks: Chunks) -> Iterator[bytes]:
    return csv_stream(columns=_columns(fields), rows=_rows(fields, chunks, lambda value: value.shown))


def _xlsx(fields: Sequence[FormField], chunks: Chunks) -> Iterator[bytes]:
    return spreadsheet_stream(columns=_columns(fields), rows=_rows(fields, chunks, lambda value: value.cell))


def _json(fields: Sequence[FormField], chunks: Chunks) -> Iterator[bytes]:
    for uploads in chunks:
        for upload in uploads:
            yield json.dumps(_object(fields, upload), ensure_ascii=False).encode() + b"\n"


def _object(fields: Sequence[FormField], upload: Upload) -> dict[str, Any]:
    return {
        "id": str(upload.id),
        "created_at": upload.created_at.isoformat(),
        "file": upload.name,
        "page": upload.page or 1,
        "batch": str(upload.batch_id) if upload.batch_id else None,
        "state": READING_STATES.get(upload.state, upload.state),
        "problem": upload_problem(upload) or None,
        "fields": {value.field.name: _field_object(value) for value in values_of(fields, upload)},
    }


def _field_object(value: Value) -> dict[str, Any] | None:
    row = value.read
    if row is None:
        return None
    return {
        "id": str(row.id),
        "text": row.text,
        "value": value.shown,
        "confidence": round(row.confidence, 4),
        "state": row.state,
        "needs_review": value.doubted,
        "doubt": row.doubt or None,
        "corrected": value.text if value.text != row.text else None,
        "box": [row.box_x, row.box_y, row.box_width, row.box_height],
    }


FORMATS: dict[str, Callable[[Sequence[FormField], Chunks], Iterator[bytes]]] = {
    "csv": _csv,
    "json": _json,
    "xlsx": _xlsx,
}
