"""From the line network's frames to texts: connectionist temporal classification (CTC), in numpy.

Graves et al., "Connectionist Temporal Classification", ICML 2006: a path gives every frame one symbol; its text is the
path with repeats joined and blanks dropped; a text is as probable as all of its paths together. ``frames`` are
float arrays of shape (T, 13): in each frame (four columns of the strip) the probability of a blank, of the digits 0
to 9, of a dot and of a comma. Digits alone are read from frames of shape (T, 11), see ``collapse_marks``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Beam = dict[str, tuple[float, float]]

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

_BEFORE_NOUGHT = chr(ord("0") - 1)
"""The blank as a character: as the digits come after it in ASCII, so their states come after the blank's."""


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
    beam: Beam = {"": (1.0, 0.0)}
    all_ended = True
    for blank, *digits in frames.tolist():
        if blank < SURELY_BLANK:
            beam = _extend(beam, blank, digits)
            if len(beam) > width:
                beam = dict(sorted(beam.items(), key=_total, reverse=True)[:width])
        elif not all_ended:
            beam = {prefix: (ended + open_, 0.0) for prefix, (ended, open_) in beam.items()}
        all_ended = blank >= SURELY_BLANK
    return [prefix for prefix, _ in sorted(beam.items(), key=_total, reverse=True)]


def beam_search_by_length(frames: Floats, longest: int, width: int) -> dict[int, list[str]]:
    """The ``width`` most probable texts of each length up to ``longest``, best first, of frames of shape (T, 11).

    Prefixes compete with those as long as themselves alone: so texts of a length come out even where others are far
    more probable.
    """
    beam: Beam = {"": (1.0, 0.0)}
    for blank, *digits in frames.tolist():
        if blank >= SURELY_BLANK:
            beam = {prefix: (ended + open_, 0.0) for prefix, (ended, open_) in beam.items()}
            continue
        ranked = sorted(_extend(beam, blank, digits).items(), key=_total, reverse=True)
        count = Counter[int]()
        beam = {}
        for prefix, shares in ranked:
            count[len(prefix)] += 1
            if len(prefix) <= longest and count[len(prefix)] <= width and sum(shares) > 0:
                beam[prefix] = shares
    texts: dict[int, list[str]] = {}
    for prefix, _ in sorted(beam.items(), key=_total, reverse=True):
        texts.setdefault(len(prefix), []).append(prefix)
    return texts


def _total(item: tuple[str, tuple[float, float]]) -> float:
    ended, open_ = item[1]
    return ended + open_


def _extend(beam: Beam, blank: float, digits: list[float]) -> Beam:
    """The prefixes after one more frame: each as it was, and longer by each likely digit."""
    extended: Beam = {
        prefix: ((ended + open_) * blank, open_ * digits[int(prefix[-1])] if prefix else 0.0)
        for prefix, (ended, open_) in beam.items()
    }
    for digit, own in ((str(digit), own) for digit, own in enumerate(digits) if own >= UNLIKELY):
        for prefix, (ended, open_) in beam.items():
            longer = prefix + digit
            was_ended, was_open = extended.get(longer, (0.0, 0.0))
            extended[longer] = was_ended, was_open + own * (ended if prefix[-1:] == digit else ended + open_)
    return extended


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
    by_look: NDArray[np.float64] = log_probabilities_by_look([frames], texts)[0]
    return by_look


def log_probabilities_by_look(looks: Sequence[Floats], texts: Sequence[str]) -> NDArray[np.float64]:
    """``log_probabilities`` in each of several looks, frames (T, 11) of which some have more: shape (looks, n)."""
    states = _states(texts).T
    # A shorter look begins with frames that are surely blank: they leave every path where it begins.
    frames = np.zeros((max(map(len, looks)), 11, len(looks)))
    frames[:, BLANK] = 1.0
    for index, look in enumerate(looks):
        frames[len(frames) - len(look) :, :, index] = look
    alpha = _forward(frames[:, states], np.repeat(_may_leap(states)[:, :, None], len(looks), axis=2))[-1]
    ends = 2 * np.array([len(text) for text in texts], np.intp)
    columns = np.arange(len(texts))
    # The path ends in the last blank or, where there is a last digit, in that.
    total = alpha[ends, columns] + np.where(ends[:, None] > 0, alpha[ends - 1, columns], 0.0)
    logarithms: NDArray[np.float64] = np.log(np.maximum(total.T, SMALLEST))
    return logarithms


