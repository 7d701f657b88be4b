"""Smaller and re-encoded copies of a decoded picture: for the reader, for keeping, for lists.

Runs inside the decoder's child process: Pillow only.
"""

from __future__ import annotations

import io
import math

from PIL import Image

from recognizer.vision.greyscale import DRAWING_PIXELS

STORED_PIXELS = 12_600_000
"""Twelve megapixels as cameras count them: 4096 × 3072 is one."""

DRAWING_COLOURS = 256
STORED_QUALITY = 88
THUMBNAIL_SIDE = 240
THUMBNAIL_QUALITY = 75
PNG_LEVEL = 3
"""Level 6 saves an eighth of the bytes of a drawing and takes twice the time."""


def reduce_to(image: Image.Image, pixels: int) -> Image.Image:
    """The picture scaled down, aspect kept, to at most about this many pixels; smaller ones come back as they are."""
    factor = math.sqrt(image.width * image.height / pixels)
    if factor <= 1.0:
        return image
    if factor > 1.5:  # whole factors are several times faster, and so close to the goal lose little
        return image.reduce(math.ceil(factor))
    size = (max(1, int(image.width / factor)), max(1, int(image.height / factor)))
    return image.resize(size, Image.Resampling.BOX)


def turned(image: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    """The picture turned or mirrored, or itself for None."""
    return image if turn is None else image.transpose(turn)


def encode_stored(image: Image.Image, *, from_jpeg: bool) -> tuple[bytes, str]:
    """The copy that may be kept, and its media type: PNG for a drawing, JPEG for a photo, never any metadata."""
    small = not from_jpeg and image.width * image.height <= DRAWING_PIXELS
    if small and image.getcolors(DRAWING_COLOURS) is not None:
        return _save(image, "PNG", compress_level=PNG_LEVEL), "image/png"
    return _save(image, "JPEG", quality=STORED_QUALITY), "image/jpeg"


def encode_thumbnail(image: Image.Image, turn: Image.Transpose | None = None) -> bytes:
    """A JPEG of at most 240 pixels a side, turned by ``turn``."""
    thumbnail = image.copy() if max(image.size) <= THUMBNAIL_SIDE else image
    factor = max(image.size) / THUMBNAIL_SIDE
    if factor > 1.0:
        size = (max(1, round(image.width / factor)), max(1, round(image.height / factor)))
        thumbnail = image.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    return _save(turned(thumbnail, turn), "JPEG", quality=THUMBNAIL_QUALITY)


def _save(image: Image.Image, kind: str, **options: int) -> bytes:
    # Pillow writes what it finds in info (profiles, comments, EXIF) into some formats unasked.
    image.info = {}
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
