"""Bytes that a stranger sent, to an upright, flat picture: as grey for the reader, and as copies that may be kept.

Runs inside the decoder's child process, so Pillow, pillow-heif and PDFium are all it needs: no NumPy, no OpenCV, to
keep the child small.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from PIL import BmpImagePlugin, GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from recognizer.domain.errors import BadImage, NumeralError, TooLarge, UnsupportedImage
from recognizer.vision.copies import STORED_PIXELS, encode_stored, encode_thumbnail, reduce_to, turned
from recognizer.vision.decode_limits import DecodeLimits
from recognizer.vision.greyscale import to_grey, to_plain
from recognizer.vision.heif import open_avif, open_heif
from recognizer.vision.kinds import sniff
from recognizer.vision.pdf_pages import pdf_page, pdf_page_count
from recognizer.vision.tiff_pages import tiff_page, tiff_page_count

GREY_PIXELS = 4_000_000

# Imported by name so that Pillow finds these six registered and never loads the forty others.
PLUGINS = (BmpImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)

# Pillow's own limit only warns up to twice its size, and beyond calls the picture broken: ``DecodeLimits`` decides.
Image.MAX_IMAGE_PIXELS = None

# EXIF 2.32, tag 0x0112: what brings a picture of each orientation upright. 1 is upright already; others are bogus.
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset({5, 6, 7, 8})

# How these lie is known to their decoders alone: what EXIF says besides would turn them twice.
_UPRIGHT_ALREADY = frozenset({"HEIF", "PDF"})


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one upload decodes to.

    ``grey`` is row by row, one byte a pixel; ``width`` and ``height`` are of the upright original, which for a PDF is
    the page as it was drawn. The copies, ``stored`` and ``thumbnail``, are empty unless they were asked for.
    """

    grey: bytes
    grey_width: int
    grey_height: int
    width: int
    height: int
    stored: bytes = b""
    stored_type: str = ""
    thumbnail: bytes = b""
    page: int = 1
    pages: int = 1


def decode(data: bytes, limits: DecodeLimits, *, copies: bool = False, page: int = 1) -> Decoded:
    """Decode one picture, or one page (from 1) of a file of several, however hostile, and with ``copies`` make those
    that are kept of it.

    Raises UnsupportedImage, TooLarge, TooManyPages, NoSuchPage, EncryptedFile or BadImage, and nothing else.
    """
    kind = _kind(data)
    with _errors_named():
        return _decode(data, kind, limits, copies, page)


def count_pages(data: bytes, limits: DecodeLimits) -> int:
    """How many pages a file has, without decoding any; 1 for a picture of a kind that has no pages.

    Raises UnsupportedImage, TooManyPages, EncryptedFile or BadImage, and nothing else.
    """
    count = _COUNTERS.get(_kind(data))
    with _errors_named():
        return 1 if count is None else count(data, limits)


_COUNTERS = {"PDF": pdf_page_count, "TIFF": tiff_page_count}


def _kind(data: bytes) -> str:
    kind = sniff(data)
    if kind is None:
        raise UnsupportedImage
    return kind


@contextmanager
def _errors_named() -> Iterator[None]:
    """Whatever is wrong with a file comes out as one of our errors."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except NumeralError:
        raise
    except MemoryError as error:
        raise TooLarge("This picture needs more memory to open than one picture may take.") from error
    except Exception as error:  # decoders raise whatever a broken file makes them stumble over
        raise BadImage from error


def _decode(data: bytes, kind: str, limits: DecodeLimits, copies: bool, page: int) -> Decoded:
    image, pages = _open(data, kind, limits, page)
    width, height = image.size
    if kind == "JPEG":
        _decode_reduced(image)
    image.load()
    if kind == "TIFF":  # Pillow turns a TIFF upright while loading it
        width, height = image.size
    orientation = 1 if kind in _UPRIGHT_ALREADY else _orientation(image)
    if orientation in _SIDEWAYS:
        width, height = height, width
    plain = reduce_to(to_plain(image), STORED_PIXELS)
    del image  # up to four bytes a pixel, freed before the copies are made
    small = reduce_to(plain, GREY_PIXELS)
    # Turned as late as may be: a photo's twelve megapixels of colour take ten times as long as the reader's grey.
    turn = _UPRIGHT.get(orientation)
    grey = turned(to_grey(small), turn)
    decoded = Decoded(grey.tobytes(), *grey.size, width, height, page=page, pages=pages)
    if not copies:
        return decoded
    stored, stored_type = encode_stored(turned(plain, turn), from_jpeg=kind == "JPEG")
    return replace(decoded, stored=stored, stored_type=stored_type, thumbnail=encode_thumbnail(small, turn))


def _open(data: bytes, kind: str, limits: DecodeLimits, page: int) -> tuple[Image.Image, int]:
    """The picture of a page, and how many pages there are. It is refused by what its header says, before a pixel of it
    is decoded.
    """
    if kind == "PDF":
        return pdf_page(data, page, limits)
    pages = 1
    if kind == "TIFF":
        data, pages = tiff_page(data, page, limits)
    limits.check_page(page, pages)
    if kind == "HEIF":
        return open_heif(data, limits), pages
    if kind == "AVIF":
        return open_avif(data, limits), pages
    image = Image.open(io.BytesIO(data), formats=[kind])
    if 0 in image.size:
        raise BadImage
    limits.check_size(*image.size, is_jpeg=kind == "JPEG")
    return image, pages


def _decode_reduced(image: Image.Image) -> None:
    """Let the JPEG decoder halve a large picture (once or more) on its way: a fraction of the time and memory."""
    halvings = math.ceil(math.log2(max(1.0, image.width * image.height / STORED_PIXELS)) / 2)
    if halvings > 0:
        image.draft(None, (max(1, image.width >> halvings), max(1, image.height >> halvings)))


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 where it is absent or unreadable. Asked after loading: PNG keeps it behind the pixels."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # broken metadata is no reason to refuse a picture
        return 1
    return value if isinstance(value, int) else 1
