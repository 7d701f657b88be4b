"""Four plots of a training run, as SVG: how it learned, what it confuses, whether its confidence is honest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from recognizer.inference.calibration import (
    Floats,
    Ints,
    confidence_and_correct,
    reliability_bins,
    risk_coverage,
)
from recognizer.training.files import write_atomically

mpl.use("Agg")
from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#1f5fa8", "#c2571a", "#8a8a8a"


def learning_curves(path: Path, histories: dict[int, Sequence[dict[str, float]]]) -> None:
    """Validation and training accuracy over the epochs, a line a seed."""

    def draw(axes: Any) -> None:
        for seed, history in histories.items():
            epochs = range(1, len(history) + 1)
            axes.plot(epochs, [100 * (1 - e["val_accuracy"]) for e in history], label=f"validation, seed {seed}")
            if all("accuracy" in e for e in history):  # a line network's is not worth its time while it trains
                axes.plot(epochs, [100 * (1 - e["accuracy"]) for e in history], color=GREY, linewidth=0.6)
        axes.set(xlabel="epoch", ylabel="error in % (training, augmented: grey)", yscale="log")
        axes.legend()

    _save(path, draw)


def confusion(path: Path, matrix: NDArray[np.int64]) -> None:
    """Counts of digits read wrongly; the right ones are left out, they would hide the rest."""

    def draw(axes: Any) -> None:
        wrong = matrix - np.diag(matrix.diagonal())
        axes.imshow(wrong, cmap="Blues")
        for row, column in np.argwhere(wrong):
            dark = wrong[row, column] > wrong.max() / 2
            axes.text(column, row, str(wrong[row, column]), ha="center", va="center", color="w" if dark else "k")
        axes.set(xlabel="read as", ylabel="written", xticks=range(10), yticks=range(10))

    _save(path, draw)


def reliability(path: Path, before: Floats, after: Floats, labels: Ints) -> None:
    """Share right over confidence, before and after calibration; on the diagonal, confidence is honest."""

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
        for probabilities, name, colour in ((before, "before", ORANGE), (after, "after calibration", BLUE)):
            bins = reliability_bins(*confidence_and_correct(probabilities, labels))
            axes.plot([b.confidence for b in bins], [b.accuracy for b in bins], "o-", label=name, color=colour)
        axes.set(xlabel="confidence", ylabel="share right")
        axes.legend()

    _save(path, draw)


def risk_and_coverage(path: Path, probabilities: Floats, labels: Ints, threshold: float) -> None:
    """Error among the accepted over the share accepted, with the threshold's own point."""

    def draw(axes: Any) -> None:
        points = risk_coverage(*confidence_and_correct(probabilities, labels))
        # A point a pixel is enough.
        shown = points[:: max(1, len(points) // 400)]
        axes.plot([100 * p.coverage for p in shown], [100 * p.error for p in shown], color=BLUE)
        at = min(points, key=lambda point: abs(point.threshold - threshold))
        axes.plot([100 * at.coverage], [100 * at.error], "o", color=ORANGE, label=f"threshold {threshold:.3f}")
        axes.set(xlabel="accepted, in %", ylabel="wrong among the accepted, in %")
        axes.legend()

    _save(path, draw)


def _save(path: Path, draw: Callable[[Any], None]) -> None:
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.add_subplot()
    draw(axes)
    # No date, and ids that don't change: the same run gives the same file.
    with mpl.rc_context({"svg.hashsalt": "numeral", "svg.fonttype": "none"}):
        write_atomically(path, lambda beside: figure.savefig(beside, format="svg", metadata={"Date": None}))
