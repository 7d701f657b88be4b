"""Staff look at a model's report in a real browser: found from the model's page, readable, its pictures there."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from accounts.models import User
from recognizer.models import ModelVersion
from recognizer.tests.report_files import tiny_digit_model, write_report
from tests.e2e.conftest import OpenPage
from tests.e2e.test_accessibility import serious_problems

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SPRITES = """
Promise.all([...document.querySelectorAll('.report-tiles image')].map((image) => {
  const loaded = new Image();
  loaded.src = image.getAttribute('href');
  return loaded.decode().then(() => [
    loaded.naturalWidth === Number(image.getAttribute('width')),
    loaded.naturalHeight === Number(image.getAttribute('height')),
  ]);
}))
"""


@pytest.fixture
def tiny(model: ModelVersion, tmp_path: Path) -> ModelVersion:
    tiny = tiny_digit_model(tmp_path)
    write_report(tiny)
    return tiny


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_staff_read_a_models_report(open_page: OpenPage, charlie: User, tiny: ModelVersion, size: str) -> None:
    page = open_page(size, user=charlie)
    page.goto(f"/admin/recognizer/modelversion/{tiny.id}/change/")
    page.get_by_role("link", name="Report", exact=True).click()
    expect(page.get_by_role("heading", name="Report of tiny")).to_be_visible()
    expect(page.get_by_role("img", name="Loss over the epochs: training, seed 1 from 2 to 0.5")).to_be_visible()
    expect(page.get_by_role("img", name="A 0, read as 1").first).to_be_visible()
    page.wait_for_load_state()  # pictures take their places
    assert page.evaluate(WIDER) == 0
    assert all(all(fits) for fits in page.evaluate(SPRITES))
    assert serious_problems(page, "report") == []


def test_the_wide_tables_are_moved_by_the_keyboard(open_page: OpenPage, charlie: User, tiny: ModelVersion) -> None:
    page = open_page("phone", user=charlie)
    page.goto(f"/admin/recognizer/modelversion/{tiny.id}/report/")
    table = page.get_by_role("group", name="Confusion table")
    table.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(table).not_to_have_js_property("scrollLeft", 0)
    with page.expect_download() as download:
        page.get_by_role("link", name="report.json").press("Enter")
    assert download.value.suggested_filename == "tiny-report.json"
