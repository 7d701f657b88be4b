"""No page is forgotten: each route is a page with a picture, or says why it is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.urls import get_resolver, reverse
from PIL import Image

from docs.page_pictures import ACTS, FOLDER, INDEX, SCHEMES, SIZES, index
from docs.pages import NO_PAGES, PAGES, USUAL

MOST_BYTES = 6_000_000
"""All pictures together: a checkout must not grow by more."""


def routes(resolver: Any = None, space: str = "") -> Iterator[str]:
    """The names of all routes, with their namespaces."""
    patterns: list[Any] = (resolver or get_resolver()).url_patterns
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        elif pattern.name:
            yield space + pattern.name


def test_every_route_is_a_page_or_says_why_it_is_none() -> None:
    pages = {page.route for page in PAGES}
    known = pages | set(NO_PAGES)
    assert [name for name in routes() if name not in known and not re.fullmatch(USUAL, name)] == []
    assert pages & set(NO_PAGES) == set()


def test_what_is_listed_is_there() -> None:
    there = set(routes()) | {""}
    assert [page.name for page in PAGES if page.route not in there] == []
    assert [name for name in NO_PAGES if name not in there] == []
    assert {page.act for page in PAGES} == {"", *ACTS}
    assert len({page.name for page in PAGES}) == len(PAGES)


def test_pages_that_need_nothing_have_an_address() -> None:
    for page in PAGES:
        if page.route and not page.given:
            assert reverse(page.route).startswith("/")


def test_the_pictures_are_those_of_the_list_and_not_too_large() -> None:
    assert INDEX.read_text(encoding="utf-8") == index()
    expected = {f"{page.name}-{size}-{scheme}.png" for page in PAGES for size in SIZES for scheme in SCHEMES}
    assert {path.name for path in FOLDER.iterdir()} == expected
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_BYTES
    with Image.open(Path(FOLDER / "read-phone-dark.png")) as picture:
        assert (picture.mode, picture.width) == ("P", 390)
