"""HEIC and AVIF, the kinds that phones write, come upright and flat as the older kinds do."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from recognizer.domain.errors import BadImage, TooLarge
from recognizer.tests.paged_files import as_avif, as_heic
from recognizer.tests.pictures import Picture, page
from recognizer.vision.decode import Decoded, count_pages, decode
from recognizer.vision.decode_limits import DecodeLimits
from recognizer.vision.kinds import sniff

LIMITS = DecodeLimits()
KINDS: dict[str, Callable[..., bytes]] = {"HEIF": as_heic, "AVIF": as_avif}
HELD = {  # a picture as the sensor saw it, for each orientation that EXIF 2.32 names
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
UPRIGHT = page("4", size=(320, 200), at=(30, 20))


def grey(decoded: Decoded) -> Picture:
    return np.frombuffer(decoded.grey, dtype=np.uint8).reshape(decoded.grey_height, decoded.grey_width)


def claiming(data: bytes, width: int, height: int) -> bytes:
    """The file with another size in the box that says it (``ispe``)."""
    at = data.index(b"ispe") + 8
    return data[:at] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + data[at + 8 :]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_known_by_its_first_bytes_and_decoded(kind: str) -> None:
    data = KINDS[kind](UPRIGHT)
    decoded = decode(data, LIMITS, copies=True)
    assert sniff(data) == kind
    assert count_pages(data, LIMITS) == 1
    assert (decoded.width, decoded.height, decoded.page, decoded.pages) == (320, 200, 1, 1)
    assert np.abs(grey(decoded).astype(int) - UPRIGHT).mean() < 3
    assert Image.open(io.BytesIO(decoded.stored)).size == (320, 200)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", "HEIF"),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1miafavif", "AVIF"),
        (b"\x00\x00\x00\x1cftypmsf1\x00\x00\x00\x00msf1avismiaf", "AVIF"),
        (b"\x00\x00\x00\x18ftyphevc\x00\x00\x00\x00msf1hevc", "HEIF"),
        (b"\xff\xff\xff\xffftypmif1\x00\x00\x00\x00", "HEIF"),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ", None),
        (b"\x00\x00\x00\x08ftyp", None),
    ],
)
def test_the_brands_in_its_first_box_tell_the_kinds_apart(head: bytes, kind: str | None) -> None:
    assert sniff(head) == kind


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_upright_once_and_never_twice(kind: str, orientation: int) -> None:
    held = Image.fromarray(UPRIGHT)
    if orientation in HELD:
        held = held.transpose(HELD[orientation])
    decoded = decode(KINDS[kind](np.asarray(held), orientation=orientation), LIMITS, copies=True)
    assert (decoded.width, decoded.height) == (320, 200)
    assert np.abs(grey(decoded).astype(int) - UPRIGHT).mean() < 3
    assert Image.open(io.BytesIO(decoded.stored)).size == (320, 200)
    assert Image.open(io.BytesIO(decoded.thumbnail)).size == (240, 150)


def test_an_orientation_that_stands_in_the_metadata_alone_counts_for_nothing() -> None:
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01\x00"
    heic = as_heic(UPRIGHT)
    assert entry + b"\x01" in heic
    buffer = io.BytesIO()
    Image.fromarray(UPRIGHT).save(buffer, "AVIF", speed=9, xmp=b'<rdf:Description tiff:Orientation="6"/>')
    for data in (heic.replace(entry + b"\x01", entry + b"\x06"), buffer.getvalue()):
        assert (decode(data, LIMITS).width, decode(data, LIMITS).height) == (320, 200)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_every_way_a_heic_keeps_its_colours_is_understood(mode: str) -> None:
    assert np.abs(grey(decode(as_heic(UPRIGHT, mode=mode), LIMITS)).astype(int) - UPRIGHT).mean() < 3


def test_a_deep_heic_keeps_its_tones() -> None:
    deep = (UPRIGHT.astype(np.uint16) * 257)[..., None].repeat(3, axis=2)
    heif = pillow_heif.from_bytes(mode="RGB;16", size=(320, 200), data=deep.tobytes())
    buffer = io.BytesIO()
    heif.save(buffer, quality=90)
    assert np.abs(grey(decode(buffer.getvalue(), LIMITS)).astype(int) - UPRIGHT).mean() < 3


def test_of_several_pictures_in_a_heic_the_primary_one_counts() -> None:
    heif = pillow_heif.from_pillow(Image.fromarray(page("1", size=(120, 90), height=40)))
    heif.add_from_pillow(Image.fromarray(UPRIGHT))
    buffer = io.BytesIO()
    heif.save(buffer, quality=90, primary_index=1)
    decoded = decode(buffer.getvalue(), LIMITS)
    assert (decoded.width, decoded.pages) == (320, 1)


def test_only_the_first_frame_of_an_avif_animation_counts() -> None:
    decoded = decode(as_avif(UPRIGHT, page("7", size=(320, 200)), page("8", size=(320, 200))), LIMITS)
    assert decoded.pages == 1
    assert np.abs(grey(decoded).astype(int) - UPRIGHT).mean() < 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_claim_of_too_many_pixels_is_refused_by_the_header(kind: str) -> None:
    with pytest.raises((TooLarge, BadImage)) as refused:
        decode(claiming(KINDS[kind](UPRIGHT), 60_000, 60_000), LIMITS)
    assert kind == "AVIF" or "60000 × 60000 pixels: at most 50 megapixels" in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.01, 0.1, 0.6, 0.98])
def test_one_that_is_cut_short_is_bad(kind: str, share: float) -> None:
    data = KINDS[kind](np.random.default_rng(0).integers(0, 256, (120, 160), dtype=np.uint8))
    with pytest.raises(BadImage):
        decode(data[: max(12, int(len(data) * share))], LIMITS)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_the_metadata_reaches_what_is_kept(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET camera"
    buffer = io.BytesIO()
    if kind == "HEIF":
        heif = pillow_heif.from_pillow(Image.fromarray(UPRIGHT))
        heif.info["exif"] = exif.tobytes()
        heif.save(buffer, quality=90)
    else:
        Image.fromarray(UPRIGHT).save(buffer, "AVIF", exif=exif, xmp=b"SECRET xmp", speed=9)
    decoded = decode(buffer.getvalue(), LIMITS, copies=True)
    assert b"SECRET" in buffer.getvalue()
    assert b"SECRET" not in decoded.stored + decoded.thumbnail
