"""On paper there is what was read, and nothing to press."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accounts.models import Keep, User
from recognizer.models import ModelVersion, Prediction, Upload
from recognizer.services.ingest import picture_ingest
from tests.e2e.conftest import OpenPage

PRESSED = "main button:visible, main input:visible, main .btn:visible, nav:visible"


@pytest.fixture
def upload(alice: User, model: ModelVersion, number_png: Callable[[str], bytes]) -> Upload:
    kept = picture_ingest(data=number_png("47"), owner=alice, keep=Keep.ALL).upload
    assert kept is not None
    return kept


@pytest.mark.parametrize("path", ["/history/", "/models/", "/review/", "result"])
def test_what_is_printed_has_nothing_to_press(open_page: OpenPage, alice: User, upload: Upload, path: str) -> None:
    Prediction.objects.update(state="needs_review", confidence=0.4)
    page = open_page(user=alice)
    page.goto(f"/history/{upload.id}/" if path == "result" else path)
    page.emulate_media(media="print")
    expect(page.locator(PRESSED)).to_have_count(0)


def test_a_result_is_printed_with_its_picture_first_then_its_number(
    open_page: OpenPage, alice: User, upload: Upload
) -> None:
    page = open_page(user=alice)
    page.goto(f"/history/{upload.id}/")
    page.emulate_media(media="print")
    picture, reading = page.locator(".viewer img"), page.locator("#reading")
    expect(reading).to_be_visible()
    [above, below] = [part.bounding_box() for part in (picture, reading)]
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] <= below["y"]
    assert page.locator(".overlay").bounding_box() == pytest.approx(above, abs=1)


def test_dark_pages_are_printed_on_white(open_page: OpenPage, alice: User, upload: Upload) -> None:
    page = open_page(user=alice, color_scheme="dark")
    page.goto(f"/history/{upload.id}/")
    page.emulate_media(media="print", color_scheme="dark")
    colour = "getComputedStyle(document.querySelector('.panel')).color"
    assert page.evaluate(colour) == "rgb(0, 0, 0)"
