"""Check digits as one equation: what each digit adds at its place must come to the target, modulo the modulus.

Luhn: US patent 2,950,048 and ISO/IEC 7812-1, annex B. Modulus 11: ISO 2108 as it was for ISBN-10. Modulus 97: ISO/IEC
7064, MOD 97-10, as IBANs (ISO 13616) have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from recognizer.domain.phrases import phrase

LETTERS = range(10, 36)
"""What ISO 7064 counts the letters A to Z for."""

LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


class CheckKind(StrEnum):
    """How a number is checked; none where it bears no check digit."""

    NONE = ""
    LUHN = "luhn"
    MOD11 = "mod11"
    MOD97 = "mod97"
    WEIGHTS = "weights"


@dataclass(frozen=True, slots=True)
class Equation:
    """What each digit adds, ``adds[place][digit]`` from the left; the sum leaves ``target``, modulo ``modulus``."""

    adds: tuple[tuple[int, ...], ...]
    modulus: int
    target: int

    def holds(self, text: str) -> bool:
        """Whether a text of as many digits as there are places obeys it."""
        total = sum(adds[int(digit)] for adds, digit in zip(self.adds, text, strict=True))
        return total % self.modulus == self.target


def equation(kind: CheckKind, count: int, weights: Sequence[int] = (), modulus: int | None = None) -> Equation | None:
    """The equation of a number of ``count`` digits, or None for no check.

    ``weights`` are from the left and, with ``modulus``, for own weights; digits behind the last weight do not count.
    For modulus 97 they are the values of the letters that stand before the number, A = 10: with (13, 14), DE, a German
    IBAN without them is checked, its two check digits first.
    """
    if kind is CheckKind.LUHN:
        plain = tuple(range(10))
        return Equation(tuple(LUHN_DOUBLED if place % 2 else plain for place in reversed(range(count))), 10, 0)
    if kind is CheckKind.MOD11:
        return _weighted([count - place for place in range(count)], 11)
    if kind is CheckKind.MOD97:
        return _iban(count, weights) if weights else _weighted([10**place for place in reversed(range(count))], 97, 1)
    if kind is CheckKind.WEIGHTS and modulus:
        return _weighted([*weights[:count], *[0] * (count - len(weights))], modulus)
    return None


def letter_values(letters: str) -> tuple[int, ...]:
    """The values of capital letters, as ``equation`` takes them for modulus 97. Raises ValueError for other signs."""
    return tuple(LETTERS[ord(letter) - ord("A")] if "A" <= letter <= "Z" else _no_letter(letter) for letter in letters)


def _no_letter(sign: str) -> int:
    raise ValueError(phrase("“{sign}” is not a letter from A to Z.", sign=sign))


def _iban(count: int, letters: Sequence[int]) -> Equation:
    """The letters and the two check digits go to the end."""
    behind = 2 * len(letters) + 2
    weights = [10, 1, *(10 ** (behind + place) for place in reversed(range(max(0, count - 2))))][:count]
    offset = 100 * int("".join(map(str, letters)))
    return _weighted(weights, 97, 1 - offset)


def _weighted(weights: Sequence[int], modulus: int, target: int = 0) -> Equation:
    adds = tuple(tuple(weight * digit % modulus for digit in range(10)) for weight in weights)
    return Equation(adds, modulus, target % modulus)
