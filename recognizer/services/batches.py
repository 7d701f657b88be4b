"""Many pictures given at once: a batch is opened, filled, closed, and read in the background by the worker.

``batch_files`` adds to it, ``batch_reading`` reads it, ``batch_upkeep`` mends what a crash left.
docs/reading-pictures.md tells what is done with them.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Keep, User
from recognizer.domain.errors import BadRequest, BatchClosed, CannotRetry, TooManyBatches
from recognizer.domain.phrases import phrase
from recognizer.domain.types import Expect, Source
from recognizer.models import Batch, BatchFile, BatchItem, FormTemplate, Upload
from recognizer.models.batch import FINAL_ERRORS
from recognizer.selectors_history import history_of
from recognizer.services.archive_opening import cleaned_name
from recognizer.services.batch_places import place_of
from recognizer.services.daily_figures import figures_changed
from recognizer.services.retention import BATCH, files_delete

State = BatchItem.State
MOST_UNFINISHED = 20
"""Batches of one person that are not finished: more only fill the disk."""
TO_BE_READ = (State.WAITING, State.READING)
MAY_BE_TRIED_AGAIN = Q(state=State.FAILED) & ~Q(error_code__in=FINAL_ERRORS)


def batch_open(
    *,
    owner: User,
    name: str = "",
    source: Source = Source.FILE,
    keep: Keep = Keep.ALL,
    expect: Expect | None = None,
    form: FormTemplate | None = None,
) -> Batch:
    """Begin a batch. Raises BadRequest where nothing is to be kept of it, and TooManyBatches."""
    if keep == Keep.NOTHING:
        raise BadRequest(phrase("A batch is read in the background: for that, choose what is kept of it."))
    if Batch.objects.filter(owner=owner, finished_at=None).count() >= MOST_UNFINISHED:
        raise TooManyBatches
    return Batch.objects.create(
        owner=owner,
        created_at=timezone.now(),
        name=cleaned_name(name, 200),
        source=source,
        keep=keep,
        expect=str(expect or Expect()),
        form=form,
    )


def batch_close(*, batch: Batch) -> None:
    """Say that no more files will come. A second time it changes nothing."""
    Batch.objects.filter(id=batch.id, closed_at=None).update(closed_at=timezone.now())
    batch_end(batch_id=batch.id)


@transaction.atomic
def batch_cancel(*, batch: Batch) -> int:
    """Read nothing more of a batch; returns how many pictures were left unread. What was read by then stays.

    Raises BatchClosed where it has ended already.
    """
    now = timezone.now()
    going_on = Batch.objects.filter(id=batch.id, finished_at=None, cancelled_at=None)
    if not going_on.update(cancelled_at=now, closed_at=Coalesce("closed_at", now)):
        raise BatchClosed(phrase("This batch has ended already."))
    unopened = list(BatchFile.objects.filter(batch=batch, state=BatchFile.State.WAITING))
    BatchFile.objects.filter(id__in=[file.id for file in unopened]).update(
        state=BatchFile.State.FAILED, error_code="cancelled"
    )
    BatchItem.objects.bulk_create(
        BatchItem(
            batch=batch,
            file=file,
            order=place_of(file.order),
            name=file.name,
            kind=file.kind,
            state=State.CANCELLED,
            finished_at=now,
        )
        for file in unopened
    )
    waiting = BatchItem.objects.filter(batch=batch, state=State.WAITING)
    left = waiting.update(state=State.CANCELLED, finished_at=now, heartbeat_at=None)
    batch_end(batch_id=batch.id)
    return left + len(unopened)


@transaction.atomic
def batch_retry(*, batch: Batch) -> int:
    """Have what failed read once more, as far as its bytes are still here; returns how many pictures.

    Raises CannotRetry where none of them is, trying again would change nothing, or the batch was cancelled.
    """
    if batch.cancelled_at is not None:
        raise CannotRetry(phrase("This batch was cancelled. Give what is missing anew."))
    unopened = BatchFile.objects.filter(batch=batch, state=BatchFile.State.FAILED).exclude(file="")
    unopened = unopened.exclude(error_code__in=FINAL_ERRORS)
    ids = list(unopened.values_list("id", flat=True))
    BatchItem.objects.filter(file__in=ids).delete()  # each stood for a whole file
    BatchFile.objects.filter(id__in=ids).update(
        state=BatchFile.State.WAITING, attempts=0, error_code="", error_message=""
    )
    failed = BatchItem.objects.filter(MAY_BE_TRIED_AGAIN, batch=batch)
    again = failed.filter(~Q(file__file="") | Q(upload__isnull=False))
    Upload.objects.filter(batch_item__in=again, state=Upload.State.FAILED).exclude(image="").update(
        state=Upload.State.QUEUED, attempts=0, heartbeat_at=None
    )
    count = BatchItem.objects.filter(id__in=list(again.values_list("id", flat=True))).update(
        state=State.WAITING, attempts=0, heartbeat_at=None, finished_at=None, error_code="", error_message=""
    )
    if not count + len(ids):
        raise CannotRetry
    Batch.objects.filter(id=batch.id).update(finished_at=None)
    return count + len(ids)


@transaction.atomic
def batch_delete(*, batch: Batch) -> tuple[int, dt.datetime]:
    """Delete a batch. What was read of it goes into its owner's trash, what was not is gone; returns how many uploads
    that are, and the moment by which they can be brought back.
    """
    now = timezone.now()
    rows = history_of(batch.owner).filter(batch=batch)
    figures_changed(owner_id=batch.owner_id, moments=list(rows.values_list("created_at", flat=True)))
    count = rows.update(deleted_at=now)
    files = BatchFile.objects.filter(batch=batch).exclude(file="")
    names = list(files.values_list("file", flat=True)[:BATCH])  # the sweep removes the others
    Upload.objects.filter(batch=batch).update(batch=None)
    Batch.objects.filter(id=batch.id).delete()
    transaction.on_commit(lambda: files_delete(names), robust=True)
    return count, now


def batch_end(*, batch_id: UUID) -> bool:
    """Note that a batch is finished, if it is: closed, and nothing in it waits. Returns whether it just was."""
    to_be_read = BatchItem.objects.filter(batch=OuterRef("pk"), state__in=TO_BE_READ)
    unopened = BatchFile.objects.filter(batch=OuterRef("pk"), state=BatchFile.State.WAITING)
    done = Batch.objects.filter(~Exists(to_be_read), ~Exists(unopened), id=batch_id, finished_at=None)
    return bool(done.filter(closed_at__isnull=False).update(finished_at=timezone.now()))


def batch_file_let_go(*, file_id: UUID) -> bool:
    """Delete the bytes of a file that nothing needs any more: all of it was read, or cancelled. What failed may be
    tried again, unless that would change nothing or its batch was cancelled. Returns whether they went.
    """
    needed = BatchItem.objects.filter(file=OuterRef("pk")).filter(
        Q(state__in=TO_BE_READ) | MAY_BE_TRIED_AGAIN & Q(batch__cancelled_at=None)
    )
    rows = BatchFile.objects.exclude(file="").exclude(state=BatchFile.State.WAITING)
    over = list(rows.filter(~Exists(needed), id=file_id).values_list("id", flat=True))
    return bool(over and batch_files_empty(ids=over))


@transaction.atomic
def batch_files_empty(*, ids: list[UUID]) -> int:
    """Forget the bytes of files, whoever may want them; returns how many."""
    rows = BatchFile.objects.filter(id__in=ids).exclude(file="")
    names = list(rows.values_list("file", flat=True))
    count = rows.update(file="") if names else 0
    transaction.on_commit(lambda: files_delete(names), robust=True)
    return count
