"""Sample pictures of our own: numbers as a clear, steady hand writes them, on paper, boards and forms, photographed.

The same seed gives the same picture, to the pixel on one machine. Drawing takes NumPy and OpenCV alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.tests.pictures import shaded
from recognizer.training.allographs import allographs
from recognizer.training.hands import Hand, Pen
from recognizer.training.strokes import draw_ink, number_strokes

Picture = NDArray[np.uint8]

SHAPES = {
    0: "round",
    1: "plain",
    2: "round, flat base",
    3: "round",
    4: "open",
    5: "flagged",
    6: "plain",
    7: "plain",
    8: "figure",
    9: "straight stem",
}
"""The shapes of school, which nobody mistakes."""

STEADY: dict[str, Any] = {
    "constancy": 1.0,
    "slant": 4.0,
    "width": 1.0,
    "rounding": 0,
    "looseness": 0.004,
    "tremor": 0.0,
    "overshoot": 0.0,
    "unevenness": 0.01,
    "drift": 0.005,
    "spacing": 0.22,
    "linking": 0.0,
    "pen": Pen.BALL,
    "pen_width": 0.09,
    "pressure": 0.9,
    "heights": (1.0,) * 10,
    "feet": (0.0,) * 10,
    "dwindling": 1.0,
}
"""A hand without haste: upright, even, each digit by itself."""

PAPER, INK = 236, 42
"""Grey levels of usual paper and of a pen on it."""


def clear_hand(shapes: Mapping[int, str] | None = None, **changes: Any) -> Hand:
    """A steady hand that writes the shapes of school but for those named here; ``changes`` are fields of ``Hand``."""
    names = {**SHAPES, **(shapes or {})}
    chosen = tuple([shape.name for shape in allographs(digit)].index(names[digit]) for digit in range(10))
    hand = Hand.sample(np.random.default_rng(0))
    own = {"shapes": chosen, "others": chosen, "quirks": 0 * hand.quirks, "bends": 0 * hand.bends}
    return dataclasses.replace(hand, **{**own, **STEADY, **changes})


def written(text: str, height: float, hand: Hand | None = None, *, seed: int = 0) -> Picture:
    """A number, white on black, cut close, its digits so many pixels high; ``text`` as ``number_strokes`` takes it."""
    rng = np.random.default_rng(seed)
    hand = hand or clear_hand()
    ink, _ = draw_ink(number_strokes(hand, text, rng)[0], height, hand, rng)
    # However faint the pen, what is darkest is black: how dark ink looks, the paper decides.
    return np.asarray(np.minimum(255, ink.astype(np.float32) * (255 / max(1, int(ink.max())))), np.uint8)


def lay(canvas: Picture, ink: Picture, corner: tuple[int, int]) -> None:
    """Lay ink onto a canvas of ink, its upper left corner at (x, y)."""
    x, y = corner
    window = canvas[y : y + ink.shape[0], x : x + ink.shape[1]]
    np.maximum(window, ink[: window.shape[0], : window.shape[1]], out=window)


def framed(ink: Picture, margin: int) -> Picture:
    """Ink with so many empty pixels around it."""
    return np.asarray(cv2.copyMakeBorder(ink, *(margin,) * 4, cv2.BORDER_CONSTANT, value=0), np.uint8)


def on_paper(ink: Picture, *, paper: int = PAPER, pen: int = INK) -> Picture:
    """Ink as a grey picture of it: ``paper`` where there is none, ``pen`` where it is full."""
    return np.asarray(np.rint(paper + (pen - paper) * (ink / np.float32(255))), np.uint8)


def note(text: str, height: int = 90, hand: Hand | None = None, *, seed: int = 0) -> Picture:
    """A number alone in the middle of white paper."""
    return on_paper(framed(written(text, height, hand, seed=seed), round(0.6 * height)))


def column(numbers: tuple[str, ...], height: int = 60, hand: Hand | None = None, *, seed: int = 0) -> Picture:
    """Numbers below one another, their ends in line."""
    inks = [written(number, height, hand, seed=seed + row) for row, number in enumerate(numbers)]
    step, width = round(1.8 * height), max(ink.shape[1] for ink in inks)
    canvas = np.zeros((step * len(inks) + height, width + 2 * height), np.uint8)
    for row, ink in enumerate(inks):
        lay(canvas, ink, (height + width - ink.shape[1], round(0.6 * height) + row * step))
    return on_paper(canvas)


def ruled(picture: Picture, *, step: int = 48, first: int = 20, level: int = 176, upright: bool = False) -> Picture:
    """The picture on ruled paper, or on squared paper; ink stays darker than the lines."""
    lines = np.full(picture.shape, 255, np.uint8)
    lines[first::step] = lines[first + 1 :: step] = level
    if upright:
        lines[:, first::step] = lines[:, first + 1 :: step] = level
    return np.minimum(picture, lines)


def chequered(picture: Picture, *, depth: float = 22) -> Picture:
    """The picture on security paper: two sets of fine waves, as on a cheque."""
    rows, columns = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]
    waves = np.sin(rows * 0.9 + 3 * np.sin(columns / 23)) + np.sin(columns * 0.7 + 2 * np.sin(rows / 17))
    return np.asarray(np.clip(picture * (1 - depth / 512 * (2 + waves) / 2), 0, 255), np.uint8)


def askew(picture: Picture, degrees: float, *, depth: float = 0.0) -> Picture:
    """The sheet as a camera sees it: turned clockwise, its upper edge further away by ``depth`` of its width.

    Around the sheet there is more paper.
    """
    height, width = picture.shape
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    shrunk = corners + np.array([[depth, 0], [-depth, 0], [0, 0], [0, 0]]) * width / 2
    seen = (shrunk - (width / 2, height / 2)) @ turn.T
    low = seen.min(axis=0)
    size = np.ceil(seen.max(axis=0) - low).astype(int)
    matrix = cv2.getPerspectiveTransform(corners, (seen - low).astype(np.float32))
    ground = int(np.median(picture))
    flat = cv2.warpPerspective(picture, matrix, size.tolist(), flags=cv2.INTER_AREA, borderValue=ground)
    return np.asarray(flat, np.uint8)


def photo(
    picture: Picture, degrees: float = 3.0, *, depth: float = 0.06, darkest: float = 0.5, seed: int = 0
) -> Picture:
    """A photo of a sheet held in the hand: askew, in perspective, under a lamp with a shadow across it, blurred."""
    seen = shaded(askew(picture, degrees, depth=depth), darkest, seed=seed)
    return np.asarray(cv2.GaussianBlur(seen, (0, 0), 0.8), np.uint8)


FORM = {"year": "1998", "number": "4027615", "paid": "813,50", "total": "26"}
"""What is written into the form."""


def form(*, seed: int = 0) -> Picture:
    """A page of 900 × 640: a logo, a heading and labels in print, four framed fields filled in, a doodle below."""
    canvas = np.zeros((640, 900), np.uint8)
    _print(canvas)
    hand = clear_hand()
    for row, text in enumerate(FORM.values()):
        lay(canvas, written(text, 44, hand, seed=seed + row), (330, 178 + 100 * row))
    return on_paper(canvas)


def _print(canvas: Picture) -> None:
    cv2.rectangle(canvas, (50, 40), (140, 125), 220, cv2.FILLED)
    cv2.fillPoly(canvas, [np.array([[50, 125], [95, 70], [140, 125]])], 0, cv2.LINE_AA)
    cv2.putText(canvas, "Delivery note", (180, 95), cv2.FONT_HERSHEY_TRIPLEX, 1.6, 230, 2, cv2.LINE_AA)
    for row, label in enumerate(FORM):
        cv2.putText(canvas, label, (70, 215 + 100 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 210, 2, cv2.LINE_AA)
        cv2.rectangle(canvas, (300, 155 + 100 * row), (860, 245 + 100 * row), 200, 2)
    across = np.arange(0, 420)
    wave = np.stack([340 + across, 600 + 14 * np.sin(across / 9)], axis=1)
    cv2.polylines(canvas, [np.rint(wave).astype(np.int32)], False, 220, 3, cv2.LINE_AA)
