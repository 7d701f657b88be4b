"""The two pictures that the benchmarks upload, drawn here so that anyone can run them."""

from __future__ import annotations

import io
import re
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

CANVAS_SCRIPT = Path(__file__).resolve().parent.parent / "static" / "js" / "strokes.js"
DIGIT = "5"
# The strokes of a five, as points in a unit square.
STROKES = (
    ((0.74, 0.14), (0.60, 0.13), (0.44, 0.15), (0.33, 0.15)),
    (
        *((0.33, 0.15), (0.31, 0.28), (0.29, 0.42), (0.42, 0.38), (0.57, 0.41), (0.68, 0.50), (0.72, 0.62)),
        *((0.68, 0.75), (0.57, 0.84), (0.43, 0.86), (0.31, 0.82), (0.25, 0.75)),
    ),
)
PAD_ASPECT, PEN = 4 / 3, 0.032  # of the page's canvas; the pen's width in parts of its height
PHOTO_SIZE = (4000, 3000)
ROTATED = 6  # EXIF: held upright, stored lying on its side, as phones do
EXIF_ORIENTATION = 0x0112


def canvas_png() -> bytes:
    """What the page's canvas sends: one digit that fills most of it, round pen, as an RGBA PNG."""
    height = _export_height()
    paper = np.full((height, round(PAD_ASPECT * height), 4), 255, np.uint8)
    origin = (round(0.32 * height), round(0.11 * height))
    _draw(paper, origin=origin, size=round(0.75 * height), width=round(PEN * height), ink=(17, 17, 17, 255))
    return _encoded(Image.fromarray(paper, "RGBA"), format="PNG")


def _export_height() -> int:
    """Pixels from top to bottom of what the canvas sends, as its script says."""
    found = re.search(r"PICTURE_HEIGHT = (\d+)", CANVAS_SCRIPT.read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1])


def phone_photo() -> bytes:
    """A 12 megapixel JPEG of some 3 MB: one digit on cream paper under a lamp, with a shadow and sensor noise."""
    width, height = PHOTO_SIZE[1], PHOTO_SIZE[0]
    paper = np.empty((height, width, 3), np.uint8)
    paper[:] = (226, 219, 203)
    _draw(paper, origin=(950, 1400), size=1100, width=46, ink=(52, 50, 66))
    lit = paper.astype(np.float32) * _light(height, width)[..., None]
    lit += _noise(height, width)
    picture = Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8)).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = ROTATED
    return _encoded(picture, format="JPEG", quality=93, exif=exif)


def _draw(paper: NDArray[np.uint8], *, origin: tuple[int, int], size: int, width: int, ink: tuple[int, ...]) -> None:
    for stroke in STROKES:
        points = np.array(origin) + size * _smoothed(np.array(stroke))
        cv2.polylines(
            paper, [points.astype(np.int32)], isClosed=False, color=ink, thickness=width, lineType=cv2.LINE_AA
        )


def _smoothed(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A hand's curve through about these points (n, 2): corners cut three times, as Chaikin (1974) does."""
    for _ in range(3):
        near, far = points[:-1], points[1:]
        cut = np.stack([0.75 * near + 0.25 * far, 0.25 * near + 0.75 * far], axis=1).reshape(-1, 2)
        points = np.concatenate([points[:1], cut, points[-1:]])
    return points


def _light(height: int, width: int) -> NDArray[np.float32]:
    """How much light each pixel gets, 0 to 1: a lamp at one corner, and the soft shadow of a hand."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    lamp = 1.02 - 0.38 * np.hypot(x / width - 0.15, y / height - 0.1)
    shadow = 1 / (1 + np.exp(-(x + 0.6 * y - 0.95 * width) / 90))
    return np.asarray(lamp * (1 - 0.32 * shadow), np.float32)


def _noise(height: int, width: int) -> NDArray[np.float32]:
    """Sensor noise, softened as a camera's own processing leaves it."""
    grain = np.random.default_rng(2).normal(0, 11, (height, width, 3)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(grain, (0, 0), 0.8), np.float32)


def _encoded(picture: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, **options)  # type: ignore[arg-type]
    return buffer.getvalue()
