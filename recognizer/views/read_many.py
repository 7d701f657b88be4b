"""Several pictures given in one request: a batch of them, or, where nothing is kept, their readings at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.models import Keep, User
from recognizer.domain.errors import BadRequest, BatchFull
from recognizer.domain.types import ReadingState
from recognizer.forms import BatchForm, ReadForm
from recognizer.models import Upload
from recognizer.selectors_forms import form_chosen
from recognizer.services.archive_opening import HEAD_BYTES, is_zip
from recognizer.services.batch_files import batch_file_add
from recognizer.services.batches import batch_close, batch_open
from recognizer.services.decoding import decoder_pool
from recognizer.services.ingest import Unkept, file_bytes, pictures_ingest_unkept
from recognizer.services.throttle import throttle
from recognizer.tasks import read_batch_soon
from recognizer.views.batch_api import batch_address
from recognizer.vision.kinds import PAGED, sniff
from recognizer.wording import said

STATES = {ReadingState.ACCEPTED: Upload.State.READ}


def holds_many(files: Sequence[UploadedFile[bytes]]) -> bool:
    """Whether what was given is more than one picture: several files, an archive, or a document of several pages.

    Raises the errors of decoding for a lone document that cannot be opened.
    """
    if len(files) != 1:
        return len(files) > 1
    head = files[0].read(HEAD_BYTES)
    files[0].seek(0)
    if sniff(head) not in PAGED:
        return is_zip(head)
    data = file_bytes(files[0])
    files[0].seek(0)
    return decoder_pool().page_count(data) > 1


def many_answer(request: HttpRequest, user: User, form: ReadForm, files: Sequence[UploadedFile[bytes]]) -> HttpResponse:
    """The page of the new batch; the readings themselves where nothing is kept. Raises NumeralErrors."""
    keep = Keep(form.cleaned_data["keep"] or user.default_keep)
    if keep == Keep.NOTHING:
        return _unkept(request, user, form, files)
    more = BatchForm(request.POST)
    if not more.is_valid():
        raise BadRequest(str(next(iter(more.errors.values()))[0]))
    batch = batch_open(
        owner=user,
        name=more.cleaned_data["name"] or (files[0].name or "" if len(files) == 1 else ""),
        source=form.cleaned_data["source"],
        keep=keep,
        expect=form.cleaned_data["expect"],
        form=form_chosen(owner=user, text=request.POST.get("form", "")),
    )
    try:
        for place, file in enumerate(files):
            batch_file_add(batch=batch, key=str(place), name=file.name or "", file=file, place=place)
    except BatchFull as error:
        messages.error(request, said(error))
    batch_close(batch=batch)
    read_batch_soon(batch.id)
    return redirect(batch_address(batch))


def _unkept(request: HttpRequest, user: User, form: ReadForm, files: Sequence[UploadedFile[bytes]]) -> HttpResponse:
    for _file in files[1 : settings.MAX_UNKEPT_FILES]:  # the first one was counted
        throttle(action="upload", who=str(user.pk), limit=settings.UPLOADS_PER_MINUTE)
    chosen = form_chosen(owner=user, text=request.POST.get("form", ""))
    read = pictures_ingest_unkept(files=files, expect=form.cleaned_data["expect"], form=chosen)
    rows = [_row(unkept) for unkept in read]
    column = "\n".join(row["text"].replace("\n", " ") for row in rows)
    response = render(request, "recognizer/read_many.html", {"rows": rows, "column": column})
    response["Cache-Control"] = "no-store"
    return response


def _row(unkept: Unkept) -> dict[str, Any]:
    """A picture as a line of the page."""
    name = unkept.name or _("A picture")
    if unkept.page is not None:
        name = _("%(name)s, page %(page)s") % {"name": name, "page": unkept.page}
    if unkept.reading is None:
        return {
            "name": name,
            "problem": said(unkept.error) if unkept.error else "",
            "text": "",
            "confidence": None,
            "state": "failed",
        }
    state = STATES.get(unkept.reading.state, unkept.reading.state)
    reading = unkept.reading
    return {"name": name, "problem": "", "text": reading.formatted, "confidence": reading.confidence, "state": state}
