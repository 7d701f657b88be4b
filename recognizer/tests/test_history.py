"""One's own uploads, and nobody else's."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Keep, User
from recognizer.models import ModelVersion, Upload
from recognizer.services.ingest import picture_ingest

Draw = Callable[[str], bytes]
SignIn = Callable[[User], Client]


@pytest.fixture
def upload(alice: User, model: ModelVersion, number_png: Draw) -> Upload:
    """Alice's seven, kept with its picture."""
    kept = picture_ingest(data=number_png("7"), owner=alice, keep=Keep.ALL, name="seven.png").upload
    assert kept is not None
    return kept


def many(owner: User, count: int) -> list[Upload]:
    """Uploads a second apart, oldest first, the last two at the very same moment."""
    start = timezone.now() - dt.timedelta(days=1)
    moments = [start + dt.timedelta(seconds=second) for second in range(count - 1)]
    return Upload.objects.bulk_create(
        Upload(owner=owner, created_at=moment, source="file", keep="text", state="read", final_text=str(order))
        for order, moment in enumerate([*moments, moments[-1]])
    )


def without_token(content: bytes) -> bytes:
    """A page without its CSRF token, which differs at every request."""
    return re.sub(rb'name="csrfmiddlewaretoken" value="[^"]*"', b"", content)


def test_the_history_shows_own_uploads_newest_first(alice: User, bob: User, signed_in: SignIn) -> None:
    many(alice, 3)
    many(bob, 2)
    response = signed_in(alice).get("/history/")
    assert [row["text"] for row in response.context["uploads"]][2] == "0"
    assert len(response.context["uploads"]) == 3
    assert response.context["next_cursor"] is None


def test_pages_follow_each_other_without_gaps_or_repeats(alice: User, signed_in: SignIn) -> None:
    expected = {upload.id for upload in many(alice, 60)}
    client, seen, address = signed_in(alice), [], "/history/"
    while address:
        context = client.get(address).context
        seen += [row["id"] for row in context["uploads"]]
        address = f"/history/?before={context['next_cursor']}" if context["next_cursor"] else ""
    assert len(seen) == len(set(seen)) == 60
    assert set(seen) == expected


@pytest.mark.parametrize("cursor", ["x", "1_2", "99999999999999999999.0_" + "0" * 32, "1.5_zz", "%00", "-1.-1_"])
def test_a_made_up_cursor_is_answered_with_a_sentence(alice: User, signed_in: SignIn, cursor: str) -> None:
    response = signed_in(alice).get("/history/", {"before": cursor})
    assert response.status_code == 400
    assert b"Go back to its beginning" in response.content


def test_an_empty_history_shows_the_next_step(alice: User, signed_in: SignIn) -> None:
    assert b'href="/read/"' in signed_in(alice).get("/history/").content


def test_a_page_of_the_history_costs_five_queries(
    alice: User, signed_in: SignIn, django_assert_num_queries: Any
) -> None:
    many(alice, 30)
    client = signed_in(alice)
    # session, person, what may be chosen, pictures; one counts what waits for review, once in half a minute
    with django_assert_num_queries(5):
        client.get("/history/")


def test_a_result_costs_few_queries_however_many_digits(
    alice: User, signed_in: SignIn, model: ModelVersion, number_png: Draw, django_assert_num_queries: Any
) -> None:
    kept = picture_ingest(data=number_png("123456"), owner=alice, keep=Keep.ALL).upload
    assert kept is not None
    client = signed_in(alice)
    with django_assert_num_queries(7):
        client.get(f"/history/{kept.id}/")


def test_the_owner_gets_picture_and_thumbnail_as_private_images(upload: Upload, alice: User, signed_in: SignIn) -> None:
    for kind in ("image", "thumbnail"):
        response = signed_in(alice).get(f"/history/{upload.id}/{kind}/")
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith("image/")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "private" in response.headers["Cache-Control"]
        assert b"".join(response.streaming_content)  # type: ignore[attr-defined]


@pytest.mark.parametrize("part", ["", "image/", "thumbnail/", "delete/"])
def test_what_is_not_yours_and_what_is_not_there_are_the_same_404(
    upload: Upload, bob: User, charlie: User, signed_in: SignIn, part: str
) -> None:
    for stranger in (bob, charlie):
        client = signed_in(stranger)
        theirs = client.get(f"/history/{upload.id}/{part}")
        nowhere = client.get(f"/history/{uuid.uuid4()}/{part}")
        assert theirs.status_code == nowhere.status_code == 404
        assert without_token(theirs.content) == without_token(nowhere.content)


@pytest.mark.parametrize("part", ["", "image/", "thumbnail/", "delete/"])
def test_whoever_is_signed_out_is_asked_to_sign_in(upload: Upload, client: Client, part: str) -> None:
    response = client.get(f"/history/{upload.id}/{part}")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/")


def test_deleting_for_good_asks_first_then_removes_rows_and_files(
    upload: Upload,
    alice: User,
    signed_in: SignIn,
    private_files: Callable[[], set[str]],
    django_capture_on_commit_callbacks: Any,
) -> None:
    client = signed_in(alice)
    assert client.get(f"/history/{upload.id}/delete/").status_code == 200
    assert Upload.objects.count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(f"/history/{upload.id}/delete/", {"for_good": "yes"})
    assert response.headers["Location"] == "/history/"
    assert not Upload.objects.exists()
    assert private_files() == set()


def test_nobody_deletes_what_is_not_theirs(upload: Upload, bob: User, signed_in: SignIn) -> None:
    assert signed_in(bob).post(f"/history/{upload.id}/delete/").status_code == 404
    assert Upload.objects.filter(id=upload.id).exists()


def test_a_picture_whose_file_vanished_is_a_404_not_a_crash(upload: Upload, alice: User, signed_in: SignIn) -> None:
    upload.image.storage.delete(upload.image.name or "")
    assert signed_in(alice).get(f"/history/{upload.id}/image/").status_code == 404
    assert signed_in(alice).get(f"/history/{upload.id}/").status_code == 200
