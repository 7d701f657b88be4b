"""The likeliest texts that a field's rule allows, out of independent digits: exact, by dynamic programming.

The rule is an automaton that reads from the left: its state is the check digit's remainder so far, and whether all
digits until now are those of the range's least or greatest number. Backwards over the places, the best way to an end
is known for each state; with that as its heuristic, a best-first search (Hart, Nilsson and Raphael, "A Formal Basis for
the Heuristic Determination of Minimum Cost Paths", 1968) never goes astray.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.check_digits import Equation, equation
from recognizer.domain.form_fields import FieldRule

FREE = Equation((), 1, 0)
"""What holds for every number."""


@dataclass(frozen=True, slots=True, eq=False)
class _Automaton:
    """``after[place, state, digit]`` is the next state, -1 where the digit breaks the range; ``good`` the states in
    which a number may end.
    """

    after: NDArray[np.intp]
    good: NDArray[np.bool_]
    start: int = 3
    """Remainder nought, and nothing yet but the digits of both ends of the range."""


def legal_texts(scores: NDArray[np.float64], rule: FieldRule, most: int) -> list[str]:
    """The ``most`` best texts of n digits that keep the rule, best first; fewer where there are no more.

    ``scores``, shape (n, 10), are what each digit adds at each place, finite.
    """
    count = len(scores)
    low, high = rule.bounds(count)
    if count not in rule.lengths or low > high:
        return []
    check = equation(rule.check, count, rule.weights, rule.modulus) or FREE
    automaton = _automaton(count, check, f"{low:0{count}}", f"{high:0{count}}")
    return _best_first(scores, automaton, _to_go(scores, automaton), most)


def _automaton(count: int, check: Equation, low: str, high: str) -> _Automaton:
    """Four states for each remainder: whether the number is still the least one, and whether it is the greatest."""
    digits, states = np.arange(10), np.arange(4 * check.modulus)
    remainder, at_low, at_high = states // 4, states // 2 % 2 == 1, states % 2 == 1
    after = np.empty((count, len(states), 10), np.intp)
    for place in range(count):
        least, greatest = int(low[place]), int(high[place])
        adds = np.array(check.adds[place]) if check.adds else np.zeros(10, np.intp)
        then = (remainder[:, None] + adds) % check.modulus
        stays_low, stays_high = at_low[:, None] & (digits == least), at_high[:, None] & (digits == greatest)
        breaks = (at_low[:, None] & (digits < least)) | (at_high[:, None] & (digits > greatest))
        after[place] = np.where(breaks, -1, 4 * then + 2 * stays_low + stays_high)
    return _Automaton(after, remainder == check.target)


def _to_go(scores: NDArray[np.float64], automaton: _Automaton) -> NDArray[np.float64]:
    """The most that the places from one on can add, shape (n + 1, states): minus infinity where none may end."""
    best = np.full((len(scores) + 1, len(automaton.good)), -np.inf)
    best[-1, automaton.good] = 0.0
    for place in reversed(range(len(scores))):
        after = automaton.after[place]
        best[place] = np.where(after < 0, -np.inf, scores[place] + best[place + 1][after]).max(axis=1)
    return best


def _best_first(scores: NDArray[np.float64], automaton: _Automaton, to_go: NDArray[np.float64], most: int) -> list[str]:
    if not np.isfinite(to_go[0, automaton.start]):
        return []
    found: list[str] = []
    # Among equals the longest prefix comes first, so that ties cost nothing.
    heap = [(-float(to_go[0, automaton.start]), 0, "", automaton.start, 0.0)]
    while heap and len(found) < most:
        _, _, prefix, state, so_far = heapq.heappop(heap)
        place = len(prefix)
        if place == len(scores):
            found.append(prefix)
            continue
        for digit in range(10):
            then = int(automaton.after[place, state, digit])
            rest = float(to_go[place + 1, then]) if then >= 0 else -np.inf
            if np.isfinite(rest):
                total = so_far + float(scores[place, digit])
                heapq.heappush(heap, (-(total + rest), -place, prefix + str(digit), then, total))
    return found
