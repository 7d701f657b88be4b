"""Pictures of our own that a new person may try: they are read like any other, and as they promise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from docs.sample_pictures import FOLDER, MOST_BYTES, PICTURES, main
from recognizer.domain.types import ReadingState
from recognizer.models import ModelVersion, Upload
from recognizer.tests.shipped import read_file
from recognizer.views.first_steps import SAMPLES

SignIn = Callable[[User], Client]

SAYS = {
    "digit": "4",
    "telephone": "02079460958",
    "amounts": "12850\n4600\n30975\n1720\n8460",
    "angle": "58261",
}


def test_each_picture_is_there_and_small() -> None:
    assert [sample.slug for sample in SAMPLES] == [draw.__name__ for draw in PICTURES]
    for sample in SAMPLES:
        assert 5_000 < (FOLDER / f"{sample.slug}.jpg").stat().st_size <= MOST_BYTES


def test_they_are_drawn_anew_by_one_command(tmp_path: Path) -> None:
    main(tmp_path)
    for sample in SAMPLES:
        drawn, stored = ((folder / f"{sample.slug}.jpg").stat().st_size for folder in (tmp_path, FOLDER))
        assert abs(drawn - stored) < 0.1 * stored  # another build of OpenCV may pack a picture a little differently


@pytest.mark.parametrize("slug", SAYS)
def test_the_clear_ones_are_read_surely(slug: str) -> None:
    reading = read_file((FOLDER / f"{slug}.jpg").read_bytes())
    assert (reading.text, reading.state) == (SAYS[slug], ReadingState.ACCEPTED)


def test_of_the_messy_one_it_is_not_sure() -> None:
    reading = read_file((FOLDER / "messy.jpg").read_bytes())
    assert reading.state is ReadingState.NEEDS_REVIEW
    assert reading.text


def test_one_click_reads_a_picture_as_if_it_were_given(model: ModelVersion, alice: User, signed_in: SignIn) -> None:
    response = signed_in(alice).post("/read/samples/digit/")
    upload = Upload.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/history/{upload.id}/")
    assert (upload.owner, upload.source, upload.name, upload.text) == (alice, "file", "digit.jpg", "4")


def test_who_keeps_nothing_sees_it_once(
    model: ModelVersion, alice: User, signed_in: SignIn, private_files: Callable[[], set[str]]
) -> None:
    User.objects.update(default_keep="nothing")
    response = signed_in(alice).post("/read/samples/digit/")
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert "Nothing was kept" in response.content.decode()
    assert (Upload.objects.count(), private_files()) == (0, set())


def test_they_are_shown_to_whoever_has_read_nothing_so_far(
    model: ModelVersion, alice: User, bob: User, signed_in: SignIn, client: Client
) -> None:
    assert "Try one of these" not in client.get("/").content.decode()
    browser = signed_in(alice)
    for path in ("/", "/read/"):
        assert "Try one of these" in browser.get(path).content.decode()
    signed_in(bob).post("/read/samples/digit/")
    assert "Try one of these" in browser.get("/").content.decode()
    browser.post("/read/samples/digit/")
    for path in ("/", "/read/"):
        assert "Try one of these" not in browser.get(path).content.decode()


def test_who_is_signed_out_is_asked_to_sign_in(model: ModelVersion, client: Client) -> None:
    response = client.post("/read/samples/digit/")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/read/samples/digit/")
    assert not Upload.objects.exists()


@pytest.mark.parametrize("slug", ["no-such", "hero", "..", "messy.jpg"])
def test_a_name_that_is_none_of_them_is_not_there(
    model: ModelVersion, alice: User, signed_in: SignIn, slug: str
) -> None:
    assert signed_in(alice).post(f"/read/samples/{slug}/").status_code == 404


def test_looking_at_the_address_reads_nothing(model: ModelVersion, alice: User, signed_in: SignIn) -> None:
    assert signed_in(alice).get("/read/samples/digit/").status_code == 405
    assert not Upload.objects.exists()


def test_trying_counts_as_reading(model: ModelVersion, alice: User, signed_in: SignIn, settings: object) -> None:
    settings.UPLOADS_PER_MINUTE = 1  # type: ignore[attr-defined]
    browser = signed_in(alice)
    assert browser.post("/read/samples/digit/").status_code == 302
    assert browser.post("/read/samples/digit/").status_code == 429
