"""Vary digits as hands, pens and pictures do: geometry, stroke thickness, contrast, noise, blur, JPEG.

All on whole batches: pictures are laid into one tall mosaic, so that a batch costs a few calls of OpenCV
rather than one for each picture (50,000 pictures in about two seconds on one core).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 28
MARGIN = 6
TILE = SIDE + 2 * MARGIN
CHUNK = 512
"""Tiles in a mosaic: OpenCV's remap takes at most 32,767 rows, and a mosaic of this size stays in the cache."""
KNOTS = 6
"""Elastic displacements are drawn on a grid of 6×6 and smoothed up to 28×28: strokes bend, they don't fray."""

Pictures = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Strength:
    """How far to go; angles in degrees, lengths in pixels of 28, ``pixels`` the chance of each change of grey levels.

    The geometry is what validation liked among the sizes usual for MNIST (Simard, Steinkraus and Platt, "Best
    practices for convolutional neural networks applied to visual document analysis", ICDAR 2003).
    """

    rotation: float = 11.0
    scale: float = 0.11
    shear: float = 0.12
    shift: float = 1.7
    elastic: float = 0.9
    pixels: float = 0.12

    def times(self, factor: float) -> Strength:
        """The same, weaker or stronger."""
        return Strength(
            self.rotation * factor,
            self.scale * factor,
            self.shear * factor,
            self.shift * factor,
            self.elastic * factor,
            self.pixels * factor,
        )


def augment(pictures: Pictures, rng: np.random.Generator, strength: Strength) -> Pictures:
    """A varied copy of pictures, uint8 of shape (n, 28, 28)."""
    varied = [
        _pixels(_warp(pictures[at : at + CHUNK], rng, strength), rng, strength) for at in range(0, len(pictures), CHUNK)
    ]
    return np.concatenate(varied) if varied else pictures.copy()


def _spline() -> NDArray[np.float32]:
    """Weights (28, KNOTS) that smooth a grid of knots up to pixels; each row adds up to 1."""
    at = np.linspace(0, KNOTS - 1, SIDE)[:, None] - np.arange(KNOTS)[None, :]
    weights = np.exp(-0.5 * (at / 0.7) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


SPLINE = _spline()
CENTRE = (SIDE - 1) / 2
OFFSETS = np.arange(SIDE, dtype=np.float32) - CENTRE


def _warp(pictures: Pictures, rng: np.random.Generator, strength: Strength) -> Pictures:
    count = len(pictures)
    x_from, y_from = _affine(count, rng, strength)
    bend = rng.normal(0, strength.elastic, (2, count, KNOTS, KNOTS)).astype(np.float32)
    bend = np.asarray(SPLINE @ bend @ SPLINE.T, np.float32)
    # Clipped to its own tile, whose margin is black: no picture sees its neighbour.
    x_map = np.clip(x_from + bend[0] + CENTRE + MARGIN, 0, TILE - 1)
    y_map = np.clip(y_from + bend[1] + CENTRE + MARGIN, 0, TILE - 1)
    y_map += (np.arange(count, dtype=np.float32) * TILE)[:, None, None]
    mosaic = np.zeros((count, TILE, TILE), np.uint8)
    mosaic[:, MARGIN:-MARGIN, MARGIN:-MARGIN] = pictures
    warped = cv2.remap(
        mosaic.reshape(count * TILE, TILE),
        x_map.reshape(count * SIDE, SIDE),
        y_map.reshape(count * SIDE, SIDE),
        cv2.INTER_LINEAR,
    )
    return np.asarray(warped, np.uint8).reshape(count, SIDE, SIDE)


def _affine(
    count: int, rng: np.random.Generator, strength: Strength
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For each pixel of each picture, the point (x, y) around the centre that it is taken from."""
    angle = np.deg2rad(rng.uniform(-strength.rotation, strength.rotation, count))
    shear = rng.uniform(-strength.shear, strength.shear, count)
    wide, high = np.exp(rng.uniform(-strength.scale, strength.scale, (2, count)))
    shift = rng.uniform(-strength.shift, strength.shift, (2, count))
    cos, sin = np.cos(angle), np.sin(angle)

    def along(of_x: NDArray[np.float64], of_y: NDArray[np.float64], by: NDArray[np.float64]) -> NDArray[np.float32]:
        x, y = OFFSETS[None, None, :], OFFSETS[None, :, None]
        return (of_x[:, None, None] * x + of_y[:, None, None] * y + by[:, None, None]).astype(np.float32)

    from_x = along(cos / wide, (shear * cos - sin) / wide, shift[0])
    return from_x, along(sin / high, (shear * sin + cos) / high, shift[1])


def _pixels(pictures: Pictures, rng: np.random.Generator, strength: Strength) -> Pictures:
    """Each change of grey levels for a random share of the pictures, in the order in which they happen to paper."""
    for change in (_thickness, _contrast, _noise, _blur, _jpeg):
        chosen = rng.random(len(pictures)) < strength.pixels
        if chosen.any():
            pictures[chosen] = change(pictures[chosen], rng)
    return pictures


def _on_mosaic(pictures: Pictures, change: Callable[[Pictures], Pictures]) -> Pictures:
    """Apply a change of the whole picture to all at once, two black pixels between neighbours."""
    padded = np.pad(pictures, ((0, 0), (2, 2), (2, 2)))
    changed = change(padded.reshape(-1, padded.shape[2]))
    return changed.reshape(padded.shape)[:, 2:-2, 2:-2]


def _thickness(pictures: Pictures, rng: np.random.Generator) -> Pictures:
    """A part of the way towards strokes one pixel thicker or thinner."""
    kernel = np.ones((2, 2), np.uint8)
    thicker = bool(rng.random() < 0.5)
    operation = cv2.dilate if thicker else cv2.erode
    extreme = _on_mosaic(pictures, lambda mosaic: np.asarray(operation(mosaic, kernel), np.uint8))
    share = rng.uniform(0.2, 0.9 if thicker else 0.6, (len(pictures), 1, 1))
    return (pictures + share * (extreme.astype(np.float32) - pictures)).astype(np.uint8)


def _contrast(pictures: Pictures, rng: np.random.Generator) -> Pictures:
    """Fainter ink, and a softer or harder edge of the stroke."""
    gain = rng.uniform(0.6, 1.0, (len(pictures), 1, 1))
    gamma = np.exp(rng.uniform(-0.6, 0.6, (len(pictures), 1, 1)))
    return (255.0 * gain * (pictures / 255.0) ** gamma).astype(np.uint8)


def _noise(pictures: Pictures, rng: np.random.Generator) -> Pictures:
    spread = rng.uniform(3.0, 20.0, (len(pictures), 1, 1))
    return np.clip(pictures + spread * rng.standard_normal(pictures.shape), 0, 255).astype(np.uint8)


def _blur(pictures: Pictures, rng: np.random.Generator) -> Pictures:
    sigma = float(rng.uniform(0.4, 0.9))
    return _on_mosaic(pictures, lambda mosaic: np.asarray(cv2.GaussianBlur(mosaic, (5, 5), sigma), np.uint8))


def _jpeg(pictures: Pictures, rng: np.random.Generator) -> Pictures:
    quality = int(rng.integers(25, 90))

    def through(mosaic: Pictures) -> Pictures:
        _, encoded = cv2.imencode(".jpg", mosaic, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)

    return _on_mosaic(pictures, through)
