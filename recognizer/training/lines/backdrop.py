"""Paper, lamp and camera: ink on a security pattern, over a ruled line, blurred, noisy, packed as JPEG.

Every function takes and gives a picture in float32 (height, width), 0 black to 255 white.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
Generator = np.random.Generator

PATTERNED = 0.55
RULED = 0.38
LIGHT_ON_DARK = 0.06


def photograph(ink: NDArray[np.uint8], rng: Generator, strain: float = 1.0) -> NDArray[np.uint8]:
    """Ink (height, width), 255 where the pen went, as a grey picture of it on some paper under some lamp.

    ``strain``, 0 to 1, is how hard paper and camera make it: 1 to learn from, less to resemble life.
    """
    height, width = ink.shape
    contrast = float(np.clip(rng.normal(0.62, 0.22 * strain), 0.5 - 0.3 * strain, 0.97))
    paper = _paper(height, width, contrast * strain, rng)
    cover = ink.astype(np.float32) / 255 * _opacity(height, width, rng)
    picture = np.asarray(paper * (1 - contrast * cover), np.float32)
    if rng.random() < RULED:
        picture = _ruled(picture, contrast, rng)
    picture = picture * _light(height, width, rng)
    if rng.random() < LIGHT_ON_DARK:
        picture = np.float32(255) - picture
    return _camera(picture, rng, strain)


def _paper(height: int, width: int, contrast: float, rng: Generator) -> Picture:
    paper = np.full((height, width), rng.uniform(120, 252), np.float32)
    if rng.random() < PATTERNED:
        kinds = (_waves, _waves, _hatching, _rings, _grain, _dots)
        for _ in range(1 + (rng.random() < 0.25)):
            pattern = kinds[int(rng.integers(len(kinds)))](height, width, rng)
            paper *= 1 - pattern * np.float32(rng.uniform(0.03, 0.28) * min(1.0, 1.4 * contrast))
    return paper


def _grid(height: int, width: int) -> tuple[Picture, Picture]:
    rows, columns = np.mgrid[0:height, 0:width]
    return rows.astype(np.float32), columns.astype(np.float32)


def _lines_of(phase: NDArray[np.floating], rng: Generator) -> Picture:
    """Dark lines where a phase passes whole numbers, thin or broad."""
    return np.asarray((0.5 + 0.5 * np.cos(2 * np.pi * phase)) ** rng.uniform(1, 8), np.float32)


def _waves(height: int, width: int, rng: Generator) -> Picture:
    """Parallel waves, as on cheques; level, slanted or steep."""
    rows, columns = _grid(height, width)
    period, angle = rng.uniform(3.0, 12.0), rng.normal(0, 0.5)
    bend = rng.uniform(0, 5) * np.sin(columns / rng.uniform(8, 60) + rng.uniform(0, 6))
    return _lines_of(((rows * np.cos(angle) + columns * np.sin(angle)) + bend) / period, rng)


def _hatching(height: int, width: int, rng: Generator) -> Picture:
    """Two sets of lines that cross."""
    rows, columns = _grid(height, width)
    period, angle = rng.uniform(3.5, 12), rng.uniform(0.2, 1.4)
    one = _lines_of((rows * np.cos(angle) + columns * np.sin(angle)) / period, rng)
    other = _lines_of((rows * np.cos(angle) - columns * np.sin(angle)) / period, rng)
    return np.maximum(one, other)


def _rings(height: int, width: int, rng: Generator) -> Picture:
    """Arcs about a point outside, or crossing such arcs: guilloches."""
    rows, columns = _grid(height, width)
    total = np.zeros((height, width), np.float32)
    period = rng.uniform(4, 11)
    for _ in range(int(rng.integers(1, 3))):
        away = np.hypot(rows - rng.uniform(-3, 4) * height, columns - rng.uniform(-0.5, 1.5) * width)
        total = np.maximum(total, _lines_of(away / period, rng))
    return total


def _grain(height: int, width: int, rng: Generator) -> Picture:
    """Blotches of any size."""
    size = float(rng.uniform(0.8, 4))
    noise = cv2.GaussianBlur(rng.standard_normal((height, width), np.float32), (0, 0), size) * size * 2
    return np.asarray(np.clip(0.5 + 0.5 * noise, 0, 1), np.float32)


def _dots(height: int, width: int, rng: Generator) -> Picture:
    """A raster of dots, squared paper when it is coarse."""
    rows, columns = _grid(height, width)
    period = rng.uniform(3, 14)
    one, other = _lines_of(rows / period, rng), _lines_of((columns + rows * rng.normal(0, 0.1)) / period, rng)
    return np.maximum(one, other) if rng.random() < 0.5 else one * other


def _opacity(height: int, width: int, rng: Generator) -> Picture:
    """How well the pen covers: evenly, or in patches as a dry one does."""
    if rng.random() < 0.7:
        return np.ones((height, width), np.float32)
    return np.asarray(np.clip(1.15 - 0.6 * _grain(height, width, rng), 0.2, 1), np.float32)


def _ruled(picture: Picture, contrast: float, rng: Generator) -> Picture:
    """One to three lines across or down, as strong as the pen or fainter."""
    height, width = picture.shape
    over = np.zeros((height, width), np.uint8)
    for _ in range(int(rng.integers(1, 4))):
        thick = int(rng.choice([1, 1, 2, 3]))
        if rng.random() < 0.75:
            y = int(
                rng.choice([rng.normal(0.85, 0.08), rng.normal(0.12, 0.08), rng.uniform(0, 1)], p=[0.6, 0.2, 0.2])
                * height
            )
            cv2.line(over, (0, y), (width, y + int(rng.normal(0, 0.02) * width)), 255, thick, cv2.LINE_AA)
        else:
            x = int(
                rng.choice([rng.uniform(0, 0.06), rng.uniform(0.94, 1), rng.uniform(0, 1)], p=[0.4, 0.4, 0.2]) * width
            )
            cv2.line(over, (x, 0), (x + int(rng.normal(0, 2)), height), 255, thick, cv2.LINE_AA)
    strength = contrast * rng.uniform(0.3, 1.0)
    return np.asarray(picture * (1 - strength * over.astype(np.float32) / 255), np.float32)


def _light(height: int, width: int, rng: Generator) -> Picture:
    """A slope of light, at times the edge of a shadow."""
    rows, columns = (
        np.linspace(-1, 1, height, dtype=np.float32)[:, None],
        np.linspace(-1, 1, width, dtype=np.float32)[None],
    )
    light = 1 + rng.normal(0, 0.08) * rows + rng.normal(0, 0.12) * columns
    if rng.random() < 0.1:
        edge = (columns * rng.normal(0, 1) + rows * rng.normal(0, 1) - rng.uniform(-0.7, 0.7)) / rng.uniform(0.02, 0.5)
        light = light * (1 - rng.uniform(0.1, 0.5) / (1 + np.exp(-np.clip(edge, -30, 30))))
    return np.asarray(np.clip(light, 0.3, 1.3), np.float32)


def _camera(picture: Picture, rng: Generator, strain: float) -> NDArray[np.uint8]:
    if rng.random() < 0.6:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.3, 0.3 + strain))), np.float32)
    noise = abs(float(rng.normal(0, 6 * strain)))
    if noise > 1:
        picture = picture + rng.standard_normal(picture.shape, np.float32) * noise
    flat = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        _, packed = cv2.imencode(".jpg", flat, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))])
        flat = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    return flat
