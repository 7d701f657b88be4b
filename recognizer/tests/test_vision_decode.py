"""Every kind of picture that is taken decodes to the same: upright, flat, grey, and a copy without metadata."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin

from recognizer.tests.pictures import Picture, as_jpeg, as_png, coloured, encode, page, transparent
from recognizer.vision.copies import STORED_PIXELS
from recognizer.vision.decode import GREY_PIXELS, Decoded, decode
from recognizer.vision.decode_limits import DecodeLimits
from recognizer.vision.kinds import sniff

LIMITS = DecodeLimits()


def grey(decoded: Decoded) -> Picture:
    return np.frombuffer(decoded.grey, dtype=np.uint8).reshape(decoded.grey_height, decoded.grey_width)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_every_kind_is_recognised_by_its_first_bytes_and_decoded(kind: str) -> None:
    picture = page("42", size=(320, 200))
    data = encode(picture, kind)
    decoded = decode(data, LIMITS)
    assert sniff(data) == kind
    assert (decoded.width, decoded.height) == (320, 200)
    assert np.abs(grey(decoded).astype(int) - picture).mean() < 2


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "group4"])
def test_tiffs_are_decoded_however_they_are_compressed(compression: str) -> None:
    image = Image.fromarray(page("7")).convert("1" if compression == "group4" else "L")
    buffer = io.BytesIO()
    image.save(buffer, "TIFF", compression=compression)
    assert grey(decode(buffer.getvalue(), LIMITS)).min() < 30


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_upright(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(page("4", size=(320, 200), at=(30, 20)), kind, exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(opened(data)).convert("L"))
    decoded = decode(data, LIMITS, copies=True)
    assert (decoded.width, decoded.height) == expected.shape[::-1]
    for copy in (decoded.stored, decoded.thumbnail):
        small = opened(copy).convert("L").resize((8, 8), Image.Resampling.BOX)
        expected_small = Image.fromarray(expected).resize((8, 8), Image.Resampling.BOX)
        assert np.abs(np.asarray(small, int) - np.asarray(expected_small, int)).max() < 6
    assert opened(decoded.stored).size == (decoded.width, decoded.height)
    assert np.abs(grey(decoded).astype(int) - expected).mean() < 2


@pytest.mark.parametrize("orientation", [None, 0, 9, 65535])
def test_an_absent_or_bogus_orientation_leaves_the_picture_as_it_is(orientation: int | None) -> None:
    decoded = decode(as_jpeg(page("4", size=(320, 200)), orientation=orientation), LIMITS)
    assert (decoded.width, decoded.height) == (320, 200)


def test_broken_exif_is_no_reason_to_refuse_a_picture() -> None:
    data = as_jpeg(page("4", size=(320, 200)))
    nonsense = b"Exif\x00\x00MM\x00*\xff\xff\xff\xff" + b"\x99" * 40
    broken = data[:2] + b"\xff\xe1" + struct.pack(">H", len(nonsense) + 2) + nonsense + data[2:]
    assert decode(broken, LIMITS).width == 320


def test_nothing_of_the_metadata_reaches_the_stored_copy_or_the_thumbnail() -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x010E] = "SECRET camera", "SECRET place"
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "SECRET name")
    files = [
        encode(page("4"), "JPEG", exif=exif, comment=b"SECRET comment", icc_profile=b"SECRET profile" * 10),
        encode(page("4"), "PNG", pnginfo=text, exif=exif, icc_profile=b"SECRET profile" * 10),
        encode(page("4"), "GIF", comment=b"SECRET comment"),
        encode(page("4"), "WEBP", exif=exif, xmp=b"SECRET xmp"),
        encode(page("4"), "TIFF", exif=exif, software="SECRET software"),
    ]
    for data in files:
        decoded = decode(data + b"SECRET after the end", LIMITS, copies=True)
        assert b"SECRET" in data
        for copy in (decoded.stored, decoded.thumbnail):
            assert b"SECRET" not in copy
            assert set(opened(copy).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_drawing_is_stored_as_png_without_loss_and_a_photo_as_jpeg() -> None:
    drawing = page("42")
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)
    stored, photo, rich = (decode(f, LIMITS, copies=True) for f in (as_png(drawing), as_jpeg(drawing), as_png(noise)))
    assert stored.stored_type == "image/png"
    np.testing.assert_array_equal(np.asarray(opened(stored.stored)), drawing)
    assert photo.stored_type == rich.stored_type == "image/jpeg"
    assert opened(photo.stored).format == opened(rich.stored).format == "JPEG"


@pytest.mark.parametrize("shape", [(300, 400), (3000, 100), (100, 3000), (1, 1), (1, 5000)])
def test_the_thumbnail_is_a_jpeg_of_at_most_240_pixels_a_side(shape: tuple[int, int]) -> None:
    thumbnail = opened(decode(as_png(np.full(shape, 200, dtype=np.uint8)), LIMITS, copies=True).thumbnail)
    assert thumbnail.format == "JPEG"
    assert max(thumbnail.size) <= 240


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_what_the_reader_sees_does_not_depend_on_what_is_kept(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(page("4", size=(2600, 2001)), kind, exif=exif)
    alone, kept = decode(data, LIMITS), decode(data, LIMITS, copies=True)
    assert (alone.stored, alone.stored_type, alone.thumbnail) == (b"", "", b"")
    assert kept.stored
    assert kept.thumbnail
    assert replace(kept, stored=b"", stored_type="", thumbnail=b"") == alone


def test_a_large_photo_is_reduced_for_the_reader_and_for_keeping() -> None:
    data = as_jpeg(np.full((4000, 6000), 180, dtype=np.uint8))
    decoded = decode(data, LIMITS, copies=True)
    assert (decoded.width, decoded.height) == (6000, 4000)
    assert decoded.grey_width * decoded.grey_height <= GREY_PIXELS
    assert np.prod(opened(decoded.stored).size) <= STORED_PIXELS
    assert decoded.grey_width / decoded.grey_height == pytest.approx(1.5, abs=0.01)


def test_only_the_first_frame_of_an_animation_counts() -> None:
    frames = [Image.fromarray(page(digit)).convert("P") for digit in "123"]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=50)
    decoded = decode(buffer.getvalue(), LIMITS, copies=True)
    np.testing.assert_allclose(grey(decoded), page("1"), atol=2)
    assert getattr(opened(decoded.stored), "n_frames", 1) == 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"])
def test_every_mode_that_a_file_can_have_comes_out_as_dark_ink_on_light_paper(mode: str) -> None:
    picture = page("8")
    deep = {"I;16": (np.uint16, 257), "I": (np.int32, 257), "F": (np.float32, 1 / 255)}
    if mode in deep:
        kind, factor = deep[mode]
        image = Image.fromarray((picture * np.float64(factor)).astype(kind))
    elif mode == "LAB":
        image = Image.merge(
            "LAB", [Image.fromarray(plane) for plane in (picture, picture * 0 + 128, picture * 0 + 128)]
        )
    else:
        image = Image.fromarray(picture).convert("RGB").convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, "TIFF")
    assert np.abs(grey(decode(buffer.getvalue(), LIMITS)).astype(int) - picture).mean() < 4


def test_sixteen_bit_grey_keeps_its_tones_in_png_and_in_tiff() -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (40, 1))
    for kind in ("PNG", "TIFF"):
        decoded = grey(decode(encode(ramp, kind), LIMITS))  # type: ignore[arg-type]
        assert np.abs(decoded[0].astype(int) - np.arange(256)).max() <= 1


def test_a_twelve_bit_scan_in_a_sixteen_bit_file_is_not_black() -> None:
    scan = (page("3").astype(np.uint16) * 16).astype(np.uint16)
    assert grey(decode(encode(scan, "TIFF"), LIMITS)).max() > 240  # type: ignore[arg-type]


@pytest.mark.parametrize("inverted", [False, True])
def test_a_cmyk_jpeg_is_not_a_negative(inverted: bool) -> None:
    buffer = io.BytesIO()
    Image.fromarray(page("5")).convert("RGB").convert("CMYK").save(buffer, "JPEG", quality=95)
    data = buffer.getvalue()
    if inverted:  # Adobe's programs write CMYK upside down and say so by this marker
        inks = np.asarray(Image.fromarray(page("5")).convert("RGB").convert("CMYK"))
        buffer = io.BytesIO()
        Image.frombytes("CMYK", inks.shape[1::-1], inks.tobytes()).save(buffer, "JPEG", quality=95)
        data = buffer.getvalue()
        assert b"Adobe" in data
    assert grey(decode(data, LIMITS)).mean() > 200


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255), (255, 230, 0), (200, 30, 30)])
def test_ink_on_transparent_ground_stays_visible(ink: tuple[int, int, int]) -> None:
    plain = grey(decode(as_png(transparent(page("4"), ink)), LIMITS))
    assert int(plain.max()) - int(plain.min()) > 100


def test_a_card_with_transparent_corners_goes_on_as_the_card_does() -> None:
    for paper, ink in ((255, 0), (30, 240)):
        card = np.zeros((200, 200, 4), dtype=np.uint8)
        card[20:180, 20:180] = (*[paper] * 3, 255)
        card[90:110, 60:140] = (*[ink] * 3, 255)
        assert abs(int(grey(decode(as_png(card), LIMITS))[0, 0]) - paper) < 60


def test_an_empty_transparent_picture_is_a_blank_page() -> None:
    assert set(np.unique(grey(decode(as_png(np.zeros((60, 80, 4), dtype=np.uint8)), LIMITS)))) == {255}


@pytest.mark.parametrize(
    ("paper", "ink"), [((190, 40, 40), (30, 30, 140)), ((255, 255, 255), (255, 225, 0)), ((90, 160, 70), (160, 90, 60))]
)
def test_ink_as_bright_as_its_paper_but_of_another_colour_stands_out(
    paper: tuple[int, int, int], ink: tuple[int, int, int]
) -> None:
    colours = coloured(page("4"), paper, ink)
    luminance = np.asarray(Image.fromarray(colours).convert("L"))
    chosen = grey(decode(as_png(colours), LIMITS))
    assert np.ptp(chosen.astype(int)) > 1.2 * np.ptp(luminance.astype(int))
    assert np.ptp(chosen.astype(int)) > 60
