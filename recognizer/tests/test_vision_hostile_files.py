"""A PDF, TIFF, HEIC or AVIF made to do harm gets its sentence in time, and the next picture is read as ever."""

from __future__ import annotations

import random
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from recognizer.domain.errors import BadImage, DecoderUnavailable, EncryptedFile, NumeralError, TooLarge, TooManyPages
from recognizer.tests.paged_files import (
    as_avif,
    as_heic,
    as_pdf,
    as_tiff,
    drawn_pdf,
    locked_pdf,
    long_pdf,
    pdf_file,
    stream,
)
from recognizer.tests.pictures import as_png, page
from recognizer.vision import decoder_process
from recognizer.vision.decode_pool import DecodeLimits, DecodePool

on_unix = pytest.mark.skipif(sys.platform == "win32", reason="signals and memory limits as Unix has them")
WIDE = b"/Type /XObject /Subtype /Image /BitsPerComponent 8"
CATALOGUE, PAGES = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"


@pytest.fixture(scope="module")
def pool() -> Iterator[DecodePool]:
    pool = DecodePool(1, DecodeLimits(deadline_s=3.0))
    yield pool
    pool.close()


def huge_image(side: int) -> bytes:
    pixels = stream(bytes(1_000_000), WIDE + b"/Width %d /Height %d /ColorSpace /DeviceRGB" % (side, side))
    return drawn_pdf(b"500 0 0 500 0 0 cm /I Do", pixels, resources=b"<< /XObject << /I 5 0 R >> >>")


def hidden_huge_image(side: int) -> bytes:
    """Deeper inside forms than anybody looks."""
    inner = [
        stream(
            b"/I Do",
            b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /I %d 0 R >> >>" % (number + 1),
        )
        for number in range(5, 11)
    ]
    pixels = stream(bytes(1_000_000), WIDE + b"/Width %d /Height %d /ColorSpace /DeviceRGB" % (side, side))
    return drawn_pdf(b"/I Do", *inner, pixels, resources=b"<< /XObject << /I 5 0 R >> >>")


def laughs() -> bytes:
    """Each form draws the next twenty times: the last is drawn 20¹² times, if anybody has the patience."""
    forms = [
        stream(
            b"/F Do " * 20,
            b"/Type /XObject /Subtype /Form /BBox [0 0 999 999] /Resources << /XObject << /F %d 0 R >> >>"
            % (number + 1),
        )
        for number in range(5, 17)
    ]
    last = stream(b"0 0 500 500 re f " * 50, b"/Type /XObject /Subtype /Form /BBox [0 0 999 999]")
    return drawn_pdf(b"/F Do", *forms, last, resources=b"<< /XObject << /F 5 0 R >> >>")


def serpent() -> bytes:
    """A form that draws itself."""
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F 5 0 R >> >>"
    return drawn_pdf(b"/F Do", stream(b"/F Do", form), resources=b"<< /XObject << /F 5 0 R >> >>")


def deep(levels: int) -> bytes:
    """Lists in lists in lists, where the page's size should be."""
    sheet = b"<< /Type /Page /Parent 2 0 R /MediaBox %s%s >>" % (b"[" * levels, b"]" * levels)
    return pdf_file(CATALOGUE, PAGES, sheet)


def circle() -> bytes:
    """A tree of pages whose branch is its own root."""
    return pdf_file(CATALOGUE, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Parent 2 0 R /Count 3 >>")


def squeezed_content(megabytes: int) -> bytes:
    return drawn_pdf(b"0 0 1 1 re f\n" * (megabytes * 80_000))


def specks() -> bytes:
    """A pattern whose tile is a thousandth of a point wide, over the whole page."""
    tile = b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1] /XStep .001 /YStep .001"
    pattern = stream(b"0 0 .0005 .0005 re f", tile + b" /Resources << >>")
    return drawn_pdf(b"/Pattern cs /P scn 0 0 595 842 re f", pattern, resources=b"<< /Pattern << /P 5 0 R >> >>")


