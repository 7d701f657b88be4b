"""The values that travel between the layers: frozen, free of Django, free of image libraries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.phrases import phrase

Gray = NDArray[np.uint8]
"""A grey picture, shape (height, width), 0 black to 255 white."""

Crop = NDArray[np.uint8]
"""A digit as MNIST gives it, shape (28, 28), white ink (255) on black (0)."""


class ReadingState(StrEnum):
    """What became of a whole picture, or of one number in it."""

    ACCEPTED = "accepted"
    NEEDS_REVIEW = "needs_review"
    REJECTED = "rejected"


class Reason(StrEnum):
    """Why a picture was rejected."""

    NO_INK = "no_ink"
    NOT_A_NUMBER = "not_a_number"


class Source(StrEnum):
    """How an upload reached us."""

    FILE = "file"
    CANVAS = "canvas"
    PASTE = "paste"
    CAMERA = "camera"
    API = "api"
    CLI = "cli"


class ModelKind(StrEnum):
    """What a model reads."""

    DIGIT = "digit"
    NUMBER = "number"


KIND_WORDS: Mapping[str, str] = {ModelKind.DIGIT: phrase("digit"), ModelKind.NUMBER: phrase("number")}
"""For sentences."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright image; x to the right, y down."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    def union(self, other: Box) -> Box:
        """The least rectangle around both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Box(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)

    def as_list(self) -> list[int]:
        """As the interface gives it: [x, y, width, height]."""
        return [self.x, self.y, self.width, self.height]


@dataclass(frozen=True, slots=True)
class Expect:
    """How many digits the person says there are: any number (None), one, or N."""

    digits: int | None = None

    MAX_DIGITS = 50

    @classmethod
    def parse(cls, text: str) -> Expect:
        """Read "any", "one" or a count from 1 to 50.

        Raises ValueError with a sentence for the person.
        """
        word = text.strip().lower()
        if word in ("", "any"):
            return cls(None)
        if word == "one":
            return cls(1)
        if word.isascii() and word.isdigit() and 1 <= int(word[:4]) <= cls.MAX_DIGITS:
            return cls(int(word))
        raise ValueError(
            phrase("Expect takes “any”, “one” or a count of digits from 1 to {most}.", most=cls.MAX_DIGITS)
        )

    def __str__(self) -> str:
        if self.digits is None:
            return "any"
        return "one" if self.digits == 1 else str(self.digits)


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """An upload after decoding: upright, flat, without metadata.

    ``gray`` is what the reader sees, at most 4 megapixels; ``width`` and ``height`` are of the upright
    original, and ``scale`` is original pixels per pixel of ``gray``. ``stored`` is the re-encoded copy that
    may be kept (``stored_type`` its media type, "image/jpeg" or "image/png"), ``thumbnail`` a small JPEG; these three
    are empty unless they were asked for. ``page`` counts from 1; a single picture is page 1 of 1.
    """

    gray: Gray
    width: int
    height: int
    scale: float
    stored: bytes
    stored_type: str
    thumbnail: bytes
    page: int = 1
    pages: int = 1


@dataclass(frozen=True, slots=True)
class GlyphCrop:
    """One piece of ink that may be a digit: where it is, and what the network will see of it."""

    box: Box
    crop: Crop


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """A whole number as the line network sees it: ``pixels`` of shape (32, width), white ink (255) on black (0), the
    digits about 21 pixels high and centred, their aspect kept.

    ``matrix``, shape (2, 3), takes a point (x, y, 1) of the strip to pixels of the upright original.
    """

    pixels: Gray
    matrix: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NumberCrop:
    """One number: its glyphs, left to right, and the text line (from 0, top to bottom) it stands on.

    ``strip`` is the same number uncut. ``remains`` says that beside it there is ink like a digit's that is no glyph.
    """

    box: Box
    line: int
    glyphs: tuple[GlyphCrop, ...]
    strip: Strip
    remains: bool = False


@dataclass(frozen=True, slots=True)
class DigitReading:
    """One digit read: ten calibrated probabilities, the best of them, and the crop that the model saw."""

    digit: int
    confidence: float
    box: Box
    probabilities: tuple[float, ...]
    crop: Crop
    needs_review: bool = False


@dataclass(frozen=True, slots=True)
class NumberReading:
    """One number read; ``confidence`` is the probability that every digit of it is right.

    ``text`` has digits only, ``formatted`` also the dots and commas seen between them, and wide spaces.
    """

    text: str
    formatted: str
    confidence: float
    state: ReadingState
    box: Box
    line: int
    digits: tuple[DigitReading, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was read on one picture (one page); ``models`` and ``versions`` by kind of model."""

    text: str
    confidence: float
    state: ReadingState
    reason: Reason | None
    width: int
    height: int
    ms: float
    models: Mapping[str, str]
    numbers: tuple[NumberReading, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)

    @property
    def formatted(self) -> str:
        """As ``text``, with the dots and commas seen inside the numbers."""
        return join_numbers((number.line, number.formatted) for number in self.numbers)


def join_numbers(numbers: Iterable[tuple[int, str]]) -> str:
    """The text of a page from its numbers, each with its line: numbers joined by a space, lines by a newline.

    An empty text (a form's field with nothing in it) leaves no trace.
    """
    lines: dict[int, list[str]] = {}
    for line, text in numbers:
        if text:
            lines.setdefault(line, []).append(text)
    return "\n".join(" ".join(texts) for _, texts in sorted(lines.items()))


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What ``card.json`` beside a model says of it; ``raw`` is the whole file."""

    name: str
    kind: ModelKind
    version: int
    architecture: str
    input: str
    temperature: float
    threshold: float
    reject_below: float
    files: Mapping[str, str]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)
