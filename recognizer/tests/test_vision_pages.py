"""A PDF or TIFF of several pages is read page by page, each drawn as sharply as it was scanned."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from recognizer.domain.errors import BadImage, EncryptedFile, NoSuchPage, TooManyPages
from recognizer.tests.paged_files import A4, as_pdf, as_tiff, drawn_pdf, locked_pdf, long_pdf, pdf_file
from recognizer.tests.pictures import Picture, as_jpeg, as_png, page
from recognizer.vision.copies import STORED_PIXELS
from recognizer.vision.decode import Decoded, count_pages, decode
from recognizer.vision.decode_limits import DecodeLimits
from recognizer.vision.kinds import sniff

LIMITS = DecodeLimits()
UP, DOWN = 0.25, 0.75


def grey(decoded: Decoded) -> Picture:
    return np.frombuffer(decoded.grey, dtype=np.uint8).reshape(decoded.grey_height, decoded.grey_width)


def dark_at(decoded: Decoded, x: float, y: float) -> bool:
    """Whether the page is dark at a place given as shares of its width and height."""
    return bool(grey(decoded)[int(y * decoded.grey_height), int(x * decoded.grey_width)] < 128)


def close(decoded: Decoded, picture: Picture) -> bool:
    """Whether a page looks like a picture, both made small."""
    small = [
        np.asarray(Image.fromarray(each).resize((60, 60), Image.Resampling.BOX), int)
        for each in (grey(decoded), picture)
    ]
    return bool(np.abs(small[0] - small[1]).mean() < 4)


def quarter() -> Picture:
    """A white page, upright, whose upper left quarter is black."""
    picture = np.full((420, 300), 255, np.uint8)
    picture[:210, :150] = 0
    return picture


@pytest.mark.parametrize("make", [as_pdf, as_tiff])
def test_each_page_comes_by_its_number(make: Callable[..., bytes]) -> None:
    pictures = [page(digit, size=(300, 424)) for digit in "123"]
    data = make(*pictures)
    assert count_pages(data, LIMITS) == 3
    for number, picture in enumerate(pictures, start=1):
        decoded = decode(data, LIMITS, page=number, copies=True)
        assert (decoded.page, decoded.pages) == (number, 3)
        assert close(decoded, picture)
        assert decoded.stored
        assert decoded.thumbnail


@pytest.mark.parametrize("make", [as_pdf, as_tiff, as_png, as_jpeg])
@pytest.mark.parametrize("number", [-1, 0, 2, 10**9])
def test_a_page_that_is_not_there_is_said(make: Callable[..., bytes], number: int) -> None:
    with pytest.raises(NoSuchPage, match="it has 1 page"):
        decode(make(page("4")), LIMITS, page=number)


def test_a_picture_is_one_page() -> None:
    frames = [Image.fromarray(page(digit)).convert("P") for digit in "12"]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    for data in (as_png(page("4")), as_jpeg(page("4")), buffer.getvalue()):
        assert count_pages(data, LIMITS) == 1
        assert decode(data, LIMITS).pages == 1


@pytest.mark.parametrize("make", [long_pdf, lambda n: as_tiff(*[np.zeros((1, 1), np.uint8)] * n)])
def test_too_many_pages_are_refused_with_the_limit(make: Callable[..., bytes]) -> None:
    few = DecodeLimits(max_pages=40)
    assert count_pages(make(40), few) == 40
    for ask in (count_pages, decode):
        with pytest.raises(TooManyPages, match=r"more than 40 pages.*Split it"):
            ask(make(41), few)


def test_a_pdf_is_known_by_its_mark_even_behind_other_bytes() -> None:
    data = b"\r\n%% from the scanner\r\n" + as_pdf(page("4"))
    assert sniff(data) == "PDF"
    assert decode(data, LIMITS).pages == 1
    assert sniff(bytes(1020) + data) is None


def test_a_page_of_a4_is_drawn_at_300_dots_an_inch() -> None:
    decoded = decode(as_pdf(page("4", size=(300, 424))), LIMITS)
    assert (decoded.width, decoded.height) == pytest.approx((A4[0] / 72 * 300, A4[1] / 72 * 300), abs=2)


@pytest.mark.parametrize("size", [(72, 96), (60, 80), (3000, 4000), (14_400, 19_200)])
def test_a_scan_keeps_its_pixels_whatever_size_its_page_is_said_to_have(size: tuple[float, float]) -> None:
    scan = page("12", size=(2400, 3200), height=300)
    decoded = decode(as_pdf(scan, size=size), LIMITS)
    assert decoded.width >= 2390
    assert decoded.width * decoded.height <= STORED_PIXELS


@pytest.mark.parametrize("size", [(14_400, 14_400), (1e7, 1e7), (3, 14_400), (14_400, 0.01), (1, 1), (0, 0), (-5, 9)])
@pytest.mark.parametrize("unit", [b"", b"/UserUnit 75000"])
def test_no_page_comes_out_larger_than_what_is_stored_of_a_picture(size: tuple[float, float], unit: bytes) -> None:
    decoded = decode(drawn_pdf(b"0 0 9 9 re f", size=size, more=unit), LIMITS, copies=True)
    assert 0 < decoded.width * decoded.height <= STORED_PIXELS
    assert max(decoded.width, decoded.height) <= LIMITS.max_side


@pytest.mark.parametrize(
    ("turn", "x", "y"),
    [(0, UP, UP), (90, DOWN, UP), (180, DOWN, DOWN), (270, UP, DOWN), (-90, UP, DOWN), (450, DOWN, UP)],
)
def test_a_turned_page_comes_as_a_reader_shows_it(turn: int, x: float, y: float) -> None:
    decoded = decode(as_pdf(quarter(), more=b"/Rotate %d" % turn), LIMITS)
    assert (decoded.width > decoded.height) == (turn % 180 != 0)
    dark = {(a, b) for a in (UP, DOWN) for b in (UP, DOWN) if dark_at(decoded, a, b)}
    assert dark == {(x, y)}


def test_what_was_filled_in_and_annotated_is_drawn() -> None:
    look = b"<< /Type /XObject /Subtype /Form /BBox [0 0 100 100] /Length 17 >>\nstream\n0 0 100 100 re f \nendstream"
    field = b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /F 4 /Rect [50 50 150 150] /AP << /N 7 0 R >> >>"
    note = b"<< /Type /Annot /Subtype /Stamp /F 4 /Rect [50 250 150 350] /AP << /N 7 0 R >> >>"
    data = pdf_file(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 400] /Annots [5 0 R 6 0 R] /Contents 4 0 R >>",
        b"<< /Length 0 >>\nstream\n\nendstream",
        field,
        note,
        look,
    )
    decoded = decode(data, LIMITS)
    assert [dark_at(decoded, *at) for at in ((0.25, 0.75), (0.25, 0.25), (0.75, 0.5))] == [True, True, False]


def test_the_pdf_library_has_no_javascript() -> None:
    assert not {"V8", "XFA"} & set(pypdfium2.PDFIUM_INFO.flags)


def test_a_locked_pdf_is_said_to_be_locked() -> None:
    for ask in (count_pages, decode):
        with pytest.raises(EncryptedFile, match="Save a copy without one"):
            ask(locked_pdf(), LIMITS)


def test_a_pdf_without_pages_is_said_to_have_none() -> None:
    data = pdf_file(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>")
    with pytest.raises(BadImage, match="has no pages"):
        count_pages(data, LIMITS)


def test_a_damaged_page_leaves_the_others_readable() -> None:
    data = as_pdf(page("1"), page("2"), page("3")).replace(b"6 0 obj\n<< /Type /Page", b"6 0 obj\n<< /Type /Rage")
    assert count_pages(data, LIMITS) == 3
    assert decode(data, LIMITS, page=3).page == 3
    with pytest.raises(BadImage, match="Page 2 of this PDF is damaged"):
        decode(data, LIMITS, page=2)


def test_small_copies_and_masks_in_a_tiff_are_no_pages() -> None:
    data = as_tiff(page("1"), page("1", size=(40, 30), height=9), page("2"), page("3"), subfiles=(0, 1, 2, 4))
    assert count_pages(data, LIMITS) == 2
    assert close(decode(data, LIMITS, page=2), page("2"))


def test_a_tiff_that_calls_its_only_picture_a_small_copy_is_read_all_the_same() -> None:
    data = as_tiff(page("1"), subfiles=(1,))
    assert count_pages(data, LIMITS) == 1
    assert close(decode(data, LIMITS), page("1"))


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "group4", "jpeg"])
def test_every_page_of_a_tiff_is_unpacked_however_it_is_packed(compression: str) -> None:
    pictures = [page(digit) for digit in "12"]
    images = [Image.fromarray(each).convert("1" if compression == "group4" else "L") for each in pictures]
    buffer = io.BytesIO()
    images[0].save(buffer, "TIFF", save_all=True, append_images=images[1:], compression=compression)
    for number, picture in enumerate(pictures, start=1):
        assert close(decode(buffer.getvalue(), LIMITS, page=number), picture)


@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_a_tiff_whose_pages_lead_round_in_a_circle_has_an_end(byte_order: str) -> None:
    header = b"II*\x00" if byte_order == "<" else b"MM\x00*"

    def directory(after: int) -> bytes:
        entries = [(254, 4, 0), (256, 4, 2), (257, 4, 1), (258, 4, 8), (262, 4, 1), (273, 4, 8), (279, 4, 2)]
        packed = b"".join(struct.pack(byte_order + "HHII", tag, kind, 1, value) for tag, kind, value in entries)
        return struct.pack(byte_order + "H", len(entries)) + packed + struct.pack(byte_order + "I", after)

    length = len(directory(0))
    data = header + struct.pack(byte_order + "I", 10) + b"\x00\xff" + directory(10 + length) + directory(10)
    assert count_pages(data, LIMITS) == 2
    for number in (1, 2):
        assert grey(decode(data, LIMITS, page=number)).tolist() == [[0, 255]]


def test_the_last_page_of_a_tiff_that_is_cut_short_fails_alone() -> None:
    rng = np.random.default_rng(0)
    data = as_tiff(*(rng.integers(0, 256, (90, 90), dtype=np.uint8) for _ in range(2)))
    cut = data[:-4000]
    assert count_pages(cut, LIMITS) == 2
    assert decode(cut, LIMITS, page=1).pages == 2
    with pytest.raises(BadImage):
        decode(cut, LIMITS, page=2)