def script() -> bytes:
    """What would run, call home and open a file, if anything did."""
    act = b"<< /S /JavaScript /JS (while(true){}) >>"
    launch = b"<< /S /Launch /F (/bin/sh) >>"
    fetch = b"<< /S /URI /URI (http://127.0.0.1:9/) >>"
    return pdf_file(
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction %s /AA << /WC %s >> >>" % (act, launch),
        PAGES,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /AA << /O %s /C %s >> >>" % (launch, fetch),
    )


def outside() -> bytes:
    """Pixels that are said to lie in another file."""
    image = b"<< %s /Width 8 /Height 8 /ColorSpace /DeviceGray /F (/etc/passwd) /FFilter [] /Length 0 >>" % WIDE
    return drawn_pdf(
        b"99 0 0 99 0 0 cm /I Do",
        image + b"\nstream\n\nendstream",
        resources=b"<< /XObject << /I 5 0 R >> >>",
    )


def tiny_directories(count: int) -> bytes:
    """A TIFF of nothing but directories without an entry, one after the other."""
    chain = b"".join(struct.pack("<HI", 0, 8 + 6 * (number + 1)) for number in range(count))
    return b"II*\x00" + struct.pack("<I", 8) + chain


def small_copies(count: int) -> bytes:
    chain = [struct.pack("<HHHIII", 1, 254, 4, 1, 1, 8 + 18 * (number + 1)) for number in range(count)]
    return b"II*\x00" + struct.pack("<I", 8) + b"".join(chain)


