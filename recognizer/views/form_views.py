"""A reading as a form, as pages show it: each field by its name, with its value and what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from recognizer.domain.form_fields import value_shown
from recognizer.models import FormField, FormTemplate, Prediction, Upload
from recognizer.services.recognise import ReadAsForm
from recognizer.wording import said

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field that was read: its name, how many digits stand behind its point, what speaks against its number."""

    name: str
    decimals: int
    doubt: str

    def shown(self, text: str) -> str:
        """Digits as the field's value; a dash where it is empty."""
        return value_shown(text, self.decimals) or NOTHING


@dataclass(frozen=True, slots=True)
class FormView:
    """What a picture was given as. ``fields``: one for each number, in their order; none where it is not that form."""

    id: UUID | None
    name: str
    problem: str
    fields: Sequence[FieldView | None] = ()


def doubt_words(doubt: str) -> str:
    """What speaks against a number, in words; "" for nothing."""
    return str(Prediction.Doubt(doubt).label) if doubt else ""


def field_of(prediction: Prediction) -> FieldView | None:
    """The field that a prediction is of, if any; nothing speaks against it any more once a person has looked."""
    row = prediction.form_field
    if row is None:
        return None
    open_ = prediction.state == Prediction.State.NEEDS_REVIEW
    return FieldView(row.name, row.decimals, doubt_words(prediction.doubt) if open_ else "")


def form_of_upload(upload: Upload) -> FormView | None:
    """What an upload was given as, None where as nothing; its form, fields and page are at hand."""
    if upload.form is None:
        return None
    page = getattr(upload, "form_page", None)
    return FormView(upload.form.id, upload.form.name, said(page.problem) if page else "")


def form_of_reading(form: FormTemplate, read: ReadAsForm | None) -> FormView:
    """The same for a reading of which nothing is kept."""
    rows: dict[UUID, FormField] = {row.id: row for row in form.fields.all()}
    fields = [_field(rows.get(field_id), doubt) for field_id, doubt in (read.fields if read else ())]
    return FormView(form.id, form.name, said(read.problem) if read else "", fields)


def _field(row: FormField | None, doubt: str) -> FieldView | None:
    return None if row is None else FieldView(row.name, row.decimals, doubt_words(doubt))
