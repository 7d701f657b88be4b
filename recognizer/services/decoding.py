"""The decoder pool of this process, made when first needed."""

from __future__ import annotations

import threading

from django.conf import settings

from recognizer.vision.decode_limits import DecodeLimits
from recognizer.vision.decode_pool import DecodePool

_lock = threading.Lock()
_pool: DecodePool | None = None


def decoder_limits() -> DecodeLimits:
    """The limits as the settings say."""
    return DecodeLimits(
        max_bytes=settings.MAX_UPLOAD_MEGABYTES * 2**20,
        max_document_bytes=max(settings.MAX_DOCUMENT_MEGABYTES, settings.MAX_UPLOAD_MEGABYTES) * 2**20,
        max_pixels=settings.MAX_MEGAPIXELS * 1_000_000,
        max_jpeg_pixels=settings.MAX_JPEG_MEGAPIXELS * 1_000_000,
        max_pages=settings.MAX_PAGES,
        deadline_s=settings.DECODER_SECONDS,
    )


def decoder_pool() -> DecodePool:
    """The one pool of this process (the pool itself minds forks)."""
    global _pool
    with _lock:
        if _pool is None:
            _pool = DecodePool(settings.DECODER_PROCESSES, decoder_limits())
        return _pool
