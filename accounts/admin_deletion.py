"""Deleting in the admin what has rows of its own under it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


class DeletesWhatHangsOnIt:
    """For a ``ModelAdmin``: who may delete the row may delete it with all that belongs to it.

    Readings cannot be deleted one by one, but they go with their upload, and uploads with their owner.
    """

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        to_delete, counts, _, protected = super().get_deleted_objects(objs, request)  # type: ignore[misc]
        return to_delete, counts, set(), protected
