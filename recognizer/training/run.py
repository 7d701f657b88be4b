"""A whole training run: data, seeds, choice by validation, export, trust, test, card and plots."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from recognizer.inference.card import NETWORK_FILE
from recognizer.training.calibrate import Trust, calibrate, calibrated_digits
from recognizer.training.cards import facts_of, write_card
from recognizer.training.checkpoints import CHECKPOINTS
from recognizer.training.datasets import CLASSES
from recognizer.training.evaluate import score
from recognizer.training.export import KERAS_FILE, export_also, export_network, litert_probabilities, load_network
from recognizer.training.files import write_atomically
from recognizer.training.folds import cross_validate, rest_of_run
from recognizer.training.learner import Learner
from recognizer.training.material import Material, load_material
from recognizer.training.parameters import TrainingParameters
from recognizer.training.run_report import Tested, write_run_report
from recognizer.training.side_by_side import train_side_by_side
from recognizer.training.together import mean_of_seeds
from recognizer.training.trainer import Emit, SeedResult, SeedRun, start_event

INPUT = "float32 (n, 28, 28, 1), raw 0 to 255, white ink on black, centred as MNIST's; scaling is a layer"
OUTPUTS = {
    10: "float32 (n, 10), probabilities of 0 to 9 before the temperature",
    11: "float32 (n, 11), probabilities of 0 to 9 and of no digit before the temperature",
}
COMPARED = 500
"""Validation pictures on which Keras and LiteRT must agree."""


def train_one(parameters: TrainingParameters, seed: int, output: Path, emit: Emit) -> SeedResult:
    """Train one seed of a run whose pools another process rendered."""
    return train_seed(parameters, seed, load_material(parameters, output / CHECKPOINTS), output, emit)


def train_seed(parameters: TrainingParameters, seed: int, material: Material, output: Path, emit: Emit) -> SeedResult:
    """Train one seed in its own folder of checkpoints."""
    folder = output / CHECKPOINTS / f"seed-{seed}"
    run = SeedRun(parameters.architecture, parameters.preset(), seed, folder, emit, _learner(parameters.strategy))
    return run.run(material, init=parameters.init_path, resume=parameters.resume)


def run(parameters: TrainingParameters, output: Path, emit: Emit) -> None:
    """Train, and leave the model with its card in ``output``; the card is written last, so it vouches for the rest.

    Of several machines only the chief does. Raises a NumeralError with a sentence where the data, the parameters or the
    training are at fault.
    """
    learner = _learner(parameters.strategy)
    material = load_material(parameters, output / CHECKPOINTS)
    output.mkdir(parents=True, exist_ok=True)
    emit(
        start_event(
            parameters,
            samples=len(material.train),
            validation_samples=len(material.validation),
            test_samples=len(material.whole.test),
        )
    )
    if parameters.strategy:
        emit({"event": "devices", "devices": learner.replicas})
    folds = cross_validate(parameters, material, output, emit)
    results = _train(parameters, material, output, _with_fraction(rest_of_run(emit, parameters), parameters))
    if not learner.chief:
        return
    best = _best(parameters, material, results, output)
    emit({"event": "stage", "stage": "evaluate"})
    card = _finish(parameters, material, results, best, folds, output)
    shutil.rmtree(output / CHECKPOINTS)
    emit({"event": "done", "directory": str(output), "card": card})


def _learner(strategy: str | None) -> Learner:
    if strategy is None:
        return Learner()
    from recognizer.training.strategies import shared_learner  # TensorFlow by name, whatever Keras runs on

    return shared_learner(strategy)


def _train(parameters: TrainingParameters, material: Material, output: Path, emit: Emit) -> list[SeedResult]:
    resumed = parameters
    if parameters.jobs > 1 and len(parameters.seeds) > 1:
        resumed = train_side_by_side(parameters, output, emit)
    # Seeds that were trained side by side are whole in their checkpoints, and only read back here.
    return [train_seed(resumed, seed, material, output, emit) for seed in parameters.seeds]


def _best(
    parameters: TrainingParameters, material: Material, results: Sequence[SeedResult], output: Path
) -> SeedResult:
    """What is shipped: of the seeds and, if wanted, their mean, the one with the least validation loss."""
    choice = list(results)
    if parameters.together and len(results) > 1:
        choice.append(mean_of_seeds(results, material, output / CHECKPOINTS / "together.keras"))
    return min(choice, key=lambda result: result.validation_loss)


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
    material: Material,
    results: Sequence[SeedResult],
    best: SeedResult,
    folds: dict[str, Any] | None,
    output: Path,
) -> dict[str, Any]:
    network = output / NETWORK_FILE
    model = load_network(best.best)
    # Saved anew: the checkpoint carries the optimiser's state, four times the network's size.
    write_atomically(output / KERAS_FILE, model.save)
    export_network(model, network, material.validation.pictures[:COMPARED])
    extra = export_also(model, output, parameters.also)
    trust = calibrate(lambda pictures: litert_probabilities(network, pictures), material.validation, material.held)
    facts = facts_of(parameters, data=_data(material), weights=int(model.count_params()), seconds=best.seconds)
    test = material.whole.test
    tested = Tested(test, calibrated_digits(litert_probabilities(network, test.pictures), trust.temperature))
    metrics = {
        "validation": _validation(best, material, network, trust),
        "test": _test(material, results, tested, trust),
    }
    if folds is not None:
        metrics["cross_validation"] = folds
    write_run_report(
        output,
        facts=facts,
        material=material,
        results=results,
        best=best,
        trust=trust,
        tested=tested,
        model=model,
        folds=folds,
    )
    contract = INPUT, OUTPUTS[int(model.output_shape[-1])]
    files = [NETWORK_FILE, KERAS_FILE, *extra]
    return write_card(output, facts=facts, contract=contract, metrics=metrics, trust=trust.card, files=files)


def _data(material: Material) -> dict[str, Any]:
    return {
        "sha256": material.whole.sha256,
        "content_sha256": material.whole.content_sha256,
        "train": len(material.train),
        "validation": len(material.validation),
        "test": len(material.whole.test),
        "extra": list(material.foreign),
        "pool": {kind: len(material.pool.of(kind)) for kind in material.pool.rows},
        "corrections": {"n": len(material.corrected), "people": material.corrected.people},
        "validation_chosen": "the training pictures with the smallest sha256 of their bytes; never trained on",
    }


def _validation(best: SeedResult, material: Material, network: Path, trust: Trust) -> dict[str, Any]:
    answers = calibrated_digits(litert_probabilities(network, material.validation.pictures), trust.temperature)
    scores = score(answers, material.validation.labels, trust.threshold)
    return {
        **scores,
        "seed": best.seed,
        "together": best.together,
        "best_epoch": best.best_epoch,
        "held_out": trust.card["held_out"],
    }


def _test(material: Material, results: Sequence[SeedResult], tested: Tested, trust: Trust) -> dict[str, Any]:
    """The test set, looked at once, after everything was chosen; each seed through LiteRT."""
    test = tested.test
    runs = []
    for result in results:
        seed_network = result.best.with_name(NETWORK_FILE)
        export_network(load_network(result.best), seed_network, material.validation.pictures[:COMPARED])
        right = litert_probabilities(seed_network, test.pictures)[:, :CLASSES].argmax(axis=1) == test.labels
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
        **score(tested.answers, test.labels, trust.threshold),
        "mean": float(np.mean(accuracies)),
        "std": spread,
        "runs": runs,
    }
