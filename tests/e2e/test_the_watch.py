"""The watch over all browser tests sees what it is there for; else its silence would mean nothing."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext
from pytest_django.live_server_helper import LiveServer

from tests.e2e.watch import Watch

WRONGS = """
const script = document.createElement("script");
script.textContent = "window.ran = true";
document.head.append(script);
new Image().src = "http://elsewhere.example/pixel.png";
setTimeout(() => { throw new Error("broken"); });
"""


def test_a_forbidden_script_an_error_and_a_request_elsewhere_are_noted(
    live_server: LiveServer, new_context: Callable[..., BrowserContext]
) -> None:
    context = new_context()
    watch = Watch(context, live_server.url)
    page = context.new_page()
    page.goto("/accounts/login/")
    assert watch.problems == []
    page.evaluate(WRONGS)
    page.wait_for_timeout(200)
    noted = "\n".join(watch.problems)
    assert page.evaluate("window.ran") is None
    assert "Content-Security-Policy: script-src-elem forbids inline" in noted
    assert "Content-Security-Policy: img-src forbids http://elsewhere.example/pixel.png" in noted
    assert "uncaught: broken" in noted
