"""Batches that are cancelled, tried again, deleted, or left alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Keep, User
from recognizer.domain.errors import BatchClosed, CannotRetry
from recognizer.models import Batch, BatchItem, ModelVersion, Upload
from recognizer.selectors_batches import batch_items_page, batch_progress, item_state
from recognizer.services import batch_reading, batch_upkeep
from recognizer.services.batch_reading import batch_advance, batch_turn
from recognizer.services.batch_upkeep import batches_sweep
from recognizer.services.batches import batch_cancel, batch_close, batch_delete, batch_open, batch_retry
from recognizer.services.ingest import picture_ingest
from recognizer.services.uploads_trash import uploads_restore, uploads_trash
from recognizer.tests.batch_material import SEVEN, add, finish, outcome, zipped
from recognizer.tests.pictures import huge_png

Files = Callable[[], set[str]]


@pytest.fixture(autouse=True)
def _here_and_now(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this thread, within the test's transaction, which never ends."""
    settings.BATCH_READERS = 1
    monkeypatch.setattr(transaction, "on_commit", lambda act, robust=False: act())


@pytest.fixture
def batch(alice: User, model: ModelVersion) -> Batch:
    return batch_open(owner=alice, name="Monday's forms")


def test_cancelling_leaves_what_was_read_and_forgets_the_rest(
    batch: Batch, private_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.png", "b.png", "c.png"):
        add(batch, name, SEVEN)
    add(batch, "pile.zip", zipped([("x.png", SEVEN)]))
    monkeypatch.setattr(batch_reading, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(batch_reading, "SHORTEST_SLICE", 0.0)
    own = picture_ingest

    def cancelled_meanwhile(**given: Any) -> Any:
        assert batch_cancel(batch=batch) == 3
        return own(**given)

    monkeypatch.setattr(batch_reading, "picture_ingest", cancelled_meanwhile)
    monkeypatch.setattr(batch_reading, "batch_file_open", lambda **given: None)
    monkeypatch.setattr(batch_reading, "SHORTEST_SLICE", 0.05)
    finish(batch)
    assert [row[2] for row in outcome(batch)] == ["done", "cancelled", "cancelled", "cancelled"]
    assert (batch_progress(batch=batch).state, batch.finished_at is not None) == ("cancelled", True)
    batches_sweep()
    assert not [name for name in private_files() if name.startswith("waiting/")]
    for act in (lambda: batch_cancel(batch=batch), lambda: add(batch, "late.png", SEVEN)):
        with pytest.raises(BatchClosed):
            act()
    with pytest.raises(CannotRetry, match="cancelled"):
        batch_retry(batch=batch)


def test_what_failed_is_tried_again_as_long_as_its_bytes_are_there(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(batch, "seven.png", SEVEN)
    add(batch, "bad.txt", b"no picture")
    with monkeypatch.context() as patch:
        patch.setattr(batch_reading, "picture_ingest", broken)
        batch_close(batch=batch)
        for _attempt in range(4):
            finish(batch)
            BatchItem.objects.filter(state="reading").update(heartbeat_at=timezone.now() - dt.timedelta(minutes=1))
            Batch.objects.update(heartbeat_at=None)
    assert [row[2:] for row in outcome(batch)] == [("failed", "interrupted"), ("failed", "unsupported_image")]
    assert batch_progress(batch=batch).retryable == 1
    assert batch.finished_at is not None
    assert batch_retry(batch=batch) == 1
    finish(batch)
    assert [row[2:] for row in outcome(batch)] == [("done", "7"), ("failed", "unsupported_image")]


def broken(**given: Any) -> Any:
    raise ZeroDivisionError


def test_what_trying_again_would_not_change_is_not_kept_for_it(batch: Batch, private_files: Files) -> None:
    add(batch, "huge.png", huge_png())
    add(batch, "pile.zip", zipped([("a.png", SEVEN), ("x.txt", b"text")]))
    batch_close(batch=batch)
    finish(batch)
    assert [row[2] for row in outcome(batch)] == ["failed", "done", "failed"]
    assert batch_progress(batch=batch).retryable == 0
    assert not [name for name in private_files() if name.startswith("waiting/")]
    with pytest.raises(CannotRetry):
        batch_retry(batch=batch)


def test_bytes_of_what_failed_go_after_a_week(batch: Batch, private_files: Files) -> None:
    add(batch, "cut.png", SEVEN[:300])
    batch_close(batch=batch)
    finish(batch)
    assert (batches_sweep(), len(private_files())) == (0, 1)
    Batch.objects.update(finished_at=timezone.now() - batch_upkeep.FAILED_KEPT[Keep.ALL] - dt.timedelta(hours=1))
    assert (batches_sweep(), private_files()) == (1, set())
    with pytest.raises(CannotRetry):
        batch_retry(batch=batch)


def test_deleting_puts_what_was_read_into_the_trash_and_the_rest_is_gone(
    batch: Batch, alice: User, private_files: Files
) -> None:
    add(batch, "seven.png", SEVEN)
    finish(batch)
    add(batch, "later.png", SEVEN)
    count, moment = batch_delete(batch=batch)
    assert (count, Batch.objects.count(), BatchItem.objects.count()) == (1, 0, 0)
    assert not [name for name in private_files() if name.startswith("waiting/")]
    assert uploads_restore(owner=alice, deleted_at=moment) == 1
    assert Upload.objects.get().batch is None


def test_a_batch_that_is_deleted_while_it_is_read_gets_no_upload(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    add(batch, "seven.png", SEVEN)
    own = picture_ingest

    def deleted_meanwhile(**given: Any) -> Any:
        batch_delete(batch=batch)
        return own(**given)

    monkeypatch.setattr(batch_reading, "picture_ingest", deleted_meanwhile)
    turn = batch_turn(batch_id=batch.id)
    assert turn is not None
    assert batch_advance(batch_id=batch.id, turn=turn) is None
    assert not Upload.objects.exists()


def test_an_upload_in_the_trash_shows_as_deleted_in_its_batch(batch: Batch, alice: User) -> None:
    add(batch, "a.png", SEVEN)
    add(batch, "b.png", SEVEN)
    finish(batch)
    first, second = Upload.objects.order_by("created_at")
    uploads_trash(owner=alice, ids=[first.id])
    second.delete()
    assert [item_state(item) for item in batch_items_page(batch=batch).items] == ["deleted", "deleted"]
    now = batch_progress(batch=batch)
    assert (now.total, now.read, now.deleted) == (2, 0, 2)
