"""One's own uploads: the list, one of them, its files, its end."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from recognizer.models import Upload
from recognizer.selectors import history_page, upload_for, upload_with_results
from recognizer.services.retention import upload_delete
from recognizer.views.access import signed_in
from recognizer.views.presenters import result_of_upload

CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg"}


@login_required
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Own uploads, newest first, a keyset page at a time."""
    page = history_page(owner=signed_in(request), before=request.GET.get("before"))
    uploads = [_row(upload) for upload in page.uploads]
    return render(request, "recognizer/history.html", {"uploads": uploads, "next_cursor": page.next_cursor})


def _row(upload: Upload) -> dict[str, object]:
    thumbnail = reverse("recognizer:upload_thumbnail", args=[upload.id]) if upload.thumbnail else None
    return {
        "id": upload.id,
        "created_at": upload.created_at,
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
def upload(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """One upload with all that was read on it."""
    found = upload_with_results(owner=signed_in(request), upload_id=upload_id)
    return render(request, "recognizer/result.html", {"result": result_of_upload(found)})


@login_required
@require_safe
def image(request: HttpRequest, upload_id: UUID) -> FileResponse:
    """The stored picture, to its owner."""
    return _send(upload_for(owner=signed_in(request), upload_id=upload_id).image)


@login_required
@require_safe
def thumbnail(request: HttpRequest, upload_id: UUID) -> FileResponse:
    """The small picture, to its owner."""
    return _send(upload_for(owner=signed_in(request), upload_id=upload_id).thumbnail)


def _send(file: FieldFile) -> FileResponse:
    if not file:
        raise Http404("There is no such page.")
    try:
        opened = file.open("rb")
    except FileNotFoundError as error:  # the sweep will say so on the page
        raise Http404("There is no such page.") from error
    content_type = CONTENT_TYPES[(file.name or "").rsplit(".", 1)[-1]]
    response = FileResponse(opened, content_type=content_type)
    response["Cache-Control"] = "private, max-age=3600"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Ask, then delete an upload with its readings and its files."""
    found = upload_for(owner=signed_in(request), upload_id=upload_id)
    if request.method != "POST":
        return render(request, "recognizer/upload_confirm_delete.html", {"upload": found})
    upload_delete(upload=found)
    messages.success(request, "The upload was deleted, with its picture and its reading.")
    return redirect("recognizer:history")
