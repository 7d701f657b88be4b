"""What people write on a line: numbers and amounts with their marks, as they stand on forms and cheques."""

from __future__ import annotations

import numpy as np

LENGTHS = (0.10, 0.13, 0.15, 0.17, 0.16, 0.13, 0.08, 0.04, 0.02, 0.02)
"""Shares of numbers of one to ten digits."""
GROUPED = 0.45
"""Share of numbers from four digits on that are grouped by thousands."""
CENTS = 0.12
TRAILING = (".", ".-", "-", "=", ".=", ",-", ",", "--", ".--", " -", " --")
LEADING = ("=", "-", "$", "#", "*", ".")
ROUND = 0.4
"""Share of numbers that end in noughts: amounts do."""


def random_text(rng: np.random.Generator) -> str:
    """Digits with dots and commas among them, and signs that are no digits around them."""
    digits = _digits(int(rng.choice(len(LENGTHS), p=LENGTHS)) + 1, rng)
    text = _grouped(digits, rng) if len(digits) > 3 and rng.random() < GROUPED else digits
    if rng.random() < CENTS:
        decimal = "," if "." in text else str(rng.choice([".", ","]))
        text += decimal + _digits(2, rng)
    elif len(digits) < 4 and rng.random() < 0.08:
        text = _with_mark_anywhere(text, rng)
    if rng.random() < 0.25:
        text += str(rng.choice(TRAILING))
    if rng.random() < 0.08:
        text = str(rng.choice(LEADING)) + text
    return text


def label_of(text: str) -> str:
    """What the network is to answer: the digits, and the dots and commas between them."""
    return "".join(sign for sign in text if sign in "0123456789.,").strip(".,")


def encode(label: str) -> list[int]:
    """A label as the network's classes: 1 to 10 for the digits, 11 for the dot, 12 for the comma."""
    return ["0123456789.,".index(sign) + 1 for sign in label]


def _digits(count: int, rng: np.random.Generator) -> str:
    digits = rng.integers(0, 10, count)
    if rng.random() < ROUND and count > 1:
        digits[-int(rng.integers(1, min(count, 4) + 1)) :] = 0
    elif rng.random() < 0.12:
        # The same digit twice in a row is the hard case of this kind of network.
        at = int(rng.integers(0, count))
        digits[at : at + 2] = digits[at]
    if count > 1 and digits[0] == 0 and rng.random() < 0.8:
        digits[0] = rng.integers(1, 10)
    return "".join(map(str, digits))


def _grouped(digits: str, rng: np.random.Generator) -> str:
    mark = str(rng.choice([".", ",", " "], p=[0.6, 0.25, 0.15]))
    head = len(digits) % 3 or 3
    return mark.join([digits[:head], *(digits[at : at + 3] for at in range(head, len(digits), 3))])


def _with_mark_anywhere(text: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(1, len(text) + 1))
    return text[:at] + str(rng.choice([".", ","])) + text[at:]
