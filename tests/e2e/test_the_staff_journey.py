"""The whole life of a model in the browser: its data, its training, its report, its service, and the way back."""

from __future__ import annotations

import importlib.util
import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from recognizer.models import ModelVersion, TrainingRun
from recognizer.tests.plugin import PASSWORD
from recognizer.tests.trainers import data_set
from tests.e2e import steps
from tests.e2e.conftest import OpenPage
from tests.e2e.training_steps import Work, start, work

__all__ = ["work"]  # a fixture
PATIENCE = 180_000
"""Milliseconds that a whole training may take on a busy machine: TensorFlow alone starts for many of them."""


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="training needs Keras and TensorFlow")
def test_staff_look_at_data_train_read_the_report_activate_and_roll_back(
    open_page: OpenPage, charlie: User, model: ModelVersion, work: Work
) -> None:
    data_set()
    page = open_page()
    steps.sign_in(page, charlie.email, PASSWORD)
    page.wait_for_url("**/read/")
    look_at_the_data(page)
    run = start(page, Epochs="2", Samples="100")
    made = watch_it_train(page, run, work)
    read_its_report(page, made)
    activate_it(page, made)
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("The model digit-1 is active again.")).to_be_visible()
    assert serving() == "digit-1"


def look_at_the_data(page: Page) -> None:
    """Bars of the classes, and a hundred samples of each digit."""
    page.goto("/admin/")
    page.get_by_role("link", name="Data sets", exact=True).first.click()
    page.get_by_role("link", name="ours", exact=True).click()
    expect(page.get_by_role("img", name=re.compile("^0: 12, 1: 12"))).to_be_visible()
    pictures = page.get_by_role("img", name=re.compile("^Samples labelled"))
    expect(pictures).to_have_count(10)
    pictures.first.scroll_into_view_if_needed()
    expect(page.locator(".data-set-sprite").first).to_have_js_property("naturalWidth", 560)


def watch_it_train(page: Page, run: TrainingRun, work: Work) -> ModelVersion:
    """From waiting to done on one and the same page, and on to the page of the model."""
    state = page.locator("[data-part=state]")
    expect(state).to_contain_text("Waits for the background worker")
    work()
    expect(state).to_contain_text("Running")
    expect(state).to_contain_text("Done", timeout=PATIENCE)
    expect(page.locator(".training-plot")).to_have_count(2)
    expect(page.locator(".training-plot").first.locator("circle")).to_have_count(4)
    expect(page.locator("[data-part=log]")).to_contain_text("epoch 2 of 2")
    assert page.evaluate("window.sameDocument")
    run.refresh_from_db()
    assert run.model_version is not None
    page.get_by_role("link", name=run.model_version.name, exact=True).click()
    expect(page).to_have_url(re.compile(str(run.model_version.id)))
    return run.model_version


def read_its_report(page: Page, made: ModelVersion) -> None:
    page.get_by_role("link", name="Report", exact=True).click()
    expect(page.get_by_role("heading", name=f"Report of {made}")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Loss over the epochs: training, seed 1"))).to_be_visible()
    expect(page.get_by_role("group", name="Confusion table")).to_be_visible()
    page.get_by_role("link", name=made.name, exact=True).click()


def activate_it(page: Page, made: ModelVersion) -> None:
    """The set was too small to freeze a gate from: the page says that the two can't be compared, and activates."""
    page.get_by_role("link", name="Compare and activate").click()
    expect(page.get_by_role("heading", name="The two can’t be compared.")).to_be_visible()
    page.get_by_role("button", name=f"Activate {made}").click()
    expect(page.get_by_text(f"The model {made} is active now.")).to_be_visible()
    assert serving() == made.name


def serving() -> str:
    return ModelVersion.objects.get(kind="digit", state="active").name
