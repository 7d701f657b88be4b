"""Letters, signs and doodles as stroke paths, written by the same hands and pens as the digits, so that a network
can't tell them by their pen.

Paths are as in ``allograph_shapes``: control points ``x,y`` in hundredths of the height, ``*`` a sharp corner, ``|``
the pen lifted. Left out is what some writers use for a digit: A (4), B (8), I (1), O (0), P (9), S (5), U (an open 0),
Z (2), r (5), a J without its bar (1), and the Greek alpha, delta, lambda, rho
and sigma.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from recognizer.training.hands import Hand
from recognizer.training.pens import draw_ink

SPAN = 10
"""Points on the curve between two control points."""
LOOSE = 0.035
"""Standard deviation by which a control point misses its place, in heights."""

SHAPES = {
    "C": "58,16 34,0 8,22 2,58 16,94 40,100 60,84",
    "D": "6,0 6,50 6,100 | 6,1 38,4 60,30 60,70 38,96 6,99",
    "E": "56,0 4,0* 4,100* 58,100 | 4,50 46,49",
    "curled E": "52,10 30,0 10,12 16,40 40,48* 12,56 4,82 28,100 56,88",
    "F": "4,100 4,0* 56,1 | 4,48 44,47",
    "H": "4,0 4,100 | 60,0 60,100 | 4,50 60,49",
    "barred J": "20,0 78,0 | 50,0 50,70 38,98 12,98 2,78",
    "K": "4,0 4,100 | 54,2 6,52* 58,100",
    "L": "4,0 4,99* 56,98",
    "M": "2,100 8,0* 36,60* 64,0* 72,100",
    "N": "4,100 4,0* 58,100* 58,0",
    "R": "4,100 4,0* 40,2 56,22 40,46 5,50* 58,100",
    "T": "0,2 68,0 | 34,1 34,100",
    "V": "0,0 30,100* 60,0",
    "W": "0,0 20,100* 40,20* 60,100* 80,0",
    "X": "2,0 60,100 | 60,0 2,100",
    "a": "56,30 30,22 6,48 10,88 34,96 54,60 58,26* 60,90 72,98",
    "printed a": "10,14 32,0 54,14 56,98 | 54,44 20,48 4,74 20,98 54,78",
    "d": "54,50 26,44 4,70 18,98 50,88 56,60 | 56,0 56,98",
    "e": "8,56 58,50* 48,16 24,10 4,50 18,96 56,88",
    "h": "4,0 4,100* 10,52 40,40 54,60 56,100",
    "k": "4,0 4,100 | 48,36 6,66* 52,100",
    "m": "2,36 6,100* 10,50 26,36 38,50 38,100* 44,50 60,36 72,50 74,100",
    "n": "2,34 6,100* 12,48 36,34 54,52 56,100",
    "w": "0,36 16,100* 36,46* 54,100* 72,36",
    "gamma": "0,10 20,4 34,60 30,118 18,118 26,70 60,0",
    "eta": "0,10 8,4 12,80* 18,20 40,2 52,20 52,130",
    "mu": "6,140 8,0* 10,70 30,78 48,60 50,0* 52,70 64,78",
    "pi": "0,14 16,0 70,2 | 24,2 20,96 | 50,2 50,80 64,96",
    "phi": "34,-20 34,130 | 34,20 6,50 34,80 62,50 34,20",
    "omega": "10,20 0,70 16,98 34,70 36,40* 38,72 54,98 70,70 58,20",
    "hash": "20,0 12,100 | 50,0 42,100 | 0,34 66,32 | 0,68 62,66",
    "euro": "60,14 36,0 12,20 8,60 22,94 58,90 | 0,40 46,40 | 0,60 44,60",
    "pound": "56,14 36,0 20,16 22,60 4,98* 60,96 | 4,52 44,50",
    "dollar": "54,16 30,4 8,22 20,46 44,56 56,78 34,98 4,84 | 30,-14 30,114",
    "asterisk": "30,0 30,100 | 0,30 60,70 | 60,30 0,70",
    "tick": "0,60 20,98* 74,0",
    "arrow": "0,50 100,50 | 70,20 100,50* 70,80",
    "heart": "50,30 30,0 4,16 8,50 50,100* 92,50 96,16 70,0 50,30",
    "star": "50,0 80,100* 2,38* 98,38* 20,100* 50,0",
    "face": "50,0 14,14 0,50 14,86 50,100 86,86 100,50 86,14 50,0 | 32,34 32,44 | 68,34 68,44 | 26,66 50,80 74,66",
    "house": "4,100 4,44* 50,0* 96,44* 96,100* 4,100",
    "triangle": "50,0 100,90* 0,90* 50,0",
    "square": "2,2 98,0* 100,98* 0,100* 2,2",
    "infinity": "0,30 20,8 50,30 80,52 100,30 80,8 50,30 20,52 0,30",
    "apple": "50,24 24,14 4,44 20,92 48,88 76,94 96,46 76,14 50,24 | 50,24 58,0",
    "cup": "0,10 8,90 60,90 70,10* 0,10 | 68,26 96,30 92,60 64,64",
    "flower": "50,40 30,20 50,2 70,20 50,40 76,50 60,70 50,40 24,50 40,70 50,40 | 50,60 46,130",
    "cloud": "10,60 0,40 20,26 34,6 60,8 72,26 96,34 90,60 50,64 10,60",
}
NAMES = tuple(SHAPES)

Points = NDArray[np.float32]


def draw_shape(name: str, hand: Hand, side: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A shape as the hand writes it this time: ink, white on black, about ``side`` pixels at its longer side."""
    lean = float(np.tan(np.deg2rad(hand.slant)))
    strokes = [_inked(_curve(stroke, hand, rng), lean, hand) for stroke in SHAPES[name].split("|")]
    points = np.concatenate(strokes)
    extent = float(np.ptp(points[:, :2], axis=0).max()) + hand.pen_width
    return draw_ink(strokes, (side - 4) / extent, hand, rng)[0]


def _curve(stroke: str, hand: Hand, rng: np.random.Generator) -> Points:
    """Points (n, 2) of one stroke: a Catmull-Rom spline through its control points, broken at corners."""
    words = stroke.split()
    points = np.array([[float(number) for number in word.rstrip("*").split(",")] for word in words]) / 100
    points += rng.normal(0, LOOSE, points.shape)
    points[:, 0] *= hand.width
    corners = [i for i, word in enumerate(words) if word.endswith("*")]
    cuts = sorted({0, len(words) - 1, *corners})
    pieces = [_spline(points[first : last + 1]) for first, last in pairwise(cuts)]
    return np.concatenate(pieces).astype(np.float32)


def _spline(points: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.concatenate([points[:1], points, points[-1:]])
    at = np.linspace(0, 1, SPAN)[:, None]
    spans = []
    for index in range(len(points) - 1):
        a, b, c, d = padded[index : index + 4]
        spans.append(
            0.5 * (2 * b + (c - a) * at + (2 * a - 5 * b + 4 * c - d) * at**2 + (3 * b - a - 3 * c + d) * at**3)
        )
    return np.concatenate(spans)


def _inked(points: Points, lean: float, hand: Hand) -> Points:
    """The points (n, 2) leaning as the hand does, with its usual pressure: (n, 3)."""
    stroke = np.empty((len(points), 3), np.float32)
    stroke[:, 0] = points[:, 0] + lean * (1 - points[:, 1])
    stroke[:, 1] = points[:, 1]
    stroke[:, 2] = hand.pressure
    return stroke
