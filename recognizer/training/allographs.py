"""Allographs as curves: each shape's control points, and the matrices that turn them into lines of the pen.

A natural cubic spline is linear in its control points, and so is the rounding of corners: both are worked out once
for each allograph, so that drawing a varied digit is one small product of matrices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from recognizer.training.allograph_shapes import SHAPES

STEP = 0.03
"""Distance of neighbouring points on a line, in digit heights: about a pixel at the sizes that are trained on."""
DENSE = 24
"""Points that each span of a spline is measured with, to place the final points at equal distances."""
ROUNDING = (0.0, 0.02, 0.04, 0.07)
"""How far round a corner is cut (standard deviation in digit heights): from drawn with care to written in haste."""

Points = NDArray[np.float32]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Allograph:
    """One shape of a digit, ready to be drawn.

    ``controls`` (k, 2) are its control points in digit heights; ``lines[r] @ controls`` gives the points (n, 2) of all
    strokes, corners rounded by ``ROUNDING[r]``; stroke i has the points from ``starts[i]`` to ``starts[i + 1]``.
    """

    digit: int
    name: str
    weight: float
    freedom: float
    controls: Points
    lines: tuple[Points, ...]
    starts: tuple[int, ...]


@cache
def allographs(digit: int) -> tuple[Allograph, ...]:
    """All shapes of a digit; raises ``ValueError`` for anything but 0 to 9."""
    if digit not in SHAPES:
        raise ValueError(f"{digit!r} is not a digit")
    return tuple(
        _allograph(digit, name, shape.weight, shape.freedom, shape.path) for name, shape in SHAPES[digit].items()
    )


def _allograph(digit: int, name: str, weight: float, freedom: float, path: str) -> Allograph:
    strokes = [_parse(stroke) for stroke in path.split("|")]
    blocks = [_stroke_matrix(points, corners) for points, corners in strokes]
    starts = np.concatenate([[0], np.cumsum([len(block) for block in blocks])])
    lines = tuple(
        _diagonal([_rounding_matrix(len(block), width) @ block for block in blocks]).astype(np.float32)
        for width in ROUNDING
    )
    controls = np.concatenate([points for points, _ in strokes]).astype(np.float32)
    return Allograph(digit, name, weight, freedom, controls, lines, tuple(int(start) for start in starts))


def _parse(stroke: str) -> tuple[Matrix, list[int]]:
    """Control points (k, 2) in digit heights, and the indices of those at which the curve is broken."""
    words = stroke.split()
    points = np.array([[float(number) for number in word.rstrip("*").split(",")] for word in words]) / 100
    inner = [index for index, word in enumerate(words) if word.endswith("*") and 0 < index < len(words) - 1]
    return points, [0, *inner, len(words) - 1]


def _stroke_matrix(points: Matrix, corners: list[int]) -> Matrix:
    """Weights (n, k) of the control points in the points of a stroke: a spline between each two corners."""
    rows = []
    for first, last in pairwise(corners):
        piece = _spline_weights(points[first : last + 1])
        weights = np.zeros((len(piece), len(points)))
        weights[:, first : last + 1] = piece
        # The corner itself is the last point of the piece before it.
        rows.append(weights if first == 0 else weights[1:])
    return np.concatenate(rows)


def _spline_weights(points: Matrix) -> Matrix:
    """Weights (n, k) of k points in a natural cubic spline through them, at equal distances along the curve."""
    # Centripetal parameters (Lee 1989) keep the curve from swinging out between points that are unevenly spaced.
    knots = np.concatenate([[0], np.cumsum(np.sqrt(np.linalg.norm(np.diff(points, axis=0), axis=1)))])
    dense = np.interp(np.linspace(0, len(knots) - 1, DENSE * (len(knots) - 1) + 1), np.arange(len(knots)), knots)
    curve = _evaluate(knots, dense) @ points
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    count = max(3, round(length[-1] / STEP) + 1)
    return _evaluate(knots, np.interp(np.linspace(0, length[-1], count), length, dense))


def _evaluate(knots: Matrix, at: Matrix) -> Matrix:
    """Weights (n, k) of the values at k knots in a natural cubic spline at n parameters."""
    bends = _second_derivatives(knots)
    left = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    span = (knots[left + 1] - knots[left])[:, None]
    b = (at - knots[left])[:, None] / span
    a = 1 - b
    unit = np.eye(len(knots))
    curved = ((a**3 - a) * bends[left] + (b**3 - b) * bends[left + 1]) * span**2 / 6
    return np.asarray(a * unit[left] + b * unit[left + 1] + curved)


def _second_derivatives(knots: Matrix) -> Matrix:
    """The spline's second derivatives at its knots as weights (k, k) of its values; none at the two ends."""
    count = len(knots)
    span = np.diff(knots)
    system, values = np.eye(count), np.zeros((count, count))
    for i in range(1, count - 1):
        system[i, i - 1 : i + 2] = span[i - 1] / 6, (span[i - 1] + span[i]) / 3, span[i] / 6
        values[i, i - 1 : i + 2] = 1 / span[i - 1], -1 / span[i - 1] - 1 / span[i], 1 / span[i]
    return np.asarray(np.linalg.solve(system, values), np.float64)


def _rounding_matrix(count: int, width: float) -> Matrix:
    """Weights (n, n) that average each point with its neighbours; less towards the ends, which stay where they are."""
    index = np.arange(count)
    reach = np.minimum(width / STEP, np.minimum(index, index[::-1]) / 2)[:, None]
    weights = np.exp(-0.5 * ((index[None, :] - index[:, None]) / np.maximum(reach, 1e-3)) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _diagonal(blocks: list[Matrix]) -> Matrix:
    """Blocks along a diagonal, zeros elsewhere."""
    whole = np.zeros((sum(len(block) for block in blocks), sum(block.shape[1] for block in blocks)))
    row = column = 0
    for block in blocks:
        whole[row : row + len(block), column : column + block.shape[1]] = block
        row, column = row + block.shape[0], column + block.shape[1]
    return whole
