"""A browser for what is drawn under docs/ and measured under bench/: the system's own Chromium."""

from __future__ import annotations

import os

from playwright.sync_api import Browser, Playwright

from hdr_site.browser import chromium_find


def launch(playwright: Playwright, *more: str) -> Browser:
    """Start it, without windows. Raises RuntimeError where there is none."""
    path = chromium_find()
    if path is None:
        raise RuntimeError("There is no Chromium or Chrome on this machine.")
    # Chromium's own sandbox refuses to run as root.
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=path, args=["--disable-gpu", *sandbox, *more])
