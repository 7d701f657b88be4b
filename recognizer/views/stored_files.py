"""Stored pictures, sent by views that have checked whose they are."""

from __future__ import annotations

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404

CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg"}


def send_file(file: FieldFile) -> FileResponse:
    """A stored picture as an answer. Raises Http404 where there is none."""
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
