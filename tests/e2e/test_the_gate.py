"""Staff compare a model with the one that serves, activate it, roll back, and override with a reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from recognizer.models import Activation, ModelVersion
from recognizer.services.gate import gate_measure_missing
from recognizer.tests.gate_material import frozen, tiny

OpenPage = Callable[..., Page]


@pytest.fixture
def grey(model: ModelVersion, tmp_path: Path) -> ModelVersion:
    """A candidate that reads greys, on a gate of greys, which the shipped model cannot read."""
    candidate = tiny(tmp_path / "made", "grey", 2)
    frozen()
    gate_measure_missing()
    return candidate


def compare(page: Page, model: ModelVersion) -> None:
    page.goto(f"/admin/recognizer/modelversion/{model.pk}/change/")
    page.get_by_role("link", name="Compare and activate").click()
    expect(page.get_by_role("heading", name=f"Compare and activate {model}")).to_be_visible()


def serves() -> str:
    return ModelVersion.objects.get(kind="digit", state="active").name


@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_model_is_compared_activated_and_rolled_back(
    size: str, colours: str, grey: ModelVersion, model: ModelVersion, charlie: User, open_page: OpenPage
) -> None:
    page = open_page(size, user=charlie, color_scheme=colours)
    compare(page, grey)
    expect(page.get_by_role("heading", name="Nothing speaks against it.")).to_be_visible()
    expect(page.get_by_role("img", name="its interval from")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"
    page.get_by_text("Each digit").click()
    page.get_by_role("button", name="Activate grey").press("Enter")
    expect(page.get_by_text("The model grey is active now.")).to_be_visible()
    assert serves() == "grey"
    page.get_by_role("button", name="Roll back").press("Enter")
    expect(page.get_by_text("The model digit-1 is active again.")).to_be_visible()
    assert serves() == "digit-1"


def test_a_refused_model_is_activated_with_a_reason(
    grey: ModelVersion, model: ModelVersion, charlie: User, open_page: OpenPage
) -> None:
    page = open_page(user=charlie)
    compare(page, grey)
    page.get_by_role("button", name="Activate grey").click()
    expect(page.get_by_text("The model grey is active now.")).to_be_visible()
    compare(page, model)
    expect(page.get_by_role("heading", name="digit-1 is refused.")).to_be_visible()
    expect(page.get_by_text("Worse beyond doubt:")).to_be_visible()
    page.get_by_role("button", name="Activate all the same").click()
    assert serves() == "grey", "the browser asks for the reason"
    page.get_by_label("Why digit-1 shall serve all the same").fill("Nobody writes in greys.")
    page.get_by_role("button", name="Activate all the same").click()
    expect(page.get_by_text("The model digit-1 is active now.")).to_be_visible()
    assert serves() == "digit-1"
    page.goto("/admin/recognizer/activation/")
    expect(page.get_by_text("Nobody writes in greys.")).to_be_visible()
    assert Activation.objects.filter(decision="overridden", by=charlie).count() == 1
