"""Kill anything at any moment: after the next sweep rows and files agree, and no accepted upload is lost."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Keep, User
from recognizer.domain.errors import ModelUnavailable
from recognizer.models import ModelVersion, Upload
from recognizer.selectors import uploads_unfinished
from recognizer.services import ingest
from recognizer.services.ingest import picture_ingest
from recognizer.services.readings import upload_reread
from recognizer.services.retention import _remove_unnamed, sweep

Draw = Callable[[str], bytes]
Files = Callable[[], set[str]]
AT_ONCE = dt.timedelta(seconds=-1)


class KilledError(BaseException):
    """As good as SIGKILL for whoever wrote no handler for it."""


def kill(*args: Any, **kwargs: Any) -> Any:
    raise KilledError


def give(owner: User, data: bytes, keep: Keep = Keep.ALL) -> None:
    with pytest.raises(KilledError):
        picture_ingest(data=data, owner=owner, keep=keep)


def assert_rows_and_files_agree(files: Files) -> None:
    named = {name for row in Upload.objects.values_list("image", "thumbnail") for name in row if name}
    assert files() == named


def test_killed_before_the_row_leaves_no_file(
    alice: User, model: ModelVersion, number_png: Draw, private_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Upload, "save", kill)
    give(alice, number_png("7"))
    assert private_files()
    assert sweep(grace=AT_ONCE)["files_removed"] == 2
    assert private_files() == set()


def test_the_sweep_finds_rows_by_the_ids_in_the_names_of_files_and_misses_none_without(
    alice: User,
    model: ModelVersion,
    number_png: Draw,
    private_files: Files,
    django_assert_num_queries: Any,
) -> None:
    first, second = (
        picture_ingest(data=number_png(digits), owner=alice, keep=Keep.ALL).upload for digits in ("7", "8")
    )
    assert first is not None
    assert second is not None
    storage = first.image.storage
    with django_assert_num_queries(3):
        assert _remove_unnamed(storage, sorted(private_files())) == 0
    Upload.objects.filter(id=second.id).update(image=storage.save("scan.png", ContentFile(b"1")))
    with django_assert_num_queries(6):  # what no id says is looked for by its name
        assert _remove_unnamed(storage, sorted(private_files())) == 1
    assert_rows_and_files_agree(private_files)


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses by its statistics")
def test_the_sweep_goes_by_the_index_of_what_waits() -> None:
    assert "upload_unfinished" in uploads_unfinished(before=timezone.now()).explain()


def test_killed_while_reading_the_upload_is_read_by_the_sweep(
    alice: User, model: ModelVersion, number_png: Draw, private_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "image_read", kill)
        give(alice, number_png("7"))
    assert Upload.objects.get().state == "reading"
    assert sweep(grace=AT_ONCE)["reread"] == 1
    upload = Upload.objects.get()
    assert (upload.state, upload.text, upload.attempts) == ("read", "7", 2)
    assert_rows_and_files_agree(private_files)


def test_killed_while_writing_the_reading_nothing_is_half_written(
    alice: User, model: ModelVersion, number_png: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recognizer.models import DigitResult, Prediction

    with monkeypatch.context() as patch:
        patch.setattr(type(DigitResult.objects), "bulk_create", kill)
        give(alice, number_png("7"))
    assert not Prediction.objects.exists()
    sweep(grace=AT_ONCE)
    assert Upload.objects.get().predictions.get().digits.count() == 1


def test_the_reading_only_is_accepted_whole_or_not_at_all(
    alice: User, model: ModelVersion, number_png: Draw, private_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "reading_store", kill)
    give(alice, number_png("7"), keep=Keep.TEXT)
    assert not Upload.objects.exists()
    assert private_files() == set()


def test_a_half_written_file_is_swept(private_files: Files, tmp_path: Path, db: None) -> None:
    (tmp_path / "private" / "ab").mkdir(parents=True)
    (tmp_path / "private" / "ab" / ".half-written-x").write_bytes(b"half")
    assert sweep(grace=AT_ONCE)["files_removed"] == 1
    assert private_files() == set()


def test_a_full_disk_leaves_neither_row_nor_file(
    alice: User, model: ModelVersion, number_png: Draw, private_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        picture_ingest(data=number_png("7"), owner=alice, keep=Keep.ALL)
    assert not Upload.objects.exists()
    assert private_files() == set()


def test_the_sweep_leaves_what_is_being_made_alone(
    alice: User, model: ModelVersion, number_png: Draw, private_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Upload, "save", kill)
    give(alice, number_png("7"))
    assert sweep() == {"reread": 0, "files_removed": 0, "rows_marked": 0, "copies_removed": 0}
    assert len(private_files()) == 2


def test_a_row_whose_file_is_gone_keeps_its_reading(
    alice: User, model: ModelVersion, number_png: Draw, private_files: Files
) -> None:
    upload = picture_ingest(data=number_png("7"), owner=alice, keep=Keep.ALL).upload
    assert upload is not None
    upload.image.storage.delete(upload.image.name or "")
    assert sweep(grace=AT_ONCE)["rows_marked"] == 1
    assert sweep(grace=AT_ONCE)["files_removed"] == 1
    upload.refresh_from_db()
    assert (upload.image.name, upload.thumbnail.name, upload.state, upload.text) == ("", "", "read", "7")
    assert_rows_and_files_agree(private_files)


def test_three_attempts_then_it_is_marked_failed(
    alice: User, model: ModelVersion, number_png: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recognizer.services import readings

    with monkeypatch.context() as patch:
        patch.setattr(ingest, "image_read", kill)
        give(alice, number_png("7"))

    def no_model(**kwargs: Any) -> None:
        raise ModelUnavailable

    monkeypatch.setattr(readings, "models_serving", no_model)
    for _ in range(3):
        sweep(grace=AT_ONCE)
    assert Upload.objects.get().state == "failed"
    assert sweep(grace=AT_ONCE)["reread"] == 0


def test_an_upload_is_read_by_whoever_claims_it_first(
    alice: User, model: ModelVersion, number_png: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "image_read", kill)
        give(alice, number_png("7"))
    one, other = Upload.objects.get(), Upload.objects.get()
    upload_reread(upload=one)
    upload_reread(upload=other)
    assert Upload.objects.get().predictions.count() == 1
    assert Upload.objects.get().attempts == 2


def test_an_upload_deleted_while_it_was_read_stays_deleted(
    alice: User, model: ModelVersion, number_png: Draw, monkeypatch: pytest.MonkeyPatch, private_files: Files
) -> None:
    from recognizer.services.readings import reading_store

    def delete_then_store(**kwargs: Any) -> None:
        Upload.objects.all().delete()
        reading_store(**kwargs)

    monkeypatch.setattr(ingest, "reading_store", delete_then_store)
    picture_ingest(data=number_png("7"), owner=alice, keep=Keep.ALL)
    assert not Upload.objects.exists()
    sweep(grace=AT_ONCE)
    assert private_files() == set()


def test_the_command_sweeps_too(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sweep")
    told = [f"{what}: 0" for what in ("reread", "files removed", "rows marked", "copies removed")]
    assert capsys.readouterr().out.strip() == ", ".join(
        [
            *(*told, "checkpoints removed: 0", "sheets forgotten: 0", "trash emptied: 0"),
            *("batches closed: 0", "batch files forgotten: 0"),
        ]
    )
