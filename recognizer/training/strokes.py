"""Digits and numbers as a hand writes them: lines of the pen with its pressure, and their picture in ink.

Coordinates are in digit heights: x to the right, y down, the top of a usual digit at 0 and the line it stands on at 1.
A stroke is an array (n, 3), float32, of x, y and pressure (0 to 1).
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.training.allographs import Allograph, allographs
from recognizer.training.hands import MODES, Hand, Pen, evened
from recognizer.training.layout import Box, box_of, boxes_of, link, places
from recognizer.training.pens import draw_ink

__all__ = ["Hand", "Pen", "digit_picture", "digit_strokes", "draw_ink", "number_strokes"]

BEND = 0.016
"""Standard deviation of the bends that change from one digit to the next; the writer's own stay."""
NARROWEST, WIDEST = {7: 0.85}, {1: 1.1}
"""As multiples of the shapes' own widths: writers keep a seven's bar long and a one's upstroke steep."""
MARKS: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    ".": (((0.0, 0.95), (0.03, 0.98), (0.04, 0.96)),),
    ",": (((0.08, 0.92), (0.08, 1.0), (0.0, 1.16)),),
    "-": (((0.0, 0.56), (0.2, 0.55), (0.42, 0.55)),),
    "=": (((0.0, 0.46), (0.2, 0.45), (0.42, 0.45)), ((0.0, 0.64), (0.2, 0.64), (0.42, 0.64))),
    " ": (),
}
"""What stands in numbers beside digits."""

Stroke = NDArray[np.float32]


def digit_strokes(hand: Hand, digit: int, rng: np.random.Generator) -> list[Stroke]:
    """A digit as the hand writes it this time, its left edge near x = 0; ``ValueError`` for anything but 0 to 9."""
    strokes = _digit(hand, digit, rng)
    _lean(strokes, hand.slant)
    return strokes


def number_strokes(hand: Hand, text: str, rng: np.random.Generator) -> tuple[list[Stroke], list[Box]]:
    """A number written on one line, and for each character the box (left, top, right, bottom) of the pen's path.

    ``text`` may hold digits, ``.``, ``,``, ``-``, ``=`` and spaces; anything else raises ``ValueError``. The box of
    a space is the gap left for it. Where the pen is not lifted between two digits, the link belongs to no box.
    """
    characters = [_character(hand, character, rng) for character in text]
    zeros = 0
    for index, strokes in enumerate(characters):
        if text[index - 1 : index + 1] == "00":
            zeros += 1
            _shrink(strokes, hand.dwindling**zeros)
        else:
            zeros = 0
    for strokes, (x, y) in zip(characters, places(hand, characters, rng), strict=True):
        for stroke in strokes:
            stroke[:, :2] += x, y
        _lean(strokes, hand.slant)
    boxes = boxes_of(characters)
    return link(hand, text, characters, rng), boxes


def digit_picture(hand: Hand, digit: int, rng: np.random.Generator, size: int = 28) -> NDArray[np.uint8]:
    """Ink (size, size) of one digit in the middle of a square, white on black, reaching close to its edges."""
    strokes = digit_strokes(hand, digit, rng)
    left, top, right, bottom = box_of(strokes)
    ink, _ = draw_ink(strokes, (size - 2) / (max(right - left, bottom - top) + hand.pen_width), hand, rng, margin=0)
    height, width = ink.shape
    across, down = max(0, size - width), max(0, size - height)
    ink = cv2.copyMakeBorder(
        ink, down // 2, down - down // 2, across // 2, across - across // 2, cv2.BORDER_CONSTANT, value=0
    )
    return np.asarray(ink[:size, :size], np.uint8)


def _character(hand: Hand, character: str, rng: np.random.Generator) -> list[Stroke]:
    if character in MARKS:
        return _mark(hand, character, rng)
    if character not in "0123456789":
        raise ValueError(f"No hand here writes {character!r}: only digits, '.', ',', '-', '=' and spaces")
    return _digit(hand, int(character), rng)


def _digit(hand: Hand, digit: int, rng: np.random.Generator) -> list[Stroke]:
    """Upright strokes of a digit; the hand's slant is still to come."""
    shapes = allographs(digit)
    usual = hand.shapes if rng.random() < hand.constancy else hand.others
    shape = shapes[usual[digit]]
    noise = rng.standard_normal((len(shape.controls), 2), dtype=np.float32)
    controls = shape.controls + shape.freedom * (hand.quirks[digit, : len(noise)] + hand.looseness * evened(noise))
    points = np.asarray(shape.lines[hand.rounding] @ controls, np.float32)
    points += _bend(hand, shape, points, rng)
    size = hand.heights[digit] * np.exp(rng.normal(0, hand.unevenness))
    points *= np.array([_width(hand, digit) * size, size], np.float32)
    points[:, 1] += 1 - size + hand.feet[digit]
    points[:, 0] -= points[:, 0].min()
    return _strokes(hand, points, shape.starts, rng)


