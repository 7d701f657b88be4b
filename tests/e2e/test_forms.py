"""Forms in a browser: fields drawn on a sample, tried, filled-in forms given, and the table of what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Keep, User
from recognizer.domain.types import Box
from recognizer.models import FormTemplate, ModelVersion, Prediction, Upload
from recognizer.services.ingest import picture_ingest
from recognizer.tests.forms import order_form
from recognizer.tests.order_form import AMOUNT, CUSTOMER, MONTH, form_picture, form_png, tilted
from recognizer.tests.pictures import as_png
from tests.e2e import steps
from tests.e2e.conftest import OpenPage
from tests.e2e.test_accessibility import problems, serious_problems

FILLED = (
    form_png(Customer="4021374", Amount="1250"),
    as_png(tilted(form_picture(Customer="1234566", Amount="990"))),
    form_png(Customer="7654328"),
)


def drawn(page: Page, box: Box, *, finger: bool = False) -> None:
    """Draw a field's box on the sample with the mouse or a finger."""
    boxes = page.locator("[data-boxes]")
    boxes.scroll_into_view_if_needed()
    place = boxes.bounding_box()
    assert place is not None
    across, down = place["width"] / 1000, place["height"] / 1300
    corners = ((box.x, box.y), (box.x + box.width / 2, box.y + box.height / 2), (box.right, box.bottom))
    points = [(place["x"] + x * across, place["y"] + y * down) for x, y in corners]
    (steps._draw_with_finger if finger else steps._draw_with_mouse)(page, points)


def field(page: Page, at: int) -> Locator:
    return page.locator("[data-field]:not([hidden])").nth(at)


def numbers(card: Locator) -> list[int]:
    return [int(card.locator(f"[data-of={side}]").input_value()) for side in ("x", "y", "width", "height")]


def described(page: Page, *, finger: bool) -> None:
    """A form with two fields, as somebody describes it."""
    page.goto("/forms/")
    page.get_by_role("link", name="Describe your first form").click()
    page.get_by_label("Name").fill("Order")
    page.get_by_label("Sample").set_input_files({"name": "order.png", "mimeType": "image/png", "buffer": form_png()})
    steps.main_button(page, "Next: draw its fields").click()
    expect(page.locator("[data-boxes]")).to_be_visible()
    expect(page.get_by_role("button", name="Draw fields")).to_have_attribute("aria-pressed", "true")
    for at, (name, box) in enumerate((("Customer", CUSTOMER), ("Amount", AMOUNT))):
        drawn(page, box, finger=finger)
        expect(field(page, at)).to_be_visible()
        field(page, at).get_by_label("Name").fill(name)
        assert numbers(field(page, at)) == pytest.approx([box.x, box.y, box.width, box.height], abs=6)
    field(page, 0).get_by_label("Digits").fill("7")
    field(page, 0).get_by_label("Check digit").select_option("luhn")
    field(page, 1).get_by_text("Range, decimals, empty").click()
    field(page, 1).get_by_label("Decimals").fill("2")


def filled_in(page: Page) -> None:
    """Three filled-in forms, given one after the other."""
    for place, picture in enumerate(FILLED):
        page.goto("/forms/")
        page.get_by_role("link", name="Read pictures as it").click()
        expect(page.get_by_label("Read as a form")).to_have_value(str(FormTemplate.objects.get().id))
        steps.choose_picture(page, picture, f"order-{place}.png")
        steps.read(page)
        expect(page.get_by_text("Read as the form")).to_be_visible()


def reviewed(page: Page, cell: Locator) -> None:
    """From a cell of the table to its review, where the amount that was overlooked is typed."""
    cell.get_by_role("link").click()
    expect(page).to_have_url(re.compile("/review/"))
    expect(page.locator("main")).to_contain_text("Amount")
    page.locator("#review-text").fill("7.50")
    page.locator("#review-form").get_by_role("button", name=re.compile("Confirm")).click()
    expect(page.get_by_role("heading", name="All done")).to_be_visible()


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_from_a_sample_to_a_table_of_three_forms(open_page: OpenPage, alice: User, size: str, tmp_path: Path) -> None:
    page = open_page(size, user=alice)
    described(page, finger=size == "phone")
    page.get_by_text("Try it", exact=True).first.click()
    page.get_by_label("A picture of the form").set_input_files(
        {"name": "one.png", "mimeType": "image/png", "buffer": FILLED[0]}
    )
    steps.main_button(page, "Try it").click()
    expect(page.locator("[data-trial]")).to_contain_text("12.50")
    steps.main_button(page, "Save").click()
    expect(page.get_by_text("The form is saved.")).to_be_visible()
    assert list(FormTemplate.objects.get().fields.values_list("name", "decimals", "check_kind", "digits_most")) == [
        ("Customer", 0, "luhn", 7),
        ("Amount", 2, "", None),
    ]
    filled_in(page)
    expect(page.locator(".form-read")).to_contain_text("Nothing is written there")
    page.get_by_role("link", name="All that was read as this form").click()
    rows = page.locator(".form-table tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(2)).to_contain_text("4021374")
    expect(rows.nth(2)).to_contain_text("12.50")
    expect(rows.nth(1)).to_contain_text("9.90")
    empty = rows.nth(0).locator("td").nth(1)
    expect(empty).to_contain_text("Nothing is written there")
    with page.expect_download() as download:
        page.locator("summary", has_text="Export").click()
        page.get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "order.csv")
    assert "4021374,12.50" in (tmp_path / "order.csv").read_text(encoding="utf-8-sig")
    reviewed(page, empty)
    upload = Upload.objects.order_by("-created_at")[0]
    assert upload.final_text == "7654328\n750"


