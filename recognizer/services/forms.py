"""Forms that a person describes once: a sample of it, and the fields on the sample."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from recognizer.domain.errors import BadRequest
from recognizer.models import FormField, FormTemplate
from recognizer.models.upload import private_storage
from recognizer.services.decoding import decoder_pool
from recognizer.services.form_checks import FieldDraft, fields_problems
from recognizer.services.form_pages import form_pages_release
from recognizer.services.retention import files_delete

MOST_FORMS = 200
"""Of one person: nobody picks from a longer list."""

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample as it is kept, and its size in pixels."""

    stored: bytes
    suffix: str
    thumbnail: bytes
    width: int
    height: int


def form_create(*, owner: User, name: str, data: bytes) -> FormTemplate:
    """Keep a sample as a new form, without fields as yet.

    Raises BadRequest for a name that is none or taken, and the errors of decoding; then nothing is stored.
    """
    name = _name_clean(owner, name)
    if FormTemplate.objects.filter(owner=owner)[:MOST_FORMS].count() >= MOST_FORMS:
        raise BadRequest(
            ngettext(
                "You have %(count)d form already. Delete one first.",
                "You have %(count)d forms already. Delete one first.",
                MOST_FORMS,
            )
            % {"count": MOST_FORMS}
        )
    sample, now = _sample(data), timezone.now()
    form = FormTemplate(id=uuid.uuid4(), owner=owner, created_at=now, changed_at=now, name=name)
    form.width, form.height = sample.width, sample.height
    storage = private_storage()
    folder = f"forms/{form.id.hex[:2]}/{form.id.hex}"
    form.image.name = storage.save(f"{folder}.{sample.suffix}", ContentFile(sample.stored))
    form.thumbnail.name = storage.save(f"{folder}-small.jpg", ContentFile(sample.thumbnail))
    try:
        with transaction.atomic():
            form.save(force_insert=True)
    except IntegrityError as error:
        files_delete([form.image.name, form.thumbnail.name])
        raise BadRequest(_taken(name)) from error
    return form


def form_change(*, form: FormTemplate, name: str, fields: Sequence[FieldDraft]) -> None:
    """Give a form this name and exactly these fields; a field that has an id stays the one it is, whatever else of it
    changes, so what was read in it stays with it.

    Raises BadRequest for a name that is none or taken, and for fields with problems; then nothing is changed.
    """
    name = _name_clean(form.owner, name, besides=form)
    problems = fields_problems(fields, width=form.width, height=form.height)
    if problems:
        raise BadRequest(problems[0].sentence)
    with transaction.atomic():
        locked = FormTemplate.objects.select_for_update().get(id=form.id)
        locked.name, locked.changed_at = name, timezone.now()
        locked.save(update_fields=["name", "changed_at"])
        known = {row.id: row for row in locked.fields.all()}
        kept = {draft.id for draft in fields if draft.id in known}
        locked.fields.exclude(id__in=kept).delete()
        # Two fields may have exchanged their names: each is out of the other's way first.
        for row in locked.fields.all():
            FormField.objects.filter(id=row.id).update(name=row.id.hex)
        for order, draft in enumerate(fields):
            _field_row(locked, order, draft, known).save()
    form.name, form.changed_at = locked.name, locked.changed_at


def form_delete(*, form: FormTemplate) -> None:
    """Delete a form, its fields and its sample. What was read as it stays, with its numbers; only their names go."""
    names = [field.name for field in (form.image, form.thumbnail) if field.name]
    with transaction.atomic():
        form_pages_release(form=form)
        form.delete()
    transaction.on_commit(lambda: files_delete(names), robust=True)


def _name_clean(owner: User, name: str, besides: FormTemplate | None = None) -> str:
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise BadRequest(_("Give the form a name."))
    others = FormTemplate.objects.filter(owner=owner, name=name)
    if (others if besides is None else others.exclude(id=besides.id)).exists():
        raise BadRequest(_taken(name))
    return name


def _taken(name: str) -> str:
    return _("You have a form “%(name)s” already. Give this one another name.") % {"name": name}


def _sample(data: bytes) -> Sample:
    """What is kept may be smaller than what was given: the fields are drawn on what is kept, so its size counts."""
    image = decoder_pool().decode(data, copies=True)
    kept = decoder_pool().decode(image.stored)
    suffix = "png" if image.stored_type == "image/png" else "jpg"
    return Sample(image.stored, suffix, image.thumbnail, kept.width, kept.height)


def _field_row(form: FormTemplate, order: int, draft: FieldDraft, known: dict[UUID, FormField]) -> FormField:
    row = known.get(draft.id) if draft.id else None
    row = row or FormField(template=form)
    row.order, row.name = order, draft.name
    row.box_x, row.box_y = draft.box.x, draft.box.y
    row.box_width, row.box_height = draft.box.width, draft.box.height
    rule = draft.rule
    row.digits_least, row.digits_most = rule.digits_least, rule.digits_most
    row.least, row.greatest, row.decimals = rule.least, rule.greatest, rule.decimals
    row.check_kind, row.check_weights, row.check_modulus = rule.check, list(rule.weights), rule.modulus
    row.optional = rule.optional
    return row
