"""Digits as serving sees them: written with other pens, photographed, cut out, and normalised the way serving does.

Handwriting comes from the data set's digits; pen, paper, lamp, camera and JPEG are drawn at random. Ink is then found
and normalised by ``vision``, by the very functions that serving uses, so training and serving can't drift apart.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.training.damage import cluttered, worn
from recognizer.vision.components import Piece, label_pieces
from recognizer.vision.crops import crop_glyph
from recognizer.vision.ink import find_ink
from recognizer.vision.normalise import normalise_ink

WORK = 112
"""Strokes are redrawn on a field of 112×112: four times MNIST's, so that a hair line is still a pixel wide."""
SPECK = 0.04
"""Ink smaller than this share of the largest piece is dirt."""
CLUTTERED, WORN = 0.2, 0.08
"""Shares of digits with something beside them, and with gaps or grain in their strokes."""
STEEP = 0.1
"""Share of digits that lean to the right by up to 40°, as the pointed pens of old registers made them."""
LIKE = 0.4
"""Cosine between a digit's own ink and its crop under which the crop shows something else."""
DISC = {size: cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)) for size in range(1, 17)}

Picture = NDArray[np.uint8]


def degrade(pictures: Picture, labels: NDArray[np.integer], rng: np.random.Generator) -> Picture:
    """Pictures (n, 28, 28) of the given labels, each rewritten and photographed: uint8 (n, 28, 28)."""
    out = np.empty_like(pictures)
    for index, (picture, label) in enumerate(zip(pictures, labels, strict=True)):

        def neighbour() -> Picture:
            other = int(rng.integers(len(pictures)))
            return rewritten(pictures[other], int(labels[other]), rng)

        ink, shown = lived_in(rewritten(picture, int(label), rng), neighbour, rng)
        out[index] = true_to(ink, photographed(shown, rng))
    return out


def lived_in(ink: Picture, neighbour: Callable[[], Picture], rng: np.random.Generator) -> tuple[Picture, Picture]:
    """A digit's ink, at times with something beside it, and the same as it is shown: at times worn."""
    if rng.random() < CLUTTERED:
        ink = cluttered(ink, neighbour(), rng)
    return ink, worn(ink, rng) if rng.random() < WORN else ink


def true_to(ink: Picture, crop: Picture) -> Picture:
    """The crop, or where ink was lost or paper taken for it, the ink itself, normalised.

    What a person could not read teaches nothing; and a picture must not be called what it no longer shows.
    """
    clean = normalise_ink(ink)
    a, b = clean.astype(np.float32).ravel(), crop.astype(np.float32).ravel()
    return crop if float(a @ b) >= LIKE * float(np.sqrt((a @ a) * (b @ b)) + 1.0) else clean


def rewritten(picture: Picture, label: int, rng: np.random.Generator) -> Picture:
    """The digit on a field of 112×112, slanted and stretched, with strokes as another pen leaves them."""
    large = _slanted(picture, rng)
    pen = rng.random()
    if pen < 0.25:
        # The pen that wrote it, its edge made as hard as that of ink.
        edge = float(rng.uniform(70, 150))
        return np.asarray(np.clip((large.astype(np.float32) - edge) * rng.uniform(2, 8) + 128, 0, 255), np.uint8)
    mask = np.where(large > 110, 255, 0).astype(np.uint8)
    line = skeleton(mask)
    width = int(rng.integers(2, 9)) if pen < 0.8 else int(rng.integers(9, 17))
    _european(line, label, rng)
    return np.asarray(cv2.dilate(line, DISC[width]), np.uint8)


def _slanted(picture: Picture, rng: np.random.Generator) -> Picture:
    angle, shear = np.deg2rad(rng.uniform(-12, 12)), rng.uniform(-0.25, 0.25)
    if rng.random() < STEEP:
        shear = -rng.uniform(0.25, 0.8)
    wide, high = 3.4 * np.exp(rng.uniform(-0.25, 0.12)), 3.4 * np.exp(rng.uniform(-0.12, 0.12))
    matrix = np.array(
        [[wide * np.cos(angle), -high * np.sin(angle) + shear * high], [wide * np.sin(angle), high * np.cos(angle)]]
    )
    shift = WORK / 2 - matrix @ np.array([13.5, 13.5])
    moved = cv2.warpAffine(picture, np.column_stack([matrix, shift]), (WORK, WORK), flags=cv2.INTER_CUBIC)
    return np.asarray(moved, np.uint8)


