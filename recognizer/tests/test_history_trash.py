"""What is deleted goes to a trash first: out of sight and out of use, and back if wanted."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Keep, User
from recognizer import tasks
from recognizer.domain.history import TRASH_DAYS
from recognizer.models import DigitResult, ModelVersion, Sample, Upload
from recognizer.selectors import sample_counts, samples_usable, uploads_nobody_spoke_of
from recognizer.services.ingest import picture_ingest
from recognizer.services.retention import sweep, trash_sweep
from recognizer.services.sample_collection import samples_collect
from recognizer.services.samples import sample_add
from recognizer.services.uploads_trash import trash_empty, uploads_restore, uploads_trash
from recognizer.views import history_many

SignIn = Callable[[User], Client]
Files = Callable[[], set[str]]


@pytest.fixture
def upload(alice: User, model: ModelVersion, number_png: Callable[[str], bytes]) -> Upload:
    """Alice's seven, kept with its picture."""
    kept = picture_ingest(data=number_png("7"), owner=alice, keep=Keep.ALL, name="seven.png").upload
    assert kept is not None
    return kept


@pytest.fixture
def trashed(upload: Upload, alice: User) -> Upload:
    """The same, in the trash."""
    uploads_trash(owner=alice, ids=[upload.id])
    upload.refresh_from_db()
    return upload


def shown(client: Client, path: str) -> list[str]:
    return [row["text"] for row in client.get(path).context["uploads"]]


def test_deleting_puts_it_into_the_trash_and_one_click_brings_it_back(
    upload: Upload, alice: User, signed_in: SignIn, private_files: Files
) -> None:
    client, files = signed_in(alice), private_files()
    assert b"For 30 days" in client.get(f"/history/{upload.id}/delete/").content
    page = client.post(f"/history/{upload.id}/delete/", follow=True)
    assert "1 picture is in the trash for 30 days." in page.content.decode()
    assert shown(client, "/history/trash/") == ["7"]
    assert shown(client, "/history/") == []
    back = client.post("/history/trash/undo/", {"moment": page.context["undo"]["moment"]}, follow=True)
    assert "1 picture is back in your history." in back.content.decode()
    assert [row["text"] for row in back.context["uploads"]] == ["7"]
    assert private_files() == files


def test_what_is_in_the_trash_is_not_there_anywhere_else(trashed: Upload, alice: User, signed_in: SignIn) -> None:
    client, prediction = signed_in(alice), trashed.predictions.get()
    for part in ("", "image/", "thumbnail/", "delete/"):
        assert client.get(f"/history/{trashed.id}/{part}").status_code == 404
    assert client.post(f"/history/{trashed.id}/delete/").status_code == 404
    assert client.post(f"/predictions/{prediction.id}/correct/", {"text": "1"}).status_code == 404
    assert shown(client, "/history/?q=7") == []
    assert not uploads_nobody_spoke_of().exists()
    ticked = {"upload": str(trashed.id)}
    assert client.post("/history/selected/", {**ticked, "action": "delete"}).status_code == 404
    exported = client.post("/history/selected/", {**ticked, "action": "json"})
    assert b"".join(exported.streaming_content) == b""  # type: ignore[attr-defined]


def test_samples_of_a_trashed_upload_are_not_used_until_it_is_back(trashed: Upload, alice: User) -> None:
    alice.training_consent = True
    alice.save()
    digit = DigitResult.objects.get()
    crop = np.frombuffer(bytes(digit.crop or b""), np.uint8).reshape(28, 28)
    sample_add(contributor=alice, label=7, crop=crop, source=Sample.Source.CONFIRMATION, digit_result=digit)
    sample_add(contributor=alice, label=7, crop=crop.T.copy(), source=Sample.Source.SHEET)
    assert samples_usable().count() == 1
    assert sample_counts(contributor=alice) == {"used": 1}
    uploads_restore(owner=alice, ids=[trashed.id])
    assert samples_usable().count() == 2


def test_no_new_samples_come_out_of_the_trash(trashed: Upload, alice: User) -> None:
    alice.training_consent = True
    alice.save()
    prediction = trashed.predictions.get()
    prediction.corrections.create(author=alice, text="7", created_at=timezone.now())
    trashed.predictions.update(state="confirmed")
    assert samples_collect(contributor=alice) == 0
    uploads_restore(owner=alice, ids=[trashed.id])
    assert samples_collect(contributor=alice) == 1


