"""Where settings come from: the environment, then ``.env`` beside manage.py. One place that knows SITE_URL."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
# Tests and CI name their own file (or none), so that a developer's .env cannot change what they see.
environ.Env.read_env(os.environ.get("NUMERAL_ENV_FILE", str(BASE_DIR / ".env")))


@dataclass(frozen=True, slots=True)
class Site:
    """The public address and what follows from it."""

    url: str
    host: str
    secure: bool

    @property
    def cookie_prefix(self) -> str:
        """``__Host-`` binds a cookie to this host, but browsers drop it over plain http."""
        return "__Host-" if self.secure else ""


def is_private_host(host: str) -> bool:
    """Whether plain http may be used: loopback, private addresses and local names only."""
    if host == "localhost" or host.endswith((".localhost", ".local")):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private


def site_from(url: str) -> Site:
    """Parse SITE_URL; raise ImproperlyConfigured with a sentence where it cannot be served safely."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.path not in ("", "/"):
        raise ImproperlyConfigured(f"SITE_URL must look like https://numeral.example, not {url!r}.")
    if parts.scheme == "http" and not is_private_host(host):
        raise ImproperlyConfigured(f"SITE_URL {url!r} is public, so it must be https.")
    return Site(url=f"{parts.scheme}://{parts.netloc}", host=host, secure=parts.scheme == "https")
