"""A field read with its rule in mind: the rule decides what the ink leaves open, and never hides what was written."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.domain.check_digits import CheckKind
from recognizer.domain.form_fields import FieldRule, rule_doubt
from recognizer.domain.types import Expect
from recognizer.inference.agreement import Agreed, Agreement
from recognizer.inference.decoding import beam_search_by_length
from recognizer.inference.field_decoding import read_field, read_field_by_digits
from recognizer.tests.test_inference_agreement import glyphs
from recognizer.tests.test_inference_decoding import Frames, written

LUHN = FieldRule(check=CheckKind.LUHN)
FOUR = FieldRule(digits_least=4, digits_most=4)


def doubtful(text: str, place: int, other: str, share: float) -> tuple[Frames, NDArray[np.float64]]:
    """Frames and a table that say ``text``, but at one place another digit with this share."""
    frames, table = written(text, sure=0.97), glyphs(text, sure=0.97)
    at = np.flatnonzero(frames[:, 1:11].max(axis=1) > 0.5)[place]
    frames[at, 1 + int(other)], frames[at, 1 + int(text[place])] = 0.97 * share, 0.97 * (1 - share)
    table[place, int(other)], table[place, int(text[place])] = 0.97 * share, 0.97 * (1 - share)
    return frames, table


def read(frames: Frames, table: NDArray[np.float64], rule: FieldRule) -> Agreed:
    return read_field([frames], table, rule, Agreement())


def test_without_a_rule_a_field_is_read_as_any_number() -> None:
    free = Agreement().agree([written("407")], glyphs("407"), Expect())
    ruled = read(written("407"), glyphs("407"), FieldRule())
    assert ruled.text == free.text == "407"
    assert ruled.confidence == pytest.approx(free.confidence, abs=0.02)


def test_the_check_digit_decides_between_a_four_and_a_nine() -> None:
    frames, table = doubtful("79427398713", 2, "9", 0.4)
    assert rule_doubt("79427398713", LUHN) == "check_digit"
    assert read(frames, table, FieldRule()).text == "79427398713"
    said = read(frames, table, LUHN)
    assert said.text == "79927398713"
    assert said.confidence > read(frames, table, FieldRule()).confidence
    assert said.probabilities.shape == (11, 10)


def test_what_is_clearly_written_is_told_though_it_breaks_the_rule() -> None:
    text = "79927398710"
    said = read(written(text, sure=0.99999), glyphs(text, sure=0.99999), LUHN)
    assert said.text == text
    assert rule_doubt(said.text, LUHN) == "check_digit"


def test_a_number_of_another_length_is_told_as_it_is() -> None:
    said = read(written("12345", sure=0.99999), glyphs("12345", sure=0.99999), FOUR)
    assert said.text == "12345"


def test_the_length_decides_whether_a_stroke_is_a_digit() -> None:
    frames = written("1234", sure=0.97)
    at = np.flatnonzero(frames[:, 1:11].max(axis=1) > 0.5)[-1]
    frames[at] = 0.0
    frames[at, 0], frames[at, 5] = 0.7, 0.3  # the four may well be none
    no_glyphs = np.empty((0, 10))
    assert read(frames, no_glyphs, FieldRule()).text == "123"
    assert read(frames, no_glyphs, FOUR).text == "1234"


def test_the_range_decides_the_first_digit() -> None:
    frames, table = doubtful("7024", 0, "2", 0.35)
    year = FieldRule(4, 4, Decimal(1900), Decimal(2100))
    assert read(frames, table, FOUR).text == "7024"
    assert read(frames, table, year).text == "2024"


def test_a_rule_that_the_best_reading_keeps_makes_it_surer() -> None:
    frames, table = doubtful("79927398713", 2, "4", 0.2)
    free, ruled = (read(frames, table, rule) for rule in (FieldRule(), LUHN))
    assert free.text == ruled.text == "79927398713"
    assert ruled.confidence > free.confidence


def test_digits_alone_are_read_under_the_rule_too() -> None:
    _, table = doubtful("79427398713", 2, "9", 0.4)
    assert read_field_by_digits(table, FieldRule()).text == "79427398713"
    said = read_field_by_digits(table, LUHN)
    assert said.text == "79927398713"
    assert 0.5 < said.confidence <= 1.0
    broken = read_field_by_digits(glyphs("79927398710", sure=0.99999), LUHN)
    assert broken.text == "79927398710"


@pytest.mark.parametrize("rule", [FieldRule(), LUHN, FOUR, FieldRule(digits_least=50, digits_most=50)])
def test_no_ink_is_no_number(rule: FieldRule) -> None:
    blank = np.zeros((6, 13))
    blank[:, 0] = 1.0
    said = read(blank, np.empty((0, 10)), rule)
    assert said.text == ""


@pytest.mark.parametrize("frames", [np.full((1, 13), 1 / 13), np.full((40, 13), 1 / 13)])
def test_frames_that_say_nothing_are_no_fault(frames: Frames) -> None:
    for rule in (FieldRule(), LUHN, FOUR, FieldRule(check=CheckKind.MOD97, digits_least=20, digits_most=20)):
        said = read(frames, glyphs("12", sure=0.1), rule)
        assert 0.0 <= said.confidence <= 1.0


def test_every_length_has_its_texts() -> None:
    frames = written("407", sure=0.9)[:, :11]
    found = beam_search_by_length(frames, 2, 2)
    assert found[2]
    assert all(len(text) == count and len(texts) <= 2 for count, texts in found.items() for text in texts)
    assert beam_search_by_length(frames, 3, 2)[3][0] == "407"
