"""A whole training run: data, seeds, choice by validation, export, trust, test, card and plots."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recognizer.domain.errors import BadDataSet
from recognizer.inference.calibration import with_temperature
from recognizer.inference.card import NETWORK_FILE
from recognizer.training import report
from recognizer.training.calibrate import Trust, calibrate
from recognizer.training.cards import write_card
from recognizer.training.datasets import DataSet, Samples, find_mnist, hash_split, load_data_set
from recognizer.training.evaluate import score
from recognizer.training.export import export_also, export_network, litert_probabilities, load_network
from recognizer.training.files import write_atomically
from recognizer.training.parameters import TrainingParameters
from recognizer.training.side_by_side import train_side_by_side
from recognizer.training.trainer import Emit, SeedResult, SeedRun

CHECKPOINTS = "checkpoints"
KERAS_FILE = "model.keras"
FEWEST = 100
COMPARED = 500
"""Validation pictures on which Keras and LiteRT must agree."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A data set as a run uses it."""

    whole: DataSet
    train: Samples
    validation: Samples


def load_parts(parameters: TrainingParameters) -> Parts:
    """Find, check and split the data. Raises BadDataSet."""
    whole = load_data_set(find_mnist(Path(parameters.data) if parameters.data else None))
    if len(whole.train) < FEWEST:
        raise BadDataSet(f"The data set has {len(whole.train)} training pictures; {FEWEST} are the least.")
    given = whole.train.take(np.arange(min(len(whole.train), parameters.limit or len(whole.train))))
    train, validation = hash_split(given, parameters.preset().validation)
    return Parts(whole, given.take(train), given.take(validation))


def train_seed(parameters: TrainingParameters, seed: int, parts: Parts, output: Path, emit: Emit) -> SeedResult:
    """Train one seed in its own folder of checkpoints."""
    folder = output / CHECKPOINTS / f"seed-{seed}"
    init = Path(parameters.init) if parameters.init else None
    run = SeedRun(parameters.architecture, parameters.preset(), seed, folder, emit)
    return run.run(parts.train, parts.validation, init=init, resume=parameters.resume)


def run(parameters: TrainingParameters, output: Path, emit: Emit) -> None:
    """Train, and leave the model with its card in ``output``; the card is written last, so it vouches for the rest.

    Raises a NumeralError with a sentence where the data, the parameters or the training are at fault.
    """
    parts = load_parts(parameters)
    preset = parameters.preset()
    output.mkdir(parents=True, exist_ok=True)
    emit(
        {
            "event": "start",
            "epochs": preset.epochs,
            "seeds": list(parameters.seeds),
            "samples": len(parts.train),
            "validation_samples": len(parts.validation),
            "test_samples": len(parts.whole.test),
            "parameters": parameters.as_dict(),
        }
    )
    results = _train(parameters, parts, output, _with_fraction(emit, parameters))
    best = min(results, key=lambda result: result.validation_loss)
    emit({"event": "stage", "stage": "evaluate"})
    card = _finish(parameters, parts, results, best, output)
    shutil.rmtree(output / CHECKPOINTS)
    emit({"event": "done", "directory": str(output), "card": card})


def _train(parameters: TrainingParameters, parts: Parts, output: Path, emit: Emit) -> list[SeedResult]:
    resumed = parameters
    if parameters.jobs > 1 and len(parameters.seeds) > 1:
        resumed = train_side_by_side(parameters, output, emit)
    # Seeds that were trained side by side are whole in their checkpoints, and only read back here.
    return [train_seed(resumed, seed, parts, output, emit) for seed in parameters.seeds]


def _with_fraction(emit: Emit, parameters: TrainingParameters) -> Emit:
    """Events of single seeds, with the fraction done of the whole run added."""
    done = dict.fromkeys(parameters.seeds, 0.0)

    def forward(event: dict[str, Any]) -> None:
        if event["event"] == "epoch":
            done[event["seed"]] = event["epoch"] / event["epochs"]
        elif event["event"] == "batch":
            done[event["seed"]] = event["fraction"]
        emit({**event, "fraction": round(sum(done.values()) / len(done), 5)})

    return forward


def _finish(
    parameters: TrainingParameters,
    parts: Parts,
    results: Sequence[SeedResult],
    best: SeedResult,
    output: Path,
) -> dict[str, Any]:
    network = output / NETWORK_FILE
    model = load_network(best.best)
    # Saved anew: the checkpoint carries the optimiser's state, four times the network's size.
    write_atomically(output / KERAS_FILE, model.save)
    export_network(model, network, parts.validation.pictures[:COMPARED])
    extra = export_also(model, output, parameters.also)
    trust = calibrate(lambda pictures: litert_probabilities(network, pictures), parts.validation)
    test = _test(parts, results, network, trust)
    _plots(output, results, trust, test)
    return write_card(
        output,
        parameters=parameters,
        data=_data(parts),
        weights=int(model.count_params()),
        metrics={"validation": _validation(best, parts, network, trust), "test": test},
        trust=trust.card,
        seconds=best.seconds,
        files=[NETWORK_FILE, KERAS_FILE, *extra],
    )


def _data(parts: Parts) -> dict[str, Any]:
    return {
        "sha256": parts.whole.sha256,
        "content_sha256": parts.whole.content_sha256,
        "train": len(parts.train),
        "validation": len(parts.validation),
        "test": len(parts.whole.test),
        "validation_chosen": "the training pictures with the smallest sha256 of their bytes; never trained on",
    }


def _validation(best: SeedResult, parts: Parts, network: Path, trust: Trust) -> dict[str, Any]:
    answers = with_temperature(litert_probabilities(network, parts.validation.pictures), trust.temperature)
    scores = score(answers, parts.validation.labels, trust.threshold)
    return {
        **scores,
        "seed": best.seed,
        "best_epoch": best.best_epoch,
        "degraded_accuracy": trust.card["validation_degraded_accuracy"],
    }


def _test(parts: Parts, results: Sequence[SeedResult], network: Path, trust: Trust) -> dict[str, Any]:
    """The test set, looked at once, after everything was chosen; each seed through LiteRT."""
    test = parts.whole.test
    answers = with_temperature(litert_probabilities(network, test.pictures), trust.temperature)
    runs = []
    for result in results:
        seed_network = result.best.with_name(NETWORK_FILE)
        export_network(load_network(result.best), seed_network, parts.validation.pictures[:COMPARED])
        right = litert_probabilities(seed_network, test.pictures).argmax(axis=1) == test.labels
        runs.append(
            {
                "seed": result.seed,
                "accuracy": float(right.mean()),
                "validation_accuracy": result.validation_accuracy,
                "best_epoch": result.best_epoch,
                "seconds": result.seconds,
            }
        )
    accuracies = [entry["accuracy"] for entry in runs]
    spread = float(np.std(accuracies, ddof=1)) if len(runs) > 1 else None
    return {
        **score(answers, test.labels, trust.threshold),
        "mean": float(np.mean(accuracies)),
        "std": spread,
        "runs": runs,
    }


def _plots(output: Path, results: Sequence[SeedResult], trust: Trust, test: dict[str, Any]) -> None:
    report.learning_curves(output / "learning.svg", {result.seed: result.history for result in results})
    report.confusion(output / "confusion.svg", np.array(test["confusion"]))
    report.reliability(output / "reliability.svg", trust.before, trust.after, trust.labels)
    report.risk_and_coverage(output / "risk-coverage.svg", trust.after, trust.labels, trust.threshold)
