"""System checks: settings that work alone but not together."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, register


@register()
def limits_are_sensible(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Limits of zero would refuse everything."""
    names = (
        *("MAX_UPLOAD_MEGABYTES", "MAX_MEGAPIXELS", "MAX_JPEG_MEGAPIXELS", "MAX_PAGES", "MAX_DOCUMENT_MEGABYTES"),
        *("MAX_ARCHIVE_MEGABYTES", "MAX_BATCH_FILES", "MAX_BATCH_MEGABYTES", "BATCH_FILES_PER_MINUTE", "BATCH_READERS"),
        *("MAX_UNKEPT_FILES", "DECODER_PROCESSES", "DECODER_SECONDS"),
        *("GATE_MOST_ECE", "GATE_TIMES_SLOWER", "GATE_QUICK_MS", "GATE_LEAST_CORRECTIONS"),
    )
    return [
        checks.Error(f"{name} must be more than 0.", id="recognizer.E001")
        for name in names
        if getattr(settings, name) <= 0
    ]


@register()
def several_processes_share_a_cache(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Limits live in the cache: each process with one of its own would count alone."""
    local = settings.CACHES["default"]["BACKEND"].endswith("LocMemCache")
    if settings.WEB_PROCESSES > 1 and local:
        return [
            checks.Warning(
                "Several web processes with a cache each: limits on sign-in and uploads are counted per process.",
                hint="Set REDIS_URL.",
                id="recognizer.W001",
            )
        ]
    return []
