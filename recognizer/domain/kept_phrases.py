"""Sentences with figures or names in them that rows keep in English, taken apart again to be said in other languages.

A row keeps the sentence alone; of one without figures that is all that is needed.
"""

from __future__ import annotations

import re
import string
from typing import Any

from recognizer.domain.phrases import Phrase, phrase

KEPT = (
    # of a batch's files and pictures
    "This file is too large; at most {most} MB can be read.",
    "This file is too large; at most {most} MB can be given.",
    "This ZIP file is too large; at most {most} MB can be given.",
    "This ZIP file holds more than {most:,} files. Give it in parts.",
    "Unpacked, this ZIP file is larger than {most:,} MB. Give it in parts.",
    "With this file there would be more than {most:,} pictures in this batch. Give it in a new one.",
    "This file is too large: at most {megabytes:g} MB can be read.",
    "This picture has {width} × {height} pixels: at most {megapixels:g} megapixels can be read.",
    "This picture has {width} × {height} pixels: at most {most} on a side can be read.",
    "This file has more than {most} pages, the most that can be read of one file. Split it into smaller files.",
    # of a picture that was given as a form
    "The form “{name}” has no fields, so nothing could be read as it.",
    "The sample of the form “{name}” cannot be opened. Describe the form anew.",
    "This picture does not look like the form “{name}”. Its numbers were found without it.",
)
"""The templates, as they are given to ``phrase``; a test holds that each is."""


def recalled(sentence: str) -> str:
    """The phrase that a kept sentence once was; the sentence itself where it is none of ``KEPT``."""
    for template, pattern in _PATTERNS:
        if found := pattern.fullmatch(sentence):
            values = {name: _value(text, _FORMATS[template][name]) for name, text in found.groupdict().items()}
            made: Phrase = phrase(template, **values)
            return made
    return sentence


def _value(text: str, form: str) -> Any:
    return float(text.replace(",", "")) if form == "g" else int(text.replace(",", "")) if form == "," else text


def _pattern(template: str) -> re.Pattern[str]:
    kinds = {"": ".+", ",": r"\d[\d,]*", "g": r"\d+(?:\.\d+)?"}
    parts = (
        re.escape(words) + (f"(?P<{name}>{kinds[form or '']})" if name else "")
        for words, name, form, _ in string.Formatter().parse(template)
    )
    return re.compile("".join(parts), re.DOTALL)


_FORMATS = {
    template: {name: form or "" for _, name, form, _ in string.Formatter().parse(template) if name} for template in KEPT
}
_PATTERNS = [(template, _pattern(template)) for template in KEPT]
