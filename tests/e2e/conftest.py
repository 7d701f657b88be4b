"""A real browser at a real server: the system's own Chromium, and a watch that nothing goes wrong unseen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from hdr_site.browser import chromium_find
from recognizer.models import ModelVersion
from recognizer.tests.pictures import as_jpeg
from recognizer.tests.pictures import page as paper
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

CAMERA_SHOWS = "53"
"""The number that the browser's camera sees, in place of the world."""

OpenPage = Callable[..., Page]


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
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film for the browser's camera: the same picture again and again."""
    film = tmp_path_factory.mktemp("camera") / "camera.mjpeg"
    film.write_bytes(as_jpeg(paper(CAMERA_SHOWS, size=(640, 480))) * 4)
    return film


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], camera: Path) -> dict[str, Any]:
    path = chromium_find()
    if path is None:
        pytest.skip("There is no Chromium or Chrome on this machine that could be driven.")
    # Chromium's own sandbox refuses to run as root.
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    filmed = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={camera}"]
    return {**browser_type_launch_args, "executable_path": path, "args": [*QUIET, *filmed, *sandbox]}


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """Where pages are that a test names by their path. The plugin's own fixture warns under this pytest."""
    return str(live_server.url)


@pytest.fixture
def open_page(
    live_server: LiveServer, model: ModelVersion, new_context: Callable[..., BrowserContext]
) -> Iterator[OpenPage]:
    """Opens a browser window, wide or phone-sized, signed in or not; afterwards nothing may have gone wrong in any."""
    watches: list[Watch] = []

    def open_one(size: str = "wide", *, user: User | None = None, **options: Any) -> Page:
        context = new_context(reduced_motion="reduce", **SIZES[size], **options)
        context.set_default_timeout(15_000)
        watches.append(Watch(context, live_server.url))
        if user is not None:
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": session(user), "url": live_server.url}]
            )
        return context.new_page()

    yield open_one
    assert [problem for watch in watches for problem in watch.problems] == []


def session(user: User) -> str:
    """The key of a session in which somebody is signed in."""
    from django.test import Client

    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client.cookies[settings.SESSION_COOKIE_NAME].value
