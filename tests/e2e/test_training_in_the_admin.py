"""Staff watch a training in the admin without reloading, cancel it, let it go on. A trainer of straw obeys the test."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from accounts.models import User
from recognizer.models import DataSet, TrainingRun
from recognizer.services.training_leftovers import run_folder
from recognizer.tests.trainers import LEARNS, data_set, put_trainer
from tests.e2e.conftest import OpenPage
from tests.e2e.training_steps import Work, start, work

__all__ = ["work"]  # a fixture

WAITS_TO_BE_TOLD = LEARNS.replace(
    "    time.sleep(pause)\n", "    while not (folder / f'go-{epoch}').exists():\n        time.sleep(0.05)\n"
)


@pytest.fixture
def ours(transactional_db: None) -> DataSet:
    return data_set()


def let_pass(run: TrainingRun, epoch: int) -> None:
    """Let the trainer end this epoch."""
    run_folder(run).mkdir(parents=True, exist_ok=True)
    (run_folder(run) / f"go-{epoch}").touch()


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
