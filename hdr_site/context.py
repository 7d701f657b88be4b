"""What every template knows."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from hdr_site import __version__


def numeral(request: HttpRequest) -> dict[str, object]:
    """The version and the languages in the footer, and the limits in the guidelines."""
    return {
        "languages": settings.LANGUAGES,
        "numeral_version": __version__,
        "limits": {
            "megabytes": settings.MAX_UPLOAD_MEGABYTES,
            "megapixels": settings.MAX_MEGAPIXELS,
            "document_megabytes": max(settings.MAX_DOCUMENT_MEGABYTES, settings.MAX_UPLOAD_MEGABYTES),
            "archive_megabytes": settings.MAX_ARCHIVE_MEGABYTES,
            "files": settings.MAX_BATCH_FILES,
            "unkept": settings.MAX_UNKEPT_FILES,
        },
    }
