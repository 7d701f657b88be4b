"""A model's report: all that was measured of it, as ``report.json``, and the pictures beside it.

Every part says on what data it was measured (``on``). A part that a model has no figures for is absent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.calibration import (
    Floats,
    Ints,
    confidence_and_correct,
    coverage_at,
    expected_calibration_error,
    reliability_bins,
)
from recognizer.training import sprites
from recognizer.training.calibrate import risk_coverage_points
from recognizer.training.code_version import code_version
from recognizer.training.datasets import Samples
from recognizer.training.evaluate import score
from recognizer.training.files import write_atomically

REPORT_FILE = "report.json"
FORMAT = 1
KNOWN_PAIRS = ((1, 7), (3, 8), (4, 9))
"""Digits that people confuse, whatever this network does."""
WORST_PAIRS = 5


@dataclass(slots=True)
class Report:
    """A report while it is made: its parts, and the names of the files written beside it."""

    folder: Path
    parts: dict[str, Any]
    files: list[str] = field(default_factory=list)

    def add_tiles(self, part: str, name: str, tiles: sprites.Tiles, on: str) -> None:
        """Pictures as a part of the report, in one file; no part where there are none."""
        if tiles.items:
            sprites.write_sprite(self.folder / name, tiles.pictures)
            self.files.append(name)
            _, height, width = tiles.pictures.shape
            size = {"across": sprites.ACROSS, "width": width, "height": height}
            self.parts[part] = {"on": on, "file": name, **size, "items": tiles.items}

    def write(self) -> None:
        """The file that names all others, written last."""
        text = json.dumps({**self.parts, "files": [REPORT_FILE, *self.files]}, indent=1, allow_nan=False) + "\n"
        write_atomically(self.folder / REPORT_FILE, lambda path: path.write_text(text, encoding="utf-8"))


def begin(folder: Path, *, made_by: str, sha256: str, facts: Mapping[str, Any]) -> Report:
    """A report with its head: ``made_by`` is "training" or "measuring", ``sha256`` that of the network it is about."""
    head = {
        "format": FORMAT,
        "made_by": made_by,
        "sha256": sha256,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code_version(),
        **facts,
    }
    return Report(folder, head)


def digits_part(probabilities: Floats, labels: Ints, threshold: float, on: str) -> dict[str, Any]:
    """What digits, (n, 10) and (n,), were read as: shares, confusion, recall, precision, and the confused pairs."""
    scores = score(probabilities, labels, threshold)
    return {"on": on, **scores, "pairs": confused_pairs(np.array(scores["confusion"]))}


def confused_pairs(matrix: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Pairs of digits taken for each other: those that people confuse, and the worst measured, worst first.

    ``first_as_second`` counts the first digit read as the second; ``share`` is of all that is written of both.
    """
    written = matrix.sum(axis=1)
    both = matrix + matrix.T
    others = [(a, b) for a in range(len(matrix)) for b in range(a + 1, len(matrix)) if (a, b) not in KNOWN_PAIRS]
    others = [pair for pair in sorted(others, key=lambda pair: -int(both[pair])) if both[pair]][:WORST_PAIRS]
    return [
        {
            "digits": [a, b],
            "first_as_second": int(matrix[a, b]),
            "second_as_first": int(matrix[b, a]),
            "share": float(both[a, b] / max(1, written[a] + written[b])),
            "known": (a, b) in KNOWN_PAIRS,
        }
        for a, b in sorted([*KNOWN_PAIRS, *others], key=lambda pair: -int(both[pair]))
    ]


def reliability_part(name: str, confidence: Floats, right: NDArray[np.bool_], on: str) -> dict[str, Any]:
    """Confidence against the share right, in bins, and the expected calibration error."""
    bins = [
        {
            "low": round(each.low, 4),
            "high": round(each.high, 4),
            "count": each.count,
            "confidence": each.confidence,
            "accuracy": each.accuracy,
        }
        for each in reliability_bins(confidence, right)
    ]
    return {"name": name, "on": on, "ece": expected_calibration_error(confidence, right), "bins": bins}


def risk_part(confidence: Floats, right: NDArray[np.bool_], threshold: float, on: str) -> dict[str, Any]:
    """Error among the accepted over the share accepted, and the threshold's own point."""
    point = coverage_at(confidence, right, threshold)
    return {
        "on": on,
        "points": risk_coverage_points(np.asarray(confidence, np.float64), right),
        "threshold": {"threshold": threshold, "coverage": point.coverage, "error": point.error},
    }


def curves_part(histories: Sequence[Mapping[str, Any]], on: str) -> dict[str, Any]:
    """Learning curves; each of ``histories`` has a seed, its best epoch and its metrics epoch by epoch."""
    return {"on": on, "seeds": [dict(each) for each in histories]}


def add_digits(report: Report, probabilities: Floats, given: Samples, threshold: float, on: str) -> dict[str, Any]:
    """All that answers to labelled digits give: shares, reliability, risk, mistakes, samples. Returns the shares."""
    measured = digits_part(probabilities, given.labels, threshold, on)
    confidence, right = confidence_and_correct(probabilities, given.labels)
    report.parts["measured"] = measured
    report.parts.setdefault("reliability", []).append(reliability_part("as it serves", confidence, right, on))
    report.parts["risk_coverage"] = risk_part(confidence, right, threshold, on)
    shown = given.pictures, given.labels, probabilities
    report.add_tiles("mistakes", "worst-mistakes.png", sprites.worst_mistakes(*shown), on)
    report.add_tiles("samples", "samples.png", sprites.samples(*shown), on)
    return measured


def summary_of(model: Any) -> list[dict[str, Any]]:
    """A Keras model's layers: name, kind, shape of what each gives (None: any size), and how many parameters."""
    return [
        {
            "layer": layer.name,
            "type": type(layer).__name__,
            "shape": [int(size) if size is not None else None for size in layer.output.shape],
            "parameters": int(layer.count_params()),
        }
        for layer in model.layers
    ]
