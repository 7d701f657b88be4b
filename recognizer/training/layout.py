"""Digits side by side on a line: the white between them, the drift of the line, and the pen that stays down."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizer.training.hands import Hand

BANDS = 12
"""Rows in which the white between two digits is measured, from 0.3 above digits to half a height below."""
SPACE = 0.45
"""Width of a space in digit heights."""
TUCK = 0.5
"""How far neighbours are moved together where their outlines leave more white than their boxes: 1 is all of it."""
DEEPEST = 0.35
"""But no further than this: a dot would else slip under a seven's bar."""
OVERLAP = -0.12
"""The tightest hands write a digit this far into the one before it."""
THIN, APART = 0.3, 0.04
"""Characters narrower than the first keep at least the second from their neighbours."""
REACH = (-0.1, 0.9)
"""From the end of a digit to the start of the next (horizontally, in digit heights), the pen may stay down."""
RISE = 0.35
"""And no further up or down: a long way up would look like a digit of its own."""
LINK = np.linspace(0, 1, 14, dtype=np.float32)[1:-1, None]
"""Where a link has its points, from 0 at the end of one digit to 1 at the start of the next."""
DIGITS = "0123456789"

Stroke = NDArray[np.float32]
Box = tuple[float, float, float, float]


def box_of(strokes: list[Stroke]) -> Box:
    """The smallest box (left, top, right, bottom) around strokes, of which there must be one."""
    points = np.concatenate(strokes)
    left, top, _ = points.min(axis=0)
    right, bottom, _ = points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def boxes_of(characters: list[list[Stroke]]) -> list[Box]:
    """A box for each character; for a space the gap that it leaves, from the top to the foot of a usual digit."""
    boxes = [box_of(strokes) if strokes else None for strokes in characters]
    found: list[Box] = []
    end = 0.0
    for index, box in enumerate(boxes):
        start = next((later[0] for later in boxes[index:] if later), end + SPACE)
        found.append(box or (min(end, start), 0.0, max(end, start), 1.0))
        end = found[-1][2]
    return found


def places(hand: Hand, characters: list[list[Stroke]], rng: np.random.Generator) -> NDArray[np.float32]:
    """How far right and down each character goes: (n, 2), given upright strokes that start at x = 0."""
    found = np.zeros((len(characters), 2), np.float32)
    slope = rng.normal(0, hand.drift / 2)
    x = gap = 0.0
    before: tuple[Stroke, Stroke] | None = None
    for index, strokes in enumerate(characters):
        if not strokes:
            gap += SPACE * float(np.exp(rng.normal(0, 0.25)))
            continue
        outline = _outline(np.concatenate(strokes))
        if before is not None:
            white = max(_closest(before, outline), hand.spacing + float(rng.normal(0, 0.05))) + gap
            boxed = float(before[1].max() - outline[0].min())
            fitted = float((before[1] - outline[0]).max())
            x += max(0.12, white + hand.pen_width + boxed + TUCK * (max(fitted, boxed - DEEPEST) - boxed))
        found[index] = x, index * slope + rng.normal(0, hand.drift)
        before, gap = outline, 0.0
    return found


def _closest(before: tuple[Stroke, Stroke], after: tuple[Stroke, Stroke]) -> float:
    """The least white between two characters: a thin one, such as a dot or a one, would vanish in its neighbour."""
    thin = min(float(right.max() - left.min()) for left, right in (before, after)) < THIN
    return APART if thin else OVERLAP


def _outline(points: Stroke) -> tuple[Stroke, Stroke]:
    """The left and the right edge (BANDS,) of strokes in each band, and what lies just above and below it."""
    band = np.clip((points[:, 1] + 0.3) * (BANDS / 1.8), 0, BANDS - 1).astype(np.intp)
    left = np.full(BANDS, 9.0, np.float32)
    right = np.full(BANDS, -9.0, np.float32)
    np.minimum.at(left, band, points[:, 0])
    np.maximum.at(right, band, points[:, 0])
    left[1:-1] = np.minimum(np.minimum(left[:-2], left[2:]), left[1:-1])
    right[1:-1] = np.maximum(np.maximum(right[:-2], right[2:]), right[1:-1])
    return left, right


def link(hand: Hand, text: str, characters: list[list[Stroke]], rng: np.random.Generator) -> list[Stroke]:
    """All strokes in the order of writing; at times the last of a digit runs on into the first of the next."""
    written: list[Stroke] = []
    for index, strokes in enumerate(characters):
        joined = index > 0 and _stays_down(hand, text[index - 1 : index + 1], rng)
        if joined and _near(written[-1][-1], strokes[0][0]):
            written[-1] = np.concatenate([written[-1], _link(written[-1], strokes[0]), strokes[0]])
            strokes = strokes[1:]
        written.extend(strokes)
    return written


def _stays_down(hand: Hand, pair: str, rng: np.random.Generator) -> bool:
    if not hand.linking or pair[0] not in DIGITS or pair[1] not in DIGITS:
        return False
    return bool(rng.random() < (hand.linking if pair == "00" else hand.linking / 3))


def _near(end: Stroke, start: Stroke) -> bool:
    return bool(REACH[0] < start[0] - end[0] < REACH[1] and abs(start[1] - end[1]) < RISE)


def _link(before: Stroke, after: Stroke) -> Stroke:
    """The pen's way from the end of one stroke to the start of the next: a cubic curve with the strokes' directions."""
    start, end = before[-1], after[0]
    far = float(np.hypot(*(end - start)[:2])) + 0.05
    leave, arrive = _direction(before[-4:]), _direction(after[:4])
    # Whichever way the strokes run, the hand moves to the right: the curve keeps half of their direction.
    leave, arrive = far * (leave * 0.6 + (0.7, 0.15)), far * (arrive * 0.6 + (0.7, -0.1))
    t = LINK
    curve = np.empty((len(t), 3), np.float32)
    curve[:, :2] = (
        (2 * t**3 - 3 * t**2 + 1) * start[:2]
        + (t**3 - 2 * t**2 + t) * leave
        + (3 * t**2 - 2 * t**3) * end[:2]
        + (t**3 - t**2) * arrive
    )
    curve[:, 2] = 0.7 * min(start[2], end[2])
    return curve


def _direction(points: Stroke) -> NDArray[np.float64]:
    """The direction of a short piece of stroke, of length 1."""
    way = np.asarray(points[-1, :2] - points[0, :2], np.float64)
    return way / max(float(np.hypot(*way)), 1e-6)
