"""The plots beside a model, as SVG: how it learned, what it confuses, whether its confidence is honest.

The one module that wants matplotlib, which only machines that train have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from recognizer.training import sprites
from recognizer.training.datasets import Samples
from recognizer.training.files import write_atomically

mpl.use("Agg")
from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#1f5fa8", "#c2571a", "#8a8a8a"
Shares = Sequence[float | None]


def learning_curves(path: Path, histories: Mapping[int, Sequence[Mapping[str, float]]]) -> None:
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


def losses(path: Path, histories: Mapping[int, Sequence[Mapping[str, float]]]) -> None:
    """Validation and training loss over the epochs, a line a seed; a line network validates without one."""

    def draw(axes: Any) -> None:
        for seed, history in histories.items():
            epochs = range(1, len(history) + 1)
            if all("val_loss" in e for e in history):
                axes.plot(epochs, [e["val_loss"] for e in history], label=f"validation, seed {seed}")
            if all("loss" in e for e in history):
                axes.plot(
                    epochs, [e["loss"] for e in history], color=GREY, linewidth=0.6, label=f"training, seed {seed}"
                )
        axes.set(xlabel="epoch", ylabel="loss")
        axes.legend()

    _save(path, draw)


def per_digit_bars(path: Path, recall: Shares, precision: Shares) -> None:
    """For each digit the share found of those written, and the share right of those read."""

    def draw(axes: Any) -> None:
        for values, name, colour, shift in ((recall, "recall", BLUE, -0.2), (precision, "precision", ORANGE, 0.2)):
            known = [(digit, 100 * share) for digit, share in enumerate(values) if share is not None]
            axes.bar(
                [digit + shift for digit, _ in known], [share for _, share in known], 0.4, label=name, color=colour
            )
        least = min([share for share in (*recall, *precision) if share is not None], default=0.0)
        # The differences lie in the last percents; from zero on, all bars would look the same.
        axes.set(xlabel="digit", ylabel="%", xticks=range(10), ylim=(100 * least - 100 * (1 - least) / 5 - 0.1, 100))
        axes.legend(loc="lower right")

    _save(path, draw)


def fold_box(path: Path, accuracies: Sequence[float]) -> None:
    """The accuracies of a cross-validation's folds as a box plot, each fold a dot."""

    def draw(axes: Any) -> None:
        shown = [100 * accuracy for accuracy in accuracies]
        axes.boxplot(shown, whis=(0, 100), medianprops={"color": ORANGE})
        axes.plot([1] * len(shown), shown, "o", color=BLUE, markersize=4)
        axes.set(ylabel="right in %", xticks=[1], xticklabels=[f"{len(shown)} folds"])

    _save(path, draw)


def tiles(path: Path, pictures: NDArray[np.uint8], captions: Sequence[str]) -> None:
    """Pictures, uint8 (n, 28, 28), white ink on black, each with a line under it; drawn dark on white."""
    across = 5
    down = max(1, -(-len(pictures) // across))
    figure = Figure(figsize=(6, 1.4 * down), layout="constrained")
    for index, axes in enumerate(figure.subplots(down, across, squeeze=False).flat):
        axes.axis("off")
        if index < len(pictures):
            axes.imshow(255 - pictures[index], cmap="gray", vmin=0, vmax=255)
            axes.set_title(captions[index], fontsize=7, y=-0.22)
    _write(path, figure)


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


def reliability(path: Path, before: Floats | None, after: Floats, labels: Ints) -> None:
    """Share right over confidence, after calibration and, if given, before; on the diagonal, confidence is honest."""

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
        for probabilities, name, colour in ((before, "before", ORANGE), (after, "after calibration", BLUE)):
            if probabilities is None:
                continue
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


def digit_plots(output: Path, test: Samples, answers: Floats, measured: Mapping[str, Any]) -> list[str]:
    """The plots of labelled digits and the answers to them, (n, 10); returns the files' names."""
    confusion(output / "confusion.svg", np.array(measured["confusion"]))
    per_digit_bars(output / "per-digit.svg", measured["per_digit"], measured["precision"])
    names = ["confusion.svg", "per-digit.svg"]
    for name, chosen in (("worst-mistakes.svg", sprites.worst_mistakes), ("samples.svg", sprites.samples)):
        shown = chosen(test.pictures, test.labels, answers)
        if shown.items:
            tiles(output / name, shown.pictures, shown.captions())
            names.append(name)
    return names


def _save(path: Path, draw: Callable[[Any], None]) -> None:
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.add_subplot()
    draw(axes)
    _write(path, figure)


def _write(path: Path, figure: Any) -> None:
    # No date, and ids that don't change: the same run gives the same file.
    with mpl.rc_context({"svg.hashsalt": "numeral", "svg.fonttype": "none"}):
        write_atomically(path, lambda beside: figure.savefig(beside, format="svg", metadata={"Date": None}))
