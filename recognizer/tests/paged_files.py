"""Files of the newer kinds, made on the spot for tests: HEIC, AVIF, TIFF of many pages, and PDF written by hand."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence

import pillow_heif
from PIL import Image

from recognizer.tests.pictures import Picture, as_jpeg, page

A4 = (595.0, 842.0)
NOTHING = b"<< >>"
Size = tuple[float, float]


def as_heic(picture: Picture, *, orientation: int = 1, mode: str = "L", quality: int = 90) -> bytes:
    """An upload as an iPhone sends it: how it was held stands both in the file's own turns and in EXIF."""
    image = Image.fromarray(picture).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    heif = pillow_heif.from_pillow(image)
    heif.info["exif"] = exif.tobytes()
    heif.save(buffer, quality=quality, enc_params={"preset": "ultrafast"})
    return buffer.getvalue()


def as_avif(picture: Picture, *more: Picture, orientation: int = 1) -> bytes:
    """A picture as AVIF, or an animation of several."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    others = [Image.fromarray(each) for each in more]
    Image.fromarray(picture).save(
        buffer, "AVIF", quality=90, speed=9, exif=exif, save_all=bool(more), append_images=others
    )
    return buffer.getvalue()


def as_tiff(*pictures: Picture, subfiles: Sequence[int] = (), **options: object) -> bytes:
    """A TIFF of several pictures, each with the NewSubfileType that is given for it."""
    images = [Image.fromarray(picture) for picture in pictures]
    for image, subfile in zip(images, subfiles, strict=False):
        image.encoderinfo = {"tiffinfo": {254: subfile}}
    buffer = io.BytesIO()
    first = {"tiffinfo": {254: subfiles[0]}} if subfiles else {}
    images[0].save(buffer, "TIFF", save_all=True, append_images=images[1:], **first, **options)
    return buffer.getvalue()


def pdf_file(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalogue."""
    parts, offsets = [b"%PDF-1.7\n"], []
    for number, each in enumerate(objects, start=1):
        offsets.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, each))
    start = sum(map(len, parts))
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    parts += [b"%010d 00000 n \n" % offset for offset in offsets]
    parts.append(b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer))
    parts.append(b"startxref\n%d\n%%%%EOF\n" % start)
    return b"".join(parts)


def stream(body: bytes, entries: bytes = b"") -> bytes:
    """A stream object, squeezed."""
    squeezed = zlib.compress(body, 9)
    head = b"<< /Length %d /Filter /FlateDecode %s >>" % (len(squeezed), entries)
    return head + b"\nstream\n" + squeezed + b"\nendstream"


def jpeg_object(picture: Picture) -> bytes:
    """A picture as the image object that scanners put into a PDF: a JPEG as it is."""
    data = as_jpeg(picture)
    height, width = picture.shape[:2]
    space = b"/DeviceGray" if picture.ndim == 2 else b"/DeviceRGB"
    head = b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8" % (width, height)
    return b"<< %s /ColorSpace %s /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream" % (
        head,
        space,
        len(data),
        data,
    )


def as_pdf(*pictures: Picture, size: Size = A4, more: bytes = b"", trailer: bytes = b"") -> bytes:
    """A scanned document: each picture fills a page of so many points; ``more`` goes into each page's dictionary."""
    objects, kids = [], []
    for number, picture in enumerate(pictures):
        first = 3 + 3 * number
        kids.append(b"%d 0 R" % first)
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %f %f] /Contents %d 0 R "
            b"/Resources << /XObject << /I %d 0 R >> >> %s >>" % (*size, first + 1, first + 2, more),
            stream(b"%f 0 0 %f 0 0 cm /I Do" % size),
            jpeg_object(picture),
        ]
    pages = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    return pdf_file(b"<< /Type /Catalog /Pages 2 0 R >>", pages, *objects, trailer=trailer)


def drawn_pdf(content: bytes, *others: bytes, resources: bytes = NOTHING, size: Size = A4, more: bytes = b"") -> bytes:
    """A PDF of one page with this content; the other objects are numbered from 5."""
    return pdf_file(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %f %f] /Contents 4 0 R /Resources %s %s >>"
        % (*size, resources, more),
        stream(content),
        *others,
    )


def locked_pdf() -> bytes:
    """A PDF whose password we don't know."""
    lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >> /ID [<00> <00>]" % (
        b"5a" * 32,
        b"a5" * 32,
    )
    return as_pdf(page("42"), trailer=lock)


def long_pdf(pages: int) -> bytes:
    """A PDF of many pages, all of them the same."""
    return pdf_file(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b"3 0 R " * pages, pages),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
    )
