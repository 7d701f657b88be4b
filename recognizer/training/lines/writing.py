"""A number's ink, written by one hand: from bitmaps of real digits, or from strokes.

Bitmaps come from data sets of real writers (MNIST's training digits; UCI's, which are European). What a writer keeps
throughout a number, slant, size, thickness, spacing, is drawn once a number; what varies, once a digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.training.strokes import Hand, draw_ink, number_strokes

Ink = NDArray[np.uint8]
Generator = np.random.Generator

TALL = 44
"""Height in pixels at which digits are written; the picture of the line is then shrunk to all sizes."""
MARGIN = 24
SIGNS = "0123456789.,-= "
"""What hands write; other signs are left out."""
UNEVEN_FRAME = ("optdigits", "semeion")
"""Sets whose digits were stretched to fill their frame: their width is made up anew."""
NARROW = 0.3
"""Usual width of a stretched one as a share of its height."""


@dataclass(frozen=True, slots=True)
class Written:
    """A line's ink (height, width), 255 where the pen went, and the box (left, top, right, bottom) of its digits."""

    ink: Ink
    box: tuple[float, float, float, float]
    body: float
    """The usual digit's height in pixels."""


@dataclass(frozen=True, slots=True)
class Bitmaps:
    """Real digits of one source: for each digit an array uint8 (n, side, side), white ink on black."""

    name: str
    of_digit: Sequence[NDArray[np.uint8]]

    @classmethod
    def of(cls, name: str, pictures: NDArray[np.uint8], labels: NDArray[np.integer]) -> Bitmaps:
        return cls(name, [pictures[labels == digit] for digit in range(10)])


@dataclass(frozen=True, slots=True)
class _Manner:
    """What a writer of bitmaps keeps throughout a number."""

    shear: float
    aspect: float
    thicken: int
    space: float
    uneven: float
    slope: float
    edge: float

    @classmethod
    def sample(cls, rng: Generator) -> _Manner:
        return cls(
            shear=float(rng.normal(0.05, 0.18)),
            aspect=float(np.exp(rng.normal(0.0, 0.16))),
            thicken=int(rng.choice([-2, -1, 0, 0, 1, 2, 3])),
            space=float(rng.choice([rng.normal(0.08, 0.10), rng.normal(0.3, 0.12), rng.normal(-0.04, 0.05)])),
            uneven=float(rng.uniform(0.02, 0.14)),
            slope=float(rng.normal(0.0, 0.025)),
            edge=float(rng.uniform(1.5, 5.0)),
        )


def write_strokes(text: str, rng: Generator, hand: Hand | None = None) -> Written:
    """The text as a hand writes it."""
    hand = hand or Hand.sample(rng)
    text = "".join(sign for sign in text if sign in SIGNS)
    strokes, boxes = number_strokes(hand, text, rng)
    ink, (left, top) = draw_ink(strokes, TALL, hand, rng, margin=MARGIN)
    digits = [box for sign, box in zip(text, boxes, strict=True) if sign.isdigit()] or list(boxes)
    sides = np.array(digits, np.float64) * TALL + np.array([left, top, left, top])
    body = float(np.median(sides[:, 3] - sides[:, 1]))
    # How faint a pencil is, is the paper's to say.
    strong = float(np.percentile(ink[ink > 0], 80))
    ink = np.asarray(cv2.convertScaleAbs(ink, alpha=255.0 / strong), np.uint8)
    return Written(ink, (sides[:, 0].min(), sides[:, 1].min(), sides[:, 2].max(), sides[:, 3].max()), body)


def write_bitmaps(text: str, source: Bitmaps, rng: Generator) -> Written:
    """The text out of a data set's digits; its other signs are drawn."""
    manner = _Manner.sample(rng)
    canvas = np.zeros((3 * TALL, (len(text) + 2) * 2 * TALL), np.uint8)
    x, tops, bottoms, ends = float(MARGIN), [], [], []
    for sign in text:
        base = 2 * TALL + manner.slope * x + rng.normal(0, manner.uneven) * TALL * 0.5
        if not sign.isdigit():
            x = _mark(canvas, sign, x, base, rng)
            continue
        glyph = _glyph(source, int(sign), manner, rng)
        height, width = glyph.shape
        left, top = int(x), int(base - height)
        space = canvas[top : top + height, left : left + width]
        np.maximum(space, glyph[: space.shape[0], : space.shape[1]], out=space)
        tops.append(top)
        bottoms.append(top + height)
        ends.append((left, left + width))
        x += width + (manner.space + rng.normal(0, 0.05)) * TALL
    x0, y0 = 0, max(0, min(tops, default=TALL) - MARGIN)
    ink = canvas[y0 : max(bottoms, default=2 * TALL) + MARGIN, x0 : int(max([x, *(end for _, end in ends)])) + MARGIN]
    box = (min((s for s, _ in ends), default=0), min(tops, default=0) - y0, max((e for _, e in ends), default=1), 0)
    body = float(np.median([b - t for t, b in zip(tops, bottoms, strict=True)])) if tops else float(TALL)
    return Written(ink, (*box[:3], max(bottoms, default=1) - y0), body)


