"""What stands beside a digit on real paper, and what wears its strokes: neighbours' pieces, rules, dots, gaps.

Taken from what was misread on pictures of forms and registers: a frame's line at one side, the end of a neighbour's
stroke, the dot after a number. None of it makes the digit another one, so its label stays.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Generator = np.random.Generator

MARGIN = 24
"""Pixels added at each side, in which clutter may stand beside a digit of up to 112."""


def cluttered(ink: Picture, neighbour: Picture, rng: Generator) -> Picture:
    """A copy of ink, white on black, with something beside it; square, 24 pixels wider at each side.

    ``neighbour`` is another digit's ink, of which a piece may be seen.
    """
    field = np.pad(ink, MARGIN)
    kind = rng.random()
    if kind < 0.4:
        _neighbour(field, neighbour, rng)
    elif kind < 0.75:
        _rule(field, rng)
    else:
        _dot(field, rng)
    return field


def worn(ink: Picture, rng: Generator) -> Picture:
    """A copy of ink whose strokes have gaps, or the grain of chalk and of a dry pen."""
    if rng.random() < 0.5:
        field = ink.copy()
        for _ in range(int(rng.integers(1, 3))):
            ends = rng.integers(0, len(ink), 4).tolist()
            cv2.line(field, (ends[0], ends[1]), (ends[2], ends[3]), 0, int(rng.integers(2, 6)))
        return field
    grain = cv2.GaussianBlur(rng.standard_normal(ink.shape), (0, 0), float(rng.uniform(1.0, 3.0)))
    return np.where(grain > np.quantile(grain, rng.uniform(0.1, 0.3)), ink, 0).astype(np.uint8)


def _bounds(field: Picture) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the ink."""
    x, y, width, height = cv2.boundingRect(field)
    return x, y, x + width, y + height


def _neighbour(field: Picture, neighbour: Picture, rng: Generator) -> None:
    """The near end of a neighbour's strokes: at most a third of it, so that nobody would read it."""
    left, _, right, _ = _bounds(field)
    near, _, far, _ = _bounds(neighbour)
    wide = max(3, int((far - near) * rng.uniform(0.1, 0.33)))
    on_right = bool(rng.random() < 0.5)
    piece = neighbour[:, near : near + wide] if on_right else neighbour[:, max(far - wide, 0) : far]
    at = right + int(rng.integers(-4, 9)) if on_right else left - wide - int(rng.integers(-4, 9))
    top = MARGIN + int(rng.integers(-16, 17))
    at = min(max(at, 0), field.shape[1] - piece.shape[1])
    window = field[top : top + piece.shape[0], at : at + piece.shape[1]]
    np.maximum(window, piece, out=window)


def _rule(field: Picture, rng: Generator) -> None:
    """A ruled line beside, under or above: longer than the digit, so that it is no digit itself."""
    left, top, right, bottom = _bounds(field)
    over, width = int(rng.integers(6, MARGIN)), int(rng.integers(1, 7))
    tilt = int(rng.integers(-4, 5))
    if rng.random() < 0.6:
        x = left - int(rng.integers(-5, 12)) if rng.random() < 0.5 else right + int(rng.integers(-5, 12))
        cv2.line(field, (x - tilt, top - over), (x + tilt, bottom + over), 255, width)
    else:
        y = top - int(rng.integers(-3, 10)) if rng.random() < 0.3 else bottom + int(rng.integers(-6, 10))
        cv2.line(field, (left - over, y - tilt), (right + over, y + tilt), 255, width)


def _dot(field: Picture, rng: Generator) -> None:
    """The dot or comma after a number, at its foot."""
    _, _, right, bottom = _bounds(field)
    x, y = right + int(rng.integers(0, 12)), bottom - int(rng.integers(-6, 10))
    radius = int(rng.integers(3, 8))
    cv2.circle(field, (x, y), radius, 255, -1)
    if rng.random() < 0.4:
        cv2.line(field, (x, y), (x - int(rng.integers(2, 9)), y + 2 * radius), 255, max(2, radius - 1))