def test_the_sweep_leaves_the_trash_unread_and_deletes_what_is_over(
    trashed: Upload, private_files: Files, django_capture_on_commit_callbacks: Any
) -> None:
    Upload.objects.update(state="reading", heartbeat_at=None)
    assert sweep(grace=dt.timedelta(seconds=-1))["reread"] == 0
    assert trash_sweep() == 0
    Upload.objects.update(deleted_at=timezone.now() - dt.timedelta(days=TRASH_DAYS, seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert trash_sweep() == 1
    assert not Upload.objects.exists()
    assert private_files() == set()


def test_what_is_over_is_not_shown_and_cannot_come_back(trashed: Upload, alice: User, signed_in: SignIn) -> None:
    Upload.objects.update(deleted_at=timezone.now() - dt.timedelta(days=TRASH_DAYS, seconds=1))
    assert shown(signed_in(alice), "/history/trash/") == []
    assert uploads_restore(owner=alice, ids=[trashed.id]) == 0


def test_the_ticked_ones_come_back_or_go_for_good(
    trashed: Upload, alice: User, signed_in: SignIn, private_files: Files, django_capture_on_commit_callbacks: Any
) -> None:
    client, ticked = signed_in(alice), {"upload": str(trashed.id)}
    client.post("/history/trash/selected/", {**ticked, "action": "restore"})
    assert shown(client, "/history/") == ["7"]
    client.post("/history/selected/", {**ticked, "action": "delete"})
    with django_capture_on_commit_callbacks(execute=True):
        page = client.post("/history/trash/selected/", {**ticked, "action": "delete"}, follow=True)
    assert "1 picture is gone for good." in page.content.decode()
    assert not Upload.objects.exists()
    assert private_files() == set()


def test_emptying_deletes_one_s_own_trash_alone(
    trashed: Upload, alice: User, bob: User, signed_in: SignIn, django_capture_on_commit_callbacks: Any
) -> None:
    kept = Upload.objects.create(owner=alice, created_at=timezone.now(), source="file", keep="text", state="read")
    theirs = Upload.objects.create(
        owner=bob, created_at=timezone.now(), source="file", keep="text", state="read", deleted_at=timezone.now()
    )
    with django_capture_on_commit_callbacks(execute=True):
        page = signed_in(alice).post("/history/trash/empty/", follow=True)
    assert "The trash is empty" in page.content.decode()
    assert set(Upload.objects.all()) == {kept, theirs}
    assert trash_empty(owner=alice) == 0


@pytest.mark.parametrize("path", ["/history/trash/selected/", "/history/selected/"])
def test_nothing_ticked_and_nonsense_are_said(alice: User, signed_in: SignIn, path: str) -> None:
    client = signed_in(alice)
    action = "restore" if "trash" in path else "delete"
    assert "Nothing is ticked" in client.post(path, {"action": action}, follow=True).content.decode()
    assert client.post(path, {"action": action, "upload": "x"}).status_code == 400
    assert client.post(path, {"action": "burn", "upload": str(uuid.uuid4())}).status_code == 400


@pytest.mark.parametrize("moment", ["", "yesterday", "2026-05-03T12:00:00"])
def test_an_undo_of_nothing_is_said(alice: User, signed_in: SignIn, moment: str) -> None:
    assert signed_in(alice).post("/history/trash/undo/", {"moment": moment}).status_code == 400


def test_nobody_trashes_restores_or_deletes_what_is_not_theirs(
    upload: Upload, bob: User, alice: User, signed_in: SignIn
) -> None:
    client, ticked = signed_in(bob), {"upload": str(upload.id)}
    assert client.post("/history/selected/", {**ticked, "action": "delete"}).status_code == 404
    _, moment = uploads_trash(owner=alice, ids=[upload.id])
    client.post("/history/trash/undo/", {"moment": moment.isoformat()})
    for action in ("restore", "delete"):
        client.post("/history/trash/selected/", {**ticked, "action": action})
    client.post("/history/trash/empty/")
    upload.refresh_from_db()
    assert upload.deleted_at == moment
    assert shown(client, "/history/trash/") == []


@pytest.mark.parametrize("path", ["undo/", "selected/", "empty/"])
def test_the_trash_is_changed_by_post_alone_and_by_whoever_is_signed_in(
    client: Client, alice: User, signed_in: SignIn, path: str
) -> None:
    assert signed_in(alice).get(f"/history/trash/{path}").status_code == 405
    assert client.post(f"/history/trash/{path}").headers["Location"].startswith("/accounts/login/")


def test_an_empty_trash_says_what_it_is_for(alice: User, signed_in: SignIn, client: Client) -> None:
    assert "so that you can bring it back" in signed_in(alice).get("/history/trash/").content.decode()
    assert client.get("/history/trash/").headers["Location"].startswith("/accounts/login/")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is queued is done there and then."""
    monkeypatch.setattr(history_many, "read_again_soon", tasks.read_again_soon.call_local)


def test_the_ticked_ones_are_read_again_by_the_models_that_serve(
    upload: Upload, alice: User, signed_in: SignIn, at_once: None
) -> None:
    Upload.objects.update(text="1", final_text="1")
    page = signed_in(alice).post("/history/selected/", {"upload": str(upload.id), "action": "reread"}, follow=True)
    assert "1 picture is being read again." in page.content.decode()
    assert [row["text"] for row in page.context["uploads"]] == ["7"]


def test_one_that_failed_gets_another_chance(upload: Upload, alice: User, signed_in: SignIn, at_once: None) -> None:
    upload.predictions.all().delete()
    Upload.objects.update(state="failed", text="", final_text="", attempts=3)
    signed_in(alice).post("/history/selected/", {"upload": str(upload.id), "action": "reread"})
    upload.refresh_from_db()
    assert (upload.state, upload.text) == ("read", "7")


def test_what_a_person_confirmed_is_not_read_again(
    upload: Upload, alice: User, signed_in: SignIn, at_once: None
) -> None:
    upload.predictions.update(state="confirmed")
    page = signed_in(alice).post("/history/selected/", {"upload": str(upload.id), "action": "reread"}, follow=True)
    assert "1 picture can’t be read again" in page.content.decode().replace("&#x27;", "’")


def test_after_an_action_one_is_back_at_the_same_filters(upload: Upload, alice: User, signed_in: SignIn) -> None:
    ticked = {"upload": str(upload.id), "action": "delete", "address": "q=7&sort=oldest"}
    assert signed_in(alice).post("/history/selected/", ticked).headers["Location"] == "/history/?q=7&sort=oldest"
