"""Pictures of no digit, normalised like digits: what the network's eleventh answer, "no digit", is for."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.training.hands import Hand
from recognizer.training.letter_shapes import NAMES, draw_shape
from recognizer.training.letters import draw_letters
from recognizer.training.paper import DISC, WORK, photographed, skeleton
from recognizer.vision.normalise import normalise_ink

MIRRORED, TURNED = (3, 4, 7), (2, 3, 4, 5)
"""Digits that are no digit any more when mirrored, or turned by a quarter."""

Picture = NDArray[np.uint8]
Generator = np.random.Generator


def negatives(count: int, pictures: Picture, labels: NDArray[np.integer], rng: Generator) -> Picture:
    """``count`` pictures of no digit, uint8 (count, 28, 28); some are made of the given digits."""
    drawn = (_scribble, _blob, _strokes, _texture, _rings, *[_letter] * 3, *[_written] * 6)
    out = np.zeros((count, 28, 28), np.uint8)
    for index in range(count):
        while not out[index].any():
            # Life's "no digit" is mostly letters, and digits cut or joined wrongly.
            if rng.random() < 0.35:
                ink = _of_digits(pictures, labels, rng)
            else:
                ink = drawn[int(rng.integers(len(drawn)))](rng)
            out[index] = photographed(ink, rng) if rng.random() < 0.6 else normalise_ink(ink)
    return out


def _field() -> Picture:
    return np.zeros((WORK, WORK), np.uint8)


def _width(rng: Generator) -> int:
    return int(rng.integers(2, 12))


def _scribble(rng: Generator) -> Picture:
    """One long line that wanders back and forth."""
    knots = rng.uniform(12, WORK - 12, (int(rng.integers(7, 22)), 2)).astype(np.float32)
    steps = np.linspace(0, len(knots) - 1, 200)
    path = np.stack([np.interp(steps, np.arange(len(knots)), knots[:, axis]) for axis in (0, 1)], 1)
    smooth = cv2.GaussianBlur(path.astype(np.float32), (1, 0), sigmaX=0.1, sigmaY=float(rng.uniform(1, 6)))
    field = _field()
    cv2.polylines(field, [smooth.astype(np.int32)], False, 255, int(rng.integers(2, 8)))
    return field


def _blob(rng: Generator) -> Picture:
    """A filled spot: no stroke at all."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(5, 14))))
    radii = rng.uniform(15, 50, len(angles)) if rng.random() < 0.6 else np.full(len(angles), rng.uniform(20, 50))
    points = np.stack([np.cos(angles) * radii * rng.uniform(0.75, 1), np.sin(angles) * radii], 1) + WORK / 2
    field = _field()
    cv2.fillPoly(field, [points.astype(np.int32)], 255)
    return field


def _strokes(rng: Generator) -> Picture:
    """Crossing straight strokes, a dash, dots: fragments that mean nothing."""
    field, width = _field(), _width(rng)
    kind = rng.random()
    if kind < 0.25:
        row, tilt = WORK // 2, int(rng.integers(-14, 15))
        cv2.line(field, (12, row - tilt), (WORK - 12, row + tilt), 255, width)
    elif kind < 0.4:
        for _ in range(int(rng.integers(2, 6))):
            centre = rng.integers(12, WORK - 12, 2)
            cv2.circle(field, (int(centre[0]), int(centre[1])), int(rng.integers(2, 10)), 255, -1)
    else:
        for _ in range(int(rng.integers(3, 7))):
            ends = rng.integers(8, WORK - 8, 4).tolist()
            cv2.line(field, (ends[0], ends[1]), (ends[2], ends[3]), 255, width)
    return field


def _letter(rng: Generator) -> Picture:
    return draw_letters(WORK, _width(rng), rng)


def _written(rng: Generator) -> Picture:
    """A letter, sign or doodle by a hand as it writes digits."""
    ink = draw_shape(NAMES[int(rng.integers(len(NAMES)))], Hand.sample(rng), WORK, rng)
    field, (height, width) = _field(), (min(side, WORK) for side in ink.shape)
    top, left = (WORK - height) // 2, (WORK - width) // 2
    field[top : top + height, left : left + width] = ink[:height, :width]
    return field


