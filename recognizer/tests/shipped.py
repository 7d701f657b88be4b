"""Read with the shipped networks, the newest of each kind, all the way from bytes as served; it takes no database."""

from __future__ import annotations

from functools import cache

from recognizer.domain.types import DecodedImage, Expect, Reading
from recognizer.inference.engine import DigitEngine
from recognizer.inference.number_engine import NumberEngine
from recognizer.services.decoding import decoder_pool
from recognizer.services.recognise import image_read
from recognizer.services.serving import Readers
from recognizer.tests.pictures import Picture
from recognizer.tests.plugin import newest_shipped


@cache
def shipped_readers() -> Readers:
    """The networks that come with the program, loaded once for all tests."""
    return Readers(DigitEngine.load(newest_shipped("digit")), NumberEngine.load(newest_shipped("number")))


def read_file(data: bytes, expect: str = "any") -> Reading:
    """Read a picture given as the bytes of a file."""
    image = decoder_pool().decode(data)
    return image_read(image=image, expect=Expect.parse(expect), readers=shipped_readers())


def read_grey(gray: Picture, expect: str = "any") -> Reading:
    """Read grey pixels as they come from the decoder."""
    height, width = gray.shape
    image = DecodedImage(gray, width, height, scale=1.0, stored=b"", stored_type="image/png", thumbnail=b"")
    return image_read(image=image, expect=Expect.parse(expect), readers=shipped_readers())