@pytest.fixture
def form(alice: User, model: ModelVersion) -> FormTemplate:
    return order_form(alice)


@pytest.fixture
def editor(form: FormTemplate, alice: User, open_page: OpenPage) -> Page:
    page = open_page("wide", user=alice)
    page.goto(f"/forms/{form.id}/")
    return page


def test_a_box_is_moved_sized_and_taken_away_with_the_mouse(editor: Page, form: FormTemplate) -> None:
    box = editor.get_by_role("button", name=re.compile("Field 3: Month"))
    place = box.locator("rect").first.bounding_box()
    assert place is not None
    middle = (place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    steps._draw_with_mouse(editor, [middle, (middle[0] + 30, middle[1] + 20)])
    x, y, width, height = numbers(field(editor, 2))
    assert x > MONTH.x + 30
    assert y > MONTH.y + 20
    assert (width, height) == (MONTH.width, MONTH.height)
    corner = box.locator(".form-corner").bounding_box()
    assert corner is not None
    grip = (corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2)
    steps._draw_with_mouse(editor, [grip, (grip[0] + 40, grip[1])])
    assert numbers(field(editor, 2))[2] > MONTH.width + 40
    field(editor, 2).get_by_role("button", name="Take it away").click()
    expect(editor.locator("[data-field]:not([hidden])")).to_have_count(2)
    steps.main_button(editor, "Save").click()
    expect(editor.get_by_text("The form is saved.")).to_be_visible()
    assert list(form.fields.values_list("name", flat=True)) == ["Customer", "Amount"]


def test_with_the_keyboard_alone(editor: Page, form: FormTemplate) -> None:
    add = editor.get_by_role("button", name="Add a field")
    add.focus()
    editor.keyboard.press("Enter")
    expect(field(editor, 3).get_by_label("Name")).to_be_focused()
    editor.keyboard.type("Year")
    box = editor.get_by_role("button", name=re.compile("Field 4: Year"))
    box.focus()
    before = numbers(field(editor, 3))
    editor.keyboard.press("ArrowRight")
    editor.keyboard.press("ArrowDown")
    editor.keyboard.press("Shift+ArrowRight")
    after = numbers(field(editor, 3))
    assert [new > old for new, old in zip(after, before, strict=True)] == [True, True, True, False]
    editor.keyboard.press("Enter")
    expect(field(editor, 3).get_by_label("Name")).to_be_focused()
    editor.get_by_role("button", name=re.compile("Field 1: Customer")).focus()
    editor.keyboard.press("Delete")
    steps.main_button(editor, "Save").press("Enter")
    expect(editor.get_by_text("The form is saved.")).to_be_visible()
    assert list(form.fields.values_list("name", flat=True)) == ["Amount", "Month", "Year"]


def test_boxes_on_one_another_are_refused_beside_the_field(editor: Page, form: FormTemplate) -> None:
    field(editor, 2).get_by_text("Its place").click()
    for side, value in (("x", AMOUNT.x + 20), ("y", AMOUNT.y + 5)):
        field(editor, 2).locator(f"[data-of={side}]").fill(str(value))
    field(editor, 2).get_by_label("Name").fill("Month of order")
    steps.main_button(editor, "Save").click()
    expect(field(editor, 2)).to_contain_text("cover the same place")
    expect(field(editor, 2).get_by_label("Name")).to_have_value("Month of order")
    expect(field(editor, 2).locator("[data-of=x]")).to_be_focused()
    assert form.fields.filter(name="Month").exists()


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_pages_of_forms_are_accessible_and_fit(
    form: FormTemplate, alice: User, open_page: OpenPage, size: str
) -> None:
    order_form(alice, name="A form without fields", rules={})
    uploads = [
        picture_ingest(data=data, owner=alice, keep=Keep.ALL, name="order.png", form=form).upload
        for data in (FILLED[0], FILLED[2], as_png(form_picture()[1000:, :600]))
    ]
    Prediction.objects.filter(form_field__name="Customer").update(state="needs_review", doubt="check_digit")
    addresses = [
        "/forms/",
        "/forms/new/",
        f"/forms/{form.id}/",
        f"/forms/{form.id}/table/",
        f"/forms/{form.id}/delete/",
    ]
    addresses += [f"/history/{upload.id}/" for upload in uploads if upload]
    page = open_page(size, user=alice)
    with problems() as found:
        for address in addresses:
            page.goto(address)
            found += serious_problems(page, address)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address


def test_without_javascript_fields_are_typed(form: FormTemplate, alice: User, open_page: OpenPage) -> None:
    page = open_page("wide", user=alice, java_script_enabled=False)
    page.goto(f"/forms/{form.id}/")
    page.get_by_role("button", name="Add a field").click()
    card = page.locator("[data-field]").nth(3)
    card.get_by_label("Name").fill("Year")
    for side, value in (("From the left", 330), ("From the top", 800), ("Width", 200), ("Height", 60)):
        card.get_by_label(side).fill(str(value))
    page.locator("[data-field]").nth(0).get_by_label("Take it away").check()
    steps.main_button(page, "Save").click()
    expect(page.get_by_text("The form is saved.")).to_be_visible()
    assert list(form.fields.values_list("name", flat=True)) == ["Amount", "Month", "Year"]
