"""Draw the icons of the installed application from ``favicon.svg``: ``python -m docs.icons``. Needs Chromium."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from docs.browsing import launch

FOLDER = Path(__file__).resolve().parent.parent / "static" / "img"
SAFE = 0.66
"""Of a maskable icon only a circle in the middle is sure to be seen; the drawing keeps within it."""

SIZES = {"icon-180.png": 180, "icon-192.png": 192, "icon-512.png": 512, "icon-mask.png": 512}
FAVICON = (16, 32, 48)
COLOURS = 32


def drawing(name: str) -> str:
    """The SVG: whole for "any" purpose, filling the square and smaller for those that are masked or rounded later."""
    source = (FOLDER / "favicon.svg").read_text(encoding="utf-8")
    if name in ("icon-180.png", "icon-mask.png"):
        share = SAFE if name == "icon-mask.png" else 0.85
        shift = 32 * (1 - share)
        source = re.sub(r'rx="\d+"', "", source)
        source = source.replace("<path", f'<path transform="translate({shift:.2f} {shift:.2f}) scale({share})"')
    return source


def draw(page: Page, name: str, size: int) -> Image.Image:
    page.set_viewport_size({"width": size, "height": size})
    page.set_content(f"<style>body{{margin:0}}svg{{display:block;width:100vw;height:100vh}}</style>{drawing(name)}")
    return Image.open(io.BytesIO(page.screenshot(omit_background=True)))


def main() -> int:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        for name, size in SIZES.items():
            picture = draw(page, name, size)
            picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE).save(FOLDER / name, optimize=True)
        pictures = [draw(page, "favicon.ico", size) for size in FAVICON]
        sizes = [(size, size) for size in FAVICON]
        pictures[-1].save(FOLDER / "favicon.ico", append_images=pictures[:-1], sizes=sizes)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
