"""Batches of the made-up world: one that was read, one that is read just now, one cancelled, one with a long name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import numpy as np
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import User
from recognizer.models import Batch, BatchItem, HistoryAction, Upload
from recognizer.services.batch_files import batch_file_add
from recognizer.services.batch_reading import batch_advance, batch_turn
from recognizer.services.batches import batch_cancel, batch_close, batch_open
from recognizer.tests.pictures import as_jpeg
from recognizer.tests.sample_pages import note, photo

Given = tuple[str, bytes]
"""A file's name, and what is in it."""

AHEAD = dt.timedelta(hours=6)
"""A heart that beats ahead: no sweep takes up what is to be seen under way."""
UNBROKEN = "counters_of_the_twenty-first_of_November_second_reading.zip_"
METERS = ("40271", "813", "5092", "26604", "1998", "77", "30145", "642", "9308")


def batches(alice: User) -> dict[str, dict[str, Any]]:
    """All of them, the one under way the newest."""
    long = _opened(alice, UNBROKEN, meters(2), days=9)
    batch_close(batch=_read(long))
    stopped = _opened(alice, "Till receipts of October", meters(2, first=4), days=6)
    _give(_read(stopped), meters(4, first=6))
    batch_cancel(batch=stopped)
    done = _opened(alice, "Water meters, Mill Lane", mixed(), days=2)
    batch_close(batch=_read(done))
    _doubt(done, 2)
    going_on = _opened(alice, "Delivery notes, week 47", meters(4, first=2), days=0)
    _give(_read(going_on), meters(9, first=7))
    _hold(going_on)
    return {
        "batch": {"batch_id": done.id},
        "batch_on": {"batch_id": going_on.id},
        "batch_stopped": {"batch_id": stopped.id},
        "batch_long": {"batch_id": long.id},
    }


def meters(count: int, first: int = 0) -> list[Given]:
    """Photos of numbers."""
    numbers = range(first, first + count)
    return [(f"meter-{at + 1:02}.jpg", as_jpeg(photo(note(METERS[at % 9], seed=at), seed=at))) for at in numbers]


def mixed() -> list[Given]:
    """A dozen files: nine numbers, empty paper, a photo that was cut short, and one that is no picture."""
    blank, broken = as_jpeg(np.full((300, 400), 236, np.uint8)), as_jpeg(note("512"))
    others = [("empty-page.jpg", blank), ("torn-transfer.jpg", broken[: len(broken) // 3])]
    return [*meters(9), *others, ("readings.txt", b"40271\n813\n")]


def _opened(owner: User, name: str, files: Iterable[Given], *, days: int) -> Batch:
    batch = batch_open(owner=owner, name=name)
    _give(batch, files)
    batch.created_at = timezone.now() - dt.timedelta(days=days, minutes=2)
    Batch.objects.filter(id=batch.id).update(created_at=batch.created_at)
    return batch


def _give(batch: Batch, files: Iterable[Given]) -> None:
    for name, data in files:
        batch_file_add(batch=batch, key=name, name=name, file=ContentFile(data))


def _read(batch: Batch) -> Batch:
    """Read what it holds by now, as the worker does; given and read on its day."""
    turn = batch_turn(batch_id=batch.id)
    while turn is not None:
        turn = batch_advance(batch_id=batch.id, turn=turn)
    Upload.objects.filter(batch=batch).update(created_at=batch.created_at)
    return batch


def _doubt(batch: Batch, place: int) -> None:
    """Have one of its readings doubted, whatever the models thought."""
    row = BatchItem.objects.filter(batch=batch).order_by("order")[place].upload
    assert row is not None
    row.predictions.update(state="needs_review", confidence=0.58)
    Upload.objects.filter(id=row.id).update(state=Upload.State.NEEDS_REVIEW, confidence=0.58)


def _hold(batch: Batch) -> None:
    """Have it read for hours: what is under way must be seen under way."""
    now = timezone.now()
    ahead = now + AHEAD
    Batch.objects.filter(id=batch.id).update(heartbeat_at=ahead, closed_at=now)
    waiting = BatchItem.objects.filter(batch=batch, state=BatchItem.State.WAITING).order_by("order")
    for item in waiting[:2]:
        BatchItem.objects.filter(pk=item.pk).update(state=BatchItem.State.READING, heartbeat_at=ahead)


def actions(alice: User) -> dict[str, dict[str, Any]]:
    """What is done with all that a search found: one that ended, and one under way."""
    now = timezone.now()
    usual = {"owner": alice, "created_at": now, "moment": now, "query": {}, "total": 1_284}
    done = HistoryAction.objects.create(
        kind=HistoryAction.Kind.DELETE, state=HistoryAction.State.DONE, done=1_284, finished_at=now, **usual
    )
    going_on = HistoryAction.objects.create(
        kind=HistoryAction.Kind.REREAD, done=410, left_out=12, working=True, heartbeat_at=now + AHEAD, **usual
    )
    return {"action": {"action_id": going_on.id}, "action_done": {"action_id": done.id}}
