"""How often somebody may do something: a fixed window in the cache."""

from __future__ import annotations

import time

from django.core.cache import cache

from recognizer.domain.errors import TooMany

WINDOW_SECONDS = 60


def throttle(*, action: str, who: str, limit: int) -> None:
    """Count one ``action`` of ``who``. Raises TooMany after ``limit`` of them within a minute."""
    window = int(time.time()) // WINDOW_SECONDS
    key = f"throttle:{action}:{who}:{window}"
    cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    try:
        count = cache.incr(key)
    except ValueError:  # the entry was evicted between the two calls
        return
    if count > limit:
        raise TooMany
