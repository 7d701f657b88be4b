"""Decoding: on few frames, everything is compared with all paths counted one by one."""

from __future__ import annotations

import itertools
import math
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recognizer.inference.alignment import align, digit_columns
from recognizer.inference.decoding import (
    beam_search,
    collapse_marks,
    digit_probabilities,
    log_probabilities,
    log_probabilities_by_look,
)

Frames = NDArray[np.float64]
ROOT = Path(__file__).resolve().parents[2]
USED = 4
"""A blank and the digits 0 to 2: enough for every case, few enough to count all paths."""


@st.composite
def few_frames(draw: st.DrawFn) -> Frames:
    """Up to five frames, shape (T, 11), in which only the first symbols ever come."""
    weights = draw(st.lists(st.lists(st.floats(0.01, 1), min_size=USED, max_size=USED), min_size=1, max_size=5))
    frames = np.zeros((len(weights), 11))
    frames[:, :USED] = np.array(weights) / np.sum(weights, axis=1, keepdims=True)
    return frames


def text_of(path: tuple[int, ...]) -> str:
    return "".join(str(symbol - 1) for symbol, _ in itertools.groupby(path) if symbol)


def all_texts(frames: Frames) -> dict[str, float]:
    """The probability of every text that the frames can have."""
    texts: defaultdict[str, float] = defaultdict(float)
    for path in itertools.product(range(USED), repeat=len(frames)):
        texts[text_of(path)] += math.prod(float(frames[t, symbol]) for t, symbol in enumerate(path))
    return dict(texts)


def written(text: str, sure: float = 0.9, blanks: int = 2) -> Frames:
    """Frames (T, 13) that say ``text``: after each symbol some blanks."""
    symbols = [code for mark in text for code in ("0123456789.,".index(mark) + 1, *[0] * blanks)]
    frames = np.full((len(symbols), 13), (1 - sure) / 12)
    frames[np.arange(len(symbols)), symbols] = sure
    return frames


@given(few_frames())
@settings(deadline=None)
def test_a_texts_probability_is_that_of_all_its_paths(frames: Frames) -> None:
    texts = all_texts(frames)
    assert np.exp(log_probabilities(frames, list(texts))) == pytest.approx(list(texts.values()), rel=1e-9)
    assert sum(texts.values()) == pytest.approx(1)


@given(few_frames(), few_frames())
@settings(deadline=None)
def test_a_text_is_as_probable_among_several_looks_as_in_its_own(first: Frames, second: Frames) -> None:
    texts = ["", "0", "01", "11", "210"]
    alone = [log_probabilities(look, texts) for look in (first, second)]
    np.testing.assert_array_equal(log_probabilities_by_look([first, second], texts), alone)


def test_texts_that_are_equally_probable_come_in_the_same_order_in_every_process() -> None:
    script = (
        "import numpy as np\n"
        "from recognizer.inference.decoding import beam_search\n"
        "print(beam_search(np.full((6, 11), 1 / 11)))"
    )
    answers = {
        subprocess.check_output([sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed})
        for seed in "12"
    }
    assert len(answers) == 1


@given(few_frames())
@settings(deadline=None)
def test_a_wide_beam_gives_the_most_probable_texts_in_order(frames: Frames) -> None:
    texts = all_texts(frames)
    found = beam_search(frames, width=len(texts))
    expected = sorted(texts.values(), reverse=True)[:3]
    assert [texts[text] for text in found[:3]] == pytest.approx(expected, rel=1e-9)


@given(few_frames())
@settings(deadline=None)
def test_the_ten_at_a_place_are_the_ten_texts_that_differ_there(frames: Frames) -> None:
    texts = all_texts(frames)
    text = max((text for text in texts if text), key=lambda text: texts[text])
    for place, row in enumerate(digit_probabilities(frames, text)):
        variants = [texts.get(f"{text[:place]}{digit}{text[place + 1 :]}", 0.0) for digit in range(10)]
        assert row == pytest.approx(np.array(variants) / sum(variants), abs=1e-9)


@given(few_frames())
@settings(deadline=None)
def test_the_alignment_is_the_most_probable_path_of_the_text(frames: Frames) -> None:
    paths: dict[str, dict[tuple[int, ...], float]] = defaultdict(dict)
    for path in itertools.product(range(USED), repeat=len(frames)):
        paths[text_of(path)][path] = math.prod(float(frames[t, symbol]) for t, symbol in enumerate(path))
    for text, own in paths.items():
        spans = align(frames, text)
        assert spans is not None
        assert [span.first <= span.peak <= span.last for span in spans] == [True] * len(text)
        best = [0] * len(frames)
        for digit, span in zip(text, spans, strict=True):
            best[span.first : span.last + 1] = [int(digit) + 1] * (span.last + 1 - span.first)
        assert own[tuple(best)] == pytest.approx(max(own.values()))


def test_a_text_longer_than_the_frames_has_no_alignment() -> None:
    frames = collapse_marks(written("1", blanks=1))
    assert align(frames, "123") is None
    assert align(frames, "11") is None
    assert log_probabilities(frames, ["123"])[0] < -600


def test_where_digits_stand_is_not_looked_for_where_their_count_is_known() -> None:
    looks, strides = [written("830"), written("830", sure=0.8)], [4.0, 3.0]
    assert len(digit_columns(looks, strides)) == 3
    assert digit_columns(looks, strides, unless=2) == digit_columns(looks, strides)
    assert digit_columns(looks, strides, unless=3) == []


def test_a_digit_counts_twice_only_with_a_blank_between() -> None:
    assert beam_search(collapse_marks(written("77")))[0] == "77"
    assert beam_search(collapse_marks(written("77", blanks=0)))[0] == "7"


def test_a_surely_blank_frame_parts_a_digit_from_itself() -> None:
    frames = np.zeros((3, 11))
    frames[[0, 2], 8], frames[1, 0] = 1.0, 1.0
    assert beam_search(frames)[0] == "77"


def test_marks_count_as_blank_where_only_digits_matter() -> None:
    frames = written("8,3.0")
    assert np.allclose(collapse_marks(frames).sum(axis=1), 1)
    assert beam_search(collapse_marks(frames))[0] == "830"


def test_no_frames_say_nothing() -> None:
    frames = np.empty((0, 11))
    assert beam_search(frames) == [""]
    assert log_probabilities(frames, ["", "1"]).tolist() == pytest.approx([0.0, math.log(1e-300)])
    assert digit_probabilities(frames, "").shape == (0, 10)


def test_a_number_of_fifty_digits_is_decoded() -> None:
    text = "0123456789" * 5
    frames = collapse_marks(written(text, blanks=4))
    assert beam_search(frames)[0] == text
    assert (digit_probabilities(frames, text).argmax(axis=1) == [int(digit) for digit in text]).all()
