"""The table of what was read as a form: a page of it, and all of it as a file."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from recognizer.domain.errors import BadRequest
from recognizer.models import Prediction, Upload
from recognizer.selectors_forms import form_batches, form_for, table_page
from recognizer.services.exports import CONTENT_TYPES
from recognizer.services.form_tables import FORMATS, Value, form_export, upload_problem, values_of
from recognizer.views.access import signed_in
from recognizer.views.form_views import doubt_words
from recognizer.wording import said


@dataclass(frozen=True, slots=True)
class CellView:
    """One field of one picture: what it says, what speaks against it, and where it is settled."""

    shown: str
    address: str
    doubt: str
    corrected: bool
    confidence: float | None


@dataclass(frozen=True, slots=True)
class RowView:
    """One picture: its name, and its fields in the order of the columns."""

    upload: Upload
    problem: str
    cells: list[CellView]


@login_required
@require_safe
def table(request: HttpRequest, form_id: UUID) -> HttpResponse:
    """A page of the table, of one batch where the address names one."""
    form = form_for(owner=signed_in(request), form_id=form_id)
    batch, fields = _batch(request), list(form.fields.all())
    page = table_page(form=form, batch=batch, before=request.GET.get("before"))
    context = {
        "form": form,
        "fields": fields,
        "rows": [_row(upload, values_of(fields, upload)) for upload in page.uploads],
        "next_cursor": page.next_cursor,
        "batches": form_batches(form=form),
        "batch": batch,
        "address": urlencode({"batch": batch}) if batch else "",
    }
    return render(request, "recognizer/form_table.html", context)


@login_required
@require_safe
def export(request: HttpRequest, form_id: UUID) -> HttpResponseBase:
    """All of the table as a file that is sent while it is made."""
    form = form_for(owner=signed_in(request), form_id=form_id)
    kind = request.GET.get("format", "")
    if kind not in FORMATS:
        raise BadRequest(_("Tables are exported as csv, json or xlsx."))
    name = f"{slugify(form.name) or 'form'}-{timezone.localdate():%Y-%m-%d}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    pieces = form_export(form=form, batch=_batch(request), kind=kind)
    return StreamingHttpResponse(pieces, content_type=CONTENT_TYPES[kind], headers=headers)


def _batch(request: HttpRequest) -> UUID | None:
    """The batch that the address names. Raises BadRequest for what is no id."""
    text = request.GET.get("batch", "").strip()
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise BadRequest(_("There is no such batch. Choose another one.")) from error


def _row(upload: Upload, values: list[Value]) -> RowView:
    page = reverse("recognizer:upload", args=[upload.id])
    return RowView(upload, said(upload_problem(upload)), [_cell(page, value) for value in values])


def _cell(page: str, value: Value) -> CellView:
    row = value.read
    if row is None:
        return CellView("", page, "", corrected=False, confidence=None)
    doubt = (doubt_words(row.doubt) or _("Not sure")) if value.doubted else ""
    # The review opens with the very number; what is settled is shown on its picture.
    hold = f"{reverse('recognizer:review')}?{urlencode({'hold': f'{row.id}.', 'form_field': value.field.id})}"
    corrected = row.state == Prediction.State.CORRECTED
    return CellView(value.shown, hold if doubt else f"{page}#n-{row.order + 1}", doubt, corrected, row.confidence)
