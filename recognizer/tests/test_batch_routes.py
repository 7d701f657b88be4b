"""Batches over HTTP: for scripts as JSON, for the form on the page without JavaScript, to their owner alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Keep, User
from recognizer.models import Batch, BatchItem, FormTemplate, ModelVersion, Upload
from recognizer.selectors_batches import batch_changes, batch_items_page, batches_of
from recognizer.services.batches import batch_close, batch_open
from recognizer.tests.batch_material import SEVEN, add, document, finish, zipped
from recognizer.tests.pictures import huge_png

SignIn = Callable[[User], Client]
JSON = {"HTTP_ACCEPT": "application/json"}
ROUTES = {"files": "get", "close": "post", "progress": "get", "cancel": "post", "retry": "post", "delete": "post"}


@pytest.fixture(autouse=True)
def asked(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[uuid.UUID]]:
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
    answer = getattr(client, ROUTES[action])(f"/batches/{batch.id}/{action}/", **JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "signed_out")
    assert client.post("/batches/", **JSON).status_code == 401


@pytest.mark.parametrize("action", ROUTES)
def test_somebody_elses_batch_is_not_there(batch: Batch, bob: User, signed_in: SignIn, action: str) -> None:
    for batch_id in (batch.id, uuid.uuid4()):
        answer = getattr(signed_in(bob), ROUTES[action])(f"/batches/{batch_id}/{action}/", **JSON)
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


def test_progress_tells_what_ended_since_the_last_look(batch: Batch, client_of_alice: Client) -> None:
    add(batch, "seven.png", SEVEN)
    finish(batch)
    address = f"/batches/{batch.id}/progress/"
    first = client_of_alice.get(address).json()
    assert [item["text"] for item in first["items"]] == ["7"]
    BatchItem.objects.update(finished_at=timezone.now() - timezone.timedelta(minutes=1))
    assert client_of_alice.get(address, {"cursor": first["cursor"]}).json()["items"] == []
    for cursor in ("x", "1_x", "99999999999999999_1", "1.5_99999999999999999999"):
        assert client_of_alice.get(address, {"cursor": cursor}).status_code == 400


def test_many_changes_are_told_page_by_page(batch: Batch) -> None:
    many(batch, 25)
    seen: list[str] = []
    cursor = None
    for _look in range(3):
        changes = batch_changes(batch=batch, since=cursor, size=10)
        seen += [item.name for item in changes.items]
        cursor = changes.cursor
    assert sorted(seen) == sorted(f"{at}.png" for at in range(25))


def many(batch: Batch, count: int) -> None:
    """Read pictures of all kinds, without reading any."""
    now = timezone.now()
    given = add(batch, "all.png", SEVEN).file
    BatchItem.objects.all().delete()
    states = ["read", "needs_review", "rejected", "read", "failed"]
    uploads = [
        Upload(owner=batch.owner, created_at=now, source="file", keep="text", state=states[at % 5], batch=batch)
        for at in range(count)
    ]
    Upload.objects.bulk_create(uploads, batch_size=500)
    BatchItem.objects.bulk_create(
        (
            BatchItem(
                batch=batch,
                file=given,
                order=at,
                name=f"{at}.png",
                finished_at=now,
                state="failed" if upload.state == "failed" else "done",
                upload=None if upload.state == "failed" else upload,
            )
            for at, upload in enumerate(uploads)
        ),
        batch_size=500,
    )


def test_ten_thousand_pictures_are_counted_in_few_queries(
    batch: Batch, client_of_alice: Client, django_assert_max_num_queries: Any
) -> None:
    many(batch, 10_000)
    with django_assert_max_num_queries(8):
        now = client_of_alice.get(f"/batches/{batch.id}/progress/").json()
    assert (now["total"], now["read"], now["doubtful"], now["rejected"], now["failed"], now["waiting"]) == (
        *(10_000, 8_000, 2_000, 2_000, 2_000),
        0,
    )
    assert len(now["items"]) == 200


def test_lists_of_batches_and_pictures_are_kept_short_in_queries(
    batch: Batch, alice: User, bob: User, django_assert_num_queries: Any
) -> None:
    many(batch, 130)
    batch_open(owner=bob)
    others = [batch_open(owner=alice) for _number in range(3)]
    with django_assert_num_queries(4):
        first = batches_of(owner=alice, size=3)
    assert [one for one, _progress in first.batches] == list(reversed(others))
    rest = batches_of(owner=alice, before=first.next_cursor, size=3)
    assert [(one, progress.total, rest.next_cursor) for one, progress in rest.batches] == [(batch, 130, None)]
    with django_assert_num_queries(1):
        page = batch_items_page(batch=batch, size=100)
        assert [item.upload is None for item in page.items].count(True) == 20
    assert [item.number for item in page.items] == list(range(1, 101))
    after = batch_items_page(batch=batch, after=page.next_cursor, size=100)
    assert ([item.number for item in after.items], after.next_cursor) == (list(range(101, 131)), None)
    for outcome, count in (("doubtful", 26), ("rejected", 26), ("failed", 26), ("all", 130)):
        assert len(batch_items_page(batch=batch, outcome=outcome, size=500).items) == count


def test_seconds_left_come_from_the_pace(batch: Batch, client_of_alice: Client) -> None:
    many(batch, 20)
    Batch.objects.update(finished_at=None)
    BatchItem.objects.filter(order__gte=10).update(state="waiting", finished_at=None, upload=None)
    BatchItem.objects.filter(order__lt=10).update(finished_at=timezone.now() - timezone.timedelta(seconds=8))
    address = f"/batches/{batch.id}/progress/"
    assert client_of_alice.get(address).json()["seconds_left"] in (10, 11)
    BatchItem.objects.filter(order=19).update(kind="PDF")
    assert client_of_alice.get(address).json()["seconds_left"] is None, "nobody knows how many pages it has"


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
    again = client_of_alice.post(address, **JSON)
    assert again.status_code == (404 if name == "delete" else 409)
    assert again.json()["error"]["message"]
    if status:
        assert client_of_alice.get(f"/batches/{batch.id}/progress/").json()["state"] == status


def test_scripts_hear_what_was_done(batch: Batch, client_of_alice: Client) -> None:
    add(batch, "seven.png", SEVEN)
    assert client_of_alice.post(f"/batches/{batch.id}/cancel/", **JSON).json() == {
        "message": "Cancelled: 1 picture was left unread. What was read before stays.",
        "url": f"/batches/{batch.id}/",
    }
    assert client_of_alice.post(f"/batches/{batch.id}/delete/", **JSON).json()["url"] == "/batches/"


def test_signed_out_buttons_lead_to_the_sign_in(batch: Batch, client: Client) -> None:
    answer = client.post(f"/batches/{batch.id}/cancel/")
    assert (answer.status_code, "/accounts/login/" in answer.headers["Location"]) == (302, True)


def test_several_files_on_the_page_become_a_batch(client_of_alice: Client, asked: list[uuid.UUID]) -> None:
    given = [file("a.png"), file("b.txt", b"no picture"), file("c.png")]
    answer = client_of_alice.post("/read/", {"image": given, "keep": "all"})
    batch = Batch.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/batches/{batch.id}/")
    assert asked == [batch.id]
    finish(batch)
    assert [(item.name, item.state) for item in batch.items.all()] == [
        ("a.png", "done"),
        ("b.txt", "failed"),
        ("c.png", "done"),
    ]


@pytest.mark.parametrize(("name", "pictures"), [("pile.zip", 1), ("scan.pdf", 2)])
def test_an_archive_or_a_document_of_several_pages_becomes_a_batch(
    client_of_alice: Client, name: str, pictures: int
) -> None:
    data = zipped([("a.png", SEVEN)]) if name == "pile.zip" else document(["7", "3"])
    answer = client_of_alice.post("/read/", {"image": file(name, data), "keep": "all"})
    batch = finish(Batch.objects.get())
    assert (answer.headers["Location"], batch.name) == (f"/batches/{batch.id}/", name)
    assert (batch.finished_at is not None, Upload.objects.count()) == (True, pictures)


def test_one_picture_and_a_document_of_one_page_stay_what_they_are(client_of_alice: Client) -> None:
    for name, data in (("seven.png", SEVEN), ("one.pdf", document(["7"]))):
        client_of_alice.post("/read/", {"image": file(name, data), "keep": "all"})
    assert (Upload.objects.filter(text="7", page=None, batch=None).count(), Batch.objects.count()) == (2, 0)


def test_several_files_of_which_nothing_is_kept_are_read_at_once(
    client_of_alice: Client, private_files: Callable[[], set[str]]
) -> None:
    given = [
        file("a.png"),
        file("b.txt", b"no picture"),
        file("c.pdf", document(["3", "4"])),
        file("d.zip", zipped([])),
    ]
    answer = client_of_alice.post("/read/", {"image": given, "keep": "nothing"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    rows = [(row["name"], row["state"], row["text"]) for row in answer.context["rows"]]
    assert rows == [
        ("a.png", "read", "7"),
        ("b.txt", "failed", ""),
        ("c.pdf, page 1", "read", "3"),
        ("c.pdf, page 2", "read", "4"),
        ("d.zip", "failed", ""),
    ]
    assert answer.context["column"] == "7\n\n3\n4\n"
    assert "choose what is kept of it" in answer.context["rows"][4]["problem"]
    assert (Upload.objects.count(), Batch.objects.count(), private_files()) == (0, 0, set())


def test_of_which_nothing_is_kept_only_so_many_are_read_at_once(client_of_alice: Client, settings: Any) -> None:
    settings.MAX_UNKEPT_FILES = 2
    for given in ([file()] * 3, [file("scan.pdf", document(["1", "2", "3"]))]):
        answer = client_of_alice.post("/read/", {"image": given, "keep": "nothing"})
        assert (answer.status_code, "at most 2 pictures" in answer.context["error"]) == (422, True)


def test_too_much_in_one_request_is_said_beside_each_file(
    client_of_alice: Client, settings: Any, private_files: Callable[[], set[str]]
) -> None:
    """Without JavaScript all comes at once, and is held in memory: what is beyond is dropped, not the rest."""
    settings.MAX_UPLOAD_MEGABYTES = 1
    given = [file(f"{at}.png", SEVEN + bytes(900_000)) for at in range(6)]
    client_of_alice.post("/read/", {"image": given, "keep": "all"})
    batch = Batch.objects.get()
    assert [item.error_code for item in batch.items.all()] == ["", "", "", "", "too_large", "too_large"]
    assert "Together these files are too large" in batch.items.last().error_message
    assert len(private_files()) == 4


def test_a_hostile_picture_in_a_batch_stops_nothing(client_of_alice: Client) -> None:
    given = [file("huge.png", huge_png()), file()]
    client_of_alice.post("/read/", {"image": given, "keep": Keep.ALL})
    batch = finish(Batch.objects.get())
    assert [(item.state, item.error_code) for item in batch.items.all()] == [("failed", "too_large"), ("done", "")]


def test_a_full_batch_keeps_what_it_took(client_of_alice: Client, settings: Any) -> None:
    settings.MAX_BATCH_FILES = 2
    answer = client_of_alice.post("/read/", {"image": [file()] * 3, "keep": "all"})
    assert answer.status_code == 302
    batch = Batch.objects.get()
    assert (batch.items.count(), batch.closed_at is not None) == (2, True)
