"""Learning curves, laid out for the template that draws them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from recognizer.wording import figures

WIDTH, HEIGHT = 360, 210
LEFT, RIGHT, TOP, BOTTOM = 40, 350, 10, 180
SERIES: tuple[Any, ...] = (
    (
        gettext_lazy("Loss"),
        ((gettext_lazy("Training"), "loss", "training"), (gettext_lazy("Validation"), "val_loss", "validation")),
    ),
    (
        gettext_lazy("Accuracy"),
        (
            (gettext_lazy("Training"), "accuracy", "training"),
            (gettext_lazy("Validation"), "val_accuracy", "validation"),
        ),
    ),
)
TICKS = 5
Epoch = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid: where, and its label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One line: what it is of, the points as SVG takes them, and each point for a dot."""

    label: str
    style: str
    points: str
    dots: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Plot:
    """One drawing, WIDTH×HEIGHT. ``legend``: label, style and the last value of each kind of line."""

    title: str
    curves: list[Curve]
    legend: list[tuple[str, str, str]]
    across: list[Tick]
    up: list[Tick]


def plots_of(progress: Sequence[Epoch], epochs: int) -> list[Plot]:
    """Loss and accuracy over the epochs so far, a line for each seed; nothing where no epoch has ended."""
    return [plot for title, lines in SERIES if (plot := _plot(title, lines, progress, epochs))]


def _plot(title: str, lines: Sequence[tuple[str, str, str]], progress: Sequence[Epoch], epochs: int) -> Plot | None:
    shown = [line for line in lines if any(_is_number(entry.get(line[1])) for entry in progress)]
    values = [entry[key] for _, key, _ in shown for entry in progress if _is_number(entry.get(key))]
    if not values:
        return None
    last = max(epochs, *(int(entry.get("epoch", 1)) for entry in progress))
    low, step = _scale(values, at_most=1.0 if lines[0][1] == "accuracy" else None)
    high = low + step * TICKS

    def across(epoch: float) -> float:
        share = (epoch - 1) / (last - 1) if last > 1 else 0.5
        return round(LEFT + 8 + share * (RIGHT - LEFT - 16), 1)

    def up(value: float) -> float:
        return round(BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP), 1)

    curves, legend = [], []
    for label, key, style in shown:
        for run in _runs(progress):
            dots = [(across(entry["epoch"]), up(entry[key])) for entry in run if _is_number(entry.get(key))]
            curves.append(Curve(label, style, " ".join(f"{x},{y}" for x, y in dots), dots))
        latest = [entry[key] for entry in progress if _is_number(entry.get(key))][-1]
        legend.append((label, style, figures(f"{latest:.4f}")))
    grid = [low + step * number for number in range(TICKS + 1)]
    decimals = max(0, -math.floor(math.log10(step))) if step < 1 else 0
    labels = [Tick(up(value), figures(f"{value:.{decimals}f}")) for value in grid]
    return Plot(title, curves, legend, [Tick(across(epoch), str(epoch)) for epoch in _epochs(last)], labels)


def _runs(progress: Sequence[Epoch]) -> list[list[Epoch]]:
    """The epochs of each seed (and fold) by itself, in order."""
    runs: dict[tuple[object, object], list[Epoch]] = {}
    for entry in progress:
        if isinstance(entry.get("epoch"), int):
            runs.setdefault((entry.get("fold"), entry.get("seed")), []).append(entry)
    return [sorted(run, key=lambda entry: int(entry["epoch"])) for run in runs.values()]


def _scale(values: Sequence[float], at_most: float | None) -> tuple[float, float]:
    """Where the grid begins and the width of its steps, TICKS of them: round numbers that take in all values."""
    low = 0.0 if at_most is None else min(values)
    high = max(values) if at_most is None else at_most
    least = max(high - low, 1e-3) / TICKS
    size = 10.0 ** math.floor(math.log10(least))
    step = next(size * part for part in (1, 2, 2.5, 5, 10) if size * part >= least * 0.999)
    return (0.0 if at_most is None else at_most - step * TICKS), step


def _epochs(last: int) -> list[int]:
    """At most ten epochs to name below the drawing, evenly spaced."""
    return list(range(1, last + 1, -(-last // 10)))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
