"""The boxes over the picture, the digits' details, and how much the page of a whole sheet weighs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Keep, User
from recognizer.models import DigitResult, ModelVersion, Prediction, Upload
from recognizer.services.ingest import picture_ingest

SignIn = Callable[[User], Client]
Draw = Callable[[str], bytes]


@pytest.fixture
def upload(alice: User, model: ModelVersion, number_png: Draw) -> Upload:
    kept = picture_ingest(data=number_png("75"), owner=alice, keep=Keep.ALL).upload
    assert kept is not None
    return kept


def page_of(client: Client, upload: Upload) -> str:
    return client.get(f"/history/{upload.id}/").content.decode()


def test_each_number_and_digit_has_a_box_in_pixels_of_the_picture(
    upload: Upload, alice: User, signed_in: SignIn
) -> None:
    shown, prediction = page_of(signed_in(alice), upload), upload.predictions.get()
    assert f'viewBox="0 0 {upload.width} {upload.height}"' in shown
    rows: list[Prediction | DigitResult] = [prediction, *prediction.digits.all()]
    for row in rows:
        assert f'x="{row.box_x}" y="{row.box_y}" width="{row.box_width}" height="{row.box_height}"' in shown
    assert 'href="#n-1"' in shown
    assert 'id="n-1"' in shown
    assert 'href="#d-1-0"' in shown
    assert 'id="d-1-0"' in shown


def test_doubt_is_told_without_colours(upload: Upload, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    assert 'class="over"' not in page_of(client, upload)
    Prediction.objects.update(state="needs_review", confidence=0.4)
    shown = page_of(client, upload)
    assert 'class="over"' in shown
    assert ">?</text>" in shown
    assert "Number 1 on the picture: 75, not sure" in shown
    Prediction.objects.update(state="accepted", confidence=0.9)
    assert 'class="box is-fair"' in page_of(client, upload)


def test_a_number_that_was_taken_away_has_no_box(upload: Upload, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    client.post(f"/predictions/{upload.predictions.get().id}/remove/")
    shown = page_of(client, upload)
    assert 'class="box ' not in shown
    assert "Undo" in shown


def test_the_two_best_alternatives_correct_that_digit_alone(upload: Upload, alice: User, signed_in: SignIn) -> None:
    row = upload.predictions.get().digits.get(order=1)
    row.probabilities = [0.01, 0.0, 0.0, 0.07, 0.0, 0.8, 0.12, 0.0, 0.0, 0.0]
    row.save()
    client = signed_in(alice)
    [number] = client.get(f"/history/{upload.id}/").context["result"].numbers
    assert [other["text"] for other in number.digits[1].alternatives] == ["76", "73"]
    client.post(f"/predictions/{number.id}/correct/", {"text": "76"})
    [number] = client.get(f"/history/{upload.id}/").context["result"].numbers
    assert [other["text"] for other in number.digits[1].alternatives] == ["75", "73"]
    client.post(f"/predictions/{number.id}/correct/", {"text": "756"})
    [number] = client.get(f"/history/{upload.id}/").context["result"].numbers
    assert number.digits[1].alternatives == []


def test_a_digit_has_a_page_of_its_own_and_a_part_for_scripts(upload: Upload, alice: User, signed_in: SignIn) -> None:
    client, prediction = signed_in(alice), upload.predictions.get()
    whole = client.get(f"/predictions/{prediction.id}/digits/1/")
    part = client.get(f"/predictions/{prediction.id}/digits/1/", headers={"X-Fragment": "1"})
    assert b"<html" in whole.content
    assert b"<html" not in part.content
    assert part.content.count(b"<tr") == whole.content.count(b"<tr") == 10
    assert "X-Fragment" in part.headers["Vary"]
    assert client.get(f"/predictions/{prediction.id}/digits/2/").status_code == 404


def test_what_spoke_for_a_digit_is_drawn_with_its_figures(upload: Upload, alice: User, signed_in: SignIn) -> None:
    response = signed_in(alice).get(f"/predictions/{upload.predictions.get().id}/digits/0/why/")
    heat = response.context["heat"]
    assert heat.digit == 7
    assert heat.before > heat.lowest
    shown = response.content.decode()
    assert shown.count("speaks-") == len(heat.squares) > 0
    assert "digit-1 alone was asked again" in " ".join(shown.split())


def test_without_its_crop_or_its_model_nothing_can_be_said_of_a_digit(
    upload: Upload, alice: User, signed_in: SignIn, model: ModelVersion
) -> None:
    client, address = signed_in(alice), f"/predictions/{upload.predictions.get().id}/digits/0/why/"
    ModelVersion.objects.update(sha256="0" * 64)
    from recognizer.services.serving import engines_forget

    engines_forget()
    assert client.get(address).status_code == 503
    DigitResult.objects.update(crop=None)
    assert client.get(address).status_code == 409


def test_reasons_are_limited(upload: Upload, alice: User, signed_in: SignIn, settings: Any) -> None:
    settings.LIVE_READS_PER_MINUTE = 1
    client, address = signed_in(alice), f"/predictions/{upload.predictions.get().id}/digits/0/why/"
    assert [client.get(address).status_code for _ in range(2)] == [200, 429]


def test_digits_are_their_owners(
    upload: Upload, bob: User, charlie: User, client: Client, signed_in: SignIn, alice: User
) -> None:
    for path in ("", "why/"):
        address = f"/predictions/{upload.predictions.get().id}/digits/0/{path}"
        assert client.get(address).headers["Location"].startswith("/accounts/login/")
        assert [signed_in(stranger).get(address).status_code for stranger in (bob, charlie)] == [404, 404]
        assert signed_in(alice).post(address).status_code == 405


def sheet_of(upload: Upload, numbers: int, digits: int) -> None:
    """As if so many numbers of so many digits had been read on it."""
    first = upload.predictions.get()
    crop = bytes(first.digits.all()[0].crop or b"")
    rows = [
        Prediction(
            upload=upload,
            model_version=first.model_version,
            order=order,
            line=order,
            text="7" * digits,
            confidence=0.5 + order / 100,
            state="needs_review" if order % 5 == 0 else "accepted",
            box_x=1000 + order,
            box_y=1000 + order,
            box_width=1000,
            box_height=100,
        )
        for order in range(1, numbers)
    ]
    Prediction.objects.bulk_create(rows)
    DigitResult.objects.bulk_create(
        DigitResult(
            prediction=row,
            order=order,
            digit=7,
            confidence=0.9,
            probabilities=[0.01] * 7 + [0.9, 0.02, 0.01],
            box_x=1000 + 100 * order,
            box_y=1000,
            box_width=100,
            box_height=100,
            crop=crop,
        )
        for row in rows
        for order in range(digits)
    )


def test_forty_numbers_cost_no_more_queries_and_weigh_under_300_kilobytes(
    upload: Upload, alice: User, signed_in: SignIn, django_assert_num_queries: Any
) -> None:
    sheet_of(upload, numbers=40, digits=8)
    client = signed_in(alice)
    with django_assert_num_queries(7):  # one of them counts what waits for review, once in half a minute
        response = client.get(f"/history/{upload.id}/")
    assert response.content.count(b'class="box is-') == 40
    assert len(response.content) < 300_000


def test_on_a_page_of_many_digits_each_has_a_link_to_its_details(
    upload: Upload, alice: User, signed_in: SignIn, django_assert_num_queries: Any
) -> None:
    sheet_of(upload, numbers=10, digits=4)
    client, prediction = signed_in(alice), upload.predictions.get(order=3)
    address = f"/predictions/{prediction.id}/digits/2/"
    assert f'href="{address}"' in page_of(client, upload)
    with django_assert_num_queries(5):
        client.get(address)
