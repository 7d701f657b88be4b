"""``manage.py serve``: prepare the database, the models and the static files, then run web server and worker."""

from __future__ import annotations

import hashlib
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from hdr_site import address, supervisor
from hdr_site.env import site_from
from hdr_site.probes import migrations_waiting
from recognizer.domain.errors import NumeralError
from recognizer.services.registry import shipped_models_register

STATIC_STAMP = ".collected"


class Command(BaseCommand):
    help = "Prepare what is missing and serve Numeral, web server and background worker, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--host", default=os.environ.get("HOST") or "127.0.0.1", help="where to listen [HOST, 127.0.0.1]"
        )
        parser.add_argument("--port", default=os.environ.get("PORT") or "8000", help="first port to try [PORT, 8000]")
        parser.add_argument(
            "--workers", type=int, default=1, help="web processes; more than one needs a shared cache [1]"
        )
        parser.add_argument("--threads", type=int, default=8, help="requests that one web process serves at a time [8]")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = self._address(options["host"], options["port"])
        for name in ("workers", "threads"):
            if options[name] < 1:
                raise CommandError(f"--{name} must be at least 1.")
        if options["workers"] > 1 and settings.CACHES["default"]["BACKEND"].endswith("LocMemCache"):
            raise CommandError(
                "More than one web process needs a cache that they share, to limit rates: set REDIS_URL."
            )
        prepare()
        arguments = [
            f"--{name}={value}"
            for name, value in (
                ("host", host),
                ("port", port),
                ("workers", options["workers"]),
                ("threads", options["threads"]),
            )
        ]
        self.stdout.flush()
        become_supervisor(arguments)

    def _address(self, host: str, wanted: str) -> tuple[str, int]:
        try:
            first = address.port_parse(wanted)
            port = address.port_find(host, first)
            site_from(os.environ.get("SITE_URL") or address.site_url(host, port))
        except (address.BadAddress, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from None
        if port != first:
            self.stdout.write(f"Port {first} is taken, so this is port {port}.")
        return host, port


def prepare() -> None:
    """Bring everything that a server stands on up to date; quick where nothing has changed."""
    if migrations_waiting():
        call_command("migrate", verbosity=0)
    try:
        shipped_models_register()
    except NumeralError as error:
        # History, admin and the models before it still work; /readyz and the pages say that this one does not.
        supervisor.complain(str(error))
    static_collect(Path(settings.STATIC_ROOT))
    first_administrator_make()
    connections.close_all()


def static_collect(root: Path) -> bool:
    """Gather and compress the static files where their sources have changed since the last time; whether it did."""
    stamp, state = root / STATIC_STAMP, static_state()
    if settings.DEBUG or (stamp.exists() and stamp.read_text() == state):
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(state)
    return True


def static_state() -> str:
    """A digest of every source's path, size and time of change."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            full = Path(storage.path(path))
            digest.update(f"{full}\0{full.stat().st_size}\0{full.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()


def first_administrator_make() -> bool:
    """Make the administrator that the environment names, unless that account exists; whether it was made."""
    email = os.environ.get("DJANGO_SUPERUSER_EMAIL")
    if not email or not os.environ.get("DJANGO_SUPERUSER_PASSWORD"):
        return False
    if get_user_model()._default_manager.filter(email__iexact=email).exists():
        return False
    call_command("createsuperuser", interactive=False, verbosity=0)
    return True


def become_supervisor(arguments: list[str]) -> None:
    """Turn into the supervisor, so that no idle Django stays in memory; Windows cannot, and calls it."""
    if os.name == "nt":
        sys.exit(supervisor.main(arguments))
    os.chdir(settings.BASE_DIR)
    os.execv(sys.executable, [sys.executable, "-m", "hdr_site.supervisor", *arguments])
