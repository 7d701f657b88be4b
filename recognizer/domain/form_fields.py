"""What is known of a form's fields before anything is read: how many digits, which values, which check digit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from recognizer.domain.check_digits import LETTERS, CheckKind, equation
from recognizer.domain.phrases import phrase
from recognizer.domain.types import Box, NumberReading, ReadingState

MOST_DIGITS = 50
MOST_MODULUS = 999
LARGEST_WEIGHT = 999

Doubt = Literal["", "empty", "length", "range", "check_digit"]
"""What a number breaks of its field's rule; nothing where it keeps it."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What a field may hold. None means that it is not known.

    The last ``decimals`` digits stand behind the point, written or not: with two, 1250 is 12.50, and so it is compared
    with ``least`` and ``greatest``. Noughts in front are allowed, and count as digits. ``weights`` and ``modulus`` as
    in ``check_digits.equation``.
    """

    digits_least: int | None = None
    digits_most: int | None = None
    least: Decimal | None = None
    greatest: Decimal | None = None
    decimals: int = 0
    check: CheckKind = CheckKind.NONE
    weights: tuple[int, ...] = ()
    modulus: int | None = None
    optional: bool = False

    @property
    def lengths(self) -> range:
        """How many digits there may be; own weights are one for each."""
        if self.check is CheckKind.WEIGHTS and self.digits_least is None and self.digits_most is None:
            return range(len(self.weights), len(self.weights) + 1)
        return range(max(1, self.digits_least or 1), min(self.digits_most or MOST_DIGITS, MOST_DIGITS) + 1)

    @property
    def says_length(self) -> bool:
        """Whether anything is known of how many digits there are."""
        return self.lengths != range(1, MOST_DIGITS + 1)

    def bounds(self, count: int) -> tuple[int, int]:
        """The least and the greatest number of ``count`` digits that is in range, the point left out; none where the
        first is greater.
        """
        low = 0 if self.least is None else max(0, math.ceil(_shifted(self.least, self.decimals)))
        most = 10**count - 1
        high = most if self.greatest is None else min(most, math.floor(_shifted(self.greatest, self.decimals)))
        return low, high


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form; ``box`` is in pixels of the sample, upright."""

    id: UUID
    name: str
    box: Box
    rule: FieldRule


@dataclass(frozen=True, slots=True)
class FormSpec:
    """A form as it was described: its sample's width and height in pixels, and its fields."""

    width: int
    height: int
    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class FieldReading:
    """What stands in a field: a number, or None where it is empty. ``box`` is the field's own on the upright picture.

    Where there is a ``doubt``, the number is what was written as far as can be seen, not what the rule would have.
    """

    field_id: UUID
    number: NumberReading | None
    doubt: Doubt
    box: Box | None = None

    @property
    def needs_review(self) -> bool:
        """Whether a person should look at it."""
        return bool(self.doubt) or (self.number is not None and self.number.state is not ReadingState.ACCEPTED)


def value_of(text: str, decimals: int) -> Decimal:
    """The value of a text of digits, the last ``decimals`` of them behind the point; exact, however long it is.

    Raises ValueError where the text is empty or holds anything but digits.
    """
    if not (text.isascii() and text.isdigit()):
        raise ValueError(phrase("Only digits have a value here."))
    return Decimal((0, tuple(map(int, text)), -decimals))


def value_shown(text: str, decimals: int) -> str:
    """Digits with their point, every nought kept: "0075" with two decimals is "00.75"; "" where there are none."""
    if not text or not decimals:
        return text
    filled = text.rjust(decimals + 1, "0")
    return f"{filled[:-decimals]}.{filled[-decimals:]}"


def rule_doubt(text: str, rule: FieldRule) -> Doubt:
    """What a text of digits breaks of a rule, the coarsest first; an empty one is no number."""
    if not text:
        return "" if rule.optional else "empty"
    if len(text) not in rule.lengths:
        return "length"
    low, high = rule.bounds(len(text))
    if not low <= int(text) <= high:
        return "range"
    check = equation(rule.check, len(text), rule.weights, rule.modulus)
    return "check_digit" if check is not None and not check.holds(text) else ""


def rule_problems(rule: FieldRule) -> list[str]:
    """Sentences that say what makes a rule impossible to keep, or of no use; none where it is sound."""
    problems = _length_problems(rule)
    if not problems:
        problems += _range_problems(rule)
        problems += _weight_problems(rule) if rule.check is CheckKind.WEIGHTS else _check_problems(rule)
    return problems


def _length_problems(rule: FieldRule) -> list[str]:
    given = [count for count in (rule.digits_least, rule.digits_most) if count is not None]
    if any(not 1 <= count <= MOST_DIGITS for count in given):
        return [phrase("A number has from 1 to {most} digits.", most=MOST_DIGITS)]
    if len(given) == 2 and given[0] > given[1]:
        return [phrase("The least count of digits is greater than the most.")]
    if not 0 <= rule.decimals <= (rule.digits_most or MOST_DIGITS):
        return [phrase("More digits stand behind the point than the number has.")]
    return []


def _range_problems(rule: FieldRule) -> list[str]:
    ends = [end for end in (rule.least, rule.greatest) if end is not None]
    if any(not end.is_finite() for end in ends):
        return [phrase("The range must be made of numbers.")]
    if any(end.adjusted() > MOST_DIGITS for end in ends):
        return [phrase("A number has at most {most} digits; the range goes far beyond.", most=MOST_DIGITS)]
    if len(ends) == 2 and ends[0] > ends[1]:
        return [phrase("The range is empty: “from” is greater than “to”.")]
    if rule.greatest is not None and rule.greatest < 0:
        return [phrase("Numbers below nought can’t be read: “to” must be 0 or more.")]
    counts = rule.lengths
    if not len(counts) or all(low > high for low, high in map(rule.bounds, counts)):
        return [phrase("No number with so many digits lies in this range.")]
    return []


def _check_problems(rule: FieldRule) -> list[str]:
    if rule.check is CheckKind.NONE:
        return []
    fewest = 3 if rule.check is CheckKind.MOD97 else 2
    if rule.digits_most is not None and rule.digits_most < fewest:
        return [phrase("A number with this check digit has at least {fewest} digits.", fewest=fewest)]
    if rule.check is CheckKind.MOD97 and any(value not in LETTERS for value in rule.weights):
        return [phrase("The letters before an IBAN count from 10 (A) to 35 (Z).")]
    return []


def _weight_problems(rule: FieldRule) -> list[str]:
    problems: list[str] = []
    if rule.modulus is None or not 2 <= rule.modulus <= MOST_MODULUS:
        problems.append(phrase("Own weights need a modulus from 2 to {most}.", most=MOST_MODULUS))
    if not rule.weights:
        problems.append(phrase("Give the weights, one for each digit, from the left."))
    elif any(abs(weight) > LARGEST_WEIGHT for weight in rule.weights):
        problems.append(phrase("A weight lies between -{largest} and {largest}.", largest=LARGEST_WEIGHT))
    elif len(rule.weights) > MOST_DIGITS or rule.lengths != range(len(rule.weights), len(rule.weights) + 1):
        problems.append(phrase("There must be as many weights as the number has digits, and no more or fewer digits."))
    elif rule.modulus and not any(weight % rule.modulus for weight in rule.weights):
        problems.append(phrase("These weights check nothing: each is a multiple of the modulus."))
    return problems


def _shifted(value: Decimal, places: int) -> Decimal:
    """A value times ten to the ``places``, exact."""
    sign, digits, exponent = value.as_tuple()
    return Decimal((sign, digits, int(exponent) + places))
