"""What is done with all that a search of the history finds: deleted, brought back, read again."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Keep, User
from recognizer import selectors_history_actions
from recognizer.domain.errors import StillWorking
from recognizer.domain.history import HistoryQuery, Sort
from recognizer.models import HistoryAction, ModelVersion, Upload
from recognizer.services import history_actions
from recognizer.services.history_actions import (
    history_action_advance,
    history_action_start,
    history_action_stop,
    history_action_undo,
)
from recognizer.services.ingest import picture_ingest
from recognizer.services.review import prediction_correct
from recognizer.services.uploads_trash import uploads_trash
from recognizer.tests.batches import make_batch, make_upload
from recognizer.views import history_all, trash

SignIn = Callable[[User], Client]

pytestmark = pytest.mark.usefixtures("model")


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs that views hand to the worker; none runs by itself here."""
    jobs: list[str] = []
    monkeypatch.setattr(history_all, "history_action_soon", jobs.append)
    return jobs


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows a step, one step a slice, and nothing at once."""
    monkeypatch.setattr(history_actions, "ROWS", 2)
    monkeypatch.setattr(history_actions, "PICTURES", 2)
    monkeypatch.setattr(history_actions, "SLICE_SECONDS", -1.0)
    monkeypatch.setattr(history_actions, "AT_ONCE", 0)
    monkeypatch.setattr(trash, "AT_ONCE", 0)


def start(owner: User, kind: str = "delete", **query: Any) -> HistoryAction:
    return history_action_start(owner=owner, kind=kind, query=HistoryQuery(**query), as_of=timezone.now())


def run(action: HistoryAction) -> int:
    """To its end; returns how many slices that took."""
    slices = 1
    while history_action_advance(action=action):
        slices += 1
        assert slices < 50
    action.refresh_from_db()
    return slices


def left(owner: User) -> set[str]:
    return set(Upload.objects.filter(owner=owner, deleted_at=None).values_list("final_text", flat=True))


def test_the_page_says_how_many_match_and_deletes_them_alone(alice: User, bob: User, signed_in: SignIn) -> None:
    for text in ("401", "4013", "77"):
        make_upload(alice, text)
        make_upload(bob, text)
    client = signed_in(alice)
    page = client.get("/history/all/?q=401")
    assert page.context["count"] == 2
    assert "All that match: 2" in page.content.decode()
    fields = {"address": page.context["address"], "as_of": page.context["as_of"], "action": "delete"}
    make_upload(alice, "4014")  # given after the page was looked at
    after = client.post("/history/all/", fields, follow=True)
    assert left(alice) == {"77", "4014"}
    assert left(bob) == {"401", "4013", "77"}
    assert after.context["undo"]["words"] == "In the trash for 30 days: 2."
    client.post("/history/trash/undo/", {"moment": after.context["undo"]["moment"]})
    assert left(alice) == {"401", "4013", "77", "4014"}


def test_the_whole_history_is_named_as_such(alice: User, signed_in: SignIn) -> None:
    for text in ("1", "2"):
        make_upload(alice, text)
    page = signed_in(alice).get("/history/all/")
    assert "Your whole history: 2" in page.content.decode()


def test_nothing_found_is_said(alice: User, signed_in: SignIn) -> None:
    page = signed_in(alice).get("/history/all/?q=5")
    assert "Nothing like that" in page.content.decode()
    fields = {"address": "q=5", "as_of": timezone.now().isoformat(), "action": "delete"}
    assert (
        "In the trash for 30 days: 0." in signed_in(alice).post("/history/all/", fields, follow=True).content.decode()
    )


def test_many_are_not_counted_to_the_end(alice: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors_history_actions, "COUNTED", 2)
    monkeypatch.setattr(history_all, "COUNTED", 2)
    for text in ("1", "2", "3", "4"):
        make_upload(alice, text)
    assert "more than 2" in signed_in(alice).get("/history/all/").content.decode()


@pytest.mark.parametrize("sort", list(Sort))
def test_every_order_finds_what_its_list_shows(alice: User, signed_in: SignIn, sort: Sort) -> None:
    for text in ("1", "22", ""):
        make_upload(alice, text, confidence=0.0 if not text else 0.5)
    shown = len(signed_in(alice).get("/history/", {"sort": sort}).context["uploads"])
    action = start(alice, sort=sort)
    assert (action.state, action.total, action.done) == ("done", shown, shown)


@pytest.mark.usefixtures("slowly")
def test_large_ones_go_on_in_slices_that_tell_how_far_they_are(
    alice: User, signed_in: SignIn, queued: list[str]
) -> None:
    batch = make_batch(alice, *"12345")
    make_upload(alice, "9")
    client = signed_in(alice)
    page = client.get(f"/history/all/?batch={batch.id}")
    fields = {"address": page.context["address"], "as_of": page.context["as_of"], "action": "delete"}
    response = client.post("/history/all/", fields)
    action = HistoryAction.objects.get()
    assert response.headers["Location"] == f"/history/all/{action.id}/"
    assert queued == [str(action.id)]
    assert history_action_advance(action=action)
    page = client.get(f"/history/all/{action.id}/")
    assert (page.context["seen"], page.context["total"]) == (2, "5")
    assert b"See how far it is" in client.get("/history/").content
    assert run(action) == 2
    assert left(alice) == {"9"}
    page = client.get(f"/history/all/{action.id}/")
    assert page.context["said"] == "In the trash for 30 days: 5."
    assert b"See how far it is" not in client.get("/history/").content
    client.post(f"/history/all/{action.id}/undo/")
    run(HistoryAction.objects.get(kind="restore"))
    assert left(alice) == {"9", *"12345"}


@pytest.mark.usefixtures("slowly")
def test_undo_of_many_goes_on_in_the_background_too(alice: User, signed_in: SignIn, queued: list[str]) -> None:
    for text in "123":
        make_upload(alice, text)
    action = start(alice)
    run(action)
    client = signed_in(alice)
    response = client.post("/history/trash/undo/", {"moment": action.moment.isoformat()})
    restore = HistoryAction.objects.get(kind="restore")
    assert response.headers["Location"] == f"/history/all/{restore.id}/"
    run(restore)
    assert (left(alice), restore.done) == (set("123"), 3)


@pytest.mark.usefixtures("slowly")
def test_stopped_it_leaves_the_rest_and_what_was_done_can_be_undone(
    alice: User, signed_in: SignIn, queued: list[str]
) -> None:
    for text in "12345":
        make_upload(alice, text)
    action, client = start(alice), signed_in(alice)
    assert client.post(f"/history/all/{action.id}/undo/").status_code == 400
    history_action_advance(action=action)
    client.post(f"/history/all/{action.id}/stop/")
    assert not history_action_advance(action=action)
    assert len(left(alice)) == 3
    page = client.get(f"/history/all/{action.id}/")
    assert "Stopped" in page.content.decode()
    assert "Bring them back" in page.content.decode()


@pytest.mark.usefixtures("slowly")
def test_a_step_that_is_stopped_meanwhile_does_nothing(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in "123":
        make_upload(alice, text)
    action = start(alice)
    delete = uploads_trash

    def stopped_meanwhile(**given: Any) -> Any:
        history_action_stop(action=action)
        return delete(**given)

    monkeypatch.setattr(history_actions, "uploads_trash", stopped_meanwhile)
    assert not history_action_advance(action=action)
    assert HistoryAction.objects.get().done == 0
    assert left(alice) == set("123")


@pytest.mark.usefixtures("slowly")
def test_one_thing_at_a_time(alice: User, bob: User, signed_in: SignIn) -> None:
    for text in "123":
        make_upload(alice, text)
    first = start(alice)
    with pytest.raises(StillWorking):
        start(alice, "reread")
    with pytest.raises(StillWorking):
        history_action_undo(owner=alice, moment=timezone.now())
    start(bob)
    fields = {"address": "", "as_of": timezone.now().isoformat(), "action": "delete"}
    response = signed_in(alice).post("/history/all/", fields)
    assert response.status_code == 409
    assert b"Something else is still being done" in response.content
    history_action_stop(action=first)
    start(alice)


@pytest.mark.usefixtures("slowly")
def test_whoever_died_is_followed_by_another(alice: User) -> None:
    for text in "123":
        make_upload(alice, text)
    action = start(alice)
    HistoryAction.objects.update(working=True)
    assert not history_action_advance(action=action)
    HistoryAction.objects.update(heartbeat_at=timezone.now() - dt.timedelta(minutes=5))
    assert selectors_history_actions.history_actions_silent() == [action]
    run(action)
    assert left(alice) == set()


@pytest.mark.usefixtures("slowly")
def test_all_that_can_be_is_read_again_once(
    alice: User, number_png: Callable[[str], bytes], model: ModelVersion
) -> None:
    kept = [picture_ingest(data=number_png(text), owner=alice, keep=Keep.ALL).upload for text in ("4", "7", "2")]
    assert kept[0] is not None
    prediction_correct(prediction=kept[0].predictions.get(), author=alice, text="9")
    make_upload(alice, "55")  # without a picture
    Upload.objects.update(ms=None)
    action = start(alice, "reread")
    assert action.state == "working"
    run(action)
    assert (action.done, action.left_out, action.total, action.state) == (2, 2, 4, "done")
    assert Upload.objects.exclude(ms=None).count() == 2


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"action": "delete"},
        {"action": "restore"},
        {"action": "delete", "as_of": "yesterday"},
        {"action": "delete", "as_of": "2026-01-01"},
        {"action": "delete", "as_of": "9999-12-31T23:59:59+00:00"},
        {"action": "delete", "as_of": "2026-01-01T00:00:00+00:00", "address": "q=abc"},
        {"action": "delete", "as_of": "2026-01-01T00:00:00+00:00", "address": "sort=x" * 900},
    ],
)
def test_nonsense_is_refused_and_nothing_is_lost(alice: User, signed_in: SignIn, fields: dict[str, str]) -> None:
    make_upload(alice, "1")
    assert signed_in(alice).post("/history/all/", fields).status_code == 400
    assert left(alice) == {"1"}
    assert not HistoryAction.objects.exists()


def test_a_batch_of_somebody_else_is_not_there(alice: User, bob: User, signed_in: SignIn) -> None:
    batch = make_batch(alice, "1")
    client = signed_in(bob)
    assert client.get(f"/history/all/?batch={batch.id}").status_code == 404
    fields = {"address": f"batch={batch.id}", "as_of": timezone.now().isoformat(), "action": "delete"}
    assert client.post("/history/all/", fields).status_code == 404
    assert left(alice) == {"1"}


def test_filters_without_sense_are_400(alice: User, signed_in: SignIn) -> None:
    assert signed_in(alice).get("/history/all/?q=abc").status_code == 400


def test_it_is_for_its_owner_alone(alice: User, bob: User, client: Client, signed_in: SignIn) -> None:
    make_upload(alice, "1")
    action = start(alice)
    for part, method in (("", "get"), ("stop/", "post"), ("undo/", "post")):
        address = f"/history/all/{action.id}/{part}"
        assert getattr(client, method)(address).headers["Location"].startswith("/accounts/login/")
        assert getattr(signed_in(bob), method)(address).status_code == 404
        assert getattr(signed_in(alice), method)(f"/history/all/{uuid.uuid4()}/{part}").status_code == 404
        wrong = "post" if method == "get" else "get"
        assert getattr(signed_in(alice), wrong)(address).status_code == 405
    assert client.get("/history/all/").headers["Location"].startswith("/accounts/login/")
    assert signed_in(alice).put("/history/all/").status_code == 405


def test_asking_costs_few_queries(alice: User, signed_in: SignIn, django_assert_max_num_queries: Any) -> None:
    batch = make_batch(alice, *"12345")
    client = signed_in(alice)
    with django_assert_max_num_queries(6):
        client.get(f"/history/all/?batch={batch.id}")
