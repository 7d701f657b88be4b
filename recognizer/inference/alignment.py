"""Where in the strip each digit of a text stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.decoding import BLANK, SMALLEST, Floats, Seen, log_probabilities

EARLY = 1.25
"""Frames by which the line network is surest of a digit before its middle: trained to say a digit once, it does so as
soon as it can. Measured on drawn numbers: 4.7 to 5.9 columns of the strip, the frame's own first half counted in."""
PROPOSED = 3
"""Texts of each look among which the likeliest is sought."""


@dataclass(frozen=True, slots=True)
class DigitSpan:
    """The frames of one digit on the best path, ``first`` to ``last``, and the one in which it is surest."""

    first: int
    last: int
    peak: int


def align(frames: Floats, text: str) -> list[DigitSpan] | None:
    """The frames of each digit of ``text`` on its most probable path (Viterbi, 1967) through frames (T, 11).

    None where no path has this text: it is longer than there are frames.
    """
    if not text:
        return []
    states = np.zeros(2 * len(text) + 1, np.intp)
    states[1::2] = [int(digit) + 1 for digit in text]
    path = _best_path(np.log(np.maximum(frames[:, states], SMALLEST)), states)
    if path is None:
        return None
    spans = []
    for place, digit in enumerate(text):
        own = np.flatnonzero(path == 2 * place + 1)
        spans.append(DigitSpan(int(own[0]), int(own[-1]), int(own[frames[own, int(digit) + 1].argmax()])))
    return spans


def middle_column(span: DigitSpan, stride: float) -> int:
    """The strip's column in which a digit's middle lies, by the frame that is surest of it."""
    return round((span.peak + EARLY) * stride)


def digit_columns(looks: Sequence[Floats | Seen], strides: Sequence[float]) -> list[int]:
    """The strip's columns at which the line network alone sees digits, from its looks: frames (T, 13), and how many
    columns one of these takes.
    """
    seen = [Seen.of(look) for look in looks]
    texts = tuple(dict.fromkeys(text for look in seen for text in look.texts[:PROPOSED]))
    by_look = np.stack([log_probabilities(look.frames, texts) for look in seen])
    text = int(np.logaddexp.reduce(by_look, axis=0).argmax())
    look = int(by_look[:, text].argmax())
    return [middle_column(span, strides[look]) for span in align(seen[look].frames, texts[text]) or []]


def _best_path(scores: NDArray[np.float64], states: NDArray[np.intp]) -> NDArray[np.intp] | None:
    """The state at each frame, shape (T,), of the best path through states (S,) with log scores (T, S)."""
    count = len(states)
    leaps = np.full(count, -np.inf)
    leaps[2:][(states[2:] != BLANK) & (states[2:] != states[:-2])] = 0.0
    best = np.full(count + 2, -np.inf)
    best[2] = 0.0
    steps = np.zeros(scores.shape, np.intp)
    for frame, here in enumerate(scores):
        options = np.stack([best[2:], best[1:-1], best[:-2] + leaps])
        steps[frame] = options.argmax(axis=0)
        best[2:] = options.max(axis=0) + here
    state = int(count - 1 if best[-1] >= best[-2] else count - 2)
    if not np.isfinite(best[state + 2]):
        return None
    path = np.empty(len(scores), np.intp)
    for frame in range(len(scores) - 1, -1, -1):
        path[frame] = state
        state -= int(steps[frame, state])
    return path
