"""How soon a drawing's reading is on the screen after the pen is lifted: ``python -m bench.live_drawing``.

A real browser draws a digit on the pad of a running Numeral; the page's own clock runs from lifting the pen until the
answer's text is in the page and the next frame is due. Nothing is stored.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.processes import port_free, running, wait_for_port
from bench.subjects import Numeral
from hdr_site.browser import chromium_find

SEVEN = ((-0.17, -0.28), (0.0, -0.28), (0.18, -0.28), (0.1, -0.08), (0.03, 0.1), (-0.05, 0.3))
POINTS_BETWEEN = 8
GOAL_MS = 100
# Notes when the pen is lifted, and when an answer is drawn that came after it.
CLOCK = """
() => {
  let lifted = 0;
  window.took = [];
  document.getElementById("pad").addEventListener("pointerup", (event) => { lifted = event.timeStamp; }, true);
  new MutationObserver(() => {
    if (!lifted || !document.getElementById("live-text").textContent) return;
    const since = lifted;
    lifted = 0;
    requestAnimationFrame(() => window.took.push(performance.now() - since));
  }).observe(document.getElementById("live-text"), {childList: true, characterData: true, subtree: true});
}
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.live_drawing", description=__doc__)
    parser.add_argument("--drawings", type=int, default=60, help="how many are drawn")
    drawings = parser.parse_args().drawings
    with tempfile.TemporaryDirectory(prefix="numeral-bench-") as name:
        folder = Path(name)
        numeral = Numeral(folder, port_free())
        numeral.environment["LIVE_READS_PER_MINUTE"] = "1000000"
        log = folder / "log"
        numeral.prepare(log)
        with running(numeral.command, numeral.environment, log) as pid:
            wait_for_port(numeral.port, pid)
            times = measure(numeral, drawings)
    print_times(times)
    return 0


def measure(numeral: Numeral, drawings: int) -> list[float]:
    """Milliseconds from lifting the pen to the answer, for each drawing."""
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium_find(), args=["--disable-gpu", *sandbox])
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        home = f"http://127.0.0.1:{numeral.port}"
        context.add_cookies([{"name": key, "value": value, "url": home} for key, value in numeral.cookies.items()])
        page = context.new_page()
        page.goto(f"{home}/read/#draw")
        page.locator("#pad").wait_for()
        page.evaluate(CLOCK)
        for count in range(1, drawings + 1):
            draw(page)
            page.wait_for_function("(count) => window.took.length >= count", arg=count)
            page.get_by_role("button", name="Clear").click()
            page.wait_for_timeout(250)
        times: list[float] = page.evaluate("window.took")
        browser.close()
    return times


def draw(page: Page) -> None:
    """A seven in the middle of the pad, some 60 points a second."""
    box = page.locator("#pad").bounding_box()
    if box is None:
        raise RuntimeError("The pad is not on the page.")
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    points = [(middle[0] + x * box["height"], middle[1] + y * box["height"]) for x, y in SEVEN]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=POINTS_BETWEEN)
    page.mouse.up()


def print_times(times: list[float]) -> None:
    first, *rest = times
    cuts = statistics.quantiles(rest, n=100, method="inclusive")
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(f"From lifting the pen to the answer on the screen, {len(rest)} drawings.")
    print(f"{os.cpu_count()} cores, load {busy:.1f}.\n")
    print("| p50 | p95 | goal | the very first |\n| --: | --: | --: | --: |")
    print(f"| {cuts[49]:.0f} ms | {cuts[94]:.0f} ms | {GOAL_MS} ms | {first:.0f} ms |")


if __name__ == "__main__":
    sys.exit(main())
