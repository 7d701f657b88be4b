"""Ink: what ball pens, felt tips, pencils, brushes and chalk leave on paper along the lines of a hand."""

from __future__ import annotations

from functools import cache
from math import ceil, floor
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.training.hands import Hand, Pen

FINE = 110
"""Lines are drawn with digits at least so many pixels high and shrunk, which gives them soft edges and true widths."""
FINEST, COARSEST = 6, 2
"""But at most and at least so many times as large as asked for."""
SUBPIXEL = 4
"""Binary digits of the fractions that OpenCV takes coordinates with."""
GRAIN = 512
"""Side of a field of grain; wider pictures repeat it."""
FIELDS = 4
"""Different fields of grain for each pen."""

Stroke = NDArray[np.float32]
Picture = NDArray[np.uint8]


class Trace(NamedTuple):
    """What a pen leaves on paper."""

    swell: float
    """How far its width follows pressure."""
    fade: float
    """How far its darkness does."""
    steps: int
    """In how many steps both change."""
    nib: float
    """How much thinner a line along the edge of its nib is than one across."""
    loss: float
    """What share of the darkness the paper's hollows lose."""
    hollow: float
    """How much of the paper is hollow: below zero only the deepest places."""
    grain: float
    """How far apart hollows are, in pixels of ``FINE``."""
    faintest: float
    """The faintest ink, as a share of black."""


TRACES = {
    Pen.BALL: Trace(0.35, 0.5, 5, 0.0, 0.22, -0.2, 1.0, 0.6),
    Pen.FELT: Trace(0.25, 0.1, 4, 0.15, 0.15, -0.2, 3.0, 0.8),
    Pen.PENCIL: Trace(0.5, 0.6, 6, 0.0, 0.8, 0.2, 0.9, 0.4),
    Pen.BRUSH: Trace(1.3, 0.25, 12, 0.45, 0.25, -0.2, 2.5, 0.75),
    Pen.CHALK: Trace(0.4, 0.3, 5, 0.1, 0.95, 0.2, 1.4, 0.6),
}


def draw_ink(
    strokes: list[Stroke], height_px: float, hand: Hand, rng: np.random.Generator, margin: int = 2
) -> tuple[Picture, tuple[float, float]]:
    """Strokes as ink, uint8 (height, width), white on black, with a black margin around the pen's widest line.

    A digit's height is ``height_px`` pixels, at least 4 (else ``ValueError``). The second value is the offset (x, y)
    in pixels: a point of a stroke lies at ``point * height_px + offset``, counted from the picture's upper left corner.
    """
    if height_px < 4 or not strokes:
        raise ValueError("Ink wants strokes, and digits at least 4 pixels high")
    fine = int(np.clip(ceil(FINE / height_px), COARSEST, FINEST))
    trace, unit = TRACES[hand.pen], height_px * fine
    points = np.concatenate(strokes)
    rim = margin + ceil(hand.pen_width * (0.5 + trace.swell / 3) * height_px + 0.5)
    left, top = (floor(low) - rim for low in points[:, :2].min(axis=0) * height_px)
    right, bottom = (ceil(high) + rim for high in points[:, :2].max(axis=0) * height_px)
    canvas = np.zeros(((bottom - top) * fine, (right - left) * fine), np.uint8)
    # OpenCV counts from the middle of the first pixel, we from its corner.
    places = points[:, :2] * unit - (left * fine + 0.5, top * fine + 0.5)
    places = np.rint(places * (1 << SUBPIXEL)).astype(np.int32)
    ends = np.cumsum([len(stroke) for stroke in strokes])
    _draw(canvas, places, ends, _steps(points, ends, trace, rng), hand.pen_width * unit, trace)
    _roughen(canvas, unit, hand, trace, rng)
    ink = cv2.resize(canvas, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    return np.asarray(ink, np.uint8), (float(-left), float(-top))


def _steps(points: Stroke, ends: NDArray[np.intp], trace: Trace, rng: np.random.Generator) -> NDArray[np.intp]:
    """The step of pressure, 0 to steps less 1, of the line from each point to the next."""
    force = points[:, 2].copy()
    if trace.nib:
        # A flat nib, held as the right hand holds it, draws thin lines up to the right and broad ones across.
        angle = rng.uniform(0.4, 1.1)
        way = np.diff(points[:, :2], axis=0, append=points[-1:, :2])
        length = np.hypot(way[:, 0], way[:, 1]) + 1e-6
        across = np.abs(way[:, 0] * np.sin(angle) + way[:, 1] * np.cos(angle)) / length
        force += trace.nib * (across - 0.6)
    return np.clip(force * trace.steps, 0, trace.steps - 1).astype(np.intp)


def _draw(
    canvas: Picture,
    places: NDArray[np.int32],
    ends: NDArray[np.intp],
    steps: NDArray[np.intp],
    width: float,
    trace: Trace,
) -> None:
    """Draw each run of equal pressure with its own width and darkness, the lightest first."""
    steps[ends - 1] = -1
    edges = np.flatnonzero(np.diff(steps, prepend=-1))
    runs = [(int(steps[a]), int(a), int(b)) for a, b in zip(edges, [*edges[1:], len(steps)], strict=True)]
    for step, first, last in sorted(run for run in runs if run[0] >= 0):
        pressure = (step + 0.5) / trace.steps
        thickness = max(1, round(width * (1 + trace.swell * (pressure - 0.6))))
        level = 255 * (1 - trace.fade * (1 - pressure))
        run = places[first : last + 1]
        cv2.polylines(canvas, [run], False, level, thickness, cv2.LINE_8, SUBPIXEL)


def _roughen(canvas: Picture, unit: float, hand: Hand, trace: Trace, rng: np.random.Generator) -> None:
    """Take ink away where the paper's hollows did not take it, in place; and make all of it as faint as it is."""
    height, width = canvas.shape
    scale = max(1.0, unit / FINE / 1.5)
    field = _grain(hand.pen, int(rng.integers(FIELDS)))
    rows = (np.arange(ceil(height / scale)) + rng.integers(GRAIN)) % GRAIN
    columns = (np.arange(ceil(width / scale)) + rng.integers(GRAIN)) % GRAIN
    grain = field[rows[:, None], columns]
    if scale > 1:
        grain = cv2.resize(grain, (width, height), interpolation=cv2.INTER_LINEAR)
    darkness = float(rng.uniform(trace.faintest, 1.0))
    cv2.multiply(canvas, grain, canvas, scale=darkness / 255)


@cache
def _grain(pen: Pen, field: int) -> Picture:
    """What share of its ink a pen leaves at each point of a rough paper, 0 to 255: (GRAIN, GRAIN)."""
    trace = TRACES[pen]
    rng = np.random.default_rng([list(Pen).index(pen), field])
    noise = rng.standard_normal((GRAIN, GRAIN)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), trace.grain, borderType=cv2.BORDER_REFLECT)
    clouds = cv2.GaussianBlur(rng.standard_normal((GRAIN, GRAIN)).astype(np.float32), (0, 0), 12)
    rough = noise / noise.std() + 0.5 * clouds / clouds.std()
    hollows = np.clip(trace.hollow + 0.1 * field - 0.6 * rough, 0, 1)
    return np.asarray(255 * (1 - trace.loss * hollows), np.uint8)
