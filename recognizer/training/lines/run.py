"""A whole training run of the line network: strips, seeds, choice by validation, export, trust, card."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np

from recognizer.domain.types import ModelCard, ModelKind
from recognizer.inference.card import NETWORK_FILE
from recognizer.inference.engine import DigitEngine
from recognizer.inference.network import Network
from recognizer.inference.number_engine import NumberEngine
from recognizer.training import figures, report
from recognizer.training.cards import facts_of, write_card
from recognizer.training.checkpoints import CHECKPOINTS, Checkpoints
from recognizer.training.datasets import sha256_of
from recognizer.training.export import KERAS_FILE, export_network
from recognizer.training.files import write_atomically
from recognizer.training.lines.material import LineMaterial, load_line_material
from recognizer.training.lines.network import line_network, with_probabilities
from recognizer.training.lines.shown import strips_shown
from recognizer.training.lines.trainer import LineRun
from recognizer.training.lines.trust import (
    Answered,
    ReadDigits,
    ReadStrip,
    answered,
    figures_of,
    held_out_cases,
    held_out_digits,
    trust_of,
)
from recognizer.training.parameters import TrainingParameters
from recognizer.training.sprites import Tiles
from recognizer.training.trainer import Emit, SeedResult, start_event

CONTRACT = (
    "float32 (n, 32, w, 1), raw 0 to 255, white ink on black, digits about 21 high, w a multiple of 8",
    "float32 (n, w / 4, 13), for each 4 columns the probabilities of nothing, 0 to 9, a dot and a comma",
)
COMPARED = 50
"""Strips on which Keras and LiteRT must agree."""
CASES = 1 / 60
"""Held-out pictures read to decide trust, and as many again to measure it, as a share of the strips trained on."""


def run(parameters: TrainingParameters, output: Path, emit: Emit) -> None:
    """Train, and leave the model with its card in ``output``; the card is written last, so it vouches for the rest.

    Raises a NumeralError with a sentence where the data, the parameters or the training are at fault.
    """
    output.mkdir(parents=True, exist_ok=True)
    material = load_line_material(parameters, output / CHECKPOINTS)
    emit(start_event(parameters, samples=len(material.train), validation_samples=len(material.validation)))
    results = [train_seed(parameters, seed, material, output, emit) for seed in parameters.seeds]
    best = max(results, key=lambda result: result.validation_accuracy)
    emit({"event": "stage", "stage": "evaluate"})
    card = finish(parameters, material, results, best, output)
    shutil.rmtree(output / CHECKPOINTS)
    emit({"event": "done", "directory": str(output), "card": card})


def train_seed(
    parameters: TrainingParameters, seed: int, material: LineMaterial, output: Path, emit: Emit
) -> SeedResult:
    """Train one seed in its own folder of checkpoints."""
    recipe = {
        "architecture": parameters.architecture,
        "seed": seed,
        "preset": parameters.preset().as_dict(),
        "strips": len(material.train),
        "init": parameters.init,
    }
    checkpoints = Checkpoints(output / CHECKPOINTS / f"seed-{seed}", recipe)
    one = LineRun(parameters.preset(), seed, checkpoints, emit)
    return one.run(material.train, material.validation, init=parameters.init_path, resume=parameters.resume)


def finish(
    parameters: TrainingParameters, material: LineMaterial, results: list[SeedResult], best: SeedResult, output: Path
) -> dict[str, Any]:
    """Export the best weights, decide how far to trust them, and write the card."""
    model = _served(best.best)
    network = output / NETWORK_FILE
    write_atomically(output / KERAS_FILE, model.save)
    strips = next(strips for strips, _ in material.validation.parts.values() if len(strips))
    export_network(model, network, strips[:COMPARED])
    trust, read = _trust(parameters, material, network)
    facts = facts_of(parameters, data=_data(material), weights=int(model.count_params()), seconds=best.seconds)
    held_out = figures_of(read, trust["threshold"])
    shown = strips_shown(network, material.validation, trust["calibration"]["temperature"])
    _report(output, facts, results, best, model, read, held_out, shown)
    return write_card(
        output,
        facts=facts,
        contract=CONTRACT,
        metrics={"validation": {**held_out, **_strips(best, results)}},
        trust=trust,
        files=[NETWORK_FILE, KERAS_FILE],
    )


def _report(
    output: Path,
    facts: dict[str, Any],
    results: list[SeedResult],
    best: SeedResult,
    model: Any,
    read: Answered,
    held_out: dict[str, Any],
    shown: tuple[Tiles, Tiles],
) -> None:
    """``report.json`` and its plots, as far as they make sense for whole numbers."""
    made = report.begin(output, made_by="training", sha256=sha256_of(output / NETWORK_FILE), facts=facts)
    data = facts["data"]
    curves = [
        {"seed": each.seed, "best_epoch": each.best_epoch, "shipped": each.seed == best.seed, "history": each.history}
        for each in results
    ]
    made.parts["summary"] = report.summary_of(model)
    made.parts["curves"] = report.curves_part(
        curves,
        f"training: {data['train']:,} strips; validation: {data['validation']:,} strips of held-out digits, "
        "right where every digit is",
    )
    on = f"{held_out['n']:,} numbers on drawn pictures of held-out digits, read by both networks together"
    made.parts["measured"] = {"on": on, **held_out}
    made.parts["reliability"] = [report.reliability_part("as it serves", read.confidence, read.right, on)]
    made.parts["risk_coverage"] = report.risk_part(read.confidence, read.right, held_out["threshold"], on)
    on_strips = f"of {data['validation']:,} strips of held-out digits, those of one width, by the line network alone"
    made.add_tiles("mistakes", "worst-mistakes.png", shown[0], on_strips)
    made.add_tiles("samples", "samples.png", shown[1], on_strips)
    histories = {result.seed: result.history for result in results}
    figures.learning_curves(output / "learning.svg", histories)
    figures.losses(output / "loss.svg", histories)
    made.files += ["learning.svg", "loss.svg"]
    made.write()


def _served(checkpoint: Path) -> Any:
    """The trained weights in a network of 32 bits that answers with probabilities."""
    trained = keras.models.load_model(checkpoint, compile=False)
    network = line_network()
    network.set_weights(trained.get_weights())
    return with_probabilities(network)


def _trust(parameters: TrainingParameters, material: LineMaterial, network: Path) -> tuple[dict[str, Any], Answered]:
    count = max(20, int(len(material.train) * CASES))
    reading = _untempered(parameters, network), _digits_beside(parameters)
    cases = held_out_cases(material.held, 2 * count, *reading)
    trust = trust_of(cases[::2], held_out_digits(material.held, count, *reading))
    return trust, answered(cases[1::2], trust)


def _untempered(parameters: TrainingParameters, network: Path) -> ReadStrip:
    """The network as it will serve, but for the temperature that is still to be found."""
    card = ModelCard(parameters.name, ModelKind.NUMBER, 1, parameters.architecture, "", 1.0, 0.0, 0.0, {})
    engine = NumberEngine(Network(card, network.read_bytes()))
    return engine.looks


def _digits_beside(parameters: TrainingParameters) -> ReadDigits:
    """The digit network that will read the glyphs in life; without one they say nothing, each digit alike."""
    if parameters.beside:
        return DigitEngine.load(Path(parameters.beside)).probabilities
    return lambda crops: np.full((len(crops), 10), 0.1, np.float32)


def _data(material: LineMaterial) -> dict[str, Any]:
    return {
        "sha256": material.whole.sha256,
        "content_sha256": material.whole.content_sha256,
        "train": len(material.train),
        "validation": len(material.validation),
        "extra": list(material.foreign),
        "validation_chosen": "strips of the digits with the smallest sha256 of their bytes; never trained on",
    }


def _strips(best: SeedResult, results: list[SeedResult]) -> dict[str, Any]:
    accuracies = [result.validation_accuracy for result in results]
    return {
        "strips_exact": best.validation_accuracy,
        "strips_mean": float(np.mean(accuracies)),
        "strips_std": float(np.std(accuracies, ddof=1)) if len(accuracies) > 1 else None,
        "seed": best.seed,
        "best_epoch": best.best_epoch,
    }
