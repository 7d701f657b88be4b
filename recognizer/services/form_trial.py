"""A form tried while it is drawn: what would be read of a picture with the fields as they are now. Writes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from recognizer.domain.errors import BadRequest
from recognizer.domain.form_fields import FormField as SpecField
from recognizer.domain.types import Expect, NumberReading, ReadingState
from recognizer.models import FormTemplate
from recognizer.services.decoding import decoder_pool
from recognizer.services.form_checks import FieldDraft
from recognizer.services.form_rows import form_prepare, image_read_as_form
from recognizer.services.serving import models_serving


@dataclass(frozen=True, slots=True)
class TriedField:
    """A field as drawn, what stands in it, and what speaks against that."""

    draft: FieldDraft
    number: NumberReading
    doubt: str

    @property
    def doubted(self) -> bool:
        return self.number.state is ReadingState.NEEDS_REVIEW


@dataclass(frozen=True, slots=True)
class Trial:
    """What would be read; ``problem`` where the picture is not that form."""

    problem: str
    fields: tuple[TriedField, ...]


def form_try(*, form: FormTemplate, drafts: Sequence[FieldDraft], data: bytes | None) -> Trial:
    """Read a picture, or the sample itself where ``data`` is None, as a form with these fields.

    Raises BadRequest where there are no fields, ModelUnavailable and the errors of decoding.
    """
    if not drafts:
        raise BadRequest(_("There is no field to read yet. Draw one on the sample."))
    serving = models_serving()
    fields = tuple(SpecField(uuid.uuid4(), draft.name, draft.box, draft.rule) for draft in drafts)
    prepared = form_prepare(form, fields)
    image = decoder_pool().decode(_sample_bytes(form) if data is None else data)
    reading, read = image_read_as_form(image=image, expect=Expect(), readers=serving.readers, form=prepared)
    doubts = dict(read.fields)
    tried = zip(drafts, fields, reading.numbers if read.fields else (), strict=False)
    return Trial(read.problem, tuple(TriedField(draft, number, doubts[field.id]) for draft, field, number in tried))


def _sample_bytes(form: FormTemplate) -> bytes:
    try:
        with form.image.open("rb") as file:
            data: bytes = file.read()
            return data
    except (OSError, ValueError) as error:
        raise BadRequest(_("The sample of this form is gone. Describe the form anew.")) from error
