"""One synthetic strip with its label: written, laid on paper, photographed, and cut out by the functions that serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Box
from recognizer.training.lines.backdrop import photograph
from recognizer.training.lines.texts import label_of, random_text
from recognizer.training.lines.words import doodle, random_word, write_word
from recognizer.training.lines.writing import TALL, Bitmaps, Written, write_bitmaps, write_strokes
from recognizer.vision.ink import find_ink
from recognizer.vision.strips import cut_strip

Generator = np.random.Generator

NOTHING = 0.07
"""Share of strips without a number: words, doodles, bare paper."""
NO_DIGIT = 0.25
"""Share of the pictures of a lone digit that show none."""
BESIDE_WORD = 0.1
SURROUNDED = 0.5
"""Share of strips that show what stands around the number, as serving does where nothing else claims it."""
AROUND = 1.2
"""How far at most, in heights of a digit."""
NEIGHBOUR = 0.12
"""Share of strips into which the line above or below reaches."""
MISJUDGED = (0.05, 0.18)
"""Mean and deviation of the logarithm by which finding numbers errs in their height: noise makes it too large."""
LEAST_SEEN = 4
"""Pixels of a neighbouring line that reach in at least."""
WIDEST = 384
"""Strips wider than this are thrown away: batches of one width learn faster than padded ones."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A grey picture (height, width) of a line, the box (left, top, right, bottom) of its digits, and their height."""

    gray: NDArray[np.uint8]
    box: tuple[float, float, float, float]
    body: float


@dataclass(frozen=True, slots=True)
class Mixture:
    """Who writes: the share of the hands, and of each source of bitmaps."""

    hands: float
    sources: Sequence[tuple[Bitmaps, float]]

    def write(self, text: str, rng: Generator) -> Written:
        at = rng.random() * (self.hands + sum(share for _, share in self.sources))
        for source, share in self.sources:
            if at < share:
                return write_bitmaps(text, source, rng)
            at -= share
        return write_strokes(text, rng)


def sample(mixture: Mixture, rng: Generator) -> tuple[NDArray[np.uint8], str]:
    """A strip (32, width), width a multiple of 8 up to 384, and what stands on it: digits, dots and commas."""
    while True:
        photo, label = photographed(mixture, rng)
        strip = _strip_of(photo, rng)
        if strip.shape[1] <= WIDEST and 4 * (len(label) + 1) <= strip.shape[1]:
            return strip, label


def photographed(mixture: Mixture, rng: Generator, strain: float = 1.0) -> tuple[Photo, str]:
    """A grey picture of one line on some paper, and what stands on it; ``strain`` as in ``photograph``."""
    return _on_paper(*(_nothing(rng) if rng.random() < NOTHING else _number(mixture, rng)), rng, strain)


def photographed_alone(mixture: Mixture, rng: Generator, strain: float = 1.0) -> tuple[Photo, str]:
    """The same of a digit that stands alone, or of something that is none."""
    if rng.random() < NO_DIGIT:
        return _on_paper(*_nothing(rng), rng, strain)
    digit = str(rng.integers(0, 10))
    return _on_paper(mixture.write(digit, rng), digit, rng, strain)


def _on_paper(written: Written, label: str, rng: Generator, strain: float) -> tuple[Photo, str]:
    tilted = _tilted(written, rng)
    return _cropped(Photo(photograph(tilted.ink, rng, strain), tilted.box, tilted.body), rng), label


def _number(mixture: Mixture, rng: Generator) -> tuple[Written, str]:
    text = random_text(rng)
    written = mixture.write(text, rng)
    if rng.random() < NEIGHBOUR:
        written = _with_neighbour(written, mixture, rng)
    if rng.random() < BESIDE_WORD:
        written = _beside_word(written, rng)
    return written, label_of(text)


