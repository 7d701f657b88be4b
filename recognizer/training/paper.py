"""Digits as serving sees them: written with other pens, photographed, cut out, and normalised the way serving does.

Handwriting comes from the data set's digits; pen, paper, lamp, camera and JPEG are drawn at random. Ink is then found
and normalised by ``vision``, by the very functions that serving uses, so training and serving can't drift apart.
"""

from __future__ import annotations

from functools import reduce

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.vision.components import Piece, label_pieces
from recognizer.vision.crops import crop_glyph
from recognizer.vision.ink import find_ink

WORK = 112
"""Strokes are redrawn on a field of 112×112: four times MNIST's, so that a hair line is still a pixel wide."""
SPECK = 0.04
"""Ink smaller than this share of the largest piece is dirt."""
DISC = {size: cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)) for size in range(1, 17)}

Picture = NDArray[np.uint8]


def degrade(pictures: Picture, labels: NDArray[np.integer], rng: np.random.Generator) -> Picture:
    """Pictures (n, 28, 28) of the given labels, each rewritten and photographed: uint8 (n, 28, 28)."""
    out = np.empty_like(pictures)
    for index, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        crop = photographed(_rewritten(picture, int(label), rng), rng)
        # A picture so faint that its ink is lost teaches nothing: it stays as it was.
        out[index] = crop if int(crop.max()) else picture
    return out


def _rewritten(picture: Picture, label: int, rng: np.random.Generator) -> Picture:
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
    """At times give a one its flag and foot and a seven its bar, which MNIST's American writers leave out."""
    if label not in (1, 7) or rng.random() > 0.35:
        return
    rows, columns = np.nonzero(line)
    if len(rows) < 10:
        return
    height = int(np.ptp(rows))
    if label == 7:
        row = int(rows.min() + height * rng.uniform(0.42, 0.6))
        near = columns[np.abs(rows - row) < 3]
        middle = int(near.mean()) if len(near) else int(columns.mean())
        half, tilt = int(height * rng.uniform(0.14, 0.26)), int(height * rng.uniform(-0.07, 0.07))
        cv2.line(line, (middle - half, row + tilt), (middle + half, row - tilt), 255, 1)
        return
    top = int(rows.argmin())
    flag = height * rng.uniform(0.2, 0.42)
    angle = np.deg2rad(rng.uniform(25, 60))
    end = (int(columns[top] - flag * np.cos(angle)), int(rows[top] + flag * np.sin(angle)))
    cv2.line(line, (int(columns[top]), int(rows[top])), end, 255, 1)
    if rng.random() < 0.3:
        foot, half = int(rows.argmax()), int(height * rng.uniform(0.12, 0.28))
        row, column = int(rows[foot]), int(columns[foot])
        cv2.line(line, (column - half, row), (column + half, row), 255, 1)


def photographed(ink: Picture, rng: np.random.Generator) -> Picture:
    """Ink (112, 112), white on black, laid on paper under a lamp, photographed, cut out and normalised to 28×28.

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
