"""Sentences that rows keep in English are said in the language of whoever looks, figures and names included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from recognizer.domain.kept_phrases import KEPT, recalled
from recognizer.domain.phrases import Phrase, phrase
from recognizer.tests.pseudo_language import pseudo_language
from recognizer.wording import said

FOLDERS = ("domain", "services", "vision")


def templates() -> Iterator[str]:
    """What the code gives to ``phrase``."""
    for folder in FOLDERS:
        for path in (Path(settings.BASE_DIR) / "recognizer" / folder).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "phrase":
                    first = node.args[0]
                    if isinstance(first, ast.Constant):
                        yield str(first.value)


def test_each_is_a_sentence_that_the_code_says() -> None:
    assert set(KEPT) <= set(templates())


@pytest.mark.parametrize("template", KEPT)
def test_each_is_known_again_with_its_figures(template: str) -> None:
    values = {"most": 10_000, "megabytes": 2.5, "megapixels": 50, "width": 9000, "height": 8000, "name": "A {b} “c”"}
    used = {name: value for name, value in values.items() if f"{{{name}" in template}
    made = phrase(template, **used)
    again = recalled(str(made))
    assert isinstance(again, Phrase)
    assert (again, again.parts[0]) == (made, template)
    with pseudo_language():
        assert said(str(made)) == f"⟦{made}⟧"


@pytest.mark.parametrize(
    "sentence", ["", "Something else.", "This ZIP file holds more than many files. Give it in parts."]
)
def test_what_is_none_of_them_stays(sentence: str) -> None:
    assert recalled(sentence) is sentence
