"""One's own uploads: the list with its filters, and their files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from recognizer.models import Upload
from recognizer.selectors import upload_for
from recognizer.selectors_history import history_page
from recognizer.views.access import signed_in
from recognizer.views.history_all import working_address
from recognizer.views.history_filters import filters_of
from recognizer.views.stored_files import send_file


@login_required
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Own uploads that the filters in the address leave, a keyset page at a time; 400 for filters without sense."""
    owner, form = signed_in(request), filters_of(request)
    context: dict[str, Any] = {"form": form, "uploads": []}
    if not form.is_valid():
        return render(request, "recognizer/history.html", context, status=400)
    page = history_page(owner=owner, query=form.query(), before=request.GET.get("before"))
    context |= {
        "uploads": [upload_row(upload) for upload in page.uploads],
        "next_cursor": page.next_cursor,
        "chips": form.chips(),
        "address": form.address(),
        "undo": request.session.pop("undo", None),
        "working": working_address(request),
        "more": page.next_cursor is not None or "before" in request.GET,
    }
    return render(request, "recognizer/history.html", context)


def upload_row(upload: Upload) -> dict[str, object]:
    """An upload as one line of a list."""
    thumbnail = reverse("recognizer:upload_thumbnail", args=[upload.id]) if upload.thumbnail else None
    return {
        "id": upload.id,
        "created_at": upload.created_at,
        "deleted_at": upload.deleted_at,
        "thumbnail_url": thumbnail,
        "state": upload.state,
        "state_label": upload.get_state_display(),
        "text": upload.formatted or upload.final_text if upload.final_text == upload.text else upload.final_text,
        "corrected": upload.final_text != upload.text,
        "confidence": upload.confidence,
        "keep": upload.keep,
        "name": upload.name,
    }


@login_required
@require_safe
def image(request: HttpRequest, upload_id: UUID) -> FileResponse:
    """The stored picture, to its owner."""
    return send_file(upload_for(owner=signed_in(request), upload_id=upload_id).image)


@login_required
@require_safe
def thumbnail(request: HttpRequest, upload_id: UUID) -> FileResponse:
    """The small picture, to its owner."""
    return send_file(upload_for(owner=signed_in(request), upload_id=upload_id).thumbnail)
