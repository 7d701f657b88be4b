"""The read queries of forms: one owner's forms, the fields of each, and the table of what was read as one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import User
from recognizer.domain.errors import BadForm, BadRequest
from recognizer.domain.phrases import phrase
from recognizer.models import Batch, Correction, FormField, FormTemplate, Prediction, Upload
from recognizer.models.upload import NOT_DELETED
from recognizer.selectors_history import history_of

TABLE_ROWS = 50
EXPORT_ROWS = 300
MOST_BATCHES = 50


@dataclass(frozen=True, slots=True)
class TablePage:
    """A keyset page of what was read as a form, and the cursor of the next one."""

    uploads: list[Upload]
    next_cursor: str | None


def forms_of(*, owner: User) -> list[FormTemplate]:
    """This owner's forms by name, each with ``field_count`` and ``upload_count`` (without the trash)."""
    fields = FormField.objects.filter(template=OuterRef("pk")).order_by().values("template")
    uploads = Upload.objects.filter(NOT_DELETED, form=OuterRef("pk")).order_by().values("form")
    return list(
        FormTemplate.objects.filter(owner=owner).annotate(
            field_count=Coalesce(Subquery(fields.annotate(n=Count("pk")).values("n")), 0),
            upload_count=Coalesce(Subquery(uploads.annotate(n=Count("pk")).values("n")), 0),
        )
    )


def forms_usable(*, owner: User) -> list[FormTemplate]:
    """Those of an owner's forms that pictures can be read as: they have fields."""
    return list(FormTemplate.objects.filter(owner=owner, fields__isnull=False).distinct())


def form_for(*, owner: User, form_id: UUID) -> FormTemplate:
    """A form of this owner with its fields, in two queries. Raises Http404, for somebody else's as well."""
    rows = FormTemplate.objects.select_related("owner").prefetch_related("fields")
    found = rows.filter(owner=owner, id=form_id).first()
    if found is None:
        raise Http404(phrase("There is no such form."))
    return found


def form_chosen(*, owner: User, text: str) -> FormTemplate | None:
    """The form that a person chose to read pictures as, by the text of its id; None for an empty text.

    Raises BadForm where it is none of theirs, and where it has no fields as yet.
    """
    if not text.strip():
        return None
    try:
        return form_with_fields(owner=owner, form_id=UUID(text.strip()))
    except (ValueError, Http404) as error:
        raise BadForm(_("This form is not there any more. Choose another one.")) from error


def form_with_fields(*, owner: User, form_id: UUID) -> FormTemplate:
    """A form of this owner that pictures can be read as. Raises Http404, and BadForm where it has no fields as yet."""
    found = form_for(owner=owner, form_id=form_id)
    if not found.fields.all():
        sentence = _("The form “%(name)s” has no fields yet. Draw them first, then read pictures as it.")
        raise BadForm(sentence % {"name": found.name})
    return found


def form_upload_count(*, form: FormTemplate) -> int:
    """How many pictures were read as a form, without the trash."""
    return Upload.objects.filter(NOT_DELETED, form=form).order_by().count()


def form_batches(*, form: FormTemplate) -> list[Batch]:
    """The newest batches that were given as a form."""
    return list(Batch.objects.filter(form=form).order_by("-created_at", "-id")[:MOST_BATCHES])


def table_page(
    *, form: FormTemplate, batch: UUID | None = None, before: str | None = None, size: int = TABLE_ROWS
) -> TablePage:
    """What was read as a form, newest first; of one batch, in the order in which it was given.

    Each upload has its fields' predictions at hand in ``read_fields``, each with ``said``: the newest correction, None
    where there is none. Two queries. Raises BadRequest for a cursor that is none of ours.
    """
    rows = history_of(form.owner).filter(form=form).select_related("form_page")
    ordered = _newest_first(rows, before) if batch is None else _as_given(rows, batch, before)
    read = Prefetch("predictions", _fields_read(), to_attr="read_fields")
    uploads: list[Upload] = [*ordered.prefetch_related(read)[: size + 1]]
    more, uploads = len(uploads) > size, uploads[:size]
    return TablePage(uploads, _cursor(uploads[-1], batch) if more else None)


def table_each(*, form: FormTemplate, batch: UUID | None = None) -> Iterator[list[Upload]]:
    """All rows of the table, a few hundred at a time, for exports: memory stays as it is."""
    cursor: str | None = None
    while True:
        page = table_page(form=form, batch=batch, before=cursor, size=EXPORT_ROWS)
        yield page.uploads
        cursor = page.next_cursor
        if cursor is None:
            return


def _fields_read() -> QuerySet[Prediction]:
    newest = Correction.objects.filter(prediction=OuterRef("pk")).order_by("-created_at", "-id").values("text")[:1]
    rows = Prediction.objects.filter(form_field__isnull=False).annotate(said=Subquery(newest))
    return rows.order_by("order")


def _newest_first(rows: QuerySet[Upload], before: str | None) -> QuerySet[Upload]:
    if before:
        moment, upload_id = _moment_parse(before)
        # The first part lets the index begin at the right place, the second leaves out what was seen among equals.
        rows = rows.filter(created_at__lte=moment).filter(Q(created_at__lt=moment) | Q(id__lt=upload_id))
    return rows.order_by("-created_at", "-id")


def _as_given(rows: QuerySet[Upload], batch: UUID, before: str | None) -> QuerySet[Upload]:
    # By the batch of the items, whose index goes on by their order: by the uploads' own, SQLite looks at all of them.
    rows = rows.select_related("form_page", "batch_item").filter(batch_item__batch_id=batch)
    if before:
        if not (before.isascii() and before.isdigit() and len(before) < 19):
            raise _no_such_place()
        rows = rows.filter(batch_item__order__gt=int(before))
    return rows.order_by("batch_item__order")


def _cursor(upload: Upload, batch: UUID | None) -> str:
    if batch is not None:
        return str(upload.batch_item.order)
    return f"{upload.created_at.isoformat()}_{upload.id.hex}"


def _moment_parse(text: str) -> tuple[dt.datetime, UUID]:
    moment, _rest, upload_id = text.rpartition("_")
    try:
        parsed = dt.datetime.fromisoformat(moment)
        if parsed.tzinfo is None:
            raise ValueError(text)
        return parsed, UUID(hex=upload_id)
    except ValueError as error:
        raise _no_such_place() from error


def _no_such_place() -> BadRequest:
    return BadRequest(_("This page of the table does not exist. Go back to its beginning."))
