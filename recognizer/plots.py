"""Plots as plain figures for SVG templates: where the lines, dots, ticks and labels go. No Django, no drawing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from recognizer.wording import figures

WIDTH, HEIGHT = 480, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 42
TICKS = 5
"""About so many ticks on an axis."""
MANY = 100_000
"""From such steps on, ticks are written with powers of ten."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick's place on its axis, in the drawing's units, what stands there, and the value itself."""

    at: str
    text: str
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line's name, its points as SVG wants them, and which of the styles it has."""

    name: str
    points: str
    style: str


@dataclass(frozen=True, slots=True)
class Dot:
    x: str
    y: str
    text: str
    style: str = "a"


@dataclass(slots=True)
class Plot:
    """All of one plot; ``label`` says in words what it shows."""

    label: str
    x_name: str
    y_name: str
    x_ticks: list[Tick] = field(default_factory=list)
    y_ticks: list[Tick] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    note: str = ""
    """A sentence to stand under it."""
    box: list[str] = field(default_factory=list)
    """Of a box plot: the heights of least, first quartile, median, third quartile, most."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from ``low`` to ``high`` on an axis of the drawing."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> str:
        share = (value - self.low) / (self.high - self.low)
        return f"{self.start + min(max(share, 0.0), 1.0) * (self.end - self.start):.1f}"

    def ticks(self) -> list[Tick]:
        """At round values: 1, 2 or 5 times a power of ten apart."""
        rough = (self.high - self.low) / TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        values = [number * step for number in range(first, last + 1)]
        return [
            Tick(self.at(value), figures(f"{value:g}" if step >= MANY else f"{value:.{digits}f}"), value)
            for value in values
        ]


def horizontal(low: float, high: float) -> Axis:
    """The axis of x. Raises ValueError where the values are no finite numbers."""
    return Axis(*_wide(low, high), LEFT, WIDTH - RIGHT)


def vertical(low: float, high: float) -> Axis:
    """The axis of y, from the bottom up. Raises ValueError."""
    return Axis(*_wide(low, high), HEIGHT - BOTTOM, TOP)


def line(name: str, points: Sequence[Point], x: Axis, y: Axis, style: str) -> Line:
    return Line(name, " ".join(f"{x.at(one)},{y.at(other)}" for one, other in points), style)


def _wide(low: float, high: float) -> tuple[float, float]:
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError("An axis needs finite ends.")
    return (low, high) if high > low else (low - 0.5, low + 0.5)
