"""From the line network's frames to texts: connectionist temporal classification (CTC), in numpy.

Graves et al., "Connectionist Temporal Classification", ICML 2006: a path gives every frame one symbol; its text is the
path with repeats joined and blanks dropped; a text is as probable as all of its paths together. ``frames`` are
float arrays of shape (T, 13): in each frame (four columns of the strip) the probability of a blank, of the digits 0
to 9, of a dot and of a comma. Digits alone are read from frames of shape (T, 11), see ``collapse_marks``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

BLANK = 0
DIGITS = slice(1, 11)
MARKS = {".": 11, ",": 12}
SYMBOLS = 13

SMALLEST = 1e-300
"""Texts less probable than this count as this probable, so that a logarithm stays finite."""

BEAM = 8
"""Prefixes kept after each frame: the text is nearly always among the first two."""

SURELY_BLANK = 0.999
"""From this on a frame can only end a symbol; most frames are such, and cost nothing."""

UNLIKELY = 0.003
"""Symbols under this probability begin no new prefix."""


def collapse_marks(frames: Floats) -> NDArray[np.float64]:
    """Frames of digits alone, shape (T, 11): what dots and commas had counts as blank."""
    digits = frames[:, :11].astype(np.float64)
    digits[:, BLANK] += frames[:, 11:].sum(axis=1)
    return digits


def beam_search(frames: Floats, width: int = BEAM) -> list[str]:
    """The most probable texts, best first, at most ``width``, of frames of shape (T, 11).

    Prefix beam search, after Graves and Jaitly, "Towards End-to-End Speech Recognition with Recurrent Neural
    Networks", ICML 2014. A prefix is kept with the probability of its paths that end in a blank, and of those that
    end in its last digit: only after a blank does the same digit count a second time.
    """
    beam: dict[str, tuple[float, float]] = {"": (1.0, 0.0)}
    blanks = frames[:, BLANK].tolist()
    for frame, blank in zip(frames, blanks, strict=True):
        if blank >= SURELY_BLANK:
            beam = {prefix: (ended + open_, 0.0) for prefix, (ended, open_) in beam.items()}
            continue
        likely = np.flatnonzero(frame[DIGITS] >= UNLIKELY).tolist()
        beam = _extend(beam, blank, frame[DIGITS].tolist(), likely)
        if len(beam) > width:
            beam = dict(sorted(beam.items(), key=lambda item: -sum(item[1]))[:width])
    return sorted(beam, key=lambda prefix: -sum(beam[prefix]))


def _extend(
    beam: dict[str, tuple[float, float]], blank: float, digits: list[float], likely: list[int]
) -> dict[str, tuple[float, float]]:
    """The prefixes after one more frame: each as it was, and longer by each likely digit."""
    ended: defaultdict[str, float] = defaultdict(float)
    open_: defaultdict[str, float] = defaultdict(float)
    for prefix, (was_ended, was_open) in beam.items():
        total = was_ended + was_open
        last = int(prefix[-1]) if prefix else -1
        ended[prefix] += total * blank
        if last >= 0:
            open_[prefix] += was_open * digits[last]
        for digit in likely:
            open_[f"{prefix}{digit}"] += (was_ended if digit == last else total) * digits[digit]
    return {prefix: (ended[prefix], open_[prefix]) for prefix in ended.keys() | open_.keys()}


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What one look at a strip shows of its digits: frames of shape (T, 11), and the likeliest texts, best first."""

    frames: NDArray[np.float64]
    texts: list[str]

    @classmethod
    def of(cls, look: Floats | Seen) -> Seen:
        """From frames with marks, (T, 13); what has been seen already is not searched again."""
        if isinstance(look, Seen):
            return look
        digits = collapse_marks(look)
        return cls(digits, beam_search(digits))


