"""Where a picture stands in its batch: files as they were given, in them members, in those pages."""

from __future__ import annotations

PAGES = 10**5
MEMBERS = 10**5
LAST_FILE = 10**6


def place_of(file: int, member: int | None = None, page: int | None = None) -> int:
    """The place as one number; members count from 0, pages from 1."""
    return (file * MEMBERS + (0 if member is None else member + 1)) * PAGES + (page or 0)
