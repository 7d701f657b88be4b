"""A cheque's amount and a whole form, drawn by the project's own hands, for the benchmark of reading."""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recognizer.training.strokes import Hand, draw_ink, number_strokes

Picture = NDArray[np.uint8]

PAPER, INK = 232, 45
A4 = (2480, 3508)
"""Width and height in pixels of a page at 300 dots an inch."""

CELL = (620, 260)
"""Width and height of a form's cell: four by five of them, each with five digits, make a hundred."""

DIGIT = 90
"""Height of the form's digits in pixels: 7.6 mm."""


def cheque_amount() -> bytes:
    """An amount as cut from a cheque at 100 dots an inch: pattern, a rule, digits 30 pixels high, as JPEG."""
    rng = np.random.default_rng(4)
    ink = np.zeros((54, 210), np.uint8)
    _write(ink, "18.767", (14, 11), 30, rng)
    rows, columns = np.mgrid[0:54, 0:210]
    pattern = 9 * np.sin(rows * 1.3 + 2.5 * np.sin(columns / 17)) + rng.normal(0, 4, ink.shape)
    ink[49:51] = np.maximum(ink[49:51], 150)
    return _jpeg(_on_paper(ink, 208 + pattern))


def form_page() -> bytes:
    """A form of A4 at 300 dots an inch: a printed heading, a table, and in it twenty numbers of five digits."""
    rng = np.random.default_rng(5)
    ink = np.zeros((A4[1], A4[0]), np.uint8)
    for line in range(4):
        cv2.putText(ink, "Please write clearly in the boxes.", (160, 240 + 70 * line), 0, 1.6, 255, 3, cv2.LINE_AA)
    for row in range(5):
        for column in range(4):
            x, y = column * CELL[0], 800 + row * CELL[1] * 2
            cv2.rectangle(ink, (x + 20, y), (x + CELL[0] - 20, y + CELL[1]), 200, 3)
            text = "".join(str(digit) for digit in rng.integers(0, 10, 5))
            _write(ink, text, (x + 60, y + 80), DIGIT, rng)
    return _jpeg(_on_paper(ink, PAPER + rng.normal(0, 3, ink.shape)))


def _write(ink: Picture, text: str, corner: tuple[int, int], height: int, rng: np.random.Generator) -> None:
    """Lay a number into ``ink``, the corner of its first digit about there."""
    hand = _plain_hand(rng)
    drawn, offset = draw_ink(number_strokes(hand, text, rng)[0], height, hand, rng)
    x, y = max(0, round(corner[0] - offset[0])), max(0, round(corner[1] - offset[1]))
    window = ink[y : y + drawn.shape[0], x : x + drawn.shape[1]]
    np.maximum(window, drawn[: window.shape[0], : window.shape[1]], out=window)


def _plain_hand(rng: np.random.Generator) -> Hand:
    """A hand with a ball pen that is neither wide nor linked, so that numbers stay in their boxes."""
    while True:
        hand = Hand.sample(rng)
        if hand.pen == "ball" and hand.linking == 0 and hand.width < 1.15 and 0.1 < hand.spacing < 0.3:
            return hand


def _on_paper(ink: Picture, paper: NDArray[np.float64]) -> Picture:
    level = paper + (INK - paper) * (ink / 255)
    return np.clip(level, 0, 255).astype(np.uint8)


def _jpeg(picture: Picture) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
