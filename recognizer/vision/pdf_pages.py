"""The pages of a PDF, drawn by PDFium. Runs inside the decoder's child process, which has one thread, as PDFium needs.

PDFium is loaded when the first PDF comes: a child that sees photos only stays small. Its build here knows no
JavaScript and no XFA, and it opens nothing but the bytes it is given (and this machine's fonts).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

from PIL import Image

from recognizer.domain.errors import BadImage, EncryptedFile
from recognizer.domain.phrases import phrase
from recognizer.vision.copies import STORED_PIXELS
from recognizer.vision.decode_limits import DecodeLimits

DPI = 300
"""What scanners give and forms are printed for. A page of A4 is 8.7 megapixels so."""

LEAST_SIDE = 1600
"""Pixels that the longer side has at least: pages whose size is nonsense would come out as stamps."""

SCAN_SHARE = 0.25
"""A picture that takes this much of its page is a scan, and none of its pixels should be lost."""

MARGIN = 0.998
"""PDFium rounds each side up: this keeps the page within its pixels all the same."""

_OBJECTS, _DEPTH = 300, 4
_POINTS_PER_INCH = 72
_PASSWORD, _SECURITY = 4, 5
"""FPDF_ERR_PASSWORD, and FPDF_ERR_SECURITY for ways to lock that PDFium doesn't know."""

_DAMAGED = phrase("This PDF is damaged or cut short, so it could not be opened.")


def pdf_page_count(data: bytes, limits: DecodeLimits) -> int:
    """How many pages it says it has; none of them is opened. Raises EncryptedFile, TooManyPages and BadImage."""
    with _opened(data, limits) as pdf:
        return len(pdf)


def pdf_page(data: bytes, page: int, limits: DecodeLimits) -> tuple[Image.Image, int]:
    """One page, from 1, as a picture in colours with what is filled in and annotated; and how many there are.

    Raises NoSuchPage, TooLarge, and what ``pdf_page_count`` does.
    """
    with _opened(data, limits) as pdf:
        pages = len(pdf)
        limits.check_page(page, pages)
        with suppress(RuntimeError):  # PdfiumError: a form that can't be set up is drawn without what is filled in
            pdf.init_forms()
        try:
            sheet = pdf[page - 1]
        except RuntimeError as error:
            raise BadImage(
                phrase("Page {page} of this PDF is damaged, so it could not be opened.", page=page)
            ) from error
        bitmap = sheet.render(scale=_scale(sheet, limits), limit_image_cache=True)
        return bitmap.to_pil(), pages


@contextmanager
def _opened(data: bytes, limits: DecodeLimits) -> Iterator[Any]:
    import pypdfium2
    from pypdfium2 import raw

    # Not opened by ``PdfDocument`` itself: where there are no pages, it gives the reason of the last file that failed.
    handle = raw.FPDF_LoadMemDocument64(data, len(data), None)
    if not handle:
        raise EncryptedFile if raw.FPDF_GetLastError() in (_PASSWORD, _SECURITY) else BadImage(_DAMAGED)
    pdf = pypdfium2.PdfDocument(handle)
    try:
        if len(pdf) < 1:
            raise BadImage(phrase("This PDF has no pages."))
        limits.check_pages(len(pdf))
        yield pdf
    finally:
        pdf.close()


def _scale(sheet: Any, limits: DecodeLimits) -> float:
    """Pixels per point: sharp enough for the page's scan and for handwriting, within what is stored of a picture."""
    width, height = sheet.get_size()
    if not (math.isfinite(width * height) and min(width, height) > 0):
        raise BadImage
    sharpest = max([DPI / _POINTS_PER_INCH, LEAST_SIDE / max(width, height), *_scans(sheet, width * height, limits)])
    fits = MARGIN * math.sqrt(STORED_PIXELS / (width * height))
    return float(min(sharpest, fits, (limits.max_side - 1) / max(width, height)))


def _scans(sheet: Any, area: float, limits: DecodeLimits) -> Iterator[float]:
    """Pixels per point of each picture that takes a good part of the page.

    Raises TooLarge for one that has more pixels than any picture may: PDFium would unpack them all.
    """
    import pypdfium2

    for thing in islice(sheet.get_objects(max_depth=_DEPTH), _OBJECTS):
        if not isinstance(thing, pypdfium2.PdfImage):
            continue
        with suppress(pypdfium2.PdfiumError):
            width, height = thing.get_px_size()
            limits.check_size(width, height, is_jpeg=True)
            left, bottom, right, top = thing.get_bounds()
            covered = (right - left) * (top - bottom)
            if covered >= SCAN_SHARE * area:
                yield math.sqrt(width * height / covered)
