"""Batches over HTTP: for scripts as JSON, for the form on the page without JavaScript, to their owner alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from recognizer.models import Batch, FormField, FormTemplate, ModelVersion, Upload
from recognizer.services.batches import batch_close, batch_open
from recognizer.tests.batch_material import SEVEN, add, finish, zipped

SignIn = Callable[[User], Client]
JSON = {"Accept": "application/json"}
ROUTES = {"files": "get", "close": "post", "progress": "get", "cancel": "post", "retry": "post", "delete": "post"}


@pytest.fixture(autouse=True)
def asked(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[uuid.UUID]:
    """The batches that the worker was asked to read; nothing is read meanwhile."""
    settings.BATCH_READERS = 1
    ids: list[uuid.UUID] = []
    for module in ("batch_api", "batch_actions", "read_many"):
        monkeypatch.setattr(f"recognizer.views.{module}.read_batch_soon", ids.append)
    monkeypatch.setattr(transaction, "on_commit", lambda act, robust=False: act())
    return ids


@pytest.fixture
def client_of_alice(alice: User, signed_in: SignIn, model: ModelVersion) -> Client:
    return signed_in(alice)


@pytest.fixture
def batch(alice: User, model: ModelVersion) -> Batch:
    return batch_open(owner=alice, name="Forms")


def file(name: str = "seven.png", data: bytes = SEVEN) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def give(client: Client, batch: Batch, key: str = "k", data: bytes = SEVEN, **more: str) -> Any:
    return client.post(f"/batches/{batch.id}/files/", {"key": key, "image": file(data=data), **more})


def test_a_batch_is_opened_filled_closed_and_watched(
    client_of_alice: Client, alice: User, asked: list[uuid.UUID]
) -> None:
    answer = client_of_alice.post("/batches/", {"name": "Monday", "keep": "text", "expect": "one", "source": "camera"})
    assert answer.status_code == 201
    batch = Batch.objects.get(owner=alice)
    assert answer.json() == {"id": str(batch.id), "url": f"/batches/{batch.id}/"}
    assert (batch.name, batch.keep, batch.expect, batch.source) == ("Monday", "text", "one", "camera")
    first = give(client_of_alice, batch, "a", path="folder/a.png")
    assert first.status_code == 201
    told = {"file": {"key": "a", "name": "folder/a.png", "state": "opened", "error": None}}
    assert first.json() == told
    assert (give(client_of_alice, batch, "a").status_code, give(client_of_alice, batch, "a").json()) == (200, told)
    refused = give(client_of_alice, batch, "b", b"no picture")
    assert refused.status_code == 415
    assert refused.json()["error"]["code"] == "unsupported_image"
    assert refused.json()["file"]["state"] == "failed"
    known = client_of_alice.get(f"/batches/{batch.id}/files/").json()["files"]
    assert [(one["key"], one["state"]) for one in known] == [("a", "opened"), ("b", "failed")]
    assert client_of_alice.post(f"/batches/{batch.id}/close/").json()["url"] == f"/batches/{batch.id}/"
    assert asked == [batch.id] * 2, "for the file that was taken, and at the end"
    now = client_of_alice.get(f"/batches/{batch.id}/progress/").json()
    assert {name: now[name] for name in ("state", "total", "waiting", "failed", "read", "seconds_left")} == {
        "state": "reading",
        "total": 2,
        "waiting": 1,
        "failed": 1,
        "read": 0,
        "seconds_left": None,
    }
    finish(batch)
    now = client_of_alice.get(f"/batches/{batch.id}/progress/").json()
    assert (now["state"], now["read"], [item["state"] for item in now["items"]]) == ("finished", 1, ["failed", "read"])
    upload = Upload.objects.get()
    read = now["items"][1]
    assert (read["text"], read["number"], read["url"]) == ("7", 1, f"/history/{upload.id}/")
    assert read["thumbnail"] is None, "only the reading is kept"


@pytest.mark.parametrize("action", ROUTES)
def test_who_is_signed_out_hears_so_in_json(batch: Batch, client: Client, action: str) -> None:
    answer = getattr(client, ROUTES[action])(f"/batches/{batch.id}/{action}/", headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "signed_out")
    assert client.post("/batches/", headers=JSON).status_code == 401


@pytest.mark.parametrize("action", ROUTES)
def test_somebody_elses_batch_is_not_there(batch: Batch, bob: User, signed_in: SignIn, action: str) -> None:
    for batch_id in (batch.id, uuid.uuid4()):
        answer = getattr(signed_in(bob), ROUTES[action])(f"/batches/{batch_id}/{action}/", headers=JSON)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert give(signed_in(bob), batch).status_code == 404
    assert batch.items.count() == 0


def test_the_wrong_method_is_refused(batch: Batch, client_of_alice: Client) -> None:
    for action in ("close", "cancel", "retry", "delete"):
        assert client_of_alice.put(f"/batches/{batch.id}/{action}/").status_code == 405
    assert client_of_alice.put("/batches/").status_code == 405
    assert client_of_alice.post(f"/batches/{batch.id}/progress/").status_code == 405
    assert client_of_alice.put(f"/batches/{batch.id}/files/").status_code == 405


def test_files_need_the_csrf_token(batch: Batch, alice: User) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert give(careful, batch).status_code == 403
    assert batch.items.count() == 0
    careful.get("/read/")
    token = careful.cookies["csrftoken"].value
    assert give(careful, batch, csrfmiddlewaretoken=token).status_code == 201


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"keep": "nothing"}, 400, "choose what is kept"),
        ({"keep": "some"}, 400, "not one of the available choices"),
        ({"expect": "99"}, 400, "1 to 50"),
        ({"source": "thin air"}, 400, "not one of the available choices"),
        ({"name": "x" * 201}, 400, "at most 200"),
        ({"form": "me"}, 400, "valid UUID"),
        ({"form": str(uuid.uuid4())}, 404, "no such form"),
    ],
)
def test_a_batch_that_makes_no_sense_is_not_opened(
    client_of_alice: Client, fields: dict[str, str], status: int, words: str
) -> None:
    answer = client_of_alice.post("/batches/", fields)
    assert (answer.status_code, words in answer.json()["error"]["message"]) == (status, True)
    assert not Batch.objects.exists()


def test_a_batch_is_read_as_a_form_of_its_owner_only(client_of_alice: Client, alice: User, bob: User) -> None:
    now = timezone.now()
    forms = [
        FormTemplate.objects.create(
            owner=owner, name="F", created_at=now, changed_at=now, image="x.png", width=1, height=1
        )
        for owner in (alice, bob)
    ]
    for form in forms:
        FormField.objects.create(template=form, order=0, name="A", box_x=0, box_y=0, box_width=1, box_height=1)
    answers = [client_of_alice.post("/batches/", {"form": str(form.id)}).status_code for form in forms]
    assert answers == [201, 404]
    assert Batch.objects.get().form == forms[0]


def test_files_without_key_or_picture_and_too_many_are_refused(
    client_of_alice: Client, batch: Batch, settings: Any
) -> None:
    assert give(client_of_alice, batch, "").json()["error"]["code"] == "bad_request"
    empty = client_of_alice.post(f"/batches/{batch.id}/files/", {"key": "k"})
    assert (empty.status_code, empty.json()["error"]["code"]) == (400, "no_file")
    settings.MAX_BATCH_FILES = 1
    assert give(client_of_alice, batch, "a").status_code == 201
    full = give(client_of_alice, batch, "b")
    assert (full.status_code, full.json()["error"]["code"]) == (413, "batch_full")
    batch_close(batch=batch)
    assert give(client_of_alice, batch, "c").status_code == 409
    settings.BATCH_FILES_PER_MINUTE = 0
    busy = give(client_of_alice, batch, "d")
    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "15")


def test_an_archive_larger_than_a_picture_is_taken_and_one_over_its_own_limit_is_not(
    client_of_alice: Client, batch: Batch, settings: Any
) -> None:
    settings.MAX_UPLOAD_MEGABYTES, settings.MAX_ARCHIVE_MEGABYTES = 1, 3
    packed = zipped([(f"{at}.bmp", b"BM" + bytes(2**19)) for at in range(5)], compression=0)
    assert give(client_of_alice, batch, "zip", packed).status_code == 201
    stored = batch.files.get()
    assert (stored.size, stored.state, stored.file.size) == (len(packed), "waiting", len(packed))
    for data in (packed + packed, SEVEN + bytes(2**20)):
        answer = give(client_of_alice, batch, str(len(data)), data)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert batch.files.filter(state="failed").count() == 2


def test_what_comes_beside_a_large_file_is_not_stored_either(
    client_of_alice: Client, batch: Batch, settings: Any
) -> None:
    settings.MAX_UPLOAD_MEGABYTES = settings.MAX_DOCUMENT_MEGABYTES = settings.MAX_ARCHIVE_MEGABYTES = 1
    beside = {f"more{at}": file(data=bytes(400_000)) for at in range(4)}
    given = {"key": "k", **beside, "image": file(data=SEVEN + bytes(10_000))}
    answer = client_of_alice.post(f"/batches/{batch.id}/files/", given)
    assert (answer.status_code, "Together" in answer.json()["error"]["message"]) == (413, True)
    assert batch.files.get().file.name == ""


@pytest.mark.parametrize(("name", "status"), [("cancel", "cancelled"), ("retry", "open"), ("delete", "")])
def test_buttons_lead_back_to_a_page_and_scripts_get_json(
    batch: Batch, client_of_alice: Client, asked: list[uuid.UUID], name: str, status: str
) -> None:
    add(batch, "cut.png", SEVEN[:300])
    finish(batch)
    add(batch, "seven.png", SEVEN)
    address = f"/batches/{batch.id}/{name}/"
    answer = client_of_alice.post(address)
    assert answer.status_code == 302
    assert answer.headers["Location"] == ("/batches/" if name == "delete" else f"/batches/{batch.id}/")
    assert asked == ([batch.id] if name == "retry" else [])
    again = client_of_alice.post(address, headers=JSON)
    assert again.status_code == (404 if name == "delete" else 409)
    assert again.json()["error"]["message"]
    if status:
        assert client_of_alice.get(f"/batches/{batch.id}/progress/").json()["state"] == status


def test_scripts_hear_what_was_done(batch: Batch, client_of_alice: Client) -> None:
    add(batch, "seven.png", SEVEN)
    assert client_of_alice.post(f"/batches/{batch.id}/cancel/", headers=JSON).json() == {
        "message": "Cancelled: 1 picture was left unread. What was read before stays.",
        "url": f"/batches/{batch.id}/",
    }
    assert client_of_alice.post(f"/batches/{batch.id}/delete/", headers=JSON).json()["url"] == "/batches/"


def test_signed_out_buttons_lead_to_the_sign_in(batch: Batch, client: Client) -> None:
    answer = client.post(f"/batches/{batch.id}/cancel/")
    assert (answer.status_code, "/accounts/login/" in answer.headers["Location"]) == (302, True)
