"""What holds for every page: it works without JavaScript, fits the narrowest phone, and is walked by the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Keep, User
from docs.pages import CHARLIE, NOBODY, PAGES
from recognizer.models import ModelVersion, Prediction, Upload
from recognizer.services.ingest import picture_ingest
from tests.e2e.conftest import OpenPage

MOVED = """
window.moved = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.moved += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
STILL = 0.02
"""Cumulative layout shift; 0.1 counts as good: https://web.dev/articles/cls."""
NARROW = {"width": 320, "height": 640}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# The ring may be drawn around what stands for the field: a whole line of a list, say.
FOCUS = """
() => {
  const focused = document.activeElement;
  if (focused === document.body) return null;
  const ringed = (element) => getComputedStyle(element).outlineStyle !== "none";
  // A box on a picture has no outline: its own line grows thick.
  let seen = focused.matches(".overlay a") && getComputedStyle(focused.firstElementChild).strokeWidth === "5px" || null;
  for (let each = focused; each && !seen; each = each.parentElement) if (ringed(each)) seen = each;
  const box = focused.getBoundingClientRect();
  return {
    name: focused.outerHTML.slice(0, 120),
    ring: seen !== null,
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}
"""


@pytest.fixture
def upload(alice: User, model: ModelVersion, number_png: Callable[[str], bytes]) -> Upload:
    kept = picture_ingest(data=number_png("47"), owner=alice, keep=Keep.ALL).upload
    assert kept is not None
    return kept


def addresses(who: str, upload: Upload) -> Iterator[tuple[str, str]]:
    """The pages of signed-out people, of staff, or of everybody else; those that need something of their own are not
    among them but for the result.
    """
    for page in PAGES:
        if page.who in ((who,) if who in (NOBODY, CHARLIE) else ("alice", "bob")):
            if page.given == "photo" and page.route:
                yield page.name, reverse(page.route, kwargs={"upload_id": upload.id})
            elif not page.given:
                yield page.name, (page.path or reverse(page.route)) + page.query.partition("#")[0]


@pytest.mark.parametrize("who", [NOBODY, "alice", CHARLIE], ids=["nobody", "alice", "staff"])
def test_every_page_works_without_javascript_on_the_narrowest_phone(
    open_page: OpenPage, alice: User, charlie: User, upload: Upload, who: str
) -> None:
    user = {"alice": alice, CHARLIE: charlie}.get(who)
    page = open_page("phone", user=user, java_script_enabled=False)
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    wrong = []
    for name, address in addresses(who, upload):
        answer = page.goto(address)
        assert answer is not None
        if answer.status >= 400 and name != "nothing-here":
            wrong.append(f"{name}: {answer.status}")
        if not page.locator("main h1, main h2, #content h1, #content h2").first.is_visible():
            wrong.append(f"{name}: no heading")
    assert wrong == []


@pytest.mark.parametrize("who", [NOBODY, "alice", CHARLIE], ids=["nobody", "alice", "staff"])
def test_nothing_sticks_out_of_the_narrowest_phone(
    open_page: OpenPage, alice: User, charlie: User, upload: Upload, who: str
) -> None:
    page = open_page("phone", user={"alice": alice, CHARLIE: charlie}.get(who))
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    wrong = []
    for name, address in addresses(who, upload):
        page.goto(address)
        if page.evaluate(WIDER) > 0:
            wrong.append(name)
    assert wrong == []


@pytest.mark.parametrize("path", ["/", "/read/", "/history/", "/review/", "/models/", "/account/"])
def test_whoever_tabs_through_a_page_sees_where_they_are(
    open_page: OpenPage, alice: User, upload: Upload, path: str
) -> None:
    page = open_page(user=alice)
    page.goto(path)
    assert walked(page) == []


def test_whoever_tabs_through_a_result_sees_where_they_are(open_page: OpenPage, alice: User, upload: Upload) -> None:
    page = open_page(user=alice)
    page.goto(f"/history/{upload.id}/")
    assert walked(page) == []


def walked(page: Page, most: int = 60) -> list[str]:
    """Press Tab through the page; where the focus was not to be seen."""
    lost, first = [], ""
    for _ in range(most):
        page.keyboard.press("Tab")
        place = page.evaluate(FOCUS)
        if place is None or place["name"] == first:
            break
        first = first or place["name"]
        if not (place["ring"] and place["inside"]):
            lost.append(place["name"])
    assert first
    return lost


def test_while_the_picture_comes_nothing_moves(open_page: OpenPage, alice: User, upload: Upload) -> None:
    page = open_page(user=alice)
    held: list[object] = []
    page.route("**/image/", lambda route: held.append(route))
    page.goto(f"/history/{upload.id}/", wait_until="domcontentloaded")
    facts = page.locator(".facts")
    before = facts.bounding_box()
    for route in held:
        route.continue_()  # type: ignore[attr-defined]
    expect(page.locator(".viewer img")).to_have_js_property("complete", True)
    assert held
    assert facts.bounding_box() == before


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_nothing_jumps_while_a_page_comes_to_life(open_page: OpenPage, alice: User, upload: Upload, size: str) -> None:
    Prediction.objects.update(state="needs_review", confidence=0.4)
    page = open_page(size, user=alice)
    page.add_init_script(MOVED)
    moved = {}
    for path in ("/read/", "/history/", "/review/", "/models/", f"/history/{upload.id}/"):
        page.goto(path)
        page.wait_for_timeout(400)
        moved[path] = page.evaluate("window.moved")
    assert {path: value for path, value in moved.items() if value > STILL} == {}
