"""The trash: what a person deletes can be brought back for a while, and is as good as gone meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from recognizer.selectors_history import history_of, trash_ends, trash_of
from recognizer.services.daily_figures import figures_changed
from recognizer.services.retention import BATCH, upload_delete


def uploads_trash(*, owner: User, ids: Collection[UUID], moment: dt.datetime | None = None) -> tuple[int, dt.datetime]:
    """Put uploads into their owner's trash; returns how many, and the moment by which they can be brought back.

    What is somebody else's, or in the trash already, is left as it is. ``moment``: that of what was deleted with them.
    """
    now = moment or timezone.now()
    rows = history_of(owner).filter(id__in=ids)
    moments = list(rows.values_list("created_at", flat=True))
    count = rows.update(deleted_at=now)
    figures_changed(owner_id=owner.pk, moments=moments)
    return count, now


def uploads_restore(*, owner: User, ids: Collection[UUID] | None = None, deleted_at: dt.datetime | None = None) -> int:
    """Bring back what is named, or all that was deleted at one moment; returns how many uploads."""
    rows = trash_of(owner)
    rows = rows.filter(deleted_at=deleted_at) if ids is None else rows.filter(id__in=ids)
    moments = list(rows.values_list("created_at", flat=True))
    count = rows.update(deleted_at=None)
    figures_changed(owner_id=owner.pk, moments=moments)
    return count


def uploads_delete_for_good(*, owner: User, ids: Collection[UUID]) -> int:
    """Delete uploads in the trash with their readings and files; returns how many."""
    uploads = list(trash_of(owner).filter(id__in=ids))
    for upload in uploads:
        upload_delete(upload=upload)
    return len(uploads)


def trash_empty(*, owner: User) -> int:
    """Delete all of an owner's trash for good; returns how many uploads that are.

    None of it can be seen or brought back from now on. The first few hundred go at once, the sweep deletes the rest.
    """
    over = trash_ends() - dt.timedelta(seconds=1)
    count = trash_of(owner).update(deleted_at=over)
    for upload in owner.uploads.filter(deleted_at=over)[:BATCH]:
        upload_delete(upload=upload)
    return count
