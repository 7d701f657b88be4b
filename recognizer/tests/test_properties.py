"""What must not change an answer, and what must never fail, whatever the picture.

Examples are drawn by Hypothesis from a fixed seed, so that a run can be repeated.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recognizer.domain.types import ReadingState
from recognizer.tests.pictures import Picture, as_jpeg, as_png, coloured, encode
from recognizer.tests.sample_pages import askew, clear_hand, column, framed, note, on_paper, written
from recognizer.tests.shipped import read_file, read_grey

FEW = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

RANDOM_PICTURES = 10_000 if os.environ.get("NUMERAL_LONG_TESTS") else 1_000
"""All ten thousand take a minute or two, which is too long for everyday."""

BATCH = 100
"""So many are read by one test."""

TEXTS = ("5", "26", "4027", "813.50", "90213")
"""Numbers that are read with confidence when a clear hand writes them."""

texts = st.sampled_from(TEXTS)


@cache
def ink_of(text: str, height: int = 60) -> Picture:
    """The number in ink with a margin around it; not to be written to."""
    return framed(written(text, height, clear_hand()), round(0.6 * height))


def assert_reads(picture: Picture, text: str) -> None:
    assert read_grey(picture).formatted == text


@FEW
@given(texts, st.integers(0, 300), st.integers(0, 200))
def test_it_does_not_matter_where_on_the_paper_a_number_stands(text: str, x: int, y: int) -> None:
    ink = ink_of(text)
    canvas = np.zeros((ink.shape[0] + 200, ink.shape[1] + 300), np.uint8)
    canvas[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
    assert_reads(on_paper(canvas), text)


@FEW
@given(texts, st.tuples(*[st.integers(0, 250)] * 4))
def test_it_does_not_matter_how_much_paper_there_is_around(text: str, margins: tuple[int, int, int, int]) -> None:
    assert_reads(on_paper(np.asarray(cv2.copyMakeBorder(ink_of(text), *margins, cv2.BORDER_CONSTANT))), text)


@FEW
@given(texts, st.integers(14, 400))
def test_it_does_not_matter_how_large_a_number_is(text: str, height: int) -> None:
    assert_reads(note(text, height), text)


@FEW
@given(texts, st.floats(-5, 5))
def test_it_does_not_matter_if_the_paper_lies_a_little_askew(text: str, degrees: float) -> None:
    assert_reads(askew(on_paper(ink_of(text)), degrees), text)


@FEW
@given(texts, st.integers(60, 255), st.floats(0.15, 0.9), st.booleans())
def test_it_does_not_matter_how_bright_paper_and_ink_are_and_which_is_darker(
    text: str, light: int, dark: float, inverted: bool
) -> None:
    paper, pen = light, round(light * (1 - dark) * 0.75)
    picture = on_paper(ink_of(text), paper=paper, pen=pen)
    assert_reads(255 - picture if inverted else picture, text)


light_colour = st.tuples(*[st.integers(170, 255)] * 3)
dark_colour = st.tuples(*[st.integers(0, 80)] * 3)


@FEW
@given(texts, light_colour, dark_colour, st.booleans())
def test_it_does_not_matter_what_colours_paper_and_ink_have(
    text: str, light: tuple[int, int, int], dark: tuple[int, int, int], inverted: bool
) -> None:
    paper, ink = (dark, light) if inverted else (light, dark)
    white = on_paper(ink_of(text), paper=255, pen=0)
    assert read_file(as_png(coloured(white, paper, ink))).formatted == text


TURNED = {
    1: lambda picture: picture,
    2: np.fliplr,
    3: lambda picture: np.rot90(picture, 2),
    4: np.flipud,
    5: lambda picture: picture.T,
    6: lambda picture: np.rot90(picture, 1),
    7: lambda picture: np.rot90(picture.T, 2),
    8: lambda picture: np.rot90(picture, 3),
}
"""How a camera stores a picture, by the EXIF orientation that says so."""


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("text", TEXTS)
def test_it_does_not_matter_how_the_camera_was_held(text: str, orientation: int) -> None:
    stored = np.ascontiguousarray(TURNED[orientation](on_paper(ink_of(text))))
    assert read_file(as_jpeg(stored, orientation=orientation)).formatted == text


@pytest.mark.parametrize("text", TEXTS)
def test_it_does_not_matter_what_kind_of_file_it_is(text: str) -> None:
    picture = on_paper(ink_of(text))
    answers = {kind: read_file(encode(picture, kind)).formatted for kind in ("PNG", "BMP", "GIF", "TIFF", "WEBP")}
    answers |= {
        f"JPEG {quality}": read_file(encode(picture, "JPEG", quality=quality)).formatted for quality in (30, 60, 95)
    }
    assert set(answers.values()) == {text}, answers


@FEW
@given(st.lists(texts, min_size=2, max_size=5))
def test_a_page_says_what_its_lines_say(lines: list[str]) -> None:
    page = column(tuple(lines))
    step = 108
    alone = [read_grey(np.ascontiguousarray(page[18 + row * step :][:step])).formatted for row in range(len(lines))]
    assert read_grey(page).formatted.split("\n") == alone == lines


SIDE = 300
"""Longest side, in pixels, of a random picture."""

EXPECTED = ("any", "one", "4")

Kind = Callable[[np.random.Generator, int, int], Picture]


def noise(rng: np.random.Generator, height: int, width: int) -> Picture:
    return rng.integers(0, int(rng.integers(1, 257)), (height, width)).astype(np.uint8)


def specks(rng: np.random.Generator, height: int, width: int) -> Picture:
    return np.where(rng.random((height, width)) < rng.uniform(0, 0.3), rng.integers(256), 255).astype(np.uint8)


def slope(rng: np.random.Generator, height: int, width: int) -> Picture:
    rows, columns = np.mgrid[0:height, 0:width]
    plane = rng.normal(0, 4) * rows + rng.normal(0, 4) * columns + rng.integers(256)
    return np.asarray(np.clip(plane, 0, 255) if rng.random() < 0.5 else plane % 256).astype(np.uint8)


def clouds(rng: np.random.Generator, height: int, width: int) -> Picture:
    small = rng.integers(0, 256, (int(rng.integers(1, 9)), int(rng.integers(1, 9))), dtype=np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def stripes(rng: np.random.Generator, height: int, width: int) -> Picture:
    rows, columns = np.mgrid[0:height, 0:width]
    waves = np.sin(rows * rng.uniform(0, 2)) + np.sin(columns * rng.uniform(0, 2))
    return np.asarray(127 + 60 * (waves if rng.random() < 0.5 else np.sign(waves))).astype(np.uint8)


def shapes(rng: np.random.Generator, height: int, width: int) -> Picture:
    picture = np.full((height, width), rng.integers(256), np.uint8)
    for _ in range(int(rng.integers(1, 7))):
        points = (rng.random((int(rng.integers(2, 6)), 2)) * (width, height)).astype(np.int32)
        level, thick = int(rng.integers(256)), int(rng.choice([-1, 1, 2, 4, 9]))
        if thick < 0:
            cv2.fillPoly(picture, [points], level)
        else:
            cv2.polylines(picture, [points], bool(rng.integers(2)), level, thick)
    return picture


def digits(rng: np.random.Generator, height: int, width: int) -> Picture:
    """A part of a number, stretched as it happens."""
    ink = ink_of(TEXTS[int(rng.integers(len(TEXTS)))])
    top, left = int(rng.integers(ink.shape[0] - 1)), int(rng.integers(ink.shape[1] - 1))
    return np.asarray(cv2.resize(on_paper(ink[top:, left:]), (width, height), interpolation=cv2.INTER_AREA), np.uint8)


KINDS: tuple[Kind, ...] = (noise, specks, slope, clouds, stripes, shapes, digits)


def random_picture(rng: np.random.Generator) -> Picture:
    """Any size from 1 × 1 on, mostly small, long or square, of any kind; read-only, as what comes from the decoder."""
    height, width = (int(side) for side in np.exp(rng.uniform(0, np.log(SIDE), 2)).round())
    picture = KINDS[int(rng.integers(len(KINDS)))](rng, height, width)
    picture.flags.writeable = False
    return picture


@pytest.mark.parametrize("batch", range(RANDOM_PICTURES // BATCH))
def test_no_picture_is_too_strange_to_be_answered(batch: int) -> None:
    rng = np.random.default_rng(batch)
    for _ in range(BATCH):
        reading = read_grey(random_picture(rng), EXPECTED[int(rng.integers(3))])
        assert (reading.state is ReadingState.REJECTED) == (not reading.numbers)
        assert 0.0 <= reading.confidence <= 1.0
