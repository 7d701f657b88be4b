"""Numeral can be put on a home screen: its manifest, icons and colours."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import find
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation
from PIL import Image

from accounts.models import User
from recognizer.views import installing

CSS = Path(__file__).resolve().parents[2] / "static" / "css" / "numeral.css"


def test_the_manifest_names_what_a_browser_needs_to_install_it(client: Client, db: None) -> None:
    response = client.get("/manifest.webmanifest")
    assert response.headers["Content-Type"] == "application/manifest+json"
    assert "public" in response.headers["Cache-Control"]
    manifest = response.json()
    assert (manifest["name"], manifest["start_url"], manifest["display"]) == ("Numeral", "/read/", "standalone")
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    assert [shortcut["url"] for shortcut in manifest["shortcuts"]] == ["/read/", "/read/#draw", "/review/"]


def test_every_icon_has_the_size_that_the_manifest_says(client: Client, db: None) -> None:
    for icon in client.get("/manifest.webmanifest").json()["icons"]:
        path = find(f"img/{Path(icon['src']).name}")
        assert path is not None
        with Image.open(path) as picture:
            assert "x".join(map(str, picture.size)) == icon["sizes"]


def test_the_manifest_holds_nothing_of_who_asks_and_every_address_of_it_is_there(
    client: Client, alice: User, signed_in: Callable[[User], Client]
) -> None:
    own = signed_in(alice)
    answer = own.get("/manifest.webmanifest")
    assert answer.content == client.get("/manifest.webmanifest").content
    assert "Cookie" not in answer.headers.get("Vary", "")
    for shortcut in answer.json()["shortcuts"]:
        assert own.get(shortcut["url"].partition("#")[0]).status_code == 200


def test_its_colours_are_those_of_the_pages(client: Client, db: None) -> None:
    css = CSS.read_text(encoding="utf-8")
    pages, surfaces = (re.findall(rf"--{name}: (#\w+);", css) for name in ("page", "surface"))
    assert [pages[0], surfaces[0]] == [installing.PAGE, installing.SURFACE]
    page = client.get("/").content.decode()
    assert re.findall(r'name="theme-color"[^>]*content="(#\w+)"', page) == surfaces


def test_in_a_language_written_from_the_right_manifest_and_style_sheet_say_so(rf: RequestFactory) -> None:
    request = rf.get("/")
    with translation.override("ar"):
        assert b'"dir": "rtl"' in installing.manifest(request).content
        assert "bootstrap.rtl.min" in render_to_string("base.html", request=request)
    assert "bootstrap.rtl.min" not in render_to_string("base.html", request=request)


@pytest.mark.parametrize("path", ["/manifest.webmanifest", "/favicon.ico"])
def test_they_can_only_be_fetched(client: Client, db: None, path: str) -> None:
    assert client.post(path).status_code == 405


def test_who_asks_for_the_usual_icon_is_told_where_it_is(client: Client, db: None) -> None:
    response = client.get("/favicon.ico")
    assert response.status_code == 302, "its name changes with it"
    assert "img/favicon" in response.headers["Location"]
