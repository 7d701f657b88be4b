"""Cross-validation: how far the accuracy of a recipe depends on which pictures it learns from.

Stone, "Cross-Validatory Choice and Assessment of Statistical Predictions", 1974. Only the training part is shared out:
the held-out validation pictures, which decide about activations, and the test set take no part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.training.checkpoints import CHECKPOINTS
from recognizer.training.datasets import Samples
from recognizer.training.material import Material, pool_of
from recognizer.training.parameters import TrainingParameters
from recognizer.training.pool import Pool
from recognizer.training.trainer import Emit, SeedResult, SeedRun


def cross_validate(
    parameters: TrainingParameters, material: Material, output: Path, emit: Emit
) -> dict[str, Any] | None:
    """Train once for each fold on all the others, with the first seed; None where no folds were asked for.

    Each has its own folder of checkpoints, so that it can be resumed. Returns the accuracies, their mean and standard
    deviation (of a sample, n - 1), ready for JSON.
    """
    count = parameters.folds
    if count is None:
        return None
    units = count + len(parameters.seeds)
    results = []
    for number, held in enumerate(fold_indices(material.train, count), start=1):
        folder = output / CHECKPOINTS / f"fold-{number}-of-{count}"
        fold = _material_of(parameters, material, held, folder)
        told = _told(emit, number, count, units)
        run = SeedRun(parameters.architecture, parameters.preset(), parameters.seeds[0], folder, told)
        results.append(_figures(number, len(held), run.run(fold, init=None, resume=parameters.resume)))
        emit({"event": "fold", "folds": count, **results[-1], "fraction": round(number / units, 5)})
    return {"on": _on(material, count), "seed": parameters.seeds[0], **summed_up(results)}


def fold_indices(samples: Samples, count: int) -> list[NDArray[np.intp]]:
    """Each fold's places: parts of equal size in the order of the pictures' sha256, where twins are neighbours."""
    digests = [hashlib.sha256(picture.tobytes()).digest() for picture in samples.pictures]
    order = np.array(sorted(range(len(digests)), key=digests.__getitem__), np.intp)
    return [np.sort(part) for part in np.array_split(order, count)]


def summed_up(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Mean, standard deviation and quartiles of the folds' accuracies; at least two folds."""
    accuracies = [result["accuracy"] for result in results]
    return {
        "k": len(results),
        "mean": float(np.mean(accuracies)),
        "std": float(np.std(accuracies, ddof=1)),
        "quartiles": [float(value) for value in np.percentile(accuracies, (0, 25, 50, 75, 100))],
        "folds": list(results),
    }


def rest_of_run(emit: Emit, parameters: TrainingParameters) -> Emit:
    """Events of the final fit, their fraction what comes after the folds' share of the whole run."""
    folds, seeds = parameters.folds or 0, len(parameters.seeds)

    def forward(event: dict[str, Any]) -> None:
        if "fraction" in event:
            event = {**event, "fraction": round((folds + seeds * event["fraction"]) / (folds + seeds), 5)}
        emit(event)

    return forward


def _material_of(parameters: TrainingParameters, material: Material, held: NDArray[np.intp], folder: Path) -> Material:
    """One fold's own: nothing that it is judged on was ever shown, in whatever form, to what it judges."""
    learned = material.train.take(np.setdiff1d(np.arange(len(material.train)), held))
    pool = pool_of(parameters, learned, folder / "pool")
    judged = material.train.take(held)
    corrected = material.corrected.without(judged)
    return replace(material, train=learned, validation=judged, pool=pool, held=Pool.empty(), corrected=corrected)


def _told(emit: Emit, number: int, count: int, units: int) -> Emit:
    """A fold's events under names of their own: the curves of a run are those of its final fit."""

    def forward(event: dict[str, Any]) -> None:
        done = event["epoch"] / event["epochs"] if event["event"] == "epoch" else event.get("fraction", 0.0)
        name = "fold_epoch" if event["event"] == "epoch" else event["event"]
        fraction = round((number - 1 + done) / units, 5)
        emit({**event, "event": name, "fold": number, "folds": count, "fraction": fraction})

    return forward


def _figures(number: int, held: int, result: SeedResult) -> dict[str, Any]:
    """After the last epoch: the best one would be chosen by the very pictures that judge it."""
    last = result.history[-1]
    return {
        "fold": number,
        "n": held,
        "accuracy": last["val_accuracy"],
        "loss": last["val_loss"],
        "seconds": round(result.seconds, 1),
    }


def _on(material: Material, count: int) -> str:
    return (
        f"{len(material.train):,} training pictures, shared out by hash into {count} parts: each is read by a network "
        f"that was trained on the others, after its last epoch. The {len(material.validation):,} held-out validation "
        "pictures and the test set take no part"
    )