def _texture(rng: Generator) -> Picture:
    """Grain, stripes or squares that fill the frame, as cloth, wood or squared paper do."""
    if rng.random() < 0.5:
        grain = cv2.GaussianBlur(rng.standard_normal((WORK, WORK)), (0, 0), float(rng.uniform(1.5, 7)))
        return np.where(grain > np.quantile(grain, rng.uniform(0.5, 0.85)), 255, 0).astype(np.uint8)
    field, step, width = _field(), int(rng.integers(9, 34)), int(rng.integers(1, 6))
    for at in range(int(rng.integers(4, 12)), WORK, step):
        cv2.line(field, (at, 0), (at, WORK), 255, width)
        if step % 2:
            cv2.line(field, (0, at), (WORK, at), 255, width)
    turn = cv2.getRotationMatrix2D((WORK / 2, WORK / 2), float(rng.uniform(0, 90)), 1.0)
    return np.asarray(cv2.warpAffine(field, turn, (WORK, WORK)), np.uint8)


def _rings(rng: Generator) -> Picture:
    """Rings within rings, or a ring struck out: closed, but no zero."""
    field, width = _field(), int(rng.integers(2, 7))
    radius = int(rng.integers(32, 50))
    squeeze = float(rng.uniform(0.6, 1.0))
    centre = (WORK // 2, WORK // 2)
    cv2.ellipse(field, centre, (int(radius * squeeze), radius), 0, 0, 360, 255, width)
    if rng.random() < 0.5:
        cv2.ellipse(field, centre, (int(radius * squeeze * 0.5), radius // 2), 0, 0, 360, 255, width)
    else:
        cv2.line(field, (8, 56), (WORK - 8, 56), 255, width)
        cv2.line(field, (56, 8), (56, WORK - 8), 255, width)
    return field


def _of_digits(pictures: Picture, labels: NDArray[np.integer], rng: Generator) -> Picture:
    """Two digits in one crop, a digit mirrored or turned, or a piece of one."""
    makers: tuple[Callable[[Picture, NDArray[np.integer], Generator], Picture], ...] = (
        _pair,
        _pair,
        _between,
        _turned,
        _crossed,
    )
    return makers[int(rng.integers(len(makers)))](pictures, labels, rng)


def _large(picture: Picture, rng: Generator) -> Picture:
    big = np.asarray(cv2.resize(picture, (WORK, WORK), interpolation=cv2.INTER_CUBIC), np.uint8)
    if rng.random() < 0.5:
        return np.where(big > 110, 255, 0).astype(np.uint8)
    return np.asarray(cv2.dilate(skeleton(np.where(big > 110, 255, 0).astype(np.uint8)), DISC[_width(rng)]), np.uint8)


def _pair(pictures: Picture, labels: NDArray[np.integer], rng: Generator) -> Picture:
    """Two neighbours, or three, that were not cut apart."""
    return np.asarray(cv2.resize(_row(pictures, 2 + int(rng.random() < 0.25), rng), None, fx=0.5, fy=0.5), np.uint8)


def _between(pictures: Picture, labels: NDArray[np.integer], rng: Generator) -> Picture:
    """The end of one digit and the beginning of the next, cut in the wrong place."""
    row = _row(pictures, 2, rng)
    middle = row.shape[1] // 2 + int(rng.integers(-6, 7))
    half = int(rng.integers(24, 36))
    return np.ascontiguousarray(row[:, middle - half : middle + half])


def _row(pictures: Picture, count: int, rng: Generator) -> Picture:
    """Digits side by side, close or touching: (112, about 70 for each)."""
    apart = int(rng.integers(56, 80))
    field = np.zeros((WORK, WORK + (count - 1) * apart), np.uint8)
    for at in range(count):
        window = field[:, at * apart : at * apart + WORK]
        np.maximum(window, _large(pictures[int(rng.integers(len(pictures)))], rng), out=window)
    return field


def _turned(pictures: Picture, labels: NDArray[np.integer], rng: Generator) -> Picture:
    quarter = bool(rng.random() < 0.5)
    fit = np.flatnonzero(np.isin(labels, TURNED if quarter else MIRRORED))
    if not len(fit):
        return _scribble(rng)
    big = _large(pictures[int(fit[int(rng.integers(len(fit)))])], rng)
    return np.ascontiguousarray(np.rot90(big, 1 if rng.random() < 0.5 else 3) if quarter else big[:, ::-1])


def _crossed(pictures: Picture, labels: NDArray[np.integer], rng: Generator) -> Picture:
    """A digit struck out: its writer meant it not to count."""
    big, width = _large(pictures[int(rng.integers(len(pictures)))], rng), int(rng.integers(4, 10))
    for _ in range(int(rng.integers(3, 6))):
        ends = rng.integers(0, WORK, 2).tolist()
        cv2.line(big, (4, ends[0]), (WORK - 4, ends[1]), 255, width)
    return big
