"""What a person looks for in their history, and the figures of a text that it is looked for by."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import product
from typing import Any
from uuid import UUID

TRASH_DAYS = 30
"""So long what was deleted can be brought back."""

LARGEST_VALUE = 10**18 - 1
"""Numbers beyond it have no value to search by: eight bytes hold eighteen digits whatever they are."""

MOST_EXPANSIONS = 100


class Sort(StrEnum):
    """How a history is ordered. Beyond the first two, it has the pictures only on which a number was read."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LEAST_SURE = "least-sure"
    SMALLEST = "smallest"
    LARGEST = "largest"
    GIVEN = "given"
    """As the pictures of one batch were given; without a batch it is the newest first."""


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """All filters hold together; one that is None or empty does not count.

    ``text`` may have ``?`` for any one digit; ``low`` and ``high`` bound the first number, both included, as are the
    days ``since`` and ``until`` and the probabilities ``sure_from`` and ``sure_to``. What was given after ``as_of`` is
    left out.
    """

    text: str = ""
    low: int | None = None
    high: int | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    state: str = ""
    source: str = ""
    model: UUID | None = None
    sure_from: float | None = None
    sure_to: float | None = None
    digits: int | None = None
    batch: UUID | None = None
    form: UUID | None = None
    as_of: dt.datetime | None = None
    sort: Sort = Sort.NEWEST


def query_as_json(query: HistoryQuery) -> dict[str, Any]:
    """A query as it is kept for later: what does not count is left out."""
    given = {name: value for name, value in asdict(query).items() if value not in ("", None)}
    return {name: value if isinstance(value, int | float) else str(value) for name, value in given.items()}


def query_from_json(kept: Mapping[str, Any]) -> HistoryQuery:
    """The same query again."""
    kinds: dict[str, Callable[[Any], Any]]
    kinds = {"since": dt.date.fromisoformat, "until": dt.date.fromisoformat, "as_of": dt.datetime.fromisoformat}
    kinds |= {"model": UUID, "batch": UUID, "form": UUID, "sort": Sort}
    return HistoryQuery(**{name: kinds.get(name, _same)(value) for name, value in kept.items()})


def _same(value: Any) -> Any:
    return value


RANGE = re.compile(r"(\d{0,18})\.\.(\d{0,18})", re.ASCII)
PATTERN = re.compile(r"[\d?]+( [\d?]+)*", re.ASCII)
LONGEST_PATTERN = 60


def search_parse(typed: str) -> tuple[str, int | None, int | None]:
    """What a person typed into the search field, as a pattern and the two ends of a range.

    Either "4013", "4?13", "12 400" or "1.250" (the marks do not count), or "100..250", "100..", "..250". Raises
    ValueError, with a sentence, for anything else.
    """
    text = " ".join(typed.split())
    bounds = RANGE.fullmatch(text.replace(" ", ""))
    if bounds and (bounds[1] or bounds[2]):
        low, high = (int(bound) if bound else None for bound in bounds.groups())
        if low is not None and high is not None and low > high:
            raise ValueError(f"{low}..{high} holds no number: the smaller one comes first.")
        return "", low, high
    pattern = re.sub(r"(?<=[\d?])[.,](?=[\d?])", "", text)
    if pattern and (len(pattern) > LONGEST_PATTERN or not PATTERN.fullmatch(pattern)):
        raise ValueError("Search for digits (4013), with ? for any digit (4?13), or for a range (100..250).")
    return pattern, None, None


def digit_count(text: str) -> int:
    """How many digits a reading has in all."""
    return sum(character.isdigit() for character in text)


def first_value(text: str) -> int | None:
    """The first number of a reading; None where there is none, or it has more than 18 digits."""
    first = next(iter(text.split()), "")
    if not (first.isascii() and first.isdigit()) or len(first) > len(str(LARGEST_VALUE)):
        return None
    return int(first)


def expansions(pattern: str) -> list[str] | None:
    """Every text that a pattern with ``?`` stands for: "4?" gives 40 to 49. None where they are more than a hundred."""
    if 10 ** pattern.count("?") > MOST_EXPANSIONS:
        return None
    choices = ["0123456789" if character == "?" else character for character in pattern]
    return ["".join(chosen) for chosen in product(*choices)]
