"""Staff look through the samples that people gave, drop bad ones and take good ones back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from recognizer.models import Sample
from recognizer.services.samples import sample_add
from recognizer.tests.training_material import drawn

SignIn = Callable[[User], Client]
LIST = "/admin/recognizer/sample/"


def give(contributor: User, digit: int, level: int = 255) -> Sample:
    crop = (drawn(10).pictures[digit] // 255 * level).astype(np.uint8)
    sample = sample_add(contributor=contributor, label=digit, crop=crop, source=Sample.Source.CORRECTION)
    assert sample is not None
    return sample


@pytest.fixture
def samples(make_user: Callable[..., User]) -> list[Sample]:
    """A three and a five of Dora's, who agrees."""
    dora = make_user("dora", training_consent=True)
    return [give(dora, 3), give(dora, 5)]


def decide(client: Client, action: str, chosen: list[Sample], **more: str) -> Any:
    ticked = [str(sample.id) for sample in chosen]
    return client.post(LIST, {"action": action, "_selected_action": ticked, **more}, follow=True)


def shown(client: Client, query: str) -> list[int]:
    return sorted(sample.label for sample in client.get(f"{LIST}?{query}").context["cl"].result_list)


def test_the_gallery_shows_and_filters(samples: list[Sample], charlie: User, signed_in: SignIn) -> None:
    client = signed_in(charlie)
    page = client.get(LIST)
    assert page.content.count(b"data:image/png;base64,") == 2
    assert b'alt="Labelled 3"' in page.content
    assert b"style=" not in page.content
    Sample.objects.filter(label=5).update(state="set_aside", source="sheet", held_out=True)
    Sample.objects.filter(label=3).update(held_out=False)
    dora = samples[0].contributor_id
    for query in ("label__exact=5", "state__exact=set_aside", "source__exact=sheet", "held_out__exact=1"):
        assert shown(client, query) == [5]
    assert shown(client, f"contributor__id__exact={dora}") == shown(client, "q=dora") == [3, 5]
    assert b'width="84"' in client.get(f"{LIST}{samples[0].id}/change/").content


def test_bad_ones_are_dropped_with_a_reason_and_taken_back(
    samples: list[Sample], charlie: User, signed_in: SignIn
) -> None:
    client = signed_in(charlie)
    assert b"Say why these samples are dropped" in decide(client, "drop", samples[:1]).content
    assert Sample.objects.filter(state="used").count() == 2
    assert b"1 sample is dropped." in decide(client, "drop", samples[:1], reason="an eight").content
    assert Sample.objects.get(label=3).reason == "an eight"
    assert Sample.objects.get(label=5).state == "used"
    assert b"2 samples are in use" in decide(client, "take_back", samples).content
    assert Sample.objects.filter(state="used").count() == 2


def test_a_chosen_filter_can_be_dropped_as_a_whole(samples: list[Sample], charlie: User, signed_in: SignIn) -> None:
    address = f"{LIST}?label__exact=3"
    ticked = {"_selected_action": str(samples[0].id), "select_across": "1", "reason": "blots"}
    signed_in(charlie).post(address, {"action": "drop", **ticked})
    assert sorted(Sample.objects.values_list("label", "state")) == [(3, "dropped"), (5, "used")]


def test_who_may_look_and_who_may_decide(
    samples: list[Sample], alice: User, make_user: Callable[..., User], client: Client, signed_in: SignIn
) -> None:
    one = f"{LIST}{samples[0].id}/change/"
    looker = make_user("looker", is_staff=True)
    for page in (LIST, one):
        assert client.get(page).status_code == 302
        assert signed_in(alice).get(page, follow=True).status_code == 403
        assert signed_in(looker).get(page).status_code == 403
    looker.user_permissions.add(Permission.objects.get(codename="view_sample"))
    looking = signed_in(looker)
    for page in (LIST, one):
        assert looking.get(page).status_code == 200
    decide(looking, "drop", samples, reason="no")
    assert Sample.objects.filter(state="used").count() == 2
    looker.user_permissions.add(Permission.objects.get(codename="change_sample"))
    decide(signed_in(looker), "drop", samples, reason="no")
    assert Sample.objects.filter(state="dropped").count() == 2
    assert signed_in(looker).post(one, {"label": "1"}).status_code == 403


def test_thousands_are_paged_and_more_ask_no_more_of_the_database(
    samples: list[Sample], charlie: User, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(charlie)
    client.get(LIST)
    for level in range(100, 240):
        give(samples[0].contributor, 7, level)
    with django_assert_max_num_queries(8):
        page = client.get(LIST)
    assert len(page.context["cl"].result_list) == 120
    assert len(client.get(f"{LIST}?p=2").context["cl"].result_list) == 22
    assert client.get(f"{LIST}?p=9").status_code in (200, 302)


def test_an_account_is_deleted_with_its_samples(samples: list[Sample], charlie: User, signed_in: SignIn) -> None:
    dora = samples[0].contributor_id
    signed_in(charlie).post(f"/admin/accounts/user/{dora}/delete/", {"post": "yes"})
    assert not Sample.objects.exists()
