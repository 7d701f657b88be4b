"""Figures over time, what is done with all that match, and reviewing a part, wide and phone-sized."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from recognizer.models import Correction, FormField, FormTemplate, HistoryAction, ModelVersion, Prediction, Upload
from recognizer.services import history_actions
from recognizer.services.history_actions import history_action_advance
from recognizer.services.review import prediction_correct
from recognizer.tests.batches import make_upload
from recognizer.tests.doubtful import doubtful
from tests.e2e.conftest import OpenPage
from tests.e2e.test_accessibility import problems, serious_problems
from tests.e2e.test_review import field, shows


@pytest.fixture
def readings(alice: User, model: ModelVersion) -> None:
    """Some of Alice's of the last days, one of them corrected."""
    for days in (0, 0, 1, 3):
        moment = timezone.now() - dt.timedelta(days=days)
        upload = make_upload(alice, "47", confidence=0.9 - days / 10, created_at=moment, read_by=model)
    prediction_correct(prediction=upload.predictions.get(), author=alice, text="41")


@pytest.fixture
def form_field(alice: User) -> FormField:
    """A compulsory field of two digits."""
    now = timezone.now()
    form = FormTemplate.objects.create(
        owner=alice, created_at=now, changed_at=now, name="Delivery note", image="x.png", width=800, height=600
    )
    box = {"box_x": 1, "box_y": 1, "box_width": 9, "box_height": 9}
    return FormField.objects.create(template=form, order=0, name="Boxes", digits_least=2, digits_most=2, **box)


def on_form(owner: User, form_field: FormField, text: str, confidence: float, doubt: str = "") -> Prediction:
    prediction = doubtful(owner, text, confidence, picture=True)
    Upload.objects.filter(id=prediction.upload_id).update(form=form_field.template)
    Prediction.objects.filter(id=prediction.id).update(form_field=form_field, doubt=doubt)
    return prediction


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_figures_are_accessible_and_read_as_tables_too(
    open_page: OpenPage, alice: User, readings: None, size: str
) -> None:
    page = open_page(size, user=alice)
    with problems() as found:
        page.goto("/history/")
        page.get_by_role("link", name="Figures").click()
        for table in page.get_by_text("As a table").all():
            table.click()
        expect(page.get_by_role("table")).to_have_count(4)
        found += serious_problems(page, "figures")
        assert fits(page)
        page.get_by_role("link", name="7 days").click()
        expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")
        # A bar is as high as its figure: the page's other styles leave it alone.
        heights = [bar.bounding_box() for bar in page.locator(".plot .fig-bar").all()]
        assert all(box and box["width"] < box["height"] for box in heights)
        Upload.objects.all().delete()
        page.reload()
        expect(page.get_by_role("heading", name="Nothing read in this time")).to_be_visible()
        found += serious_problems(page, "figures of nothing")


@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("javascript", [True, False])
def test_all_that_match_are_deleted_and_brought_back(
    open_page: OpenPage, alice: User, model: ModelVersion, size: str, javascript: bool
) -> None:
    for number in range(30):
        make_upload(alice, f"4{number:02d}")
    make_upload(alice, "9")
    page = open_page(size, user=alice, java_script_enabled=javascript)
    page.goto("/history/?q=4")
    if javascript:
        page.get_by_label("All on this page").check()
        page.get_by_role("link", name="Take all that match").click()
    else:
        page.get_by_role("link", name="Delete, export or read again all that match").click()
    expect(page.get_by_role("heading", name="All that match: 30")).to_be_visible()
    assert fits(page)
    if javascript:
        with problems() as found:
            found += serious_problems(page, "all that match")
    page.get_by_role("button", name="Delete 30").click()
    expect(page.locator(".upload-text")).to_have_text(["9"])
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("30 pictures are back in your history.")).to_be_visible()


def test_progress_is_shown_until_it_is_done(
    open_page: OpenPage, alice: User, model: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_actions, "AT_ONCE", 0)
    monkeypatch.setattr(history_actions, "ROWS", 2)
    monkeypatch.setattr(history_actions, "SLICE_SECONDS", -1.0)
    for number in range(5):
        make_upload(alice, str(number))
    page = open_page(user=alice)
    page.goto("/history/all/")
    page.get_by_role("button", name="Delete 5").click()
    expect(page.get_by_role("heading", name="Being deleted")).to_be_visible()
    with problems() as found:
        found += serious_problems(page, "progress")
    action = HistoryAction.objects.get()
    assert history_action_advance(action=action)
    expect(page.get_by_role("status").filter(has_text="2 of 5.")).to_be_visible()
    while history_action_advance(action=action):
        pass
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    expect(page.get_by_role("button", name="Bring them back")).to_be_visible()


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_a_form_is_reviewed_alone_with_its_doubts_in_words(
    open_page: OpenPage, alice: User, model: ModelVersion, form_field: FormField, size: str
) -> None:
    doubtful(alice, "99", 0.01, picture=True)
    empty = on_form(alice, form_field, "", 0.1, "empty")
    long = on_form(alice, form_field, "471", 0.2, "length")
    page = open_page(size, user=alice)
    page.goto(f"/review/?form={form_field.template_id}")
    expect(page.get_by_text("Nothing was read here.")).to_be_visible()
    expect(page.get_by_text("this field may not be empty")).to_be_visible()
    with problems() as found:
        found += serious_problems(page, "an empty field")
    assert fits(page)
    field(page).press("Enter")
    shows(page, "471")
    expect(page.locator(".review-doubt")).to_have_text("The form says another count of digits.")
    field(page).fill("4711")
    field(page).press("Enter")
    expect(page.locator("#review-problem")).to_contain_text("Enter again to keep it.")
    expect(field(page)).to_have_value("4711")
    field(page).press("Enter")
    expect(page.get_by_role("heading", name="All done")).to_be_visible()
    expect(page.get_by_role("link", name="Review the other one")).to_be_visible()
    assert f"form={form_field.template_id}" in page.url
    assert said(empty) == [""]
    assert said(long) == ["4711"]
    page.keyboard.press("u")
    expect(field(page)).to_have_value("4711")


def said(prediction: Prediction) -> list[Any]:
    return list(Correction.objects.filter(prediction=prediction).values_list("text", flat=True))
