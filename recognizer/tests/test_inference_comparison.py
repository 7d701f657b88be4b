"""Two models on the same samples: what the difference is worth."""

from __future__ import annotations

import numpy as np
import pytest

from recognizer.inference.comparison import difference, digits_changed, mcnemar_exact, paired_interval, speeds


def answers(*, both: int, gained: int, lost: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    counts = [both, gained, lost, neither]
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


def test_the_interval_is_the_one_of_newcombes_paper() -> None:
    assert paired_interval(36, 12, 2, 0) == pytest.approx((0.0569, 0.3404), abs=5e-5)


def test_the_interval_holds_the_truth_about_19_times_in_20() -> None:
    shares = (0.97, 0.006, 0.014, 0.01)
    draws = np.random.default_rng(1).multinomial(2000, shares, size=1000)
    intervals = [paired_interval(*map(int, draw)) for draw in draws]
    held = np.mean([low <= shares[1] - shares[2] <= high for low, high in intervals])
    assert 0.93 < held < 0.98


def test_mcnemars_test_is_exact() -> None:
    assert mcnemar_exact(12, 2) == pytest.approx(2 * (1 + 14 + 91) / 2**14)
    assert mcnemar_exact(0, 0) == mcnemar_exact(5, 5) == 1.0
    assert mcnemar_exact(0, 2000) < 1e-12


def test_one_model_is_not_worse_than_itself() -> None:
    right = np.arange(100) % 7 > 0
    found = difference(right, right)
    assert (found.value, found.gained, found.lost, found.p) == (0, 0, 0, 1)
    assert found.low <= 0 <= found.high
    assert not found.worse


def test_a_few_more_mistakes_are_no_proof_and_many_are() -> None:
    assert not difference(*answers(both=990, gained=2, lost=6, neither=2)).worse
    found = difference(*answers(both=950, gained=2, lost=46, neither=2))
    assert found.worse
    assert found.value == pytest.approx(-0.044)
    assert found.low < found.value < found.high < 0


def test_a_better_model_is_not_called_worse() -> None:
    assert difference(*answers(both=950, gained=46, lost=2, neither=2)).low > 0


def test_the_digit_that_got_worse_is_named_and_no_other() -> None:
    labels = np.arange(2000) % 10
    serving = np.ones(2000, bool)
    candidate = (labels != 7) | (np.arange(2000) % 20 < 10)
    candidate[2] = False  # one 2 more misread: chance
    changed = digits_changed(candidate, serving, labels)
    assert [each.digit for each in changed] == list(range(10))
    assert [each.digit for each in changed if each.difference.worse] == [7]


def test_digits_that_do_not_occur_are_left_out() -> None:
    right = np.ones(4, bool)
    assert [each.digit for each in digits_changed(right, right, np.array([3, 3, 5, 5]))] == [3, 5]


@pytest.mark.parametrize("lengths", [(0, 0), (2, 3)])
def test_what_is_not_paired_cannot_be_compared(lengths: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        difference(np.ones(lengths[0], bool), np.ones(lengths[1], bool))


def test_both_are_timed_in_turns() -> None:
    calls: list[str] = []
    times = speeds([lambda: calls.append("a"), lambda: calls.append("b")], repeats=3)
    assert calls == ["a", "b"] * 4
    assert len(times) == 2
    assert min(times) >= 0
