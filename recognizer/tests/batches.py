"""Batches as rows, for tests of what is done with them: no file is opened and no network reads."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import User
from recognizer.domain.history import digit_count, first_value
from recognizer.models import Batch, BatchFile, BatchItem, Prediction, Upload
from recognizer.tests.doubtful import HEIGHT, WIDTH, number_on, page_png


def make_batch(owner: User, *texts: str, name: str = "Invoices", picture: bool = False) -> Batch:
    """A finished batch with an upload for each text, the last one read first."""
    now = timezone.now()
    batch = Batch.objects.create(owner=owner, created_at=now, name=name, source="file", keep="all", finished_at=now)
    for order, text in enumerate(texts):
        upload = make_upload(owner, text, name=f"page {order}.png", picture=picture, batch=batch)
        Upload.objects.filter(id=upload.id).update(created_at=now - dt.timedelta(seconds=order))
        make_item(batch, order, upload=upload, state=BatchItem.State.DONE)
    return batch


def make_item(batch: Batch, order: int, **fields: Any) -> BatchItem:
    """A picture of a batch, in a file of its own."""
    file = BatchFile.objects.create(batch=batch, order=order, key=str(order), name=f"page {order}.png", size=1)
    return BatchItem.objects.create(batch=batch, file=file, order=order, name=file.name, **fields)


def make_upload(owner: User, text: str, *, picture: bool = False, confidence: float = 0.9, **fields: Any) -> Upload:
    """An upload on which ``text`` was read: numbers with spaces between them, one line."""
    upload = Upload.objects.create(
        **{
            "owner": owner,
            "created_at": timezone.now(),
            "source": "file",
            "keep": "all",
            "width": WIDTH,
            "height": HEIGHT,
            "state": Upload.State.READ if text else Upload.State.REJECTED,
            "text": text,
            "final_text": text,
            "confidence": confidence,
            "digit_count": digit_count(text),
            "value": first_value(text),
            **fields,
        }
    )
    if picture:
        upload.image.save("page.png", ContentFile(page_png(text)))
    for order, number in enumerate(text.split()):
        number_on(
            upload,
            number,
            confidence,
            order=order,
            state=Prediction.State.ACCEPTED,
            top=220 + 100 * order,
            crops=False,
        )
    return upload
