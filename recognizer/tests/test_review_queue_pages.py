"""The pages of the review queue, as pages and as what their script is told."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.models import User
from recognizer.domain.types import Box
from recognizer.models import Correction, Prediction
from recognizer.services.review_queue import claim_stamp, review_take
from recognizer.tests.doubtful import doubtful
from recognizer.views.review_items import near

pytestmark = pytest.mark.usefixtures("model")

SignIn = Callable[[User], Client]
JSON: Any = {"HTTP_ACCEPT": "application/json"}
POSTED = (
    "/review/next/",
    "/review/release/",
    "/review/undo/",
    f"/review/{uuid.uuid4()}/",
    f"/review/{uuid.uuid4()}/hold/",
)


def answer(item: Any, **fields: str) -> dict[str, str]:
    return {"stamp": item.stamp, "text": item.text, **fields}


def test_the_page_shows_the_least_sure_number_with_its_box_and_alternatives(alice: User, signed_in: SignIn) -> None:
    doubtful(alice, "12", 0.6)
    worst = doubtful(alice, "47", 0.2, picture=True)
    page = signed_in(alice).get("/review/")
    item = page.context["item"]
    assert (item.id, item.text, page.context["left"]) == (worst.id, "47", 2)
    html = page.content.decode()
    assert f"/history/{worst.upload_id}/image/" in html
    assert '<rect class="review-mark"' in html
    assert [[(a.digit, a.text) for a in digit.alternatives] for digit in item.digits] == [
        [(5, "57"), (6, "67")],
        [(8, "48"), (9, "49")],
    ]
    assert 'value="47"' in html


def test_a_picture_that_was_not_kept_is_said_to_be_missing(alice: User, signed_in: SignIn) -> None:
    doubtful(alice)
    assert "The picture was not kept" in signed_in(alice).get("/review/").content.decode()


def test_nothing_to_review_has_a_next_step(alice: User, signed_in: SignIn) -> None:
    html = signed_in(alice).get("/review/").content.decode()
    assert "Nothing to review" in html
    assert 'href="/read/"' in html


def test_the_header_of_every_page_counts_what_waits(alice: User, signed_in: SignIn) -> None:
    doubtful(alice)
    assert '<span class="nav-count">1<' in signed_in(alice).get("/history/").content.decode()


def test_without_a_script_a_number_is_confirmed_and_the_next_one_follows(alice: User, signed_in: SignIn) -> None:
    doubtful(alice, "47", 0.2)
    doubtful(alice, "12", 0.6)
    client = signed_in(alice)
    item = client.get("/review/").context["item"]
    page = client.post(f"/review/{item.id}/", answer(item), follow=True)
    assert "Confirmed 47." in page.content.decode()
    assert (page.context["item"].text, page.context["done"], page.context["left"]) == ("12", 1, 1)
    undone = client.post("/review/undo/", {"undo": page.context["undo"], "done": "1"}, follow=True)
    assert (undone.context["item"].text, undone.context["done"], undone.context["left"]) == ("47", 0, 2)
    assert not Correction.objects.exists()


def test_without_a_script_an_alternative_or_no_number_is_one_click(alice: User, signed_in: SignIn) -> None:
    doubtful(alice, "47", 0.2)
    doubtful(alice, "12", 0.6)
    client = signed_in(alice)
    item = client.get("/review/").context["item"]
    page = client.post(f"/review/{item.id}/", answer(item, instead="48"), follow=True)
    item = page.context["item"]
    page = client.post(f"/review/{item.id}/", answer(item, no_number="1"), follow=True)
    assert "No number there: 12 was taken away." in page.content.decode()
    assert "All done" in page.content.decode()
    assert list(Correction.objects.order_by("id").values_list("text", flat=True)) == ["48", ""]


def test_skipping_goes_on_and_ends_with_a_way_back(alice: User, signed_in: SignIn) -> None:
    doubtful(alice, "47", 0.2)
    doubtful(alice, "12", 0.6)
    client = signed_in(alice)
    places: list[str] = []
    for text in ("47", "12"):
        page = client.get("/review/", {"after": places[-1]} if places else {})
        assert page.context["item"].text == text
        places.append(page.context["item"].place)
    assert "That was the last one" in client.get("/review/", {"after": places[-1]}).content.decode()
    again = client.post("/review/release/", follow=True)
    assert again.context["item"].text == "47"


def test_a_reload_shows_the_same_number_and_another_window_does_not(alice: User, signed_in: SignIn) -> None:
    doubtful(alice)
    client = signed_in(alice)
    item = client.get("/review/").context["item"]
    assert "Open in another window" in client.get("/review/").content.decode()
    assert client.get("/review/", {"hold": f"{item.id}.{item.stamp}"}).context["item"].id == item.id


@pytest.mark.parametrize("hold", ["x", "x.y", f"{uuid.uuid4()}.1", "."])
def test_a_hold_that_is_none_gets_the_next_number(alice: User, signed_in: SignIn, hold: str) -> None:
    doubtful(alice)
    assert signed_in(alice).get("/review/", {"hold": hold}).context["item"].text == "47"


@pytest.mark.parametrize("text", ["", "seven", "1" * 51])
def test_what_is_no_number_is_refused_beside_its_field(alice: User, signed_in: SignIn, text: str) -> None:
    doubtful(alice)
    client = signed_in(alice)
    item = client.get("/review/").context["item"]
    page = client.post(f"/review/{item.id}/", answer(item, text=text))
    assert page.status_code == 422
    assert (page.context["item"].typed, page.context["item"].id) == (text, item.id)
    assert page.context["item"].problem
    told = client.post(f"/review/{item.id}/", answer(item, text=text), **JSON)
    assert (told.status_code, told.json()["error"]["code"]) == (422, "bad_request")


def test_what_was_decided_in_another_window_is_told_with_what_was_typed(alice: User, signed_in: SignIn) -> None:
    doubtful(alice, "47", 0.2)
    doubtful(alice, "12", 0.6)
    client = signed_in(alice)
    item = client.get("/review/").context["item"]
    client.post(f"/review/{item.id}/", answer(item))
    page = client.post(f"/review/{item.id}/", answer(item, text="99"))
    assert page.status_code == 409
    assert "You typed: 99." in page.content.decode()
    assert page.context["item"].text == "12"
    assert Correction.objects.get().text == "47"


def test_signed_out_in_the_middle_nothing_typed_is_lost(alice: User, client: Client, signed_in: SignIn) -> None:
    doubtful(alice)
    item = signed_in(alice).get("/review/").context["item"]
    told = client.post(f"/review/{item.id}/", answer(item, text="48"), **JSON)
    assert (told.status_code, told.json()["error"]["code"]) == (401, "signed_out")
    away = client.post(f"/review/{item.id}/", answer(item, text="48", done="3")).headers["Location"]
    assert away.startswith("/accounts/login/?next=")
    back = parse_qs(urlsplit(away).query)["next"][0]
    page = signed_in(alice).get(back)
    assert (page.context["item"].typed, page.context["done"]) == ("48", 3)


def test_what_was_typed_for_one_number_never_stands_in_anothers_field(alice: User, signed_in: SignIn) -> None:
    doubtful(alice)
    page = signed_in(alice).get("/review/", {"hold": f"{uuid.uuid4()}.1", "typed": "99"})
    assert page.context["item"].typed == "47"
    assert "for which you typed 99" in page.content.decode()


def test_a_script_gets_the_next_numbers_and_the_end(alice: User, signed_in: SignIn) -> None:
    for number in range(5):
        doubtful(alice, str(number), number / 10)
    client = signed_in(alice)
    told = client.post("/review/next/", {"count": "3"}, **JSON).json()
    assert [("review-form" in item["html"], item["picture"]) for item in told["items"]] == [(True, "")] * 3
    assert told["left"] == 5
    rest = client.post("/review/next/", {"count": "9", "after": told["items"][-1]["place"]}, **JSON).json()
    assert len(rest["items"]) == 2
    end = client.post("/review/next/", {"after": rest["items"][-1]["place"]}, **JSON).json()
    assert end["items"] == []
    assert "That was the last one" in end["end"]


def test_a_script_decides_holds_and_undoes(alice: User, signed_in: SignIn) -> None:
    doubtful(alice)
    client = signed_in(alice)
    [item] = client.post("/review/next/", **JSON).json()["items"]
    stamp = client.post(f"/review/{item['id']}/hold/", {"stamp": item["stamp"]}, **JSON).json()["stamp"]
    stale = client.post(f"/review/{item['id']}/", {"stamp": item["stamp"], "text": "48"}, **JSON)
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "open_elsewhere")
    told = client.post(f"/review/{item['id']}/", {"stamp": stamp, "text": "48"}, **JSON).json()
    assert (told["said"], told["left"]) == ("Corrected 47 to 48.", 0)
    back = client.post("/review/undo/", {"undo": told["undo"]}, **JSON).json()
    assert (back["item"]["id"], back["left"]) == (item["id"], 1)


def test_a_closed_window_gives_back_what_it_held(alice: User, signed_in: SignIn) -> None:
    doubtful(alice)
    client = signed_in(alice)
    item = client.get("/review/").context["item"]
    assert client.post("/review/release/", {"held": f"{item.id}.{item.stamp}"}).status_code == 204
    assert len(review_take(user=alice)) == 1


def test_a_fresh_token_is_there_after_signing_in_again(alice: User, signed_in: SignIn) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = signed_in(alice).cookies
    doubtful(alice)
    [item] = review_take(user=alice)
    sent = {"stamp": claim_stamp(item), "text": "48"}
    assert client.post(f"/review/{item.id}/", sent, **JSON).status_code == 403
    told = client.get("/review/token/", **JSON)
    assert told.headers["Cache-Control"] == "no-store"
    kept = client.post(f"/review/{item.id}/", {**sent, "csrfmiddlewaretoken": told.json()["csrf"]}, **JSON)
    assert kept.status_code == 200


def test_signed_out_people_are_sent_to_sign_in(client: Client, db: None) -> None:
    for path in ("/review/", "/review/token/"):
        assert client.get(path).headers["Location"].startswith("/accounts/login/")
        assert client.get(path, **JSON).status_code == 401
    for path in POSTED:
        assert client.post(path).headers["Location"].startswith("/accounts/login/")
        assert client.post(path, **JSON).status_code == 401


def test_somebody_elses_number_is_not_there(alice: User, bob: User, charlie: User, signed_in: SignIn) -> None:
    doubtful(alice)
    [item] = review_take(user=alice)
    held = {"stamp": claim_stamp(item), "text": "48"}
    for stranger in (bob, charlie):
        client = signed_in(stranger)
        assert client.get("/review/").context["item"] is None
        for path in ("", "hold/"):
            theirs = client.post(f"/review/{item.id}/{path}", held, **JSON)
            nowhere = client.post(f"/review/{uuid.uuid4()}/{path}", held, **JSON)
            assert theirs.status_code == nowhere.status_code == 404
    assert Prediction.objects.get().state == "needs_review"


def test_wrong_methods_are_refused(alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    assert client.post("/review/").status_code == client.post("/review/token/").status_code == 405
    for path in POSTED:
        assert client.get(path).status_code == 405


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/review/next/", {"after": "x"}),
        ("/review/next/", {"count": "many"}),
        ("/review/undo/", {"undo": "x"}),
        ("/review/release/", {"held": "x"}),
    ],
)
def test_what_cannot_be_understood_is_refused(
    alice: User, signed_in: SignIn, path: str, fields: dict[str, str]
) -> None:
    assert signed_in(alice).post(path, fields, **JSON).status_code == 400
    assert signed_in(alice).get("/review/", {"after": "x"}).status_code == 400


def test_a_long_queue_costs_no_more_queries(alice: User, signed_in: SignIn, django_assert_max_num_queries: Any) -> None:
    for number in range(12):
        doubtful(alice, "1234567", number / 20)
    client = signed_in(alice)
    with django_assert_max_num_queries(7):  # session, user, the look, claim, item, digits, count
        item = client.get("/review/").context["item"]
    with django_assert_max_num_queries(11):  # two more claims
        client.post("/review/next/", {"count": "3"}, **JSON)
    with django_assert_max_num_queries(21):
        client.post(f"/review/{item.id}/", answer(item), **JSON)


def test_a_small_number_on_a_page_is_shown_near_and_a_large_one_with_the_whole_picture() -> None:
    assert near(Box(100, 220, 120, 90), 800, 600) == Box(18, 138, 284, 254)
    assert near(Box(0, 0, 20, 20), 800, 600) == Box(0, 0, 39, 39)
    assert near(Box(50, 50, 500, 400), 800, 600) == Box(0, 0, 800, 600)
    assert near(Box(900, 700, 10, 10), 800, 600).width >= 1
