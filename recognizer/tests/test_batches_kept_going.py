"""Whatever happens to the worker, a batch goes on, and nothing is read twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from recognizer import tasks
from recognizer.models import Batch, BatchFile, BatchItem, ModelVersion, Upload
from recognizer.selectors_batches import batch_progress
from recognizer.services import batch_reading, batch_upkeep
from recognizer.services.batch_reading import batch_advance, batch_turn
from recognizer.services.batch_upkeep import batches_close_abandoned, batches_take_up
from recognizer.services.batches import batch_close, batch_open
from recognizer.services.ingest import picture_ingest
from recognizer.services.retention import sweep
from recognizer.tests.batch_material import SEVEN, add, finish, outcome

Files = Callable[[], set[str]]


@pytest.fixture(autouse=True)
def _here_and_now(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this thread, within the test's transaction, which never ends."""
    settings.BATCH_READERS = 1
    monkeypatch.setattr(transaction, "on_commit", lambda act, robust=False: act())


@pytest.fixture
def batch(alice: User, model: ModelVersion) -> Batch:
    return batch_open(owner=alice, name="Monday's forms")


def test_a_worker_that_dies_before_the_upload_is_stored_costs_nothing(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(batch, "seven.png", SEVEN)
    with monkeypatch.context() as patch:
        patch.setattr(batch_reading, "picture_ingest", killed)
        with pytest.raises(KeyboardInterrupt):
            finish(batch)
    goes_on(batch)
    assert outcome(batch) == [("seven.png", None, "done", "7")]
    assert Upload.objects.count() == 1


def test_a_worker_that_dies_after_the_upload_is_stored_makes_no_second_one(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(batch, "seven.png", SEVEN)
    with monkeypatch.context() as patch:
        patch.setattr("recognizer.services.ingest.reading_store", killed)
        with pytest.raises(KeyboardInterrupt):
            finish(batch)
    assert Upload.objects.get().state == "reading"
    goes_on(batch)
    assert outcome(batch) == [("seven.png", None, "done", "7")]
    assert Upload.objects.get().text == "7"


def test_who_was_overtaken_writes_nothing(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that hung for a minute comes back, after another one has read the same picture."""
    add(batch, "seven.png", SEVEN)
    own = picture_ingest

    def slow(**given: Any) -> Any:
        monkeypatch.setattr(batch_reading, "picture_ingest", own)
        goes_on(batch)
        return own(**given)

    monkeypatch.setattr(batch_reading, "picture_ingest", slow)
    finish(batch)
    assert Upload.objects.count() == 1
    assert outcome(batch) == [("seven.png", None, "done", "7")]


def killed(**given: Any) -> Any:
    raise KeyboardInterrupt


def goes_on(batch: Batch) -> None:
    """A minute later, the sweep takes up what is silent."""
    long_ago = timezone.now() - batch_reading.SILENT - dt.timedelta(seconds=1)
    assert batches_take_up() == []
    Batch.objects.update(heartbeat_at=long_ago)
    BatchItem.objects.filter(state="reading").update(heartbeat_at=long_ago)
    Upload.objects.filter(state="reading").update(heartbeat_at=long_ago)
    ((batch_id, turn),) = batches_take_up()
    assert batch_id == batch.id
    going_on: dt.datetime | None = turn
    while going_on is not None:
        going_on = batch_advance(batch_id=batch_id, turn=going_on)


def test_there_is_one_job_for_each_batch(batch: Batch) -> None:
    add(batch, "seven.png", SEVEN)
    turn = batch_turn(batch_id=batch.id)
    assert turn is not None
    assert batch_turn(batch_id=batch.id) is None, "somebody is at it"
    assert batch_advance(batch_id=batch.id, turn=turn - dt.timedelta(seconds=9)) is None, "overtaken"
    assert not Upload.objects.exists()
    batch_advance(batch_id=batch.id, turn=turn)
    assert Upload.objects.count() == 1


def test_two_people_take_turns(alice: User, bob: User, model: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_reading, "SLICE_SECONDS", 0.01)
    monkeypatch.setattr(batch_reading, "SHORTEST_SLICE", 0.01)
    piles = [batch_open(owner=owner) for owner in (alice, bob)]
    for pile in piles:
        for name in ("a.png", "b.png", "c.png"):
            add(pile, name, SEVEN)
    queue: list[tuple[str, str]] = []
    monkeypatch.setattr(tasks, "read_batch", lambda *given: queue.append(given))
    for pile in piles:
        tasks.read_batch_soon(pile.id)
    order = []
    while queue:
        batch_id, turn = queue.pop(0)
        following = batch_advance(batch_id=UUID(batch_id), turn=dt.datetime.fromisoformat(turn))
        order.append(batch_id)
        if following is not None:
            queue.append((batch_id, following.isoformat()))
    assert order[:4] == [str(piles[0].id), str(piles[1].id)] * 2
    assert Upload.objects.count() == 6


def test_without_a_model_a_batch_waits(batch: Batch) -> None:
    add(batch, "seven.png", SEVEN)
    ModelVersion.objects.update(state="archived")
    finish(batch)
    item = batch.items.get()
    assert (item.state, item.attempts) == ("waiting", 0)
    ModelVersion.objects.update(state="active")
    assert len(batches_take_up()) == 1


def test_a_batch_whose_browser_vanished_is_closed_and_read(batch: Batch) -> None:
    add(batch, "seven.png", SEVEN)
    finish(batch)
    assert (batches_close_abandoned(), batch_progress(batch=batch).state) == (0, "open")
    long_ago = timezone.now() - batch_upkeep.ABANDONED - dt.timedelta(minutes=1)
    Batch.objects.update(created_at=long_ago)
    assert batches_close_abandoned() == 0, "a file came just now"
    BatchFile.objects.update(heartbeat_at=long_ago)
    assert batches_close_abandoned() == 1
    batch.refresh_from_db()
    assert batch_progress(batch=batch).state == "finished"


def test_the_sweep_knows_waiting_files(batch: Batch, private_files: Files) -> None:
    add(batch, "seven.png", SEVEN)
    assert sweep(grace=dt.timedelta(seconds=-1))["files_removed"] == 0
    BatchFile.objects.all().delete()
    assert sweep(grace=dt.timedelta(seconds=-1))["files_removed"] == 1
    assert private_files() == set()


def test_a_file_that_vanished_fails_with_a_sentence(batch: Batch) -> None:
    add(batch, "seven.png", SEVEN)
    file = BatchFile.objects.get()
    file.file.storage.delete(file.file.name or "")
    finish(batch)
    assert "Give it anew" in batch.items.get().error_message


@pytest.mark.django_db(transaction=True)
def test_several_pictures_are_read_side_by_side(batch: Batch, settings: Any) -> None:
    settings.BATCH_READERS = 2
    for number in range(8):
        add(batch, f"{number}.png", SEVEN)
    batch_close(batch=batch)
    finish(batch)
    assert outcome(batch) == [(f"{number}.png", None, "done", "7") for number in range(8)]
    assert Upload.objects.count() == 8


def test_the_background_job_does_slice_after_slice(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_reading, "SLICE_SECONDS", 0.001)
    monkeypatch.setattr(batch_reading, "SHORTEST_SLICE", 0.001)
    slices = []
    run = tasks.read_batch.call_local

    def counted(*given: str) -> None:
        slices.append(given)
        run(*given)

    monkeypatch.setattr(tasks, "read_batch", counted)
    for name in ("a.png", "b.png", "c.png"):
        add(batch, name, SEVEN)
    tasks.read_batch_soon(batch.id)
    assert (Upload.objects.count(), len(slices)) == (3, 3)
    tasks.read_batch_soon(batch.id)
    assert len(slices) == 4, "nobody was at it, and there was nothing to do"


def test_the_job_that_looks_after_batches_takes_up_what_waits(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "read_batch", tasks.read_batch.call_local)
    add(batch, "seven.png", SEVEN)
    Batch.objects.update(heartbeat_at=timezone.now() - dt.timedelta(minutes=2))
    tasks.look_after_batches.call_local()
    assert outcome(batch) == [("seven.png", None, "done", "7")]
