"""Whatever is sent, the answer is a sentence and a status, never a surprise."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from recognizer.domain.errors import BadImage, EmptyFile, NoFile, NumeralError, TooLarge, UnsupportedImage
from recognizer.domain.types import Expect
from recognizer.tests.pictures import as_jpeg, as_png, encode, huge_png, page
from recognizer.vision.decode import decode
from recognizer.vision.decode_limits import DecodeLimits
from recognizer.vision.kinds import sniff
from recognizer.vision.layout import find_numbers

LIMITS = DecodeLimits()
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
QUICK = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def test_no_file_and_an_empty_file_are_told_apart() -> None:
    with pytest.raises(NoFile):
        LIMITS.check_bytes(None)
    with pytest.raises(EmptyFile):
        LIMITS.check_bytes(b"")


def test_too_many_bytes_are_refused_with_the_limit() -> None:
    with pytest.raises(TooLarge, match="at most 25 MB"):
        LIMITS.check_bytes(bytes(60 * 1024 * 1024))
    assert len(LIMITS.check_bytes(bytes(25 * 1024 * 1024))) == 25 * 1024 * 1024


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"Dear Sir or Madam,\n", id="text named png"),
        pytest.param(SVG, id="SVG"),
        pytest.param(b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42", id="a video"),
        pytest.param(b"\x89PNG", id="the first bytes of a PNG"),
        pytest.param(b"RIFF\x00\x00\x00\x00WAVEfmt ", id="a sound"),
        pytest.param(b"P5\n2 2\n255\n\x00\x00\x00\x00", id="a kind that Pillow knows and we don't take"),
        pytest.param(b"\x00", id="one byte"),
    ],
)
def test_what_is_no_picture_of_our_kinds_is_unsupported(data: bytes) -> None:
    assert sniff(data) is None
    with pytest.raises(UnsupportedImage):
        decode(data, LIMITS)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.1, 0.6])
def test_a_picture_that_is_cut_short_is_bad(kind: str, share: float) -> None:
    rng = np.random.default_rng(0)
    data = encode(rng.integers(0, 256, (120, 160, 3), dtype=np.uint8), kind)
    with pytest.raises(BadImage):
        decode(data[: int(len(data) * share)], LIMITS)


@pytest.mark.parametrize("start", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"II*\x00", b"MM\x00*"])
def test_the_right_first_bytes_with_nonsense_behind_them_are_bad(start: bytes) -> None:
    with pytest.raises(BadImage):
        decode(start + b"\x5a" * 400, LIMITS)


def test_a_small_file_with_too_many_pixels_is_refused_by_its_header() -> None:
    data = huge_png(19_000)
    assert len(data) < 60_000
    before = time.perf_counter()
    with pytest.raises(TooLarge, match="19000 × 19000 pixels: at most 50 megapixels"):
        decode(data, LIMITS)
    assert time.perf_counter() - before < 0.2


def test_pixels_between_one_and_two_times_the_limit_are_refused_too() -> None:
    tight = DecodeLimits(max_pixels=10_000, max_jpeg_pixels=20_000)
    picture = np.zeros((120, 120), dtype=np.uint8)
    with pytest.raises(TooLarge, match=r"at most 0\.01 megapixels"):
        decode(as_png(picture), tight)
    assert decode(as_jpeg(picture), tight).width == 120


def test_a_side_longer_than_any_camera_makes_is_refused() -> None:
    with pytest.raises(TooLarge, match="at most 65535 on a side"):
        decode(encode(np.zeros((1, 70_000), dtype=np.uint8), "PNG"), LIMITS)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 1), (2, 2, 3), (1, 1, 4)])
def test_the_smallest_pictures_decode_and_hold_no_numbers(shape: tuple[int, ...]) -> None:
    decoded = decode(as_png(np.zeros(shape, dtype=np.uint8)), LIMITS)
    grey = np.frombuffer(decoded.grey, dtype=np.uint8).reshape(decoded.grey_height, decoded.grey_width)
    assert (decoded.width, decoded.height) == (shape[1], shape[0])
    assert find_numbers(grey, Expect()) == []


def test_floating_point_pixels_that_are_no_numbers_are_bad() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.full((9, 9), np.nan, dtype=np.float32)).save(buffer, "TIFF")
    with pytest.raises(BadImage):
        decode(buffer.getvalue(), LIMITS)


@QUICK
@given(
    st.binary(max_size=200), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"II*\x00"])
)
def test_random_bytes_raise_nothing_but_our_errors(tail: bytes, head: bytes) -> None:
    with pytest.raises(NumeralError):
        decode(head + tail, LIMITS)


@QUICK
@given(
    st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"]),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=12),
)
def test_a_picture_with_some_bytes_changed_decodes_or_raises_our_errors(
    kind: str, edits: list[tuple[int, int]]
) -> None:
    data = bytearray(encode(page("4", size=(60, 40), height=30), kind))
    for position, value in edits:
        data[position % len(data)] = value
    try:
        decoded = decode(bytes(data), DecodeLimits(max_pixels=2_000_000, max_jpeg_pixels=2_000_000))
    except NumeralError:
        return
    assert len(decoded.grey) == decoded.grey_width * decoded.grey_height


@QUICK
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))),
    st.sampled_from([None, 1, 2, 7]),
    st.floats(0.1, 5),
)
def test_random_small_pictures_are_laid_out_without_an_error(
    picture: np.ndarray, digits: int | None, scale: float
) -> None:
    height, width = picture.shape
    for number in find_numbers(picture, Expect(digits), scale=scale):
        assert number.glyphs
        assert 0 <= number.box.x <= number.box.right <= width * scale + 2
        assert 0 <= number.box.y <= number.box.bottom <= height * scale + 2
