"""What each page weighs, and how soon it is seen: ``python -m bench.page_weight`` (`make bench-pages`).

A real browser with nothing in its cache opens the pages of ``docs.pages`` that are listed there, from a server as in
life: names with hashes, compressed. The page's own clock says when its largest part was painted (LCP) and how much of
it moved afterwards (CLS): https://web.dev/articles/vitals.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, CDPSession, sync_playwright

from docs.browsing import launch
from docs.page_pictures import SIZES
from docs.pages import PAGES, Page
from docs.served import Site, serving

GOAL_LCP, GOAL_CLS, GOAL_KILOBYTES = 1000.0, 0.02, 300.0
SETTLED = 600
"""Milliseconds after the page has loaded in which something could still move."""
CLOCK = """
window.painted = 0;
window.moved = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.painted = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.moved += entry.value;  // nobody touches the page here
}).observe({ type: "layout-shift", buffered: true });
"""


@dataclass(frozen=True, slots=True)
class Weight:
    """One page in one window: kilobytes as they came over the wire, requests, milliseconds to LCP, CLS."""

    page: str
    size: str
    kilobytes: float
    requests: int
    lcp: float
    cls: float

    @property
    def good(self) -> bool:
        return self.lcp <= GOAL_LCP and self.cls <= GOAL_CLS and self.kilobytes <= GOAL_KILOBYTES


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.page_weight", description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="how often each page is opened")
    times = parser.parse_args(arguments).times
    pages = [page for page in PAGES if page.listed]
    with serving() as site, sync_playwright() as playwright:
        browser = launch(playwright)
        weigh(browser, site, pages[0], "wide")  # the server's own caches are filled once
        found = [middle([weigh(browser, site, page, s) for _ in range(times)]) for page in pages for s in SIZES]
        browser.close()
    print_table(found, times)
    return 0 if all(weight.good for weight in found) else 1


def weigh(browser: Browser, site: Site, page: Page, size: str) -> Weight:
    """Open the page in a fresh window, nothing cached."""
    context = browser.new_context(**SIZES[size])
    context.add_cookies(site.cookies(page.who))  # type: ignore[arg-type]
    window = context.new_page()
    window.add_init_script(CLOCK)
    session = context.new_cdp_session(window)
    loads = _loads(session)
    window.goto(site.address(page), wait_until="load")
    window.wait_for_timeout(SETTLED)
    lcp, moved = window.evaluate("[window.painted, window.moved]")
    context.close()
    return Weight(page.name, size, sum(loads) / 1000, len(loads), lcp, moved)


def _loads(session: CDPSession) -> list[float]:
    """Grows with every answer: its bytes on the wire, head and body."""
    loads: list[float] = []
    within: set[str] = set()  # pictures that came as a part of the page

    def asked(event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("data:"):
            within.add(event["requestId"])

    def ended(event: dict[str, Any]) -> None:
        if event["requestId"] not in within:
            loads.append(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", asked)
    session.on("Network.loadingFinished", ended)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    return loads


def middle(weights: Sequence[Weight]) -> Weight:
    """The median of several times; of what moved, the worst."""
    first = weights[0]
    return Weight(
        first.page,
        first.size,
        statistics.median(weight.kilobytes for weight in weights),
        round(statistics.median(weight.requests for weight in weights)),
        statistics.median(weight.lcp for weight in weights),
        max(weight.cls for weight in weights),
    )


def print_table(found: Sequence[Weight], times: int) -> None:
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(f"Nothing cached, median of {times}; {os.cpu_count()} cores, load {busy:.1f}.")
    print(f"Goals: LCP {GOAL_LCP:.0f} ms, CLS {GOAL_CLS}, {GOAL_KILOBYTES:.0f} kB.\n")
    print("| page | window | kB | requests | LCP | CLS | |\n| --- | --- | --: | --: | --: | --: | --- |")
    for each in found:
        verdict = "" if each.good else "over"
        figures = f"{each.kilobytes:.0f} | {each.requests} | {each.lcp:.0f} ms | {each.cls:.3f}"
        print(f"| {each.page} | {each.size} | {figures} | {verdict} |")


if __name__ == "__main__":
    sys.exit(main())
