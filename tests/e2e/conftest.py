"""A real browser at a real server: the system's own Chromium, and a watch that nothing goes wrong unseen."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from hdr_site.browser import chromium_find
from recognizer.models import ModelVersion
from tests.e2e.watch import Watch

HERE = Path(__file__).parent
SIZES: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True},
}
QUIET = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)

QUIET_SECONDS = 0.1

OpenPage = Callable[..., Page]


class Traffic:
    """Counts the requests that the server is busy with."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = 0
        self._last = time.monotonic()

    def began(self, **_: Any) -> None:
        self._add(1)

    def ended(self, **_: Any) -> None:
        self._add(-1)

    def wait_until_quiet(self, patience: float = 5.0) -> None:
        """Return once nothing was asked for a moment, or after so many seconds."""
        ends = time.monotonic() + patience
        while time.monotonic() < ends and (self._open > 0 or time.monotonic() - self._last < QUIET_SECONDS):
            time.sleep(0.01)

    def _add(self, step: int) -> None:
        with self._lock:
            self._open += step
            self._last = time.monotonic()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session", autouse=True)
def _beside_an_event_loop() -> Iterator[None]:
    """Playwright leaves an event loop in this thread, and Django would refuse to touch the database beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    path = chromium_find()
    if path is None:
        pytest.skip("There is no Chromium or Chrome on this machine that could be driven.")
    # Chromium's own sandbox refuses to run as root.
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": path, "args": [*QUIET, *sandbox]}


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """Where pages are that a test names by their path. The plugin's own fixture warns under this pytest."""
    return str(live_server.url)


@pytest.fixture
def traffic() -> Iterator[Traffic]:
    """What the server is busy with, from here to the end of the test."""
    counts = Traffic()
    request_started.connect(counts.began)
    request_finished.connect(counts.ended)
    yield counts
    request_started.disconnect(counts.began)
    request_finished.disconnect(counts.ended)


@pytest.fixture
def open_page(
    live_server: LiveServer, model: ModelVersion, new_context: Callable[..., BrowserContext], traffic: Traffic
) -> Iterator[OpenPage]:
    """Opens a browser window, wide or phone-sized, signed in or not; afterwards nothing may have gone wrong in any."""
    watches: list[Watch] = []
    contexts: list[BrowserContext] = []

    def open_one(size: str = "wide", *, user: User | None = None, **options: Any) -> Page:
        context = new_context(reduced_motion="reduce", **SIZES[size], **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        context.on("close", lambda closed: contexts.remove(closed))
        watches.append(Watch(context, live_server.url))
        if user is not None:
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": session(user), "url": live_server.url}]
            )
        return context.new_page()

    yield open_one
    # A page says goodbye to the server when it is left; that must not come when this test's database is gone.
    for context in contexts.copy():
        context.close()
    traffic.wait_until_quiet()
    assert [problem for watch in watches for problem in watch.problems] == []


def session(user: User) -> str:
    """The key of a session in which somebody is signed in."""
    from django.test import Client

    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client.cookies[settings.SESSION_COOKIE_NAME].value
