"""Writers whose shapes of digits no model here has seen: none of them is among those that our generator draws."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from recognizer.training.allograph_shapes import SHAPES, Shape
from recognizer.training.allographs import allographs
from recognizer.training.strokes import Hand, digit_picture

# Of some thirty shapes that were tried, these are the ones that digit-3 reads badly; weight 0: no other hand is given
# one of them.
UNSEEN: dict[int, dict[str, Shape]] = {
    1: {
        "barred": Shape(0, "30,0 30,50 29,100 | 8,52 30,50 54,48", 0.8),
        "looped": Shape(0, "34,4 22,14 20,26 30,30 38,18 34,2 32,50 30,100", 0.8),
        "hooked both ways": Shape(0, "20,14 30,0 36,10 30,50 26,88 34,100 52,90", 0.8),
    },
    4: {
        "triangle": Shape(0, "30,0 2,70* 62,70* 30,0", 0.8),
        "plus": Shape(0, "30,0 30,100 | 2,56 30,54 62,52", 0.8),
    },
    7: {
        "mirrored": Shape(0, "8,100 12,50 14,4* 40,2 64,6", 0.8),
        "angle": Shape(0, "56,2 4,10* 30,50 44,100", 0.8),
        "looped": Shape(0, "2,14 20,2 40,14 24,24 16,8 60,4 44,40 30,100", 0.8),
    },
    9: {
        "e-like": Shape(0, "6,30 50,26 40,2 12,6 4,34 20,58 50,50", 0.8),
        "square": Shape(0, "52,4 8,4* 8,44* 52,44* 52,4* 50,100", 0.8),
        "a-like": Shape(0, "48,10 20,4 4,40 14,80 40,80 50,40 48,8* 50,60 58,96 72,88", 0.8),
    },
}
ODD = 3
"""Digits that each of these writers writes in an unseen way."""
SIDE, MARGIN = 112, 24


def writer(rng: np.random.Generator) -> Hand:
    """A hand with three digits in shapes of ``UNSEEN``, always the same, the others as anybody's."""
    for digit, shapes in UNSEEN.items():
        if not shapes.keys() <= SHAPES[digit].keys():
            SHAPES[digit] |= shapes
            allographs.cache_clear()
    hand = Hand.sample(rng)
    chosen = list(hand.shapes)
    for digit in rng.choice(list(UNSEEN), ODD, replace=False).tolist():
        name = list(UNSEEN[digit])[int(rng.integers(len(UNSEEN[digit])))]
        chosen[digit] = [shape.name for shape in allographs(digit)].index(name)
    return replace(hand, shapes=tuple(chosen), constancy=1.0)


def scan(hand: Hand, digit: int, rng: np.random.Generator) -> bytes:
    """One digit of this hand, dark on light paper, as the bytes of a PNG."""
    paper = np.pad(255 - digit_picture(hand, digit, rng, SIDE), MARGIN, constant_values=255)
    return bytes(cv2.imencode(".png", paper)[1])
