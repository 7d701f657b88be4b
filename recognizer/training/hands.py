"""Hands: who writes. A writer's shapes, slant, proportions, speed and pen stay the same from digit to digit."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from recognizer.training.allographs import ROUNDING, allographs

CONTROLS = 48
"""A writer's own displacement is kept for so many control points; no shape has more."""
MODES = 7
"""Ways in which a whole digit is bent (see ``strokes``)."""
THICKEST = 0.17
"""Lines no thicker than this share of a digit's width leave its loops open: nobody writes smaller than the pen does."""
SEVEN_LIKE = (
    "long upstroke",
    "roof",
    "rounded roof",
    "bowed upstroke",
    "long upstroke and base",
    "flagged",
    "flagged and based",
)
"""Ones that resemble a seven: most who write them cross or serif their sevens, to tell the two apart."""
ZEROS_TO_LINK = ("crossed over", "exit tail", "linking o")
"""Zeros that end on their right, from where the pen can go on to the next digit."""

Floats = NDArray[np.float32]


class Pen(StrEnum):
    """What is written with."""

    BALL = "ball"
    FELT = "felt"
    PENCIL = "pencil"
    BRUSH = "brush"
    CHALK = "chalk"


PEN_CHANCES = {Pen.BALL: 0.52, Pen.FELT: 0.2, Pen.PENCIL: 0.14, Pen.BRUSH: 0.06, Pen.CHALK: 0.08}
PEN_WIDTHS = {
    Pen.BALL: (0.04, 0.11),
    Pen.FELT: (0.09, 0.2),
    Pen.PENCIL: (0.035, 0.1),
    Pen.BRUSH: (0.07, 0.18),
    Pen.CHALK: (0.07, 0.17),
}
"""Widths of a line in digit heights: digits are written 3 to 10 mm high with nibs of 0.4 to 1 mm, a felt tip or a
brush has up to 2 mm, and chalk 10 mm on digits of 60 to 150 mm."""


@dataclass(frozen=True, slots=True)
class Hand:
    """A writer. Lengths are in digit heights, angles in degrees."""

    shapes: tuple[int, ...]
    """For each digit the index of the allograph that this writer uses."""
    others: tuple[int, ...]
    """The one used at times instead."""
    constancy: float
    """The chance that a digit takes the usual shape."""
    slant: float
    """How far upright strokes lean to the right; below zero to the left."""
    width: float
    """Digits' width as a multiple of the shapes' own."""
    rounding: int
    """How far corners are cut: an index into ``ROUNDING``."""
    looseness: float
    """Standard deviation by which a control point misses its place from one digit to the next."""
    tremor: float
    """Standard deviation of the pen's trembling."""
    overshoot: float
    """How far strokes run on after their end, at most."""
    unevenness: float
    """Standard deviation of the logarithm of digits' sizes."""
    drift: float
    """Standard deviation of a digit's place above or below the line."""
    spacing: float
    """White between neighbouring digits; below zero they overlap."""
    linking: float
    """The chance that the pen stays down from one zero to the next; other pairs are linked a third as often."""
    pen: Pen
    pen_width: float
    pressure: float
    """The usual pressure, 0 to 1."""
    quirks: Floats = field(repr=False, compare=False)
    """Displacements (10, CONTROLS, 2) of control points that are this writer's own."""
    bends: Floats = field(repr=False, compare=False)
    """Bends (10, MODES, 2) of whole digits that are this writer's own."""
    heights: tuple[float, ...]
    """For each digit its usual height."""
    feet: tuple[float, ...]
    """For each digit how far it usually stands below the line."""
    dwindling: float
    """The size of a zero as a share of that of the zero before it: hasty hands let them peter out."""

    @classmethod
    def sample(cls, rng: np.random.Generator) -> Hand:
        """A writer at random."""
        linking = float(rng.choice([0.0, rng.uniform(0.2, 0.95)], p=[0.7, 0.3]))
        shapes = _choose_shapes(rng, linking)
        haste = float(rng.beta(1.5, 2.1))
        width = float(np.clip(np.exp(rng.normal(0.06, 0.2)), 0.66, 1.65))
        pen = list(Pen)[int(rng.choice(len(Pen), p=[PEN_CHANCES[pen] for pen in Pen]))]
        thin, thick = np.log(PEN_WIDTHS[pen])
        return cls(
            shapes=shapes,
            others=_choose_shapes(rng, linking),
            constancy=float(rng.uniform(0.82, 1.0)),
            slant=float(np.clip(rng.normal(9, 11), -15, 40)),
            width=width,
            rounding=min(len(ROUNDING) - 1, int(haste * len(ROUNDING) + rng.uniform(-0.5, 0.5))) if haste > 0.2 else 0,
            looseness=0.007 + 0.032 * haste,
            tremor=float(rng.choice([0.0, 0.003, 0.007], p=[0.5, 0.42, 0.08])),
            overshoot=float(rng.uniform(0, 0.12) * haste),
            unevenness=float(rng.uniform(0.01, 0.09)),
            drift=float(rng.uniform(0.005, 0.06)),
            spacing=float(np.clip(rng.normal(0.17, 0.13), -0.1, 0.6)),
            linking=linking,
            pen=pen,
            pen_width=min(float(np.exp(rng.uniform(thin, thick))), THICKEST * width),
            pressure=float(rng.uniform(0.45, 0.95)),
            quirks=evened(rng.normal(0, 0.025, (10, CONTROLS, 2)).astype(np.float32)),
            bends=rng.normal(0, 0.034, (10, MODES, 2)).astype(np.float32),
            heights=_choose_heights(rng),
            feet=_choose_feet(rng),
            dwindling=float(rng.choice([1.0, rng.uniform(0.8, 0.97)], p=[0.8, 0.2])),
        )


