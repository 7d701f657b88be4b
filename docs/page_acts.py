"""What is done on a page before its picture is taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page as Window

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "static" / "img" / "samples"
FOUR = ((0.30, 0.2), (0.18, 0.55), (0.42, 0.53)), ((0.36, 0.35), (0.35, 0.8))
SEVEN = (((0.58, 0.22), (0.8, 0.2), (0.72, 0.5), (0.66, 0.8)),)


def film(folder: Path) -> list[str]:
    """What makes a browser's camera see one of the pictures that a new person may try."""
    path = folder / "camera.mjpeg"
    path.write_bytes((SAMPLES / "telephone.jpg").read_bytes() * 4)
    return ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={path}"]


def press_read(window: Window) -> None:
    window.locator("#read-button").click()
    window.get_by_role("alert").first.wait_for()


def draw(window: Window) -> None:
    pad = window.locator("#pad")
    pad.wait_for()
    box = pad.bounding_box()
    assert box is not None
    for stroke in (*FOUR, *SEVEN):
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        window.mouse.move(*points[0])
        window.mouse.down()
        for point in points[1:]:
            window.mouse.move(*point, steps=6)
        window.mouse.up()
    window.wait_for_timeout(900)


def choose(window: Window) -> None:
    window.locator("input[name=image]").set_input_files(SAMPLES / "telephone.jpg")
    window.locator("#preview-image").wait_for()


def choose_many(window: Window) -> None:
    """All pictures that a new person may try, and a file that cannot be read."""
    files = [*sorted(SAMPLES.iterdir()), ROOT / "pyproject.toml"]
    window.locator("input[name=image]").set_input_files(files)
    window.locator("#given-list li").nth(len(files) - 1).wait_for()
    window.wait_for_timeout(500)


def read_many(window: Window) -> None:
    """Several that are not kept, so that they are read at once."""
    window.locator("input[name=image]").set_input_files([SAMPLES / f"{name}.jpg" for name in ("amounts", "digit")])
    window.locator("input[name=keep][value=nothing]").check()
    window.locator("#read-button").click()
    window.locator("#column").wait_for()


def camera(window: Window) -> None:
    window.locator("#viewfinder-open").click()
    window.locator("#viewfinder video").wait_for()
    window.wait_for_timeout(900)


def open_digit(window: Window) -> None:
    window.locator("details.digit summary").nth(1).click()


def try_form(window: Window) -> None:
    """Have a filled-in sheet read, without keeping anything."""
    from docs.world_forms import filled  # wants Django to be set up

    window.locator("details.form-try summary").click()
    window.locator("#trial").set_input_files({"name": "sheet.jpg", "mimeType": "image/jpeg", "buffer": filled(1)})
    window.locator("[data-try-button]").click()
    window.locator("[data-trial] *").first.wait_for()
    window.locator("[data-trial]").scroll_into_view_if_needed()
    window.wait_for_timeout(300)


def open_filters(window: Window) -> None:
    window.locator("main form details summary").first.click()


def ask(window: Window) -> None:
    """Ask the first of the other models."""
    button = window.locator("main form button[type=submit]").first
    if button.count():
        button.click()
        window.wait_for_load_state()


def send_without_token(window: Window) -> None:
    """Send the first form of the page as another site would."""
    window.evaluate("document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach((each) => each.remove())")
    with window.expect_navigation():
        window.evaluate("document.querySelector('main form').submit()")


def speak_french(window: Window) -> None:
    """From here on, all of this window's pages."""
    with window.expect_navigation():
        window.locator(".languages button[value=fr]").click()


ACTS: dict[str, Callable[[Window], None]] = {
    act.__name__: act
    for act in (
        press_read,
        draw,
        choose,
        choose_many,
        read_many,
        camera,
        open_digit,
        try_form,
        open_filters,
        ask,
        send_without_token,
        speak_french,
    )
}
