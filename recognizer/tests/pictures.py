"""Pictures drawn in code, for tests: digits as strokes of a pen, on paper of any kind.

No test needs a file or a data set: ``page("4 7")`` is a picture, ``as_png(page("4 7"))`` an upload.
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recognizer.vision.normalise import normalise_ink

Picture = NDArray[np.uint8]
"""Grey (height, width), colour (height, width, 3) or colour with transparency (height, width, 4)."""

Point = tuple[float, float]
Stroke = Sequence[Point]


def _arc(x: float, y: float, across: float, down: float, start: float, end: float) -> list[Point]:
    """Points on an ellipse around (x, y), angles in degrees, clockwise from the right."""
    angles = [math.radians(start + (end - start) * step / 24) for step in range(25)]
    return [(x + across * math.cos(angle), y + down * math.sin(angle)) for angle in angles]


STROKES: dict[str, list[Stroke]] = {
    "0": [_arc(0.3, 0.5, 0.3, 0.5, -90, 270)],
    "1": [[(0.12, 0.22), (0.32, 0.0), (0.32, 1.0)]],
    "2": [[*_arc(0.3, 0.28, 0.28, 0.28, -160, 40), (0.0, 1.0), (0.62, 1.0)]],
    "3": [[*_arc(0.28, 0.25, 0.27, 0.25, -150, 90), *_arc(0.28, 0.73, 0.31, 0.27, -90, 150)]],
    "4": [[(0.4, 0.0), (0.0, 0.65), (0.65, 0.65)], [(0.46, 0.35), (0.46, 1.0)]],
    "5": [[(0.58, 0.0), (0.1, 0.0), (0.06, 0.45), *_arc(0.27, 0.68, 0.32, 0.32, -110, 140)]],
    "6": [[(0.45, 0.0), (0.12, 0.42), *_arc(0.3, 0.7, 0.28, 0.3, 180, 540)]],
    "7": [[(0.0, 0.0), (0.6, 0.0), (0.22, 1.0)]],
    "8": [_arc(0.3, 0.25, 0.24, 0.25, 90, 450), _arc(0.3, 0.74, 0.3, 0.26, -90, 270)],
    "9": [_arc(0.3, 0.3, 0.28, 0.3, 0, 360), [(0.58, 0.3), (0.5, 1.0)]],
}
"""The strokes of each digit in a box of height 1 and width about 0.6, x to the right and y down."""


def draw_digit(ink: Picture, digit: str, x: float, y: float, height: float, pen: float) -> None:
    """Draw one digit's strokes in white into ``ink``, its box's corner at (x, y), by a pen so many pixels wide."""
    for stroke in STROKES[digit]:
        points = np.array([[(x + px * height) * 16, (y + py * height) * 16] for px, py in stroke])
        cv2.polylines(ink, [points.astype(np.int32)], False, 255, max(1, round(pen)), cv2.LINE_AA, 4)


def ink_of(text: str, size: tuple[int, int], at: Point, height: float, pen: float | None = None) -> Picture:
    """Ink, white on black, (height, width): lines of digits from a corner on; a space is a gap between numbers."""
    ink = np.zeros((size[1], size[0]), dtype=np.uint8)
    for row, line in enumerate(text.split("\n")):
        x = at[0]
        for letter in line:
            if letter == " ":
                x += 1.4 * height
            else:
                draw_digit(ink, letter, x, at[1] + row * 1.8 * height, height, pen or max(2.0, height / 9))
                x += 0.95 * height
    return ink


def page(
    text: str,
    *,
    size: tuple[int, int] = (400, 300),
    at: Point | None = None,
    height: float = 90,
    pen: float | None = None,
    ink: int = 20,
    paper: int = 255,
) -> Picture:
    """A grey page (width and height in ``size``) with lines of digits, in the middle unless ``at`` says where."""
    lines = text.split("\n")
    if at is None:
        widths = [sum(2.35 if letter == " " else 0.95 for letter in line) * height for line in lines]
        at = (
            (size[0] - max(widths, default=0.0) + 0.3 * height) / 2,
            (size[1] - (1.8 * len(lines) - 0.8) * height) / 2,
        )
    amount = ink_of(text, size, at, height, pen).astype(np.float32) / 255
    return np.asarray(np.round(paper + (ink - paper) * amount), dtype=np.uint8)


def shaded(picture: Picture, darkest: float = 0.35, *, seed: int = 0) -> Picture:
    """The page in a photo: light falling off to one side, a soft shadow across it, and a sensor's noise."""
    height, width = picture.shape[:2]
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    light = 1.0 - 0.25 * x
    light *= 1.0 - (1.0 - darkest) / (1.0 + np.exp(-(x + 0.4 * y - 0.7) * 40))
    noise = np.random.default_rng(seed).normal(0, 2, picture.shape)
    lit = picture * (light if picture.ndim == 2 else light[..., None]) + noise
    return np.clip(lit, 0, 255).astype(np.uint8)


