"""A handful of drawn inputs, the same ones everywhere: what a network answers to them shows whether it is itself."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import ModelKind
from recognizer.training.strokes import Hand, digit_picture, draw_ink, number_strokes

SEED = 28
SIDE, FRAME = 28, 4
STRIP = (32, 192)
NUMBERS = ("40213", "1.234", "07,50", "998")
BODY = 21.0


def golden_pictures(kind: ModelKind) -> NDArray[np.uint8]:
    """Inputs of a kind of network, white ink on black: ten digits (10, 28, 28), or four strips (4, 32, 192)."""
    rng = np.random.default_rng(SEED)
    if kind is ModelKind.DIGIT:
        return np.stack([_digit(digit, rng) for digit in range(10)])
    return np.stack([_strip(text, rng) for text in NUMBERS])


def _digit(digit: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A digit with the free frame around it that crops have."""
    return np.pad(digit_picture(Hand.sample(rng), digit, rng, SIDE - 2 * FRAME), FRAME)


def _strip(text: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A number in the middle of a strip; one that is too large for it is reduced."""
    hand = Hand.sample(rng)
    ink, _ = draw_ink(number_strokes(hand, text, rng)[0], BODY, hand, rng)
    scale = min(1.0, STRIP[0] / ink.shape[0], STRIP[1] / ink.shape[1])
    size = (max(1, int(ink.shape[1] * scale)), max(1, int(ink.shape[0] * scale)))
    ink = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)
    down, across = STRIP[0] - ink.shape[0], STRIP[1] - ink.shape[1]
    return np.pad(ink, ((down // 2, down - down // 2), (across // 2, across - across // 2)))
