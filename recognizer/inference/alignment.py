"""Where in the strip each digit of a text stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.decoding import BLANK, SMALLEST, Floats, Seen, log_probabilities_by_look

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
    own = np.arange(1, len(states), 2)
    firsts, afters = (path.searchsorted(own, side).tolist() for side in ("left", "right"))  # a path only goes on
    return [
        DigitSpan(first, after - 1, first + int(frames[first:after, state].argmax()))
        for first, after, state in zip(firsts, afters, states[own].tolist(), strict=True)
    ]


def middle_column(span: DigitSpan, stride: float) -> int:
    """The strip's column in which a digit's middle lies, by the frame that is surest of it."""
    return round((span.peak + EARLY) * stride)


def digit_columns(looks: Sequence[Floats | Seen], strides: Sequence[float], *, unless: int | None = None) -> list[int]:
    """The strip's columns at which the line network alone sees digits, from its looks: frames (T, 13), and how many
    columns one of these takes. Where it sees just as many as ``unless`` says, they are not looked for: none.
    """
    seen = [Seen.of(look) for look in looks]
    texts = tuple(dict.fromkeys(text for look in seen for text in look.texts[:PROPOSED]))
    by_look = log_probabilities_by_look([look.frames for look in seen], texts)
    text = int(np.logaddexp.reduce(by_look, axis=0).argmax())
    if len(texts[text]) == unless:
        return []
    look = int(by_look[:, text].argmax())
    return [middle_column(span, strides[look]) for span in align(seen[look].frames, texts[text]) or []]


def _best_path(scores: NDArray[np.float64], states: NDArray[np.intp]) -> NDArray[np.intp] | None:
    """The state at each frame, shape (T,), of the best path through states (S,) with log scores (T, S)."""
    count = len(states)
    leaps = np.full(count, -np.inf)
    leaps[2:][(states[2:] != BLANK) & (states[2:] != states[:-2])] = 0.0
    # Two columns that no path reaches stand before the states, so that each state's predecessors are views.
    best = np.full((len(scores) + 1, count + 2), -np.inf)
    best[0, 2] = 0.0
    for before, after, here in zip(best[:-1], best[1:, 2:], scores, strict=True):
        np.add(before[:-2], leaps, out=after)
        np.maximum(after, before[1:-1], out=after)
        np.maximum(after, before[2:], out=after)
        after += here
    state = int(count - 1 if best[-1, -1] >= best[-1, -2] else count - 2)
    if not np.isfinite(best[-1, state + 2]):
        return None
    came = best[:-1]
    steps = np.stack([came[:, 2:], came[:, 1:-1], came[:, :-2] + leaps]).argmax(axis=0).tolist()
    path = []
    for step in reversed(steps):
        path.append(state)
        state -= step[state]
    return np.array(path[::-1], np.intp)