def coloured(picture: Picture, paper: tuple[int, int, int], ink: tuple[int, int, int]) -> Picture:
    """A grey page in colours, red, green and blue: white becomes the paper's, black the ink's."""
    share = picture.astype(np.float32)[..., None] / 255
    return np.asarray(np.round(np.array(ink) + (np.array(paper) - np.array(ink)) * share), dtype=np.uint8)


def transparent(picture: Picture, ink: tuple[int, int, int] = (0, 0, 0)) -> Picture:
    """A drawing without ground: the page's darkness as opaque ink, all else see-through."""
    colour = np.broadcast_to(np.array(ink, dtype=np.uint8), (*picture.shape, 3))
    return np.concatenate([colour, 255 - picture[..., None]], axis=2)


def encode(picture: Picture, kind: str, **options: Any) -> bytes:
    """A picture as a file of one of Pillow's kinds."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind, **options)
    return buffer.getvalue()


def as_png(picture: Picture) -> bytes:
    """An upload as the canvas sends it."""
    return encode(picture, "PNG")


def as_jpeg(picture: Picture, *, orientation: int | None = None, **options: Any) -> bytes:
    """An upload as a camera sends it, with its EXIF orientation if one is given."""
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    return encode(picture, "JPEG", quality=90, exif=exif, **options)


def landscape(size: tuple[int, int] = (480, 320), *, seed: int = 3) -> Picture:
    """A sky, hills and rough ground, in grey: many edges and no writing."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    sky = 230 - 0.15 * rows
    hills = rows > size[1] * 0.5 + 25 * np.sin(columns / 45) + 12 * np.sin(columns / 13 + 1)
    rough = cv2.GaussianBlur(rng.normal(0, 60, rows.shape).astype(np.float32), (0, 0), 2.5) * 2
    return np.asarray(np.clip(np.where(hills, 95 + rough, sky), 0, 255), dtype=np.uint8)


def scribble(size: tuple[int, int] = (400, 300), *, seed: int = 5) -> Picture:
    """One long line without sense, over and over itself."""
    rng = np.random.default_rng(seed)
    points = np.cumsum(rng.normal(0, 40, (160, 2)), axis=0)
    points = (points - points.min(axis=0)) / np.ptp(points, axis=0) * (np.array(size) * 0.8) + np.array(size) * 0.1
    picture = np.full((size[1], size[0]), 255, dtype=np.uint8)
    cv2.polylines(picture, [points.astype(np.int32)], False, 20, 3, cv2.LINE_AA)
    return picture


def huge_png(side: int = 19_000) -> bytes:
    """A PNG of side × side black pixels in a few dozen kilobytes: harmless to send, a third of a gigabyte to open."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    squeeze = zlib.compressobj(9)
    row = b"\x00" * (1 + (side + 7) // 8)
    pixels = b"".join([*(squeeze.compress(row) for _ in range(side)), squeeze.flush()])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def read_by_shape(crops: Sequence[NDArray[np.uint8]]) -> str:
    """The digits that crops of 28×28 resemble most, among our own ten: a reader for tests that need no model."""
    shapes = {digit: _blurred(normalise_ink(ink_of(digit, (140, 180), (30, 30), 120))) for digit in STROKES}
    return "".join(max(shapes, key=lambda digit: float((_blurred(crop) * shapes[digit]).sum())) for crop in crops)


def _blurred(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Softened, with mean nought and length one, so that products of two are their correlation."""
    soft = cv2.GaussianBlur(crop.astype(np.float32), (0, 0), 1.5)
    soft -= soft.mean()
    return np.asarray(soft / max(float(np.linalg.norm(soft)), 1e-9), dtype=np.float32)
