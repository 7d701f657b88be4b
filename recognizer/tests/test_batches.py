"""Many files given at once are read in the background; one that is bad stops none of the others."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from accounts.models import Keep, User
from recognizer import tasks
from recognizer.domain.errors import BadRequest, BatchClosed, BatchFull, CannotRetry, NoFile, TooManyBatches
from recognizer.domain.types import Expect, Source
from recognizer.models import Batch, BatchFile, BatchItem, ModelVersion, Upload
from recognizer.selectors_batches import batch_items_page, batch_progress, item_state
from recognizer.services import batch_files, batch_reading, batch_upkeep, batches
from recognizer.services.batch_files import batch_file_add
from recognizer.services.batch_reading import batch_advance, batch_turn
from recognizer.services.batch_upkeep import batches_close_abandoned, batches_sweep, batches_take_up
from recognizer.services.batches import batch_cancel, batch_close, batch_delete, batch_open, batch_retry
from recognizer.services.retention import sweep
from recognizer.services.uploads_trash import uploads_restore, uploads_trash
from recognizer.tests.batch_material import SEVEN, add, document, finish, outcome, zipped
from recognizer.tests.pictures import as_jpeg, page

Files = Callable[[], set[str]]


@pytest.fixture(autouse=True)
def _here_and_now(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this thread, within the test's transaction, which never ends."""
    settings.BATCH_READERS = 1
    monkeypatch.setattr(transaction, "on_commit", lambda act, robust=False: act())


@pytest.fixture
def batch(alice: User, model: ModelVersion) -> Batch:
    return batch_open(owner=alice, name="Monday's forms")


def test_each_file_becomes_an_upload_in_the_order_in_which_it_was_given(
    batch: Batch, number_png: Callable[[str], bytes], private_files: Files
) -> None:
    for text in ("7", "3", "14"):
        add(batch, f"form {text}.png", number_png(text))
    assert len([name for name in private_files() if name.startswith("waiting/")]) == 3
    batch_close(batch=batch)
    finish(batch)
    assert outcome(batch) == [
        ("form 7.png", None, "done", "7"),
        ("form 3.png", None, "done", "3"),
        ("form 14.png", None, "done", "14"),
    ]
    upload = Upload.objects.get(text="3")
    assert (upload.batch, upload.name, upload.page, upload.pages) == (batch, "form 3.png", None, None)
    assert upload.sha256 == hashlib.sha256(number_png("3")).hexdigest()
    assert batch.finished_at is not None
    assert not [name for name in private_files() if name.startswith("waiting/")], "raw bytes stay for nobody"


def test_what_was_said_of_the_batch_holds_for_each_picture(alice: User, model: ModelVersion) -> None:
    batch = batch_open(owner=alice, keep=Keep.TEXT, source=Source.CAMERA, expect=Expect(1))
    add(batch, "folder/seven.png", SEVEN)
    finish(batch)
    upload = Upload.objects.get()
    assert (upload.keep, upload.source, upload.expect, upload.text) == ("text", "camera", "one", "7")
    assert (upload.image.name, upload.sha256, upload.name) == ("", "", "seven.png")


def test_where_only_readings_are_kept_no_picture_remains(
    alice: User, model: ModelVersion, private_files: Files
) -> None:
    batch = batch_open(owner=alice, keep=Keep.TEXT)
    add(batch, "seven.png", SEVEN)
    add(batch, "cut.png", SEVEN[:300])
    batch_close(batch=batch)
    finish(batch)
    assert len(private_files()) == 1, "what failed can be tried again for a day"
    Batch.objects.update(finished_at=timezone.now() - dt.timedelta(days=1, minutes=1))
    assert batches_sweep() == 1
    assert private_files() == set()


def test_a_bad_file_fails_alone_with_a_sentence(batch: Batch) -> None:
    add(batch, "seven.png", SEVEN)
    add(batch, "cut.jpg", as_jpeg(page("4"))[:-900])
    add(batch, "last.png", SEVEN, key="last")
    batch_close(batch=batch)
    finish(batch)
    assert [row[2:] for row in outcome(batch)] == [("done", "7"), ("failed", "bad_image"), ("done", "7")]
    assert "damaged or cut short" in batch.items.get(name="cut.jpg").error_message


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "empty_file"), (b"no picture", "unsupported_image"), (b"BM" + bytes(2**20), "too_large")]
)
def test_what_cannot_be_read_is_never_stored_but_stands_in_the_list(
    batch: Batch, settings: Any, private_files: Files, data: bytes, code: str
) -> None:
    settings.MAX_UPLOAD_MEGABYTES = 1
    added = add(batch, "bad.png", data)
    assert added.error is not None
    assert (added.error.code, added.file.state, added.file.error_message) == (code, "failed", str(added.error))
    assert outcome(batch) == [("bad.png", None, "failed", code)]
    assert private_files() == set()
    with pytest.raises(CannotRetry):
        batch_retry(batch=batch)


def test_the_same_key_is_taken_once(batch: Batch, private_files: Files) -> None:
    first, second = add(batch, "seven.png", SEVEN), add(batch, "seven.png", SEVEN)
    assert (first.new, second.new) == (True, False)
    assert first.file == second.file
    assert (batch.items.count(), len(private_files())) == (1, 1)


