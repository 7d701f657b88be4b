"""The history of one batch, and of one form."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from recognizer import selectors_history_choices
from recognizer.domain.history import HistoryQuery, Sort, query_as_json, query_from_json
from recognizer.models import FormTemplate
from recognizer.tests.batches import make_batch, make_upload

SignIn = Callable[[User], Client]

pytestmark = pytest.mark.usefixtures("model")


def shown(client: Client, query: str) -> list[str]:
    return [row["text"] for row in client.get(f"/history/?{query}").context["uploads"]]


def make_form(owner: User, name: str = "Delivery note") -> FormTemplate:
    now = timezone.now()
    return FormTemplate.objects.create(
        owner=owner, created_at=now, changed_at=now, name=name, image="x.png", width=800, height=600
    )


def test_a_batch_is_shown_as_it_was_given(alice: User, signed_in: SignIn) -> None:
    batch = make_batch(alice, "30", "10", "20")
    make_upload(alice, "99")
    client = signed_in(alice)
    assert shown(client, f"batch={batch.id}") == ["30", "10", "20"]
    assert shown(client, f"batch={batch.id}&sort=given") == ["30", "10", "20"]
    assert shown(client, f"batch={batch.id}&sort=oldest") == ["20", "10", "30"]
    assert shown(client, f"batch={batch.id}&q=10") == ["10"]
    assert shown(client, "sort=given")[0] == "99"


def test_pages_of_a_batch_follow_each_other(alice: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = make_batch(alice, *[str(number) for number in range(60)])
    client, seen, before = signed_in(alice), [], ""
    while True:
        context = client.get("/history/", {"batch": str(batch.id), "before": before}).context
        seen += [row["text"] for row in context["uploads"]]
        before = context["next_cursor"]
        if not before:
            break
    assert seen == [str(number) for number in range(60)]


def test_the_chip_names_the_batch_and_takes_it_away(alice: User, signed_in: SignIn) -> None:
    batch = make_batch(alice, "1", name="March <b>")
    page = signed_in(alice).get(f"/history/?batch={batch.id}&q=1")
    chips = {chip["words"]: chip["without"] for chip in page.context["chips"]}
    assert chips["Batch: March <b>"] == "q=1"
    assert b"March &lt;b&gt;" in page.content
    assert page.context["address"] == f"q=1&batch={batch.id}"


def test_a_batch_older_than_those_offered_can_be_filtered_by(
    alice: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = make_batch(alice, "5", name="Archive")
    make_batch(alice, "6", name="New")
    monkeypatch.setattr(
        selectors_history_choices.history_choices, "__kwdefaults__", {"most": 1, "batch": "", "form": ""}
    )
    client = signed_in(alice)
    assert shown(client, f"batch={old.id}") == ["5"]
    assert b"Archive" not in client.get("/history/").content


def test_a_form_is_filtered_by_as_well(alice: User, signed_in: SignIn) -> None:
    form = make_form(alice)
    make_upload(alice, "1", form=form)
    make_upload(alice, "2")
    client = signed_in(alice)
    assert shown(client, f"form={form.id}") == ["1"]
    assert client.get(f"/history/?form={form.id}").context["chips"][0]["words"] == "Form: Delivery note"


@pytest.mark.parametrize("name", ["batch", "form"])
def test_somebody_else_s_and_none_at_all_are_the_same_404(alice: User, bob: User, signed_in: SignIn, name: str) -> None:
    theirs = make_batch(alice, "1").id if name == "batch" else make_form(alice).id
    client = signed_in(bob)
    for path in ("/history/", "/history/export/"):
        for wanted in (theirs, uuid.uuid4(), "nonsense", "\x00"):
            assert client.get(path, {name: str(wanted), "format": "csv"}).status_code == 404


def test_exports_of_the_history_take_the_batch(alice: User, signed_in: SignIn, model: Any) -> None:
    batch = make_batch(alice, "30", "10", name="=March")
    form = make_form(alice)
    make_upload(alice, "99", form=form)
    client: Any = signed_in(alice)
    data = b"".join(client.get(f"/history/export/?format=csv&batch={batch.id}").streaming_content)
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [(row["text"], row["batch"]) for row in rows] == [("30", "'=March"), ("10", "'=March")]
    data = b"".join(client.get(f"/history/export/?format=csv&form={form.id}").streaming_content)
    assert b"Delivery note" in data
    assert b"March" not in data


def test_a_page_of_a_batch_costs_few_queries(alice: User, signed_in: SignIn, django_assert_num_queries: Any) -> None:
    batch = make_batch(alice, *["7"] * 30)
    client = signed_in(alice)
    with django_assert_num_queries(5):  # session, person, what may be chosen, pictures, what waits for review
        client.get(f"/history/?batch={batch.id}")


def test_a_query_that_was_kept_is_the_same_query_again() -> None:
    moment = timezone.now()
    query = HistoryQuery(
        text="4?1",
        low=0,
        since=moment.date(),
        sure_to=0.25,
        digits=3,
        batch=uuid.uuid4(),
        as_of=moment,
        sort=Sort.OLDEST,
    )
    assert query_from_json(query_as_json(query)) == query
    assert query_as_json(HistoryQuery()) == {"sort": "newest"}
