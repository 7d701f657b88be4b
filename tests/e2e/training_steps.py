"""What starts and carries out a training in a browser test."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from recognizer.models import TrainingRun
from recognizer.services.training_queue import training_runs_start

RUN_PAGE = re.compile(r"/admin/recognizer/trainingrun/[0-9a-f-]{36}/change/$")
Work = Callable[[], None]


@pytest.fixture
def work() -> Iterator[Work]:
    """The worker's part, in a thread of this process as it is in one of the worker's; ends before the database does."""
    yield lambda: None if training_runs_start() else pytest.fail("nothing waits to be trained")
    for run in TrainingRun.objects.filter(state__in=["queued", "running"]):
        TrainingRun.objects.filter(id=run.id).update(state="cancelled")
    for thread in threading.enumerate():
        if thread.name == "training":
            thread.join(10)


def start(page: Page, **given: str) -> TrainingRun:
    """From the front page of the admin to the page of a new run."""
    page.goto("/admin/")
    page.get_by_role("link", name="Training runs", exact=True).first.click()
    page.get_by_role("link", name="Start a training").click()
    page.get_by_label("Network").select_option("mlp")
    expect(page.get_by_label("Epochs")).to_have_value("25")
    expect(page.get_by_label("Batch size")).to_have_value("32")
    for label, value in given.items():
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page).to_have_url(RUN_PAGE)
    page.evaluate("window.sameDocument = true")
    return TrainingRun.objects.latest("created_at")
