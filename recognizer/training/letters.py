"""Letters and signs that are no digits, from the fonts that a system has, handwriting before all others."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

LETTERS = "EFHKLMNRTVWXadehkmnvwx"
"""No digit looks like one of these. A is some writers' four, U an open zero, P a nine, r a five; those and B, C, D, G,
I, J, O, Q, S, Y, Z, b, f, g, i, j, l, o, p, q, s, t, u, y, z would teach doubt about real digits."""
SIGNS = "%#@*=+"
"""Drawn by OpenCV's fonts alone: another font may lack them, and show a box like a zero."""

ANY_LETTER = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Two or three of any letters side by side are no digit."""

FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts", Path("/Library/Fonts"))
HANDWRITTEN = ("breip", "femkeklaver", "rufscript", "dkg", "caveat", "kalam", "patrick", "hand", "script")
DRAWN = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX)
"""OpenCV's own line fonts: there on every system."""

Picture = NDArray[np.uint8]


@cache
def handwriting_fonts() -> tuple[Path, ...]:
    """Files of the handwriting fonts found on this system, sorted by name; often none."""
    files = (path for folder in FOLDERS if folder.is_dir() for path in folder.rglob("*.[to]tf"))
    return tuple(sorted(path for path in files if any(name in path.stem.lower() for name in HANDWRITTEN)))


def draw_letters(side: int, width: int, rng: np.random.Generator) -> Picture:
    """One letter, or at times two or three, white on black in a field of side×side, bent a little.

    ``width`` is the stroke's where OpenCV's fonts draw it.
    """
    one = rng.random() < 0.7
    fonts = handwriting_fonts()
    written = bool(fonts) and rng.random() < 0.75
    signs = (LETTERS if written else LETTERS + SIGNS) if one else ANY_LETTER
    text = "".join(signs[int(rng.integers(len(signs)))] for _ in range(1 if one else int(rng.integers(2, 4))))
    if written:
        field = _by_font(text, fonts[int(rng.integers(len(fonts)))], side, rng)
    else:
        field = _by_line(text, side, width, rng)
    source = np.array([[20, 20], [90, 20], [20, 90]], np.float32)
    bent = cv2.getAffineTransform(source, (source + rng.normal(0, 7, (3, 2))).astype(np.float32))
    return np.asarray(cv2.warpAffine(field, bent, (side, side)), np.uint8)


def _by_font(text: str, path: Path, side: int, rng: np.random.Generator) -> Picture:
    from PIL import Image, ImageDraw, ImageFont

    size = int(side * 0.8 / max(1.0, 0.55 * len(text)))
    image = Image.new("L", (side, side))
    pen = int(rng.integers(0, 4))
    ImageDraw.Draw(image).text(
        (side / 2, side / 2), text, 255, ImageFont.truetype(str(path), size), "mm", stroke_width=pen
    )
    return np.asarray(image, np.uint8)


def _by_line(text: str, side: int, width: int, rng: np.random.Generator) -> Picture:
    field = np.zeros((side, side), np.uint8)
    font, scale = DRAWN[int(rng.integers(len(DRAWN)))], 3.0 / max(1.0, 0.6 * len(text))
    (wide, high), _ = cv2.getTextSize(text, font, scale, 1)
    cv2.putText(field, text, ((side - wide) // 2, (side + high) // 2), font, scale, 255, width)
    return field
