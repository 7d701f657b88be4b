"""Files that are sent while they are made."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils import timezone


def download(pieces: Iterator[bytes], *, content_type: str, suffix: str) -> StreamingHttpResponse:
    """An answer that a browser saves under the day's name; nobody on the way keeps it."""
    name = f"numeral-{timezone.localdate():%Y-%m-%d}.{suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(pieces, content_type=content_type, headers=headers)
