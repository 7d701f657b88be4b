"""Many files given at once are read in the background; one that is bad stops none of the others."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from accounts.models import Keep, User
from recognizer.domain.errors import BadRequest, BatchClosed, BatchFull, CannotRetry, NoFile, TooLarge, TooManyBatches
from recognizer.domain.types import Expect, Source
from recognizer.models import Batch, BatchFile, ModelVersion, Upload
from recognizer.selectors_batches import batch_progress
from recognizer.services import batch_files, batch_reading, batches
from recognizer.services.batch_files import batch_file_add
from recognizer.services.batch_upkeep import batches_sweep
from recognizer.services.batches import batch_close, batch_open, batch_retry
from recognizer.services.ingest import picture_ingest
from recognizer.tests.batch_material import SEVEN, add, document, finish, outcome
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
    for key in ("", "k" * 101, "a\x00b"):
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
    other = batch_open(owner=batch.owner)
    BatchFile.objects.update(size=2 * 2**20)
    with pytest.raises(BatchFull, match="other batches have to be read first"):
        add(other, "b.png", SEVEN)


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


def test_a_document_may_be_larger_than_a_picture(batch: Batch, settings: Any) -> None:
    data = document(["7", "3"])
    at = data.rindex(b"xref", 0, data.rindex(b"startxref"))
    large = data[:at] + b"% " + b"x" * (26 * 2**20) + b"\n" + data[at:]
    add(batch, "scan.pdf", large)
    batch_close(batch=batch)
    finish(batch)
    assert [row[2:] for row in outcome(batch)] == [("done", "7"), ("done", "3")]
    settings.MAX_DOCUMENT_MEGABYTES = 25
    other = batch_open(owner=batch.owner)
    error = add(other, "scan.pdf", large).error
    assert (type(error), str(error)) == (TooLarge, "This file is too large; at most 25 MB can be given.")


def test_pages_are_counted_before_anything_is_read(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    add(batch, "first.png", SEVEN)
    add(batch, "scan.pdf", document(["7", "3"]))
    assert batch_progress(batch=batch).unopened == 1
    seen: list[int] = []
    own = picture_ingest

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
