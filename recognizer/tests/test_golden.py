"""The golden set: what our own hand wrote with fixed seeds is read exactly, by the whole way from bytes to answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from recognizer.domain.types import Reading
from recognizer.tests.pictures import as_png, shaded
from recognizer.tests.sample_pages import (
    FORM,
    Picture,
    askew,
    chequered,
    clear_hand,
    column,
    form,
    framed,
    note,
    on_paper,
    photo,
    ruled,
    written,
)
from recognizer.tests.shipped import read_file
from recognizer.training.hands import Pen

LEAST_SURE = 0.5
"""Whatever the shipped networks' calibration, they hold each of these pictures for rather right than wrong."""

Draw = Callable[[], Picture]

SHAPES = [
    (0, "slashed"),
    (1, "flagged"),
    (1, "long upstroke and base"),
    (2, "looped"),
    (2, "Q-like"),
    (3, "flat-topped"),
    (4, "closed"),
    (4, "lightning"),
    (5, "one stroke"),
    (5, "r-like"),
    (6, "b-like"),
    (7, "crossed"),
    (7, "crossed and serifed"),
    (8, "two circles"),
    (9, "g-like"),
    (9, "P-like"),
]
"""Shapes that schools of other countries teach, and that readers trained on one country's hands fail at."""

PENS = [(Pen.BALL, 0.05), (Pen.FELT, 0.16), (Pen.PENCIL, 0.07), (Pen.BRUSH, 0.14), (Pen.CHALK, 0.12)]

NUMBERS: dict[str, tuple[Draw, str]] = {
    "five digits": (lambda: note("40213"), "40213"),
    "leading noughts": (lambda: note("0071"), "0071"),
    "12 pixels high": (lambda: note("40213", 12), "40213"),
    "600 pixels high": (lambda: note("402", 600), "402"),
    "touching": (lambda: note("4027", hand=clear_hand(spacing=-0.03)), "4027"),
    "overlapping": (lambda: note("35", hand=clear_hand(spacing=-0.06)), "35"),
    "noughts linked": (lambda: note("5000", hand=clear_hand({0: "linking o"}, linking=1.0)), "5000"),
    "leaning right": (lambda: note("27481", hand=clear_hand(slant=25.0)), "27481"),
    "leaning left": (lambda: note("27481", hand=clear_hand(slant=-12.0)), "27481"),
    "falling": (lambda: askew(note("40213"), 12), "40213"),
    "rising": (lambda: askew(note("40213"), -12), "40213"),
    "on its left side": (lambda: np.ascontiguousarray(np.rot90(note("902635"))), "902635"),
    "on its right side": (lambda: np.ascontiguousarray(np.rot90(note("902635"), 3)), "902635"),
}

AMOUNTS = {
    "813.50": "813.50",
    "1.250,00": "1.250,00",
    "1.234.567,89": "1.234.567,89",
    "5.000": "5.000",
    "3,14": "3,14",
    "813.-": "813",
    "45=": "45",
}
"""What is written, and what is to be read; a dash or “=” behind an amount ends it and is no part of it."""

PAPERS: dict[str, tuple[Draw, str]] = {
    "ruled": (lambda: ruled(note("4027", 70)), "4027"),
    "a cheque's": (lambda: chequered(note("1.250,00", 40)), "1.250,00"),
    "white on black": (lambda: 255 - note("90210"), "90210"),
    "a board": (lambda: _board("365"), "365"),
    "a photo": (lambda: photo(note("4027"), 5), "4027"),
    "faint pencil": (lambda: on_paper(framed(_pencil("2746"), 40), pen=190), "2746"),
}

PAGES: dict[str, tuple[Draw, str]] = {
    "a column": (lambda: column(("813.50", "27.00", "4.125", "9")), "813.50\n27.00\n4.125\n9"),
    "two columns": (
        lambda: np.hstack([column(("12", "345", "67")), column(("890", "12", "345"))]),
        "12 890\n345 12\n67 345",
    ),
    "a form": (form, "\n".join(FORM.values())),
    "a form, photographed": (lambda: photo(form(), 2), "\n".join(FORM.values())),
}


def _board(text: str) -> Picture:
    chalk = written(text, 160, clear_hand(pen=Pen.CHALK, pen_width=0.12))
    return shaded(on_paper(framed(chalk, 100), paper=52, pen=225), 0.6)


def _pencil(text: str) -> Picture:
    return written(text, 60, clear_hand(pen=Pen.PENCIL, pen_width=0.06))


def assert_reads(picture: Picture, formatted: str, expect: str = "any") -> Reading:
    reading = read_file(as_png(picture), expect)
    assert reading.formatted == formatted
    assert reading.text == formatted.replace(".", "").replace(",", "")
    assert reading.confidence > LEAST_SURE
    return reading


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("expect", ["any", "one"])
def test_a_digit_as_school_teaches_it(digit: int, expect: str) -> None:
    assert_reads(note(str(digit)), str(digit), expect)


@pytest.mark.parametrize(("digit", "shape"), SHAPES)
def test_a_digit_as_other_schools_teach_it(digit: int, shape: str) -> None:
    assert_reads(note(str(digit), hand=clear_hand({digit: shape})), str(digit))


@pytest.mark.parametrize(("pen", "width"), PENS)
def test_a_number_with_any_pen(pen: Pen, width: float) -> None:
    assert_reads(note("2746", hand=clear_hand(pen=pen, pen_width=width)), "2746")


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number(name: str) -> None:
    draw, text = NUMBERS[name]
    [number] = assert_reads(draw(), text).numbers
    assert [digit.digit for digit in number.digits] == [int(digit) for digit in text]


@pytest.mark.parametrize("amount", AMOUNTS)
def test_an_amount_keeps_its_marks(amount: str) -> None:
    assert_reads(note(amount, 60), AMOUNTS[amount])


@pytest.mark.parametrize("name", PAPERS)
def test_on_any_paper(name: str) -> None:
    draw, text = PAPERS[name]
    assert_reads(draw(), text)


@pytest.mark.parametrize("name", PAGES)
def test_a_page(name: str) -> None:
    draw, text = PAGES[name]
    assert_reads(draw(), text)
