"""The browser that the end-to-end tests drive: the system's own Chromium or Chrome. Standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
MINUTES_FOR_APT = 5


def chromium_find() -> str | None:
    """The path of a browser that starts, or None."""
    for path in [*filter(None, map(shutil.which, NAMES)), *(place for place in PLACES if Path(place).exists())]:
        if os.name == "nt" or starts(path):  # on Windows, asking for the version opens a window
            return path
    return None


def starts(path: str) -> bool:
    """Whether it is more than the stub that Ubuntu leaves where a snap should be."""
    try:
        subprocess.run([path, "--version"], capture_output=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def apt_prefix() -> list[str] | None:
    """What to put before apt-get to run it as root without a question; None if that can't be."""
    if not sys.platform.startswith("linux") or not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def chromium_ensure() -> str | None:
    """Find a browser, or install one with the system's package manager where that needs no password."""
    found = chromium_find()
    prefix = None if found else apt_prefix()
    if prefix is not None:
        print("Installing Chromium for the browser tests …", flush=True)
        apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
        try:
            for step in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
                subprocess.run([*apt, *step], capture_output=True, timeout=60 * MINUTES_FOR_APT, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"Chromium could not be installed: {error}", flush=True)
        found = chromium_find()
    if not found:
        print("No Chromium or Chrome here, so the browser tests are skipped. Install chromium to run them.", flush=True)
    return found