def test_two_requests_with_one_key_leave_one_file(
    batch: Batch, private_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = batch_files._write

    def overtaken(*given: Any) -> Any:
        monkeypatch.setattr(batch_files, "_write", own)
        add(batch, "seven.png", SEVEN)
        return own(*given)

    monkeypatch.setattr(batch_files, "_write", overtaken)
    assert not add(batch, "seven.png", SEVEN).new
    assert (batch.items.count(), len(private_files())) == (1, 1)


def test_files_stand_where_their_sender_says(batch: Batch) -> None:
    for name, place in (
        ("c.png", 2),
        ("a.png", 0),
        ("b.png", 1),
        ("d.png", None),
        ("again.png", 1),
        ("far.png", 10**9),
    ):
        add(batch, name, SEVEN, place=place)
    assert [row[0] for row in outcome(batch)] == ["a.png", "b.png", "c.png", "d.png", "again.png", "far.png"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.png", "etc/passwd.png"),
        ("C:\\Users\\Alice\\seven.png", "Users/Alice/seven.png"),
        ("a\u202egnp.exe", "a\ufffdgnp.exe"),
        ("x" * 500 + ".png", "x" * 196 + ".png"),
    ],
)
def test_names_are_for_show_and_cleaned(batch: Batch, name: str, shown: str) -> None:
    assert add(batch, name, SEVEN, key="k").file.name == shown


def test_bad_keys_no_file_and_a_closed_batch_are_refused(batch: Batch) -> None:
    for key in ("", "k" * 101):
        with pytest.raises(BadRequest, match="1 to 100 signs"):
            batch_file_add(batch=batch, key=key, name="x", file=ContentFile(SEVEN))
    with pytest.raises(NoFile):
        batch_file_add(batch=batch, key="k", name="x", file=None)
    batch_close(batch=batch)
    batch.refresh_from_db()
    with pytest.raises(BatchClosed):
        add(batch, "late.png", SEVEN)


def test_a_batch_takes_so_much_and_no_more(batch: Batch, settings: Any, private_files: Files) -> None:
    settings.MAX_BATCH_FILES = 1
    add(batch, "a.png", SEVEN)
    with pytest.raises(BatchFull, match="1 pictures at most"):
        add(batch, "b.png", SEVEN)
    settings.MAX_BATCH_FILES, settings.MAX_BATCH_MEGABYTES = 10, 1
    BatchFile.objects.update(size=2**20)
    with pytest.raises(BatchFull, match="1 MB at most"):
        add(batch, "b.png", SEVEN)
    assert len(private_files()) == 1


def test_nobody_has_more_than_twenty_unfinished_batches(alice: User, bob: User) -> None:
    for _number in range(batches.MOST_UNFINISHED):
        batch_open(owner=alice)
    with pytest.raises(TooManyBatches):
        batch_open(owner=alice)
    batch_open(owner=bob)
    with pytest.raises(BadRequest, match="choose what is kept"):
        batch_open(owner=bob, keep=Keep.NOTHING)


@pytest.mark.parametrize("kind", ["PDF", "TIFF"])
def test_each_page_of_a_document_is_a_picture(batch: Batch, kind: str) -> None:
    data = document(["7", "3", "4"], kind)
    add(batch, "first.png", SEVEN)
    add(batch, f"scan.{kind.lower()}", data)
    batch_close(batch=batch)
    finish(batch)
    assert [row[1:] for row in outcome(batch)] == [
        (None, "done", "7"),
        (1, "done", "7"),
        (2, "done", "3"),
        (3, "done", "4"),
    ]
    second = Upload.objects.get(page=2)
    assert (second.pages, second.text, second.sha256) == (3, "3", hashlib.sha256(data).hexdigest())


def test_pages_are_counted_before_anything_is_read(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    add(batch, "first.png", SEVEN)
    add(batch, "scan.pdf", document(["7", "3"]))
    assert batch_progress(batch=batch).unopened == 1
    seen: list[int] = []
    own = batch_reading.picture_ingest

    def read(**given: Any) -> Any:
        seen.append(batch_progress(batch=batch).total)
        return own(**given)

    monkeypatch.setattr(batch_reading, "picture_ingest", read)
    finish(batch)
    assert seen == [3, 3, 3]


def test_a_locked_document_fails_and_one_with_too_many_pages_does(batch: Batch, settings: Any) -> None:
    settings.MAX_BATCH_FILES = 2
    add(batch, "three.pdf", document(["1", "2", "3"]))
    finish(batch)
    assert outcome(batch) == [("three.pdf", None, "failed", "batch_full")]


def test_cancelling_leaves_what_was_read_and_forgets_the_rest(
    batch: Batch, private_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.png", "b.png", "c.png"):
        add(batch, name, SEVEN)
    add(batch, "pile.zip", zipped([("x.png", SEVEN)]))
    monkeypatch.setattr(batch_reading, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(batch_reading, "SHORTEST_SLICE", 0.0)
    own = batch_reading.picture_ingest

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
    assert batch.finished_at is not None
    assert batch_retry(batch=batch) == 1
    finish(batch)
    assert [row[2:] for row in outcome(batch)] == [("done", "7"), ("failed", "unsupported_image")]


def broken(**given: Any) -> Any:
    raise ZeroDivisionError


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
    own = batch_reading.picture_ingest

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
    own = batch_reading.picture_ingest

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
    file.file.storage.delete(file.file.name)
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