def evened(noise: Floats) -> Floats:
    """Displacements (…, n, 2) of control points in which neighbours move together: a curve is shifted, not dented."""
    even = noise.copy()
    even[..., 1:-1, :] = 0.4 * noise[..., :-2, :] + 0.7 * noise[..., 1:-1, :] + 0.4 * noise[..., 2:, :]
    return even


def _choose_shapes(rng: np.random.Generator, linking: float) -> tuple[int, ...]:
    chosen = []
    for digit in range(10):
        weights = np.array([shape.weight for shape in allographs(digit)])
        chosen.append(int(rng.choice(len(weights), p=weights / weights.sum())))
    if allographs(1)[chosen[1]].name in SEVEN_LIKE and rng.random() < 0.6:
        told_apart = [
            i for i, shape in enumerate(allographs(7)) if any(word in shape.name for word in ("cross", "serif"))
        ]
        chosen[7] = int(rng.choice(told_apart))
    if linking and rng.random() < 0.6:
        chosen[0] = int(rng.choice([i for i, shape in enumerate(allographs(0)) if shape.name in ZEROS_TO_LINK]))
    return tuple(chosen)


def _choose_heights(rng: np.random.Generator) -> tuple[float, ...]:
    """Most hands write all digits about equally high; in quick ones, zeros are often much smaller than the rest."""
    heights = np.exp(rng.normal(0, 0.05, 10))
    if rng.random() < 0.25:
        heights[0] *= rng.uniform(0.6, 0.88)
    return tuple(float(height) for height in heights)


def _choose_feet(rng: np.random.Generator) -> tuple[float, ...]:
    """Some hands let sevens and nines hang below the line and sixes rise above it, as old type does."""
    feet = rng.normal(0, 0.02, 10)
    if rng.random() < 0.3:
        hang = rng.uniform(0.05, 0.25)
        feet[[7, 9]] += hang
        feet[[4, 1]] += hang * rng.uniform(0, 0.7)
        feet[6] -= hang * rng.uniform(0, 0.6)
    return tuple(float(foot) for foot in feet)
