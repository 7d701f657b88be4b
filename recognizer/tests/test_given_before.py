"""A picture given before is recognised, by its hash, for its owner alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from recognizer.models import Upload

Draw = Callable[[str], bytes]
SignIn = Callable[[User], Client]
SAID = "You gave this picture before"


def give(client: Client, data: bytes, *, keep: str = "all", source: str = "file") -> str:
    """Give a picture; the text of the page that shows its reading."""
    picture = SimpleUploadedFile("digit.png", data, "image/png")
    response: Any = client.post("/read/", {"image": picture, "keep": keep, "source": source}, follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.mark.usefixtures("model")
class TestGivenBefore:
    def test_the_same_picture_again_is_said_so_with_a_link(
        self, alice: User, signed_in: SignIn, number_png: Draw
    ) -> None:
        client = signed_in(alice)
        assert SAID not in give(client, number_png("7"))
        first = Upload.objects.get()
        page = give(client, number_png("7"))
        assert f"{SAID}, today at" in page
        assert f'<a href="/history/{first.id}/">' in page

    def test_it_says_the_day_and_the_year_only_where_it_is_another(
        self, alice: User, signed_in: SignIn, number_png: Draw
    ) -> None:
        client = signed_in(alice)
        give(client, number_png("7"))
        Upload.objects.update(created_at=dt.datetime(2019, 5, 3, 12, tzinfo=dt.UTC))
        assert f"{SAID}, on 3 May 2019." in give(client, number_png("7"))

    def test_of_several_the_newest_before_is_linked(self, alice: User, signed_in: SignIn, number_png: Draw) -> None:
        client = signed_in(alice)
        give(client, number_png("7"))
        Upload.objects.update(created_at=timezone.now() - dt.timedelta(days=1))
        give(client, number_png("7"))
        newest = Upload.objects.order_by("-created_at")[0]
        page = give(client, number_png("7"))
        assert f'<a href="/history/{newest.id}/">' in page

    def test_another_picture_is_not(self, alice: User, signed_in: SignIn, number_png: Draw) -> None:
        client = signed_in(alice)
        give(client, number_png("7"))
        assert SAID not in give(client, number_png("8"))

    def test_what_somebody_else_gave_is_never_told(
        self, alice: User, bob: User, signed_in: SignIn, number_png: Draw
    ) -> None:
        give(signed_in(bob), number_png("7"))
        assert SAID not in give(signed_in(alice), number_png("7"))

    def test_it_is_said_too_where_nothing_of_the_second_is_kept(
        self, alice: User, signed_in: SignIn, number_png: Draw
    ) -> None:
        client = signed_in(alice)
        give(client, number_png("7"))
        assert SAID in give(client, number_png("7"), keep="nothing")
        assert Upload.objects.count() == 1

    @pytest.mark.parametrize("keep", ["text", "nothing"])
    def test_a_picture_that_was_not_kept_leaves_no_trace_to_know_it_by(
        self, alice: User, signed_in: SignIn, number_png: Draw, keep: str
    ) -> None:
        client = signed_in(alice)
        give(client, number_png("7"), keep=keep)
        assert SAID not in give(client, number_png("7"))

    def test_a_picture_that_is_refused_says_nothing_later(
        self, alice: User, signed_in: SignIn, number_png: Draw
    ) -> None:
        client = signed_in(alice)
        give(client, number_png("7"))
        assert client.post("/read/", {"image": SimpleUploadedFile("a.png", b"no picture")}).status_code == 415
        assert SAID not in client.get("/history/").content.decode()

    @pytest.mark.parametrize("source", ["paste", "camera", "canvas", "file"])
    def test_how_it_was_given_is_remembered(
        self, alice: User, signed_in: SignIn, number_png: Draw, source: str
    ) -> None:
        give(signed_in(alice), number_png("7"), source=source)
        assert Upload.objects.get().source == source


def test_a_way_of_giving_that_does_not_exist_is_refused(alice: User, signed_in: SignIn, number_png: Draw) -> None:
    picture = SimpleUploadedFile("digit.png", number_png("7"), "image/png")
    assert signed_in(alice).post("/read/", {"image": picture, "source": "cli"}).status_code == 422
    assert not Upload.objects.exists()
