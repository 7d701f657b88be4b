"""The best texts that a rule allows: compared with all texts, tried one by one."""

from __future__ import annotations

import itertools
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recognizer.domain.check_digits import CheckKind
from recognizer.domain.form_fields import MOST_DIGITS, FieldRule, rule_doubt
from recognizer.inference.legal_texts import legal_texts

STEADY = settings(deadline=None, derandomize=True, max_examples=25)

RULES = [
    FieldRule(),
    FieldRule(check=CheckKind.LUHN),
    FieldRule(check=CheckKind.MOD11),
    FieldRule(check=CheckKind.MOD97),
    FieldRule(check=CheckKind.MOD97, weights=(13, 14)),
    FieldRule(check=CheckKind.WEIGHTS, weights=(3, -1, 7), modulus=13),
    FieldRule(least=Decimal(95), greatest=Decimal(312)),
    FieldRule(least=Decimal("1.5"), decimals=1, check=CheckKind.LUHN),
    FieldRule(greatest=Decimal(70), check=CheckKind.MOD11),
]


def random_scores(seed: int, count: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, 3, (count, 10))


def worth(text: str, scores: NDArray[np.float64]) -> float:
    return float(sum(scores[place, int(digit)] for place, digit in enumerate(text)))


@STEADY
@given(st.integers(0, 10_000), st.integers(1, 3))
@pytest.mark.parametrize("rule", RULES)
def test_they_are_the_best_of_all_that_keep_the_rule(rule: FieldRule, seed: int, count: int) -> None:
    scores = random_scores(seed, count)
    texts = ("".join(digits) for digits in itertools.product("0123456789", repeat=count))
    allowed = sorted((text for text in texts if not rule_doubt(text, rule)), key=lambda text: -worth(text, scores))
    assert legal_texts(scores, rule, 7) == allowed[:7]


def test_where_nothing_is_allowed_there_is_nothing() -> None:
    assert legal_texts(random_scores(1, 3), FieldRule(digits_least=4), 5) == []
    assert legal_texts(random_scores(1, 2), FieldRule(least=Decimal(100)), 5) == []
    assert legal_texts(random_scores(1, 1), FieldRule(least=Decimal(1), check=CheckKind.LUHN), 5) == []


def test_a_long_number_where_all_digits_are_alike_takes_no_time() -> None:
    found = legal_texts(np.zeros((MOST_DIGITS, 10)), FieldRule(least=Decimal(7), check=CheckKind.MOD97), 6)
    assert len(set(found)) == 6
    assert all(int(text) % 97 == 1 for text in found)
