"""What is known of a field: values, ranges, lengths, and rules that contradict themselves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizer.domain.check_digits import CheckKind
from recognizer.domain.form_fields import MOST_DIGITS, FieldReading, FieldRule, rule_doubt, rule_problems, value_of
from recognizer.domain.types import Box, NumberReading, ReadingState

STEADY = settings(deadline=None, derandomize=True, max_examples=100)


def test_the_last_digits_stand_behind_the_point() -> None:
    assert value_of("1250", 2) == Decimal("12.50")
    assert value_of("5", 2) == Decimal("0.05")
    assert value_of("007", 0) == 7


def test_a_long_value_is_exact() -> None:
    assert value_of("9" * MOST_DIGITS, 1) * 10 - 9 != value_of("9" * MOST_DIGITS, 0)
    assert str(value_of("1" * MOST_DIGITS, 2)) == "1" * (MOST_DIGITS - 2) + ".11"


@pytest.mark.parametrize("text", ["", "1.5", "-3", "12a", "٣", " 4"])
def test_what_is_no_digits_has_no_value(text: str) -> None:
    with pytest.raises(ValueError, match="Only digits"):
        value_of(text, 0)


@pytest.mark.parametrize(
    ("text", "rule", "doubt"),
    [
        ("", FieldRule(), "empty"),
        ("", FieldRule(optional=True), ""),
        ("4711", FieldRule(), ""),
        ("123", FieldRule(digits_least=4), "length"),
        ("12345", FieldRule(digits_most=4), "length"),
        ("9" * (MOST_DIGITS + 1), FieldRule(), "length"),
        ("31", FieldRule(least=Decimal(1), greatest=Decimal(31)), ""),
        ("32", FieldRule(least=Decimal(1), greatest=Decimal(31)), "range"),
        ("00", FieldRule(least=Decimal(1)), "range"),
        ("1250", FieldRule(least=Decimal("12.5"), greatest=Decimal("12.5"), decimals=2), ""),
        ("1251", FieldRule(greatest=Decimal("12.505"), decimals=2), "range"),
        ("79927398713", FieldRule(check=CheckKind.LUHN), ""),
        ("79927398710", FieldRule(check=CheckKind.LUHN), "check_digit"),
        ("79927398710", FieldRule(digits_most=4, check=CheckKind.LUHN), "length"),
        ("4399", FieldRule(check=CheckKind.WEIGHTS, weights=(1, 2), modulus=10), "length"),
        ("43", FieldRule(check=CheckKind.WEIGHTS, weights=(1, 2), modulus=10), ""),
    ],
)
def test_the_coarsest_thing_that_is_broken_is_named(text: str, rule: FieldRule, doubt: str) -> None:
    assert rule_doubt(text, rule) == doubt


@STEADY
@given(st.text("0123456789", min_size=1, max_size=8), st.decimals(0, 10**6, places=3), st.integers(0, 3))
def test_the_range_compares_values(text: str, least: Decimal, decimals: int) -> None:
    rule = FieldRule(least=least, decimals=decimals)
    assert (rule_doubt(text, rule) == "") == (value_of(text, decimals) >= least)


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"digits_least": 0}, "from 1 to 50"),
    ({"digits_most": 51}, "from 1 to 50"),
    ({"digits_least": 5, "digits_most": 4}, "greater than the most"),
    ({"digits_most": 2, "decimals": 3}, "behind the point"),
    ({"decimals": -1}, "behind the point"),
    ({"least": Decimal(5), "greatest": Decimal(4)}, "The range is empty"),
    ({"greatest": Decimal(-1)}, "below nought"),
    ({"least": Decimal("NaN")}, "made of numbers"),
    ({"greatest": Decimal("Infinity")}, "made of numbers"),
    ({"least": Decimal("1E+999999")}, "goes far beyond"),
    ({"digits_most": 2, "least": Decimal(100)}, "lies in this range"),
    ({"digits_most": 3, "least": Decimal("10"), "decimals": 2}, "lies in this range"),
    ({"least": Decimal("1.2"), "greatest": Decimal("1.8")}, "lies in this range"),
    ({"check": CheckKind.LUHN, "digits_most": 1}, "at least 2 digits"),
    ({"check": CheckKind.MOD97, "digits_most": 2}, "at least 3 digits"),
    ({"check": CheckKind.MOD97, "weights": (9,)}, "count from 10"),
    ({"check": CheckKind.WEIGHTS, "modulus": 10}, "Give the weights"),
    ({"check": CheckKind.WEIGHTS, "weights": (1, 2)}, "need a modulus"),
    ({"check": CheckKind.WEIGHTS, "weights": (1, 2), "modulus": 0}, "need a modulus"),
    ({"check": CheckKind.WEIGHTS, "weights": (1, 2), "modulus": 10**9}, "need a modulus"),
    ({"check": CheckKind.WEIGHTS, "weights": (1, 2, 3), "modulus": 10, "digits_most": 2}, "as many weights"),
    ({"check": CheckKind.WEIGHTS, "weights": (1,) * 51, "modulus": 10}, "as many weights"),
    ({"check": CheckKind.WEIGHTS, "weights": (1, 10**9), "modulus": 10}, "A weight lies between"),
    ({"check": CheckKind.WEIGHTS, "weights": (10, 20), "modulus": 10}, "check nothing"),
]


@pytest.mark.parametrize(("known", "sentence"), IMPOSSIBLE)
def test_a_rule_that_no_number_can_keep_is_told_in_a_sentence(known: dict[str, Any], sentence: str) -> None:
    problems = rule_problems(FieldRule(**known))
    assert len(problems) == 1
    assert sentence in problems[0]
    assert problems[0].endswith(".")


@pytest.mark.parametrize(
    "rule",
    [
        FieldRule(),
        FieldRule(digits_least=1, digits_most=50),
        FieldRule(digits_most=2, least=Decimal(1), greatest=Decimal(31)),
        FieldRule(decimals=2, least=Decimal("0.01"), greatest=Decimal(1000)),
        FieldRule(check=CheckKind.MOD97, weights=(13, 14), digits_least=20, digits_most=20),
        FieldRule(10, 10, check=CheckKind.WEIGHTS, weights=(6, 5, 7, 2, 3, 4, 5, 6, 7, -1), modulus=11),
    ],
)
def test_a_sound_rule_has_no_problems(rule: FieldRule) -> None:
    assert rule_problems(rule) == []


def test_own_weights_say_how_many_digits_there_are() -> None:
    rule = FieldRule(check=CheckKind.WEIGHTS, weights=(3, 2, 1), modulus=7)
    assert rule_problems(rule) == []
    assert list(rule.lengths) == [3]
    assert rule.says_length
    assert not FieldRule().says_length


def test_a_field_goes_to_review_for_its_doubt_or_its_number() -> None:
    def number(state: ReadingState) -> NumberReading:
        return NumberReading("4", "4", 0.9, state, Box(0, 0, 1, 1), 0, ())

    field = UUID(int=1)
    assert not FieldReading(field, None, "").needs_review
    assert FieldReading(field, None, "empty").needs_review
    assert not FieldReading(field, number(ReadingState.ACCEPTED), "").needs_review
    assert FieldReading(field, number(ReadingState.ACCEPTED), "range").needs_review
    assert FieldReading(field, number(ReadingState.NEEDS_REVIEW), "").needs_review
