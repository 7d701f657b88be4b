"""The read queries for what is shown beside a batch: its readings alone, and whether somebody has any batch."""

from __future__ import annotations

from collections.abc import Iterator

from accounts.models import User
from recognizer.models import Batch, BatchItem


def batch_texts(*, batch: Batch) -> Iterator[str]:
    """What each picture of a batch says, corrections included, in the order in which they were given; an empty text
    where nothing was read, or where the reading is in the trash.
    """
    rows = BatchItem.objects.filter(batch=batch).order_by("order")
    for text, deleted_at in rows.values_list("upload__final_text", "upload__deleted_at").iterator():
        yield "" if deleted_at is not None else text or ""


def has_batches(*, owner: User) -> bool:
    """Whether this person has ever given a batch that is still there."""
    return Batch.objects.filter(owner=owner).exists()
