"""What the result page says, and how figures are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from recognizer.models import DigitResult, ModelVersion, Prediction, Upload
from recognizer.templatetags.numeral import bar_width, fine_percent, milliseconds, percent

SignIn = Callable[[User], Client]
Draw = Callable[[str], bytes]


def result(client: Client, data: bytes, **fields: Any) -> Any:
    file = SimpleUploadedFile("x.png", data)
    return client.post("/read/", {"image": file, **fields}, follow=True).context["result"]


@pytest.mark.parametrize("keep", ["all", "text", "nothing"])
def test_the_same_is_shown_whatever_is_kept(
    keep: str, alice: User, signed_in: SignIn, model: ModelVersion, number_png: Draw
) -> None:
    shown = result(signed_in(alice), number_png("75"), keep=keep)
    assert (shown.text, shown.state, shown.upload is None) == ("75", "read", keep == "nothing")
    assert [(used.name, used.version) for used in shown.models] == [("digit-1", 1)]
    [number] = shown.numbers
    assert [digit.digit for digit in number.digits] == [7, 5]
    for digit in number.digits:
        assert len(digit.probabilities) == 10
        assert [p["digit"] for p in digit.probabilities if p["best"]] == [digit.digit]
        assert (digit.crop_uri is None) == (keep == "text")
    assert (number.correct_form is None) == (keep == "nothing")


@pytest.mark.parametrize("keep", ["all", "nothing"])
def test_another_count_than_expected_is_said_in_words(
    keep: str, alice: User, signed_in: SignIn, model: ModelVersion, number_png: Draw
) -> None:
    shown = result(signed_in(alice), number_png("75"), keep=keep, expect="3")
    assert shown.state == "needs_review"
    assert shown.sentence == "You expected 3 digits; 2 digits were found."


def test_a_doubtful_digit_is_marked_among_its_neighbours(
    alice: User, signed_in: SignIn, model: ModelVersion, number_png: Draw
) -> None:
    client = signed_in(alice)
    result(client, number_png("75"), keep="all")
    DigitResult.objects.filter(digit=5).update(confidence=0.4)
    Prediction.objects.update(state="needs_review")
    [number] = client.get(f"/history/{Upload.objects.get().id}/").context["result"].numbers
    assert [digit.needs_review for digit in number.digits] == [False, True]


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.998, "99.8 %"), (1.0, "> 99.9 %"), (0.9994, "99.9 %"), (0.0, "< 0.1 %"), (0.5, "50.0 %"), (None, "")],
)
def test_certainty_is_never_claimed(share: float | None, shown: str) -> None:
    assert percent(share) == shown


def test_other_figures_are_shown_for_people() -> None:
    assert fine_percent(0.99712) == "99.71 %"
    assert [milliseconds(ms) for ms in (6.13, 240.4, 1840, None)] == ["6.1 ms", "240 ms", "1.8 s", ""]
    assert [bar_width(p) for p in (-1, 0.5, 2)] == ["0.00", "50.00", "100.00"]
