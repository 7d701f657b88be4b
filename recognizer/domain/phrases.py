"""Sentences for a person that are made where no Django is, and can still be said in that person's language.

``manage.py makemessages`` finds the first argument of ``phrase``, and the first two of ``phrases``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Parts = tuple[str, str, int, dict[str, Any]]


class Phrase(str):
    """An English sentence that remembers how it was made; ``recognizer.wording.said`` says it in another language.

    It *is* the sentence: in logs, rows, JSON and commands it serves as it stands. ``parts`` are the template in the
    singular and in the plural (empty: there is none), the count that decides between them, and what is put into it.
    """

    parts: Parts

    def __new__(cls, one: str, many: str, n: int, values: dict[str, Any]) -> Phrase:
        values = {name: _sentence_in(value) for name, value in values.items()}
        made = super().__new__(cls, (many if many and n != 1 else one).format(**values))
        made.parts = (one, many, n, values)
        return made

    def __reduce__(self) -> tuple[type[Phrase], Parts]:
        return type(self), self.parts


def _sentence_in(value: Any) -> Any:
    """The sentence of an error, so that a phrase keeps no error alive with all that it had at hand."""
    return (value.args[0] if value.args else "") if isinstance(value, BaseException) else value


def together(sentences: Iterable[str]) -> Phrase:
    """Whole sentences, one after the other."""
    values: dict[str, Any] = {f"s{at}": sentence for at, sentence in enumerate(sentences)}
    return Phrase(" ".join(f"{{{name}}}" for name in values), "", 1, values)


def phrase(template: str, **values: Any) -> Phrase:
    """A sentence, with ``{name}`` for each value; formats such as ``{n:,}`` and ``{x:.1f}`` follow the language."""
    return Phrase(template, "", 1, values)


def phrases(one: str, many: str, n: int, **values: Any) -> Phrase:
    """A sentence about a count: ``one`` for 1, else ``many``; ``{n}`` in them is the count."""
    return Phrase(one, many, n, {"n": n, **values})
