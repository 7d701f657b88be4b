"""How far a batch is, and what became of each picture: told quickly, and truly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from recognizer.models import Batch, BatchItem, ModelVersion, Upload
from recognizer.selectors_batches import batch_changes, batch_items_page, batches_of
from recognizer.services.batches import batch_open
from recognizer.tests.batch_material import SEVEN, add, finish

SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _one_reader(settings: Any) -> None:
    settings.BATCH_READERS = 1


@pytest.fixture
def client_of_alice(alice: User, signed_in: SignIn, model: ModelVersion) -> Client:
    return signed_in(alice)


@pytest.fixture
def batch(alice: User, model: ModelVersion) -> Batch:
    return batch_open(owner=alice, name="Forms")


def test_progress_tells_what_ended_since_the_last_look(batch: Batch, client_of_alice: Client) -> None:
    add(batch, "seven.png", SEVEN)
    finish(batch)
    address = f"/batches/{batch.id}/progress/"
    first = client_of_alice.get(address).json()
    assert [item["text"] for item in first["items"]] == ["7"]
    BatchItem.objects.update(finished_at=timezone.now() - dt.timedelta(minutes=1))
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
    with django_assert_num_queries(2):
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
    BatchItem.objects.filter(order__lt=10).update(finished_at=timezone.now() - dt.timedelta(seconds=8))
    address = f"/batches/{batch.id}/progress/"
    assert client_of_alice.get(address).json()["seconds_left"] in (10, 11)
    BatchItem.objects.filter(order=19).update(kind="PDF")
    assert client_of_alice.get(address).json()["seconds_left"] is None, "nobody knows how many pages it has"


def test_staff_see_figures_and_no_pictures(
    batch: Batch, charlie: User, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    many(batch, 10)
    for _number in range(5):
        batch_open(owner=charlie)
    staff = signed_in(charlie)
    with django_assert_max_num_queries(12):
        page = staff.get("/admin/recognizer/batch/").content.decode()
    assert ("alice@numeral.example" in page, 'field-pictures">10<' in page, 'field-failed">2<' in page) == (True,) * 3
    page = staff.get(f"/admin/recognizer/batch/{batch.id}/change/").content.decode()
    assert ("open" in page, "0.png" in page) == (True, False)
    assert staff.post("/admin/recognizer/batch/add/").status_code == 403
    assert staff.post(f"/admin/recognizer/batch/{batch.id}/delete/").status_code == 403
