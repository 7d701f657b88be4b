"""Take a picture of every page, wide and on a phone, light and dark: ``python -m docs.page_pictures``.

Starts a server with a made-up world of its own; writes ``docs/screenshots/*.png`` and the page that shows them.
``--only NAME…`` takes some of them anew, ``--size`` and ``--scheme`` fewer ways to look, ``--output`` elsewhere.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Window

from docs.browsing import launch
from docs.pages import PAGES, Page
from docs.served import Site, serving

FOLDER = Path(__file__).resolve().parent / "screenshots"
INDEX = FOLDER.with_suffix(".md")
STYLE = FOLDER.parent.parent / "static" / "css" / "numeral.css"
SIZES: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
SCHEMES = ("light", "dark")
COLOURS = 24
"""Few enough that all pictures together stay small; the style sheet's own are kept beside them, however rare."""
TALLEST = {"wide": 1000, "phone": 1300}
"""Pixels of a long page that are shown."""
FOUR = ((0.30, 0.2), (0.18, 0.55), (0.42, 0.53)), ((0.36, 0.35), (0.35, 0.8))
SEVEN = (((0.58, 0.22), (0.8, 0.2), (0.72, 0.5), (0.66, 0.8)),)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    chosen = [page for page in PAGES if not options.only or page.name in options.only]
    options.output.mkdir(parents=True, exist_ok=True)
    with serving() as site, sync_playwright() as playwright:
        browser = launch(playwright)
        problems = take(browser, site, chosen, options)
        browser.close()
    if options.output == FOLDER:
        INDEX.write_text(index(), encoding="utf-8")
    print("\n".join(problems) or f"{len(chosen)} pages, nothing wrong.")
    return 1 if problems else 0


def take(browser: Browser, site: Site, pages: Sequence[Page], options: argparse.Namespace) -> list[str]:
    """Take all pictures; returns what went wrong: a status, a script, a page that is wider than its window."""
    problems: list[str] = []
    for size in options.size:
        for who in dict.fromkeys(page.who for page in pages):
            context = browser.new_context(reduced_motion="reduce", **{**SIZES[size], **_viewport(options)})
            context.add_cookies(site.cookies(who))  # type: ignore[arg-type]
            window = context.new_page()
            window.on("pageerror", partial(_note, problems))
            for page in (page for page in pages if page.who == who):
                problems += show(window, site, page, size)
                for scheme in options.scheme:
                    window.emulate_media(color_scheme=scheme)
                    path = options.output / f"{page.name}-{size}-{scheme}.png"
                    save(window, path, whole=not options.width, tallest=TALLEST[size])
            context.close()
    return problems


def _note(problems: list[str], error: object) -> None:
    problems.append(f"script: {error}")


def show(window: Window, site: Site, page: Page, size: str) -> list[str]:
    """Open a page and do what is to be done there; what is wrong with it."""
    window.emulate_media(color_scheme="light")
    window.goto("about:blank")  # or an address that differs in its fragment alone would stay as it is
    answer = window.goto(site.address(page), wait_until="load")
    if page.act:
        ACTS[page.act](window)
    window.wait_for_timeout(120)
    over = window.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    status = answer.status if answer else 200
    wrong = [] if status < 400 or page.path else [f"{page.name}: status {status}"]
    return wrong + ([f"{page.name}, {size}: {over} pixels too wide"] if over > 0 else [])


def save(window: Window, path: Path, *, whole: bool, tallest: int) -> None:
    window.wait_for_timeout(60)
    sticks = window.locator(".read-bar").count() > 0  # in a picture of the whole page it would stand in its middle
    picture = Image.open(io.BytesIO(window.screenshot(full_page=whole and not sticks))).convert("RGB")
    few = in_few_colours(picture.crop((0, 0, picture.width, min(picture.height, tallest))))
    few.save(path, optimize=True)


def in_few_colours(picture: Image.Image) -> Image.Image:
    """With a palette of the style sheet's colours and of those that are usual here."""
    tokens = re.findall(r"--[\w-]+: #([0-9a-f]{6});", STYLE.read_text(encoding="utf-8"))
    own = [byte for token in dict.fromkeys(tokens) for byte in bytes.fromhex(token)]
    usual = picture.quantize(COLOURS, dither=Image.Dither.NONE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*own, *usual][: 3 * 256])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def _press_read(window: Window) -> None:
    window.locator("#read-button").click()
    window.get_by_role("alert").first.wait_for()


def _draw(window: Window) -> None:
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


def _open_digit(window: Window) -> None:
    window.locator("details.digit summary").nth(1).click()


def _ask(window: Window) -> None:
    """Ask the first of the other models."""
    button = window.locator("main form button[type=submit]").first
    if button.count():
        button.click()
        window.wait_for_load_state()


ACTS: dict[str, Callable[[Window], None]] = {
    "press_read": _press_read,
    "draw": _draw,
    "open_digit": _open_digit,
    "ask": _ask,
}


def index(pages: Sequence[Page] = PAGES) -> str:
    """The page that shows the pictures."""
    lines = [
        "# Every page, in pictures",
        "",
        "Wide and on a phone, light and dark; made by `make docs-screenshots` with a made-up world of its own.",
    ]
    for page in pages:
        lines += ["", f"## {page.says}"]
        for size in SIZES:
            name = f"screenshots/{page.name}-{size}"
            lines += ["", " ".join(f"![{page.says}, {size}, {scheme}]({name}-{scheme}.png)" for scheme in SCHEMES)]
    return "\n".join(lines) + "\n"


def _viewport(options: argparse.Namespace) -> dict[str, Any]:
    return {"viewport": {"width": options.width, "height": round(options.width * 0.5625)}} if options.width else {}


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m docs.page_pictures", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], choices=[page.name for page in PAGES], metavar="NAME")
    parser.add_argument("--size", nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--scheme", nargs="+", default=list(SCHEMES), choices=list(SCHEMES))
    parser.add_argument("--width", type=int, default=0, help="another width, as seen without scrolling")
    parser.add_argument("--output", type=Path, default=FOLDER)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