def _nothing(rng: Generator) -> tuple[Written, str]:
    ink = write_word(random_word(rng), TALL, rng) if rng.random() < 0.65 else doodle(TALL, rng)
    return Written(
        _framed(ink, TALL // 2), (TALL // 2, TALL // 2, *_ends(ink)), TALL * float(rng.uniform(0.6, 1.3))
    ), ""


def _ends(ink: NDArray[np.uint8]) -> tuple[float, float]:
    return TALL / 2 + ink.shape[1], TALL / 2 + ink.shape[0]


def _framed(ink: NDArray[np.uint8], margin: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.copyMakeBorder(ink, *(margin,) * 4, cv2.BORDER_CONSTANT, value=0), np.uint8)


def _with_neighbour(written: Written, mixture: Mixture, rng: Generator) -> Written:
    """The feet of a line above, or the heads of one below, reach into the picture."""
    other = mixture.write(random_text(rng), rng).ink
    ink = written.ink.copy()
    width = min(ink.shape[1], other.shape[1])
    seen = int(rng.integers(LEAST_SEEN, TALL // 2))
    if rng.random() < 0.5:
        part = other[-seen - 24 : -24, :width]
        np.maximum(ink[: len(part), :width], part, out=ink[: len(part), :width])
    else:
        part = other[24 : 24 + seen, :width]
        np.maximum(ink[-len(part) :, :width], part, out=ink[-len(part) :, :width])
    return replace(written, ink=ink)


def _beside_word(written: Written, rng: Generator) -> Written:
    """A word or a unit before or after the number, on the same line."""
    word = write_word(random_word(rng, longest=5), int(written.body), rng)
    gap = int(rng.uniform(0.3, 1.2) * TALL)
    left, top, right, bottom = written.box
    height, width = written.ink.shape
    canvas = np.zeros((height + 2 * TALL, width + gap + word.shape[1]), np.uint8)
    after = rng.random() < 0.5
    x = 0 if after else gap + word.shape[1]
    canvas[TALL : TALL + height, x : x + width] = written.ink
    y = max(0, int(TALL + bottom - word.shape[0]))
    place = int(right) + gap if after else max(0, int(left) + x - gap - word.shape[1])
    part = canvas[y : y + word.shape[0], place : place + word.shape[1]]
    np.maximum(part, word[: part.shape[0], : part.shape[1]], out=part)
    ends = (left + x, right + gap + word.shape[1]) if after else (float(place), right + x)
    return Written(canvas, (ends[0], top + TALL, ends[1], bottom + TALL), written.body)


def _tilted(written: Written, rng: Generator) -> Written:
    """The line a little askew, as deskewing leaves it, and at the size of some camera or scanner."""
    scale = float(np.clip(np.exp(rng.normal(np.log(30), 0.35)), 14, 64)) / TALL
    angle = float(rng.normal(0, 1.6))
    height, width = written.ink.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
    matrix[:, 2] += (np.array([width, height]) * scale - (width, height)) / 2
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    smooth = cv2.GaussianBlur(written.ink, (0, 0), 0.45 / scale) if scale < 0.8 else written.ink
    ink = np.asarray(cv2.warpAffine(smooth, matrix, size, flags=flags), np.uint8)
    x0, y0, x1, y1 = (side * scale for side in written.box)
    return Written(ink, (x0, y0, x1, y1), written.body * scale)


def _strip_of(photo: Photo, rng: Generator) -> NDArray[np.uint8]:
    """The line cut out with the errors that finding numbers makes."""
    left, top, right, bottom = photo.box
    strength = find_ink(photo.gray).strength
    body = photo.body * float(np.exp(rng.normal(*MISJUDGED)))
    outer = (rng.uniform(0.0, AROUND, 2) if rng.random() < SURROUNDED else rng.uniform(-0.05, 0.3, 2)) * body
    box = Box(int(left - outer[0]), int(top), int(right - left + outer.sum()), max(1, int(bottom - top)))
    centre = (top + bottom) / 2 + float(rng.normal(0, 0.08)) * body
    return cut_strip(strength, box, body_height=body, centre=centre).pixels


def _cropped(photo: Photo, rng: Generator) -> Photo:
    """At times cut close around the digits, as the amount fields of cheques are."""
    if rng.random() < 0.5:
        return photo
    height, width = photo.gray.shape
    room = rng.uniform(0.0, 0.5, 4) * photo.body
    left, top = max(0, int(photo.box[0] - room[0])), max(0, int(photo.box[1] - room[1]))
    right, bottom = min(width, int(photo.box[2] + room[2]) + 1), min(height, int(photo.box[3] + room[3]) + 1)
    if right - left < 8 or bottom - top < 8:
        return photo
    sides = (photo.box[0] - left, photo.box[1] - top, photo.box[2] - left, photo.box[3] - top)
    return Photo(np.ascontiguousarray(photo.gray[top:bottom, left:right]), sides, photo.body)