REFUSED: dict[str, tuple[Callable[[], bytes], type[NumeralError]]] = {
    "five thousand pages": (lambda: long_pdf(5000), TooManyPages),
    "locked": (locked_pdf, EncryptedFile),
    "an enormous picture": (lambda: huge_image(60_000), TooLarge),
    "forms in forms": (laughs, BadImage),
    "directories without end": (lambda: tiny_directories(1_000_000), TooManyPages),
    "small copies without end": (lambda: small_copies(1_000_000), TooManyPages),
    "a mark and nothing else": (lambda: b"%PDF-1.7\n", BadImage),
    "a mark and nonsense": (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 99, BadImage),
    "the box of a HEIC and nothing else": (lambda: b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", BadImage),
    "the box of an AVIF and nonsense": (lambda: b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif" * 99, BadImage),
    "an empty HEIF sequence": (lambda: b"\x00\x00\x00\x18ftyphevc\x00\x00\x00\x00msf1hevc" + bytes(64), BadImage),
}
TAKEN_OR_REFUSED: dict[str, Callable[[], bytes]] = {
    "an enormous picture, well hidden": lambda: hidden_huge_image(60_000),
    "a large picture of which most is missing": lambda: huge_image(9_000),
    "a form that draws itself": serpent,
    "lists in lists": lambda: deep(200_000),
    "pages in a circle": circle,
    "sixty megabytes of strokes": lambda: squeezed_content(60),
    "a pattern of specks": specks,
    "a script": script,
    "pixels in another file": outside,
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_by_name_and_in_time(name: str, pool: DecodePool) -> None:
    make, error = REFUSED[name]
    data = make()
    before = time.monotonic()
    with pytest.raises(error):
        pool.decode(data)
    assert time.monotonic() - before < 8
    assert pool.decode(as_png(page("1"))).width == 400


@pytest.mark.parametrize("name", TAKEN_OR_REFUSED)
def test_it_harms_nobody(name: str, pool: DecodePool) -> None:
    data = TAKEN_OR_REFUSED[name]()
    before = time.monotonic()
    try:
        decoded = pool.decode(data, copies=True)
    except (BadImage, TooLarge):
        pass
    else:
        assert decoded.gray.size <= 4_000_000
        assert b"root:" not in decoded.stored
    assert time.monotonic() - before < 8
    assert pool.decode(as_png(page("1"))).width == 400


@on_unix
def test_a_file_that_brings_down_two_decoders_is_bad_and_not_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    fall = "import os, sys; sys.stdin.buffer.read(9); os.kill(os.getpid(), {})"
    pool = DecodePool(1, DecodeLimits())
    for signal, error, words in (
        (11, BadImage, "damaged, or"),
        (6, BadImage, "memory"),
        (9, DecoderUnavailable, "just now"),
    ):
        monkeypatch.setattr(decoder_process, "WORKER", ("-c", fall.format(signal)))
        with pytest.raises(error, match=words):
            pool.decode(as_png(page("1")))
    assert pool.pids() == []


def test_the_count_of_pages_answers_what_decoding_would(pool: DecodePool) -> None:
    assert pool.page_count(as_pdf(page("1"), page("2"))) == 2
    assert pool.page_count(as_tiff(page("1"), page("2"), page("3"))) == 3
    assert pool.page_count(as_png(page("1"))[:60]) == 1  # no picture is decoded to count
    for data, error in ((locked_pdf(), EncryptedFile), (long_pdf(501), TooManyPages), (b"%PDF-1.4", BadImage)):
        with pytest.raises(error):
            pool.page_count(data)


def test_pages_come_through_the_pool(pool: DecodePool) -> None:
    decoded = pool.decode(as_pdf(page("1"), page("2")), page=2)
    assert (decoded.page, decoded.pages) == (2, 2)
    assert decoded.gray.min() < 100


@pytest.mark.parametrize(
    "make",
    [
        lambda: as_pdf(page("4", size=(90, 120), height=40), page("2", size=(90, 120), height=40), size=(90, 120)),
        lambda: as_tiff(page("4", size=(60, 40), height=30), page("2", size=(60, 40), height=30)),
        lambda: as_heic(page("4", size=(64, 48), height=30)),
        lambda: as_avif(page("4", size=(64, 48), height=30)),
    ],
    ids=["PDF", "TIFF", "HEIC", "AVIF"],
)
def test_a_file_that_is_cut_or_changed_anywhere_decodes_or_is_refused(
    make: Callable[[], bytes], pool: DecodePool
) -> None:
    data, rng = make(), random.Random(20)
    for attempt in range(60):
        broken = bytearray(data)
        if attempt % 3 == 0:
            broken = broken[: rng.randrange(16, len(data))]
        for _ in range(rng.randrange(1, 12)):
            broken[rng.randrange(min(16, len(broken) - 1), len(broken))] = rng.randrange(256)
        try:
            decoded = pool.decode(bytes(broken), page=1 + attempt % 2, copies=True)
        except DecoderUnavailable:
            raise
        except NumeralError:
            continue
        assert decoded.gray.shape[0] * decoded.gray.shape[1] == decoded.gray.size


@pytest.mark.slow
def test_the_largest_heic_that_is_taken_fits_into_the_memory() -> None:
    pool = DecodePool(1, DecodeLimits(deadline_s=60))
    picture = np.full((7070, 7070), 230, np.uint8)
    assert pool.decode(as_heic(picture, mode="RGB", quality=10), copies=True).width == 7070
    pool.close()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")
def test_a_decoder_that_sees_photos_only_stays_small() -> None:
    pool = DecodePool(1, DecodeLimits())
    pool.decode(as_png(page("1")))
    maps = Path(f"/proc/{pool.pids()[0]}/maps")
    libraries: dict[Callable[..., bytes], str] = {as_pdf: "pdfium", as_heic: "libheif", as_avif: "libavif"}
    assert not [library for library in libraries.values() if library in maps.read_text()]
    for make, library in libraries.items():
        pool.decode(make(page("1")))
        assert library in maps.read_text()
    assert not [library for library in ("numpy", "cv2") if library in maps.read_text()]
    assert "Threads:\t1\n" in maps.with_name("status").read_text()
    pool.close()
