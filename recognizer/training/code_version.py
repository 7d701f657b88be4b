"""Which code made a model: the program's version and, in a checkout, its commit."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from hdr_site import __version__

ROOT = Path(__file__).resolve().parents[2]


def code_version() -> dict[str, str | None]:
    """The version, and the commit with "-dirty" behind it where files were changed since; None where there is none."""
    return {"version": __version__, "commit": _commit()}


def _commit() -> str | None:
    git = shutil.which("git")
    # Without the check, git would name the commit of whatever checkout lies around a copy without one.
    if git is None or not (ROOT / ".git").exists():
        return None
    command = [git, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
