"""What keeps batches going, and what is left of them small: looked after every half minute by the worker."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import Keep
from recognizer.models import Batch, BatchFile, BatchItem
from recognizer.services.batch_reading import SILENT, batch_turn
from recognizer.services.batches import MAY_BE_TRIED_AGAIN, TO_BE_READ, batch_close, batch_files_empty
from recognizer.services.retention import BATCH

ABANDONED = dt.timedelta(minutes=30)
"""After so long without another file, whoever filled a batch is gone."""

FAILED_KEPT = {Keep.ALL: dt.timedelta(days=7), Keep.TEXT: dt.timedelta(days=1)}
"""How long what failed can be tried again; shorter where the picture was not to be kept at all."""


def batches_take_up() -> list[tuple[UUID, dt.datetime]]:
    """Take up every batch in which something waits and that nobody works on, because the worker died or the queue was
    emptied; returns each with the turn to go on with.
    """
    now = timezone.now()
    free = Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - SILENT)
    items = BatchItem.objects.filter(batch=OuterRef("pk"))
    waiting = items.filter(Q(state=BatchItem.State.WAITING) | Q(state="reading", heartbeat_at__lt=now - SILENT))
    unopened = BatchFile.objects.filter(batch=OuterRef("pk"), state=BatchFile.State.WAITING)
    to_end = Q(closed_at__isnull=False) & ~Q(Exists(items.filter(state__in=TO_BE_READ)))
    rows = Batch.objects.filter(free, finished_at=None).filter(Exists(waiting) | Exists(unopened) | to_end)
    turns = ((batch_id, batch_turn(batch_id=batch_id)) for batch_id in rows.values_list("id", flat=True))
    return [(batch_id, turn) for batch_id, turn in turns if turn is not None]


def batches_close_abandoned() -> int:
    """Close batches to which nothing has been added for half an hour; returns how many."""
    before = timezone.now() - ABANDONED
    lately = BatchFile.objects.filter(batch=OuterRef("pk"), heartbeat_at__gte=before)
    abandoned = list(Batch.objects.filter(~Exists(lately), closed_at=None, created_at__lt=before))
    for batch in abandoned:
        batch_close(batch=batch)
    return len(abandoned)


def batches_sweep() -> int:
    """Forget the bytes of files that nobody needs, or that failed so long ago that nobody will try them again; returns
    how many files. More than a few hundred are gone on with the next time.
    """
    now = timezone.now()
    stored = BatchFile.objects.exclude(file="").filter(batch__finished_at__isnull=False)
    failed = BatchItem.objects.filter(MAY_BE_TRIED_AGAIN, file=OuterRef("pk"))
    to_be_read = BatchItem.objects.filter(file=OuterRef("pk"), state__in=TO_BE_READ)
    old = Q(batch__cancelled_at__isnull=False)
    for keep, kept in FAILED_KEPT.items():
        old |= Q(batch__keep=keep, batch__finished_at__lt=now - kept)
    over = stored.filter(~Exists(to_be_read)).filter(old | ~Q(Exists(failed)))
    return batch_files_empty(ids=list(over.values_list("id", flat=True)[:BATCH]))
