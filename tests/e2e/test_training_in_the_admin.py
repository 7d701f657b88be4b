"""Staff start a training in the admin, watch it without reloading, find the model that it made; and cancel one."""

from __future__ import annotations

import importlib.util
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from recognizer.models import DataSet, ModelVersion, TrainingRun
from recognizer.services.training_leftovers import run_folder
from recognizer.services.training_queue import training_runs_start
from recognizer.tests.plugin import PASSWORD
from recognizer.tests.trainers import LEARNS, data_set, put_trainer
from tests.e2e import steps
from tests.e2e.conftest import OpenPage

RUN_PAGE = re.compile(r"/admin/recognizer/trainingrun/[0-9a-f-]{36}/change/$")
WAITS_TO_BE_TOLD = LEARNS.replace(
    "    time.sleep(pause)\n", "    while not (folder / f'go-{epoch}').exists():\n        time.sleep(0.05)\n"
)
PATIENCE = 180_000
"""Milliseconds that a whole training may take on a busy machine: TensorFlow alone starts for many of them."""

Work = Callable[[], None]


@pytest.fixture
def ours(transactional_db: None) -> DataSet:
    return data_set()


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


def let_pass(run: TrainingRun, epoch: int) -> None:
    """Let the trainer end this epoch."""
    run_folder(run).mkdir(parents=True, exist_ok=True)
    (run_folder(run) / f"go-{epoch}").touch()


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="training needs Keras and TensorFlow")
def test_a_training_is_started_watched_and_makes_a_model(
    open_page: OpenPage, charlie: User, ours: DataSet, work: Work
) -> None:
    page = open_page()
    steps.sign_in(page, charlie.email, PASSWORD)
    page.wait_for_url("**/read/")
    run = start(page, Epochs="2", Samples="100")
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
    assert ModelVersion.objects.get(name=run.model_version.name).state == "candidate"


def test_the_form_offers_what_fits_and_keeps_what_was_typed(open_page: OpenPage, charlie: User, ours: DataSet) -> None:
    page = open_page(user=charlie)
    page.goto("/admin/recognizer/trainingrun/start/")
    epochs, network = page.get_by_label("Epochs"), page.get_by_label("Network")
    expect(epochs).to_have_value("36")
    page.get_by_label("What shall it read?").select_option("a whole number")
    expect(network.locator("option")).to_have_count(1)
    expect(epochs).to_have_value("7")
    epochs.fill("3")
    page.get_by_label("What shall it read?").select_option("a digit")
    network.select_option("report-cnn")
    expect(epochs).to_have_value("3")
    expect(page.get_by_label("Batch size")).to_have_value("120")
    expect(page.get_by_text("Its report claims 98.6 %")).to_be_visible()
    page.get_by_label("Name of the model").fill("../x")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("The name may hold only letters")).to_be_visible()
    expect(network).to_have_value("report-cnn")
    expect(epochs).to_have_value("3")
    assert not TrainingRun.objects.exists()


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_curves_grow_while_one_watches(
    size: str,
    open_page: OpenPage,
    charlie: User,
    ours: DataSet,
    work: Work,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_trainer(tmp_path, WAITS_TO_BE_TOLD, monkeypatch)
    page = open_page(size, user=charlie)
    run = start(page, Epochs="3")
    work()
    loss = page.locator(".training-plot").first
    for epoch in (1, 2):
        let_pass(run, epoch)
        expect(loss.locator("circle")).to_have_count(2 * epoch)
        expect(page.locator("[data-part=state]")).to_contain_text(f"Epoch {epoch + 1} of 3")
        expect(page.get_by_role("progressbar")).to_have_attribute("value", str(100 * epoch // 3))
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    let_pass(run, 3)
    expect(page.locator("[data-part=state]")).to_contain_text("Done")
    assert page.evaluate("window.sameDocument")


def test_a_training_is_cancelled_after_a_question_and_goes_on_with_one_click(
    open_page: OpenPage,
    charlie: User,
    ours: DataSet,
    work: Work,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_trainer(tmp_path, WAITS_TO_BE_TOLD, monkeypatch)
    page = open_page(user=charlie)
    run = start(page, Epochs="2")
    work()
    expect(page.locator("[data-part=state]")).to_contain_text("Running")
    let_pass(run, 1)
    expect(page.locator("[data-part=state]")).to_contain_text("Epoch 2 of 2")
    question = page.get_by_role("dialog")
    page.locator("[data-dialog]").press("Enter")
    page.wait_for_timeout(2500)  # what is new in the meantime doesn't take the question away
    expect(question).to_be_visible()
    question.get_by_role("button", name="Let it train").click()
    expect(question).to_be_hidden()
    page.locator("[data-dialog]").click()
    question.get_by_role("button", name="Cancel the training").click()
    asked = time.monotonic()
    expect(page.locator("[data-part=state]")).to_contain_text("Cancelled")
    while any(thread.name == "training" for thread in threading.enumerate()):
        assert time.monotonic() - asked < 5
        time.sleep(0.05)
    page.get_by_role("button", name="Go on from the last checkpoint").click()
    expect(page.get_by_role("link", name=str(run))).to_be_visible()
    let_pass(run, 2)
    work()
    expect(page.locator("[data-part=state]")).to_contain_text("Done")
    expect(page.locator(".training-plot").first.locator("circle")).to_have_count(4)
