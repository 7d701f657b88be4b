"""What stands on paper beside numbers: words in handwriting fonts, doodles, lines."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from recognizer.training.letters import handwriting_fonts

Ink = NDArray[np.uint8]
Generator = np.random.Generator

PLOTTER = cv2.FONT_HERSHEY_SCRIPT_SIMPLEX
"""OpenCV's own line font, there on every system."""

UNLIKE_DIGITS = "ACEFGHJKLMNPRTUVWXYacdefhkmnprtuvwxy"
"""Letters of which a word has at least half; the others may pass for digits where they stand alone."""
EDGE = 8
"""Pixels left free around a doodle."""
ALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@cache
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


def random_word(rng: Generator, longest: int = 9) -> str:
    """Letters, at least half of which look like no digit."""
    count = int(rng.integers(2, longest + 1))
    letters = [str(rng.choice(list(UNLIKE_DIGITS if at % 2 == 0 else ALL))) for at in range(count)]
    word = "".join(rng.permutation(letters))
    return word if rng.random() < 0.6 else word.capitalize() if rng.random() < 0.6 else word.upper()


def write_word(word: str, height: int, rng: Generator) -> Ink:
    """A word (height, width) in a handwriting font, or in a plotter's where there is none."""
    fonts = handwriting_fonts()
    if not fonts:
        return _plotted(word, height / 30, int(rng.integers(1, 5)))
    font = _font(fonts[int(rng.integers(len(fonts)))], int(height * rng.uniform(0.9, 1.5)) // 4 * 4 + 4)
    left, top, right, bottom = font.getbbox(word)
    page = Image.new("L", (int(right - left) + 8, int(bottom - top) + 8))
    ImageDraw.Draw(page).text((4 - left, 4 - top), word, font=font, fill=255)
    ink = np.asarray(page, np.uint8)
    thick = int(rng.integers(1, 4))
    return np.asarray(cv2.dilate(ink, np.ones((thick, thick), np.uint8)), np.uint8)


def _plotted(word: str, scale: float, thick: int) -> Ink:
    size, base = cv2.getTextSize(word, PLOTTER, scale, thick)
    field = np.zeros((size[1] + base + 8, size[0] + 8), np.uint8)
    cv2.putText(field, word, (4, size[1] + 4), PLOTTER, scale, 255, thick)
    return field


def doodle(height: int, rng: Generator) -> Ink:
    """Wandering lines, ovals, bars and hatching that mean nothing; at times nothing at all."""
    width = int(height * rng.uniform(0.8, 6))
    field = np.zeros((height + 2 * EDGE, width + 2 * EDGE), np.uint8)
    kinds = (_wander, _wander, _wander, _oval, _bar, _hatch)
    for _ in range(int(rng.integers(0, 4))):
        kinds[int(rng.integers(len(kinds)))](field, width, height, int(rng.integers(2, 7)), rng)
    return field


def _wander(field: Ink, width: int, height: int, thick: int, rng: Generator) -> None:
    knots = rng.uniform(0, 1, (int(rng.integers(5, 16)), 2)) * (width, height) + EDGE
    steps = np.linspace(0, len(knots) - 1, 150)
    path = np.stack([np.interp(steps, np.arange(len(knots)), knots[:, axis]) for axis in (0, 1)], 1)
    smooth = cv2.GaussianBlur(path.astype(np.float32), (1, 0), sigmaX=0.1, sigmaY=float(rng.uniform(1, 6)))
    cv2.polylines(field, [smooth.astype(np.int32)], False, 255, thick, cv2.LINE_AA)


def _oval(field: Ink, width: int, height: int, thick: int, rng: Generator) -> None:
    axes = (int(rng.uniform(0.3, 0.5) * width), int(rng.uniform(0.05, 0.2) * height))
    cv2.ellipse(field, (width // 2, height // 2), axes, rng.uniform(-20, 20), 0, 360, 255, thick, cv2.LINE_AA)


def _bar(field: Ink, width: int, height: int, thick: int, rng: Generator) -> None:
    y = int(rng.uniform(0.2, 0.8) * height)
    cv2.line(field, (EDGE, y), (width, y + int(rng.normal(0, 3))), 255, thick, cv2.LINE_AA)


def _hatch(field: Ink, width: int, height: int, thick: int, rng: Generator) -> None:
    for x in np.arange(EDGE, width, rng.uniform(6, 14)):
        cv2.line(field, (int(x), EDGE), (int(x + height * 0.5), height), 255, max(1, thick // 2), cv2.LINE_AA)