def _width(hand: Hand, digit: int) -> float:
    """How much wider than its shape a digit is. A one's upstroke stays steep in a hand that leans to the right."""
    width = min(max(hand.width, NARROWEST.get(digit, 0.0)), WIDEST.get(digit, np.inf))
    lean = float(np.clip(np.tan(np.deg2rad(hand.slant)), 0, 0.8))
    return width * (1 - 0.8 * lean) if digit == 1 else width


def _bend(hand: Hand, shape: Allograph, points: Stroke, rng: np.random.Generator) -> Stroke:
    """Smooth displacements (n, 2): a digit is turned a little, sheared, narrowed, its waist moved, its stems bowed."""
    u, v = 2 * points[:, 0] - 0.6, 2 * points[:, 1] - 1
    modes = np.stack([u, v, u * v, u * u - 0.3, v * v - 0.3, v * (v * v - 1), u * (v * v - 0.3)], axis=1)
    own = hand.bends[shape.digit]
    amount = shape.freedom * (own + BEND * rng.standard_normal((MODES, 2), dtype=np.float32))
    return np.asarray(modes @ amount, np.float32)


def _mark(hand: Hand, character: str, rng: np.random.Generator) -> list[Stroke]:
    marks = MARKS[character]
    if not marks:
        return []
    points = np.concatenate([np.array(mark, np.float32) for mark in marks])
    centre = points.mean(axis=0)
    stretch = np.exp(rng.normal(0, [0.4, 0.3])).astype(np.float32)
    points = centre + (points - centre) * stretch + rng.normal(0, 0.012, points.shape).astype(np.float32)
    points[:, 1] += np.float32(rng.normal(0, 0.05))
    points[:, 0] -= points[:, 0].min()
    return _strokes(hand, points.astype(np.float32), tuple(range(0, 3 * len(marks) + 1, 3)), rng)


def _strokes(hand: Hand, points: Stroke, starts: tuple[int, ...], rng: np.random.Generator) -> list[Stroke]:
    """Split points into strokes, each with its pressure, the pen's trembling and what it runs on at the end."""
    if hand.tremor:
        shake = rng.normal(0, hand.tremor * 2, points.shape).astype(np.float32)
        points[1:-1] += (shake[:-2] + shake[1:-1] + shake[2:]) / 3
    pressure = _pressure(hand, points, rng)
    strokes = []
    for first, last in pairwise(starts):
        stroke = np.empty((last - first, 3), np.float32)
        stroke[:, :2] = points[first:last]
        stroke[:, 2] = pressure[first:last]
        if hand.overshoot:
            stroke = _run_on(hand, stroke, rng)
        strokes.append(stroke)
    return strokes


def _pressure(hand: Hand, points: Stroke, rng: np.random.Generator) -> Stroke:
    """Pressure (n,) along the strokes: more on the way down, and slowly changing."""
    down = np.empty(len(points), np.float32)
    down[1:] = np.diff(points[:, 1])
    down[0] = down[1]
    phase = rng.uniform(0, 2 * np.pi, 2)
    along = np.arange(len(points), dtype=np.float32)
    slow = 0.1 * np.sin(along * 0.09 + phase[0]) + 0.06 * np.sin(along * 0.23 + phase[1])
    return np.asarray(np.clip(hand.pressure + 4 * np.clip(down, -0.03, 0.03) + slow, 0.08, 1), np.float32)


def _run_on(hand: Hand, stroke: Stroke, rng: np.random.Generator) -> Stroke:
    """A hasty pen is still moving when it leaves the paper: the stroke runs on, ever lighter."""
    way = stroke[-1, :2] - stroke[-3, :2]
    length = float(np.hypot(way[0], way[1]))
    reach = float(rng.uniform(0, hand.overshoot))
    if length < 1e-3 or reach < 0.01:
        return stroke
    tail = np.empty((2, 3), np.float32)
    tail[:, :2] = stroke[-1, :2] + np.outer([0.5, 1.0], way * (reach / length))
    tail[:, 2] = stroke[-1, 2] * np.array([0.8, 0.5])
    return np.concatenate([stroke, tail])


def _shrink(strokes: list[Stroke], size: float) -> None:
    """Make strokes smaller, the line they stand on kept in its place; they get wider for their height."""
    for stroke in strokes:
        stroke[:, 0] *= np.float32(np.sqrt(size))
        stroke[:, 1] = 1 - np.float32(size) * (1 - stroke[:, 1])


def _lean(strokes: list[Stroke], slant: float) -> None:
    """Shear strokes to the right by ``slant`` degrees, the line they stand on kept in its place."""
    lean = np.tan(np.deg2rad(slant))
    for stroke in strokes:
        stroke[:, 0] += np.float32(lean) * (1 - stroke[:, 1])
