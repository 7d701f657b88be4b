"""A teaching sheet as its page shows it: ten rows of ten boxes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from recognizer.models import Sheet
from recognizer.services.sheets import CUT_OFF, OTHER, Box
from recognizer.vision.normalise import FIELD
from recognizer.vision.teaching_layout import COLUMNS, ROWS
from recognizer.wording import listed, say


@dataclass(frozen=True, slots=True)
class CellView:
    """A box: its number, its place in the picture of all crops, and what to say of it."""

    at: int
    column: int
    x: int
    y: int
    ticked: bool
    doubtful: bool
    words: str


@dataclass(frozen=True, slots=True)
class RowView:
    """A row: the digit it asks for, a cell or (nothing written) None for each box, what seems wrong in it."""

    digit: int
    cells: list[CellView | None]
    doubts: str


@dataclass(frozen=True, slots=True)
class SheetView:
    rows: list[RowView]
    written: int
    doubtful: int
    cut_off: int


def sheet_view(sheet: Sheet, *, chosen: Collection[int] | None = None) -> SheetView:
    """A waiting sheet; ticked is what was chosen or, before anything was, what is not doubted. No rows once decided."""
    boxes: list[Box | None] = sheet.boxes
    cells = [_cell(at, box, chosen) if box else None for at, box in enumerate(boxes)]
    rows = [
        RowView(digit, cells[digit * COLUMNS : (digit + 1) * COLUMNS], _doubts(digit, boxes))
        for digit in range(ROWS if boxes else 0)
    ]
    doubts = [box["doubt"] for box in boxes if box]
    return SheetView(rows, len(doubts), sum(map(bool, doubts)), doubts.count(CUT_OFF))


def _cell(at: int, box: Box, chosen: Collection[int] | None) -> CellView:
    row, column = divmod(at, COLUMNS)
    told = {"digit": row, "column": column + 1, "other": _a(box["digit"])}
    if box["doubt"] == OTHER:
        words = say("{digit}, box {column}, looks like {other}", **told)
    elif box["doubt"] == CUT_OFF:
        words = say("{digit}, box {column}, goes over the edge of its box", **told)
    else:
        words = say("{digit}, box {column}", **told)
    return CellView(
        at=at,
        column=column + 1,
        x=column * FIELD,
        y=row * FIELD,
        ticked=not box["doubt"] if chosen is None else at in chosen,
        doubtful=bool(box["doubt"]),
        words=words,
    )


def _doubts(digit: int, boxes: list[Box | None]) -> str:
    """What seems wrong in a row, as a sentence; nothing where all is well."""
    row = [box for box in boxes[digit * COLUMNS : (digit + 1) * COLUMNS] if box]
    others = sorted({box["digit"] for box in row if box["doubt"] == OTHER})
    sentences = []
    if others:
        digits = listed([_a(other) for other in others])
        sentences.append(say("Did you write {digits} in the row of {digit}?", digits=digits, digit=digit))
    if any(box["doubt"] == CUT_OFF for box in row):
        sentences.append(_("What goes over the edge of its box is cut off."))
    return " ".join(sentences)


def _a(digit: int) -> str:
    return say("an {digit}", digit=digit) if digit == 8 else say("a {digit}", digit=digit)
