"""A browser takes the manifest without a complaint, and its icons and shortcuts lead somewhere."""

from __future__ import annotations

import json

from accounts.models import User
from tests.e2e.conftest import OpenPage


def test_the_browser_finds_nothing_wrong_with_the_manifest(open_page: OpenPage, alice: User) -> None:
    page = open_page("phone", user=alice)
    page.goto("/read/")
    protocol = page.context.new_cdp_session(page)
    found = protocol.send("Page.getAppManifest")
    assert found["errors"] == []
    manifest = json.loads(found["data"])
    assert found["url"].endswith("/manifest.webmanifest")
    for icon in [*manifest["icons"], *(each for shortcut in manifest["shortcuts"] for each in shortcut["icons"])]:
        assert page.request.get(icon["src"]).headers["content-type"] == "image/png"
    assert page.request.get("/favicon.ico").ok


def test_the_browser_would_install_it(open_page: OpenPage, alice: User) -> None:
    page = open_page(user=alice)
    page.goto("/read/")
    protocol = page.context.new_cdp_session(page)
    problems = [each["errorId"] for each in protocol.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert [problem for problem in problems if problem != "in-incognito"] == []


def test_the_shortcut_to_drawing_opens_the_pad(open_page: OpenPage, alice: User) -> None:
    page = open_page("phone", user=alice)
    page.goto("/read/#draw")
    page.locator("#pad").wait_for()
