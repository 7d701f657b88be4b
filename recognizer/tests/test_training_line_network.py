"""The line network: its loss, its training, its checkpoints, and that what a run leaves can be served."""

from __future__ import annotations

import importlib.util
import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recognizer.domain.errors import BadParameters
from recognizer.inference.number_engine import NumberEngine
from recognizer.tests.training_material import drawn
from recognizer.training.checkpoints import Checkpoints
from recognizer.training.datasets import Samples
from recognizer.training.parameters import TrainingParameters
from recognizer.training.presets import ARCHITECTURES

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="training needs Keras and TensorFlow"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # Keras's, not ours
]

DIGITS = 400


def brute_force(frames: np.ndarray, label: list[int]) -> float:
    """The probability of a label: of all paths, those that say it."""
    total = 0.0
    for path in product(range(frames.shape[1]), repeat=len(frames)):
        kept = [c for at, c in enumerate(path) if c and (at == 0 or path[at - 1] != c)]
        if kept == label:
            total += float(np.prod([frame[c] for frame, c in zip(frames, path, strict=True)]))
    return total


@pytest.mark.parametrize("label", [[1], [1, 1], [2, 1], []])
def test_the_loss_is_that_of_all_paths(label: list[int]) -> None:
    from recognizer.training.lines.trainer import ctc_loss

    logits = np.random.default_rng(1).normal(0, 1, (1, 5, 3)).astype(np.float32)
    frames = np.exp(logits[0]) / np.exp(logits[0]).sum(axis=-1, keepdims=True)
    padded = np.array([label + [0] * (3 - len(label))], np.int32)
    assert float(ctc_loss(padded, logits)) == pytest.approx(-np.log(brute_force(frames, label)), abs=1e-4)


def test_the_best_path_joins_repeats_and_drops_blanks() -> None:
    from recognizer.training.lines.trainer import greedy

    frames = np.eye(13)[[[0, 3, 3, 0, 3, 4, 4, 0]]]
    assert greedy(frames) == [[3, 3, 4]]


def test_the_network_takes_strips_of_any_width_and_has_the_size_it_says() -> None:
    from recognizer.training.lines.network import line_network

    network = line_network()
    assert network.count_params() == ARCHITECTURES["numeral-lines"].parameters
    for width in (64, 96, 384):
        assert network(np.zeros((1, 32, width, 1), np.float32)).shape == (1, width // 4, 13)


def test_checkpoints_of_another_recipe_are_not_gone_on_from(tmp_path: Path) -> None:
    class Model:
        def save(self, path: Path) -> None:
            path.write_bytes(b"weights")

    Checkpoints(tmp_path, {"seed": 1}).keep(Model(), [{"loss": 1.0}])
    found = Checkpoints(tmp_path, {"seed": 1}).last()
    assert found is not None
    assert found[0].read_bytes() == b"weights"
    assert found[1] == [{"loss": 1.0}]
    with pytest.raises(BadParameters):
        Checkpoints(tmp_path, {"seed": 2}).last()


def test_a_new_checkpoint_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    class Model:
        def save(self, path: Path) -> None:
            path.write_bytes(b"weights")

    checkpoints = Checkpoints(tmp_path, {})
    for epochs in (1, 2):
        checkpoints.keep(Model(), [{"loss": 1.0}] * epochs)
    assert [path.name for path in tmp_path.glob("epoch-*")] == ["epoch-0002.keras"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """A run over two epochs, interrupted after the first and gone on with."""
    from recognizer.training.lines import pool, run

    folder = tmp_path_factory.mktemp("number")
    samples = varied(DIGITS)
    np.savez(
        folder / "digits.npz",
        x_train=samples.pictures,
        y_train=samples.labels.astype(np.uint8),
        x_test=samples.pictures[:50],
        y_test=samples.labels[:50].astype(np.uint8),
    )
    wanted = {
        "architecture": "numeral-lines",
        "name": "number-test",
        "data": str(folder / "digits.npz"),
        "limit": 100,
        "epochs": 2,
        "batch_size": 16,
    }
    events: list[dict[str, Any]] = []

    def stop_after_the_first_epoch(event: dict[str, Any]) -> None:
        if event["event"] == "epoch":
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "WIDTHS", (384,))  # each width costs seconds of preparation, in training and in judging
        with pytest.raises(KeyboardInterrupt):
            run.run(TrainingParameters.from_json(wanted), folder / "out", stop_after_the_first_epoch)
        run.run(TrainingParameters.from_json({**wanted, "resume": True}), folder / "out", events.append)
    return folder / "out", events


def varied(count: int) -> Samples:
    """Drawn digits of which no two are the same."""
    samples = drawn(count)
    noise = np.random.default_rng(2).integers(0, 40, samples.pictures.shape)
    return Samples(np.clip(samples.pictures + noise, 0, 255).astype(np.uint8), samples.labels)


def test_an_interrupted_run_goes_on_where_it_was(finished: tuple[Path, list[dict[str, Any]]]) -> None:
    epochs = [event for event in finished[1] if event["event"] == "epoch"]
    assert [event["epoch"] for event in epochs] == [2]
    assert finished[1][-1]["event"] == "done"


def test_what_a_run_leaves_serves_and_says_how_far_to_trust_it(finished: tuple[Path, list[dict[str, Any]]]) -> None:
    engine = NumberEngine.load(finished[0])
    frames = engine.frames(np.zeros((32, 128), np.uint8)).probabilities
    assert frames.shape == (32, 13)
    assert np.allclose(frames.sum(axis=1), 1, atol=1e-3)
    assert engine.card.kind == "number"
    assert engine.card.metrics["validation"]["n"] > 0
    assert len(engine.card.raw["agreement"]["trust"]) == len(engine.card.raw["agreement"]["features"])
    assert engine.card.raw["risk_coverage"]
    assert not (finished[0] / "checkpoints").exists()


def test_a_line_networks_report_says_what_makes_sense_for_whole_numbers(
    finished: tuple[Path, list[dict[str, Any]]],
) -> None:
    told = json.loads((finished[0] / "report.json").read_text(encoding="utf-8"))
    card = json.loads((finished[0] / "card.json").read_text(encoding="utf-8"))
    validation = card["metrics"]["validation"]
    assert all(told["measured"][key] == validation[key] for key in ("n", "exact_match", "cer", "ece"))
    assert len(told["curves"]["seeds"][0]["history"]) == 2
    assert told["risk_coverage"]["points"][-1]["coverage"] == 1.0
    assert sum(layer["parameters"] for layer in told["summary"]) == card["parameters"]
    assert "folds" not in told
    assert (told["samples"]["width"], told["samples"]["height"]) == (384, 32)
    assert all(item["written"].isdigit() and 0 <= item["confidence"] <= 1 for item in told["samples"]["items"])
    assert all(item["written"] != item["read"] for item in told["mistakes"]["items"])
    assert "confusion" not in told["measured"]
    assert all((finished[0] / name).is_file() for name in told["files"])
