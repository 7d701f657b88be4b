"""What the admin's page of a data set shows besides its fields."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy

from recognizer.domain.errors import NumeralError
from recognizer.models import DataSet
from recognizer.services.dataset_looks import Shared, Suspect, dataset_shared, dataset_sprite, dataset_suspects
from recognizer.wording import said

LONGEST_BAR = 400


PARTS = {"train": gettext_lazy("train"), "test": gettext_lazy("test")}


@dataclass(frozen=True, slots=True)
class Bar:
    """How often a digit occurs: its bar, in the drawing's units."""

    digit: int
    count: int
    top: int
    middle: int
    length: int
    beside: int


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    total: int
    bars: list[Bar]


@dataclass(frozen=True, slots=True)
class ShownSuspect:
    suspect: Suspect
    address: str


@dataclass(slots=True)
class Look:
    """``problem``: why samples can't be shown; ``suspects``: None where nobody asked."""

    parts: list[Part]
    digits: list[str] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)
    suspects: list[ShownSuspect] | None = None
    found: int = 0
    asked: int = 0
    problem: str = ""


def look_of(row: DataSet, *, with_suspects: bool) -> Look:
    """The look at a set; where its files are gone or unfit, what is known from its row, and the reason."""
    look = Look([_part(name, counts) for name, counts in row.class_counts.items()])
    try:
        dataset_sprite(row, "mean")  # made here once, rather than at the same time for each picture of the page
        look.digits = [str(digit) for digit in range(10)]
        look.shared = dataset_shared(row)
        if with_suspects:
            suspects = dataset_suspects(row)
            look.found, look.asked = suspects.found, suspects.asked
            look.suspects = [ShownSuspect(each, _data_address(each.png)) for each in suspects.shown]
    except NumeralError as error:
        look.problem = said(error)
    return look


def _part(name: str, counts: list[int]) -> Part:
    most = max(counts) or 1
    bars = []
    for digit, count in enumerate(counts):
        length = round(LONGEST_BAR * count / most)
        bars.append(Bar(digit, count, 22 * digit + 2, 22 * digit + 16, length, 24 + length + 6))
    return Part(str(PARTS.get(name, name)), sum(counts), bars)


def _data_address(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
