"""Where Numeral listens and how a browser reaches it. Standard library only."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
from urllib.parse import urlsplit

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on
PORTS_TO_TRY = 100


class BadAddress(Exception):
    """HOST or PORT cannot be listened on; str() is a sentence for a person."""


def port_parse(text: str) -> int:
    """A port from 1 to 65535. Raises BadAddress."""
    try:
        port = int(text)
    except ValueError:
        port = 0
    if not 1 <= port <= 65535:
        raise BadAddress(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return port


def reach(host: str) -> str:
    """The address at which this machine itself reaches a server that listens on ``host``."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def netloc(host: str, port: int) -> str:
    """``host:port`` as URLs and servers write it, IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def not_ours(host: str) -> str:
    return f"HOST={host} is not an address of this machine. Use 127.0.0.1, or 0.0.0.0 for its whole network."


def is_free(host: str, port: int) -> bool:
    """Whether a server can listen here now. Raises BadAddress where it never could."""
    try:
        # IPv4 unless it is written as IPv6, as gunicorn has it.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        address = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)[0][4]
    except OSError:
        raise BadAddress(not_ours(host)) from None
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name != "nt":  # there it would mean sharing the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except PermissionError:
            raise BadAddress(f"Port {port} needs an administrator. Use one above 1023.") from None
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise BadAddress(not_ours(host)) from None
            return False
    # Some systems let two servers share a port and answer in turn, so ask as well.
    with contextlib.suppress(OSError), socket.create_connection((reach(host), port), timeout=1):
        return False
    return True


def port_find(host: str, port: int) -> int:
    """``port``, or the next free one after it. Raises BadAddress where none of the next hundred is."""
    for candidate in range(port, min(port + PORTS_TO_TRY, 65536)):
        if is_free(host, candidate):
            return candidate
    raise BadAddress(f"No port from {port} on is free. Name another with PORT=…")


def lan_address() -> str | None:
    """This machine's private address on its network, or None. Sends nothing: connecting UDP only picks a route.

    A public one is not offered: without https, passwords would cross the open network.
    """
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # RFC 5737: an address that no one has
        found = ipaddress.ip_address(probe.getsockname()[0])
        if found.is_private and not found.is_loopback:
            return str(found)
    return None


def site_url(host: str, port: int) -> str:
    """The address that links in mails should carry, where SITE_URL does not say it."""
    public = lan_address() if host in EVERYWHERE else None
    return f"http://{netloc(public or reach(host), port)}"


def answers(host: str, port: int, url: str) -> bool:
    """Whether GET /healthz succeeds, asked as a browser at ``url``, the site's public address, would ask.

    Written out rather than with http.client, which would double the memory of the supervisor for its whole life.
    """
    request = f"GET /healthz HTTP/1.0\r\nHost: {urlsplit(url).netloc}\r\n\r\n"
    try:
        with socket.create_connection((reach(host), port), timeout=2) as connection:
            connection.sendall(request.encode("ascii"))
            status = connection.recv(64).split()
    except OSError:
        return False
    return len(status) > 1 and status[1] == b"200"
