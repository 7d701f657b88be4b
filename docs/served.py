"""A Numeral of its own for pictures and measurements: a made-up world, served as in life, and a browser's way in."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import port_free, running, wait_for_port
from docs.pages import Page

# What a developer's shell may hold must not change what is seen.
OURS = ("SITE_URL", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "DEBUG", "EMAIL_VERIFICATION", "FILES_DIR")


@dataclass(frozen=True, slots=True)
class Site:
    """Where it is served, whose session has which key, and what fills its routes."""

    home: str
    sessions: dict[str, str]
    world: dict[str, dict[str, Any]]

    def address(self, page: Page) -> str:
        from django.urls import reverse

        path = page.path or reverse(page.route, kwargs=self.world.get(page.given))
        return f"{self.home}{path}{page.query}"

    def cookies(self, who: str) -> list[dict[str, str]]:
        return [{"name": "sessionid", "value": self.sessions[who], "url": self.home}] if who else []


@contextmanager
def serving() -> Iterator[Site]:
    """Build the world and serve it for as long as the block: hashed, compressed, not in debug mode."""
    with tempfile.TemporaryDirectory(prefix="numeral-pages-") as name:
        folder, port = Path(name), port_free()
        for other in OURS:
            os.environ.pop(other, None)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "hdr_site.settings",
            "NUMERAL_ENV_FILE": os.devnull,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATA_DIR": str(folder / "data"),
            "UPLOADS_PER_MINUTE": "1000000",
            "LIVE_READS_PER_MINUTE": "1000000",
        }
        world, sessions = _build()
        command = [sys.executable, "manage.py", "serve", "--host=127.0.0.1", f"--port={port}"]
        with running(command, dict(os.environ), folder / "log") as pid:
            wait_for_port(port, pid)
            yield Site(f"http://127.0.0.1:{port}", sessions, world)


def _build() -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Prepare an installation as ``manage.py serve`` does, fill it, and sign everybody in."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connections
    from django.test import Client

    from docs.world import build
    from recognizer.management.commands.serve import prepare

    prepare()
    world, people = build()
    sessions = {}
    for name, person in people.items():
        client = Client()
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        sessions[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
    connections.close_all()
    return world, sessions
