"""A language in which every text that goes through gettext stands in ⟦brackets⟧, so that what does not is seen."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any
from unittest import mock

from django.test import Client
from django.utils import translation

SPOKEN = ("aria-label", "alt", "title", "placeholder")
"""Attributes that a person reads or hears; of those for scripts, all that hold more than one word."""
CODES = ("data-edges", "data-near", "data-whole")
"""Of those for scripts, what nobody reads."""
SILENT = {"script", "style", "code", "kbd", "samp", "pre"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
NO_WORDS = re.compile(
    r"Numeral|\S+@\S+|\b[0-9a-f-]{8,}…?\b|\b(?:ms|MB|LiteRT|Keras|MNIST|SHA-256)\b|\.tflite|[^A-Za-z]"
)
"""Names, addresses, hashes, units and what has no letter: the same in every language."""


@contextmanager
def pseudo_language() -> Iterator[None]:
    """Speak it, in templates, forms, models, views and Django's own pages."""

    def bracketed(text: str) -> str:
        return f"⟦{text}⟧" if text else text

    spoken: dict[str, Any] = {
        "gettext": bracketed,
        "ngettext": lambda one, many, n: bracketed(one if n == 1 else many),
        "pgettext": lambda context, text: bracketed(text),
        "npgettext": lambda context, one, many, n: bracketed(one if n == 1 else many),
    }
    spoken_by: Any = translation
    with mock.patch.multiple(spoken_by._trans, create=True, **spoken):
        yield


def page_of(client: Client, address: str, data: dict[str, Any] | None = None) -> str:
    """A page in the pseudo-language; what ``data`` leads to where there is any."""
    with pseudo_language():
        answer = client.get(address, follow=True) if data is None else client.post(address, data, follow=True)
        return str(answer.content.decode())


class _Reader(HTMLParser):
    """Collects the words outside of brackets. What is marked as written in another language is let be."""

    def __init__(self, known: set[str], without: set[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.known, self.without = known, without
        self.found: list[str] = []
        self._depth = 0
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = set((given.get("class") or "").split()) | set(given)
        left_out = tag in SILENT or classes & self.without or (tag != "html" and given.get("lang"))
        if not (self._silent or left_out):
            for name, value in given.items():
                if name in SPOKEN or (name.startswith("data-") and name not in CODES and " " in (value or "").strip()):
                    self._judge(re.sub(r"⟦.*⟧", "", value or "", flags=re.DOTALL), f"{tag} {name}")
            if tag == "input" and given.get("type") in ("submit", "button"):
                self._judge(re.sub(r"⟦.*⟧", "", given.get("value") or ""), "button")
        if tag in VOID:
            return
        if self._silent or left_out:
            self._silent.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        outside = ""
        for character in data:
            self._depth += (character == "⟦") - (character == "⟧")
            outside += character if self._depth == 0 else ""
        self._judge(outside, "text")

    def _judge(self, text: str, where: str) -> None:
        words = " ".join(text.replace("⟧", " ").split())
        for name in sorted(self.known, key=len, reverse=True):
            words = words.replace(name, " ")
        if NO_WORDS.sub("", words):
            self.found.append(f"{where}: {words.strip()}")


def unwrapped(page: str, *, known: Collection[str] = (), without: Collection[str] = ()) -> list[str]:
    """Texts of an HTML page that did not go through gettext.

    ``known`` are names that the page shows, of models, files and people; ``without`` classes or attributes of elements
    that are not looked into.
    """
    reader = _Reader(set(known), set(without))
    reader.feed(page)
    return reader.found