def _states(texts: Sequence[str]) -> NDArray[np.intp]:
    """Each text with blanks around its digits, shape (n, 2 L + 1), shorter ones filled up with blanks."""
    longest = max(map(len, texts), default=0)
    states = np.zeros((len(texts), 2 * longest + 1), np.intp)
    filled = "".join(text.ljust(longest, _BEFORE_NOUGHT) for text in texts).encode("ascii")
    states[:, 1::2] = np.frombuffer(filled, np.uint8).reshape(len(texts), longest) - np.uint8(ord(_BEFORE_NOUGHT))
    return states


def _may_leap(states: NDArray[np.intp]) -> NDArray[np.float64]:
    """1 where a state (S, n) may follow the one before the last: a digit after another, without a blank between."""
    leaps = np.zeros(states.shape)
    leaps[2:] = (states[2:] != BLANK) & (states[2:] != states[:-2])
    return leaps


def _forward(emitted: NDArray[np.float64], leaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability of all paths to each state, before the first frame and after each: shape (T + 1, S, …).

    ``emitted``, shape (T, S, …), is each state's own probability in each frame of texts that are followed side by side.
    """
    frames, states, *texts = emitted.shape
    # Two rows that stay empty stand before the states, so that each state's predecessors are views.
    alpha = np.zeros((frames + 1, states + 2, *texts))
    alpha[0, 2] = 1.0  # before the first frame, as if in the first blank
    leapt = np.empty(emitted.shape[1:])
    for before, after, own in zip(alpha[:-1], alpha[1:, 2:], emitted, strict=True):
        np.multiply(leaps, before[:-2], out=leapt)
        np.add(before[2:], before[1:-1], out=after)
        after += leapt
        after *= own
    return alpha[:, 2:]


def digit_probabilities(frames: Floats, text: str) -> NDArray[np.float64]:
    """The ten probabilities at each place of a text, shape (len(text), 10), the other digits being as read.

    Each row compares the ten texts that differ in that digit alone, by their exact probabilities: the paths up to a
    place and those from it on are the same for all ten. ``frames`` has the shape (T, 11).
    """
    if not text:
        return np.empty((0, 10))
    enter, leave = _ways_in_and_out(frames.astype(np.float64), text)
    inside, total = np.zeros((2, len(text), 10))
    for own, entering, leaving in zip(frames[:, DIGITS], enter[:-1], leave[1:], strict=True):
        inside += entering
        inside *= own
        total += inside * leaving
    total = np.maximum(total, SMALLEST)
    normalised: NDArray[np.float64] = total / total.sum(axis=1, keepdims=True)
    return normalised


def _ways_in_and_out(frames: NDArray[np.float64], text: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each place and each of the ten digits there, both of shape (T + 1, len(text), 10): the probability of the
    paths that may enter it after so many frames, and of those that may lead on from there through all that remain.

    Backwards, a text is a text like any other, so one call of the forward algorithm gives both.
    """
    states = _states([text, text[::-1]]).T
    emitted = np.stack([frames[:, states[:, 0]], frames[::-1, states[:, 1]]], axis=2)
    alpha = _forward(emitted, _may_leap(states))
    digits = np.array([int(digit) for digit in text])
    enter = _entering(alpha[:, :, 0], digits)
    leave = _entering(alpha[::-1, :, 1], digits[::-1])[:, ::-1]
    return enter, leave


def _entering(alpha: NDArray[np.float64], digits: NDArray[np.intp]) -> NDArray[np.float64]:
    """Paths at the blank before each place, and at the digit before it where that is another digit."""
    places = np.arange(len(digits))
    other = np.arange(10) != np.append(-1, digits[:-1])[:, None]
    other[0] = False  # nothing stands before the first
    entering: NDArray[np.float64] = alpha[:, 2 * places, None] + other * alpha[:, 2 * places - 1, None]
    return entering
