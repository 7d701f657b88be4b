"""Several files given on the page at once, as a browser without JavaScript sends them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from accounts.models import Keep, User
from recognizer.models import Batch, ModelVersion, Upload
from recognizer.services.batch_places import place_of
from recognizer.tests.batch_material import SEVEN, document, finish, zipped
from recognizer.tests.pictures import huge_png

SignIn = Callable[[User], Client]


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


def file(name: str = "seven.png", data: bytes = SEVEN) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


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
    assert "Together these files are too large" in batch.items.get(order=place_of(5)).error_message
    assert len(private_files()) == 4


def test_more_files_than_one_request_may_hold_are_refused_with_a_sentence(
    client_of_alice: Client, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    answer = client_of_alice.post("/read/", {"image": [file()] * 3, "keep": "all"})
    assert (answer.status_code, "At most 2 files" in answer.content.decode()) == (400, True)
    assert not Batch.objects.exists()


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
