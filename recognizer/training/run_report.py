"""The report that a training run leaves beside its model, and its plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.inference.calibration import confidence_and_correct
from recognizer.inference.card import NETWORK_FILE
from recognizer.training import figures, report
from recognizer.training.calibrate import Trust
from recognizer.training.datasets import Samples, sha256_of
from recognizer.training.material import Material
from recognizer.training.trainer import SeedResult


@dataclass(frozen=True, slots=True)
class Tested:
    """A network's calibrated answers, (n, 10), to the test pictures."""

    test: Samples
    answers: NDArray[np.float32]


def write_run_report(
    output: Path,
    *,
    facts: Mapping[str, Any],
    material: Material,
    results: Sequence[SeedResult],
    best: SeedResult,
    trust: Trust,
    tested: Tested,
    model: Any,
    folds: dict[str, Any] | None,
) -> None:
    """Write ``report.json`` with its pictures and plots into ``output``. ``model`` is the Keras model."""
    made = report.begin(output, made_by="training", sha256=sha256_of(output / NETWORK_FILE), facts=facts)
    made.parts["summary"] = report.summary_of(model)
    made.parts["curves"] = report.curves_part([_curve(result, best) for result in results], _on_curves(material))
    validated = _on_validation(material)
    for name, answers in (("before calibration", trust.before), ("after calibration", trust.after)):
        confidence, right = confidence_and_correct(answers, trust.labels)
        made.parts.setdefault("reliability", []).append(report.reliability_part(name, confidence, right, validated))
    on = f"{facts['data']['source']}: its {len(tested.test):,} test pictures, through LiteRT, after all was chosen"
    measured = report.add_digits(made, tested.answers, tested.test, trust.threshold, on)
    if folds is not None:
        made.parts["folds"] = folds
    made.files += _plots(output, results, trust, tested, measured, folds)
    made.write()


def _curve(result: SeedResult, best: SeedResult) -> dict[str, Any]:
    shipped = result.seed == best.seed and not best.together
    return {"seed": result.seed, "best_epoch": result.best_epoch, "shipped": shipped, "history": result.history}


def _on_curves(material: Material) -> str:
    return (
        f"training: {len(material.train):,} pictures as each epoch shows them; validation accuracy: the "
        f"{len(material.validation):,} held-out pictures; validation loss: these and {len(material.held.samples):,} "
        "more made of them, as photographed, by drawn hands, and of no digit"
    )


def _on_validation(material: Material) -> str:
    return (
        f"{len(material.validation):,} held-out validation pictures, and {len(material.held.samples):,} more made of "
        "them, as photographed, by drawn hands, and of no digit"
    )


def _plots(
    output: Path,
    results: Sequence[SeedResult],
    trust: Trust,
    tested: Tested,
    measured: Mapping[str, Any],
    folds: Mapping[str, Any] | None,
) -> list[str]:
    """Draw them; returns the files' names."""
    histories = {result.seed: result.history for result in results}
    figures.learning_curves(output / "learning.svg", histories)
    figures.losses(output / "loss.svg", histories)
    figures.reliability(output / "reliability.svg", trust.before, trust.after, trust.labels)
    figures.risk_and_coverage(output / "risk-coverage.svg", trust.after, trust.labels, trust.threshold)
    names = ["learning.svg", "loss.svg", "reliability.svg", "risk-coverage.svg"]
    if folds is not None:
        figures.fold_box(output / "folds.svg", [fold["accuracy"] for fold in folds["folds"]])
        names.append("folds.svg")
    return [*names, *figures.digit_plots(output, tested.test, tested.answers, measured)]
