"""What is said to a person, in the language of whoever asks.

Three ways: ``gettext`` for a plain sentence; ``say`` and ``say_n`` for one with figures or names in it; ``said`` for
what was made elsewhere as a ``Phrase``, which every named error carries. Machines are answered without any of them.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.formats import get_format
from django.utils.translation import gettext, ngettext

from recognizer.domain.errors import NumeralError
from recognizer.domain.kept_phrases import recalled
from recognizer.domain.phrases import Phrase


class _Localised(string.Formatter):
    """Formats numbers as the language writes them, and says phrases in it."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Phrase):
            value = said(value)
        shown = str(super().format_field(value, format_spec))
        return figures(shown) if format_spec and isinstance(value, int | float) else shown

    def fill(self, template: str, values: Mapping[str, Any]) -> str:
        return self.vformat(template, (), values)


_localised = _Localised()


def figures(shown: str) -> str:
    """A number as Python formats it, such as ``1,234.5``, with the separators of the language."""
    separators = {",": get_format("THOUSAND_SEPARATOR"), ".": get_format("DECIMAL_SEPARATOR"), "-": "\N{MINUS SIGN}"}
    return shown.translate({ord(old): new for old, new in separators.items()})


def say(template: str, **values: Any) -> str:
    """A sentence with ``{name}`` for each value; ``makemessages`` finds the template here."""
    return _localised.fill(gettext(template), values)


def say_n(one: str, many: str, n: int, **values: Any) -> str:
    """A sentence about a count, which is ``{n}`` in it: ``one`` for 1, else ``many``, or as the language wants it."""
    return _localised.fill(ngettext(one, many, n), {"n": n, **values})


def said(sentence: str | NumeralError | ValueError) -> str:
    """What was made as a phrase, or raised as an error with one, or kept in a row; what else is given, as far as it is
    known.
    """
    given = sentence if isinstance(sentence, str) else (sentence.args[0] if sentence.args else "")
    if not isinstance(given, Phrase):
        given = recalled(given)
    if not isinstance(given, Phrase):
        return gettext(given) if given else ""
    one, many, n, values = given.parts
    return _localised.fill(ngettext(one, many, n) if many else gettext(one), values)


def error_as_json(error: NumeralError) -> dict[str, dict[str, str]]:
    """The one shape that errors have in JSON, for a page to show: the message is for a person."""
    return {"error": {"code": error.code, "message": said(error)}}


def listed(items: Sequence[str]) -> str:
    """Things in a row: “a”, “a and b”, “a, b and c”."""
    if len(items) < 2:
        return "".join(items)
    return say("{first} and {last}", first=", ".join(items[:-1]), last=items[-1])
