"""What leaves: deleted uploads, and whatever a crash left half done."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Iterator
from pathlib import PurePosixPath
from uuid import UUID

from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from recognizer.models import BatchFile, FormTemplate, Upload
from recognizer.models.upload import private_storage
from recognizer.selectors import uploads_unfinished
from recognizer.selectors_history import trash_ends
from recognizer.services.daily_figures import figures_changed
from recognizer.services.model_sharing import models_share
from recognizer.services.readings import upload_reread

logger = logging.getLogger(__name__)

# Long enough that no living request is still between its file and its row.
GRACE = dt.timedelta(minutes=5)
BATCH = 500
ID_LENGTH = 32
"""Files are called by the ids of their rows, in hexadecimal digits."""
TRASH_SECONDS = 60.0
"""Other jobs wait no longer for what is deleted for good."""


def upload_delete(*, upload: Upload) -> None:
    """Delete an upload, its readings and its files. The rows go first: a file without a row is swept, a row
    without its file would be a broken promise.
    """
    names = [field.name for field in (upload.image, upload.thumbnail) if field.name]
    if upload.deleted_at is None:
        figures_changed(owner_id=upload.owner_id, moments=[upload.created_at])
    upload.delete()
    transaction.on_commit(lambda: files_delete(names))


def files_delete(names: list[str]) -> None:
    """Delete files that no row names any more; one that resists is left to the sweep."""
    storage = private_storage()
    for name in names:
        try:
            storage.delete(name)
        except OSError as error:
            logger.warning("A deleted upload's file stays until the next sweep: %s", error.strerror)


def sweep(*, grace: dt.timedelta = GRACE) -> dict[str, int]:
    """Mend what a crash left: read what waits, drop files without rows and rows without files, share models.

    Safe to run at any time and any number of times. Returns how many of each it found.
    """
    before = timezone.now() - grace
    return {
        "reread": _reread_interrupted(before),
        "files_removed": _remove_files_without_rows(before),
        "rows_marked": _mark_rows_without_files(before),
        "copies_removed": models_share(),
    }


def trash_sweep() -> int:
    """Delete for good what has been in anybody's trash for its time; returns how many uploads.

    A trash too large for one turn is gone on with in the next.
    """
    ends, deleted = time.monotonic() + TRASH_SECONDS, 0
    while over := list(Upload.objects.filter(deleted_at__lt=trash_ends()).order_by("deleted_at")[:BATCH]):
        for upload in over:
            upload_delete(upload=upload)
        deleted += len(over)
        if time.monotonic() > ends:
            break
    return deleted


def _reread_interrupted(before: dt.datetime) -> int:
    uploads = list(uploads_unfinished(before=before)[:BATCH])
    for upload in uploads:
        upload_reread(upload=upload)
    return len(uploads)


def _remove_files_without_rows(before: dt.datetime) -> int:
    storage, removed, names = private_storage(), 0, []
    for name in _old_files(storage, before):
        names.append(name)
        if len(names) == BATCH:
            removed += _remove_unnamed(storage, names)
            names = []
    return removed + _remove_unnamed(storage, names)


def _remove_unnamed(storage: Storage, names: list[str]) -> int:
    """Of these files, delete those that no row names. Nearly all are found by the id in their names; the rest is
    looked for in all rows, for which there is no index: nothing is deleted that is only named otherwise.
    """
    ids = {found for name in names if (found := _id_in(name))}
    unknown = set(names) - _named(Q(id__in=ids), Q(file__in=names))
    if unknown:
        unknown -= _named(Q(image__in=unknown) | Q(thumbnail__in=unknown), Q(file__in=unknown))
    for name in unknown:
        storage.delete(name)
    return len(unknown)


def _id_in(name: str) -> UUID | None:
    try:
        return UUID(hex=PurePosixPath(name).name[:ID_LENGTH])
    except ValueError:
        return None


def _named(pictures: Q, files: Q) -> set[str]:
    """The files that rows name: pictures of uploads and of forms, and what waits in a batch."""
    rows = [
        *Upload.objects.filter(pictures).values_list("image", "thumbnail"),
        *FormTemplate.objects.filter(pictures).values_list("image", "thumbnail"),
        *BatchFile.objects.filter(~Q(file=""), files).values_list("file"),
    ]
    return {name for row in rows for name in row}


def _old_files(storage: Storage, before: dt.datetime, folder: str = "") -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever stored
        return
    for name in files:
        path = str(PurePosixPath(folder) / name)
        try:
            if storage.get_modified_time(path) < before:
                yield path
        except FileNotFoundError:
            continue
    for inner in folders:
        yield from _old_files(storage, before, str(PurePosixPath(folder) / inner))


def _mark_rows_without_files(before: dt.datetime) -> int:
    """A picture that vanished (restored backup, disk trouble) must not show as a broken image: the reading stays."""
    storage, marked = private_storage(), 0
    kept = Upload.objects.exclude(image="").filter(created_at__lt=before).only("id", "image", "thumbnail", "state")
    for upload in kept.iterator(chunk_size=BATCH):
        if storage.exists(upload.image.name or ""):
            continue
        unread = upload.state in (Upload.State.QUEUED, Upload.State.READING)
        changes = {"image": "", "thumbnail": "", **({"state": Upload.State.FAILED} if unread else {})}
        Upload.objects.filter(id=upload.id).update(**changes)
        marked += 1
    return marked
