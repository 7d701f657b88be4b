"""HEIC (HEIF) and AVIF: what phones and browsers write now. Runs inside the decoder's child process.

Their decoders are loaded when the first such file comes: a child that sees none stays small. Each gets one thread, so
that the child's memory and time stay what the limits say.
"""

from __future__ import annotations

import io

from PIL import Image

from recognizer.vision.decode_limits import DecodeLimits


def open_heif(data: bytes, limits: DecodeLimits) -> Image.Image:
    """The primary picture of a HEIF file, upright: libheif applies the turns and crops that the file names, and EXIF's
    orientation only repeats them.

    Raises TooLarge by the header alone, and whatever libheif stumbles over.
    """
    import pillow_heif
    from pillow_heif import options

    options.DECODE_THREADS = 1
    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    image = pillow_heif.open_heif(data, convert_hdr_to_8bit=True, remove_stride=False)
    limits.check_size(*image.size, is_jpeg=False)
    return image[image.primary_index].to_pillow()


def open_avif(data: bytes, limits: DecodeLimits) -> Image.Image:
    """An AVIF picture, the first of an animation, not decoded yet. How it is turned stands in its EXIF data, where
    Pillow puts what the file's own turns come to.

    Raises TooLarge by the header alone, and whatever libavif stumbles over.
    """
    from PIL import AvifImagePlugin

    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    image = AvifImagePlugin.AvifImageFile(io.BytesIO(data))
    limits.check_size(*image.size, is_jpeg=False)
    image.info.pop("xmp", None)  # Pillow would take an orientation from there that the format says to ignore
    return image