def log_probabilities(frames: Floats, texts: Sequence[str]) -> NDArray[np.float64]:
    """The exact logarithm of each text's probability, shape (n,), by CTC's forward algorithm, all texts at once.

    ``frames`` has the shape (T, 11). In linear numbers: what falls under ``SMALLEST`` counts as that.
    """
    states = _states(texts)
    alpha = _forward(frames.astype(np.float64)[:, states], _may_leap(states))[-1]
    ends = 2 * np.array([len(text) for text in texts], np.intp)
    rows = np.arange(len(texts))
    # The path ends in the last blank or, where there is a last digit, in that.
    total = alpha[rows, ends] + np.where(ends > 0, alpha[rows, ends - 1], 0.0)
    logarithms: NDArray[np.float64] = np.log(np.maximum(total, SMALLEST))
    return logarithms


def _states(texts: Sequence[str]) -> NDArray[np.intp]:
    """Each text with blanks around its digits, shape (n, 2 L + 1), shorter ones filled up with blanks."""
    longest = max((len(text) for text in texts), default=0)
    states = np.zeros((len(texts), 2 * longest + 1), np.intp)
    for row, text in zip(states, texts, strict=True):
        row[1 : 2 * len(text) : 2] = [int(digit) + 1 for digit in text]
    return states


def _may_leap(states: NDArray[np.intp]) -> NDArray[np.float64]:
    """1 where a state may follow the one before the last: a digit after another digit, without a blank between."""
    leaps = np.zeros(states.shape)
    leaps[:, 2:] = (states[:, 2:] != BLANK) & (states[:, 2:] != states[:, :-2])
    return leaps


def _forward(emitted: NDArray[np.float64], leaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability of all paths to each state, before the first frame and after each: shape (T + 1, n, S).

    ``emitted``, shape (T, n, S), is each state's own probability in each frame.
    """
    frames, texts, states = emitted.shape
    # Two columns that stay empty stand before the states, so that each state's predecessors are views.
    alpha = np.zeros((frames + 1, texts, states + 2))
    alpha[0, :, 2] = 1.0  # before the first frame, as if in the first blank
    for frame, own in enumerate(emitted):
        before = alpha[frame]
        alpha[frame + 1, :, 2:] = own * (before[:, 2:] + before[:, 1:-1] + leaps * before[:, :-2])
    return alpha[:, :, 2:]


def digit_probabilities(frames: Floats, text: str) -> NDArray[np.float64]:
    """The ten probabilities at each place of a text, shape (len(text), 10), the other digits being as read.

    Each row compares the ten texts that differ in that digit alone, by their exact probabilities: the paths up to a
    place and those from it on are the same for all ten. ``frames`` has the shape (T, 11).
    """
    if not text:
        return np.empty((0, 10))
    enter, leave = _ways_in_and_out(frames.astype(np.float64), text)
    inside, total = np.zeros((2, len(text), 10))
    for frame, own in enumerate(frames[:, DIGITS]):
        inside = own * (inside + enter[frame])
        total += inside * leave[frame + 1]
    total = np.maximum(total, SMALLEST)
    normalised: NDArray[np.float64] = total / total.sum(axis=1, keepdims=True)
    return normalised


def _ways_in_and_out(frames: NDArray[np.float64], text: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each place and each of the ten digits there, both of shape (T + 1, len(text), 10): the probability of the
    paths that may enter it after so many frames, and of those that may lead on from there through all that remain.

    Backwards, a text is a text like any other, so one call of the forward algorithm gives both.
    """
    states = _states([text, text[::-1]])
    emitted = np.stack([frames[:, states[0]], frames[::-1, states[1]]], axis=1)
    alpha = _forward(emitted, _may_leap(states))
    digits = np.array([int(digit) for digit in text])
    enter = _entering(alpha[:, 0], digits)
    leave = _entering(alpha[::-1, 1], digits[::-1])[:, ::-1]
    return enter, leave


def _entering(alpha: NDArray[np.float64], digits: NDArray[np.intp]) -> NDArray[np.float64]:
    """Paths at the blank before each place, and at the digit before it where that is another digit."""
    places = np.arange(len(digits))
    other = np.arange(10) != np.append(-1, digits[:-1])[:, None]
    other[0] = False  # nothing stands before the first
    entering: NDArray[np.float64] = alpha[:, 2 * places, None] + other * alpha[:, 2 * places - 1, None]
    return entering