def write_apart(text: str, source: Bitmaps, rng: Generator) -> list[Ink]:
    """The digits of a text as one writer of bitmaps writes them, each by itself: ink (height, width)."""
    manner = _Manner.sample(rng)
    return [_glyph(source, int(digit), manner, rng) for digit in text]


def _glyph(source: Bitmaps, digit: int, manner: _Manner, rng: Generator) -> Ink:
    of_digit = source.of_digit[digit]
    bitmap = of_digit[int(rng.integers(len(of_digit)))]
    rows, columns = np.flatnonzero(bitmap.max(axis=1)), np.flatnonzero(bitmap.max(axis=0))
    ink = bitmap[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    high = TALL * float(np.exp(rng.normal(0, manner.uneven)))
    if source.name in UNEVEN_FRAME:
        wide = high * (NARROW if digit == 1 else 0.66) * float(np.exp(rng.normal(0, 0.2)))
    else:
        wide = high * ink.shape[1] / ink.shape[0]
    wide = max(5.0, min(wide, 1.3 * high)) * manner.aspect
    return _sheared(_at_size(ink, wide, high), manner, rng)


def _at_size(ink: Ink, wide: float, high: float) -> Ink:
    """Enlarged smoothly, with room around it."""
    size = (max(4, round(wide)), max(8, round(high)))
    large = cv2.resize(
        cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0), size, interpolation=cv2.INTER_CUBIC
    )
    blur = high / max(ink.shape) * 0.45
    return np.asarray(cv2.GaussianBlur(large, (0, 0), max(0.4, blur)), np.uint8)


def _sheared(ink: Ink, manner: _Manner, rng: Generator) -> Ink:
    """Slanted and turned a little, its strokes hard-edged and as thick as the writer's pen makes them."""
    height, width = ink.shape
    pad = 4
    shear, angle = manner.shear + rng.normal(0, 0.05), rng.normal(0, 0.06)
    matrix = np.array([[np.cos(angle), -np.sin(angle) - shear, 0], [np.sin(angle), np.cos(angle), 0]])
    corners = matrix[:, :2] @ np.array([[0, width, 0, width], [0, 0, height, height]], np.float64)
    low, high = corners.min(axis=1) - pad, corners.max(axis=1) + pad
    matrix[:, 2] = -low
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    moved = cv2.warpAffine(ink, matrix, size, flags=cv2.INTER_LINEAR).astype(np.float32)
    if manner.thicken:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (abs(manner.thicken) + 1,) * 2)
        worked = cv2.dilate(moved, kernel) if manner.thicken > 0 else cv2.erode(moved, kernel)
        # A fine stroke may vanish when it is worn away: then it stays as it was.
        moved = worked if worked.max() > 150 else moved
    hard = np.clip((moved - 110) * manner.edge + 128, 0, 255).astype(np.uint8)
    rows, columns = np.flatnonzero(hard.max(axis=1)), np.flatnonzero(hard.max(axis=0))
    if not rows.size:
        return ink
    return np.asarray(hard[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], np.uint8)


def _mark(canvas: Ink, sign: str, x: float, base: float, rng: Generator) -> float:
    """Draw a sign that is no digit at ``x`` and return where the next begins."""
    thick = int(rng.integers(3, 8))
    wide = {".": 0.12, ",": 0.16, "-": 0.45, "=": 0.45, " ": 0.35}.get(sign, 0.5) * TALL * rng.uniform(0.7, 1.5)
    left, right = int(x + thick), int(x + thick + wide)

    def line(*points: tuple[float, float]) -> None:
        path = np.array(points) + rng.normal(0, 1.0, (len(points), 2))
        cv2.polylines(canvas, [path.astype(np.int32)], False, 255, thick, cv2.LINE_AA)

    raised = base - TALL * (rng.uniform(0.2, 0.5) if rng.random() < 0.15 else rng.uniform(-0.08, 0.1))
    middle = base - TALL * rng.uniform(0.3, 0.6)
    if sign == ".":
        line((left, raised), (left + rng.uniform(0, 4), raised + rng.uniform(0, 3)))
    elif sign == ",":
        line((left + 4, raised - 3), (left + 4, raised + 2), (left - 2, raised + TALL * rng.uniform(0.12, 0.3)))
    elif sign in "-=":
        line((left, middle), (right, middle + rng.normal(0, 3)))
        if sign == "=":
            line((left, middle + TALL * 0.22), (right, middle + TALL * 0.22))
    elif sign != " ":
        cv2.putText(canvas, sign, (left, int(base)), cv2.FONT_HERSHEY_SIMPLEX, TALL / 25, 255, thick, cv2.LINE_AA)
        right += int(0.2 * TALL)
    return right + thick + rng.uniform(0.02, 0.25) * TALL