def skeleton(mask: Picture) -> Picture:
    """The middle line of strokes, by morphology (Lantuéjoul 1978): what each opening loses as the mask is worn away."""
    line, left = np.zeros_like(mask), mask
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    while cv2.countNonZero(left):
        worn = cv2.erode(left, cross)
        line |= cv2.subtract(left, cv2.dilate(worn, cross))
        left = worn
    # The method leaves gaps of a pixel or two; a closing mends them.
    return np.asarray(cv2.morphologyEx(line, cv2.MORPH_CLOSE, DISC[5]), np.uint8)


def _european(line: Picture, label: int, rng: np.random.Generator) -> None:
    """At times give a one its upstroke and foot, a seven its bar and serif, which Americans, so MNIST, leave out."""
    if label not in (1, 7) or rng.random() > 0.45:
        return
    rows, columns = np.nonzero(line)
    if len(rows) < 10:
        return
    if label == 7:
        _bar_and_serif(line, rows, columns, rng)
    else:
        _upstroke_and_foot(line, rows, columns, rng)


def _bar_and_serif(line: Picture, rows: NDArray[np.intp], columns: NDArray[np.intp], rng: np.random.Generator) -> None:
    height = int(np.ptp(rows))
    if rng.random() < 0.8:
        row = int(rows.min() + height * rng.uniform(0.42, 0.62))
        near = columns[np.abs(rows - row) < 3]
        middle = int(near.mean()) if len(near) else int(columns.mean())
        half, tilt = int(height * rng.uniform(0.14, 0.3)), int(height * rng.uniform(-0.09, 0.09))
        cv2.line(line, (middle - half, row + tilt), (middle + half, row - tilt), 255, 1)
    if rng.random() < 0.4:
        upper = rows < rows.min() + 0.3 * height
        start = int(columns[upper].argmin())
        x, y = int(columns[upper][start]), int(rows[upper][start])
        end = (x - int(rng.integers(-4, 8)), y + int(height * rng.uniform(0.1, 0.25)))
        cv2.line(line, (x, y), end, 255, 1)


def _upstroke_and_foot(
    line: Picture, rows: NDArray[np.intp], columns: NDArray[np.intp], rng: np.random.Generator
) -> None:
    """The upstroke may be as long as the stem, as in Central Europe, but is steep where it is long: no seven's top."""
    height, top = int(np.ptp(rows)), int(rows.argmin())
    long = rng.random() < 0.4
    flag = height * (rng.uniform(0.42, 0.85) if long else rng.uniform(0.2, 0.42))
    angle = np.deg2rad(rng.uniform(40, 68) if long else rng.uniform(25, 60))
    end = (int(columns[top] - flag * np.cos(angle)), int(rows[top] + flag * np.sin(angle)))
    cv2.line(line, (int(columns[top]), int(rows[top])), end, 255, 1)
    if rng.random() < 0.3:
        foot = int(rows.argmax())
        half = int(height * (rng.uniform(0.28, 0.6) if rng.random() < 0.3 else rng.uniform(0.12, 0.28)))
        row, column = int(rows[foot]), int(columns[foot])
        cv2.line(line, (column - half, row), (column + half, row), 255, 1)


def photographed(ink: Picture, rng: np.random.Generator) -> Picture:
    """Square ink, white on black, laid on paper under a lamp, photographed, cut out and normalised to 28×28.

    Black (28, 28) where nothing of the ink is left.
    """
    side = int(np.exp(rng.uniform(np.log(28), np.log(WORK + 1))))
    paper = float(rng.uniform(120, 250))
    depth = paper * rng.uniform(0.25, 0.95)
    small = cv2.resize(ink, (side, side), interpolation=cv2.INTER_AREA)
    light = rng.uniform(-0.25, 0.25, 2)
    ramp = np.linspace(-0.5, 0.5, side)
    lamp = 1 + light[0] * ramp[:, None] + light[1] * ramp[None, :]
    photo = (paper - depth * (small / 255.0)) * lamp
    if rng.random() < 0.6:
        photo = cv2.GaussianBlur(photo, (0, 0), float(rng.uniform(0.3, 0.3 + side / 70)))
    if rng.random() < 0.7:
        photo += rng.uniform(1, 0.06 * depth + 1.5) * rng.standard_normal(photo.shape)
    grey = np.clip(photo, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        quality = int(rng.integers(30, 95))
        grey = cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)
    return _cut_out(np.asarray(grey, np.uint8))


def _cut_out(grey: Picture) -> Picture:
    """The crop that the reader would make of a picture of one digit; specks beside it are left out."""
    ink = find_ink(grey)
    labels, pieces = label_pieces(ink.mask)
    if not pieces:
        return np.zeros((28, 28), np.uint8)
    own = [piece for piece in pieces if piece.area >= SPECK * pieces[0].area]
    return crop_glyph(reduce(Piece.union, own), ink, labels)
