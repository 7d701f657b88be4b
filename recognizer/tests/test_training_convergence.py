"""A network that learns nothing is stopped early, with the reason; one that is slow, or had no time yet, goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recognizer.tests.training_material import material
from recognizer.training.presets import ARCHITECTURES, Preset

pytest.importorskip("keras", reason="training needs Keras and TensorFlow")

# TensorFlow's arrays still lack the copy keyword of numpy 2, and Keras asks for them.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

LABELS = np.arange(10_000) % 10


def judge(accuracies: Sequence[float], loss: float = 2.31, steps: int = 2_000, epochs: int = 10) -> None:
    from recognizer.training.progress import require_learning

    history = [{"val_accuracy": accuracy, "loss": loss} for accuracy in accuracies]
    require_learning(history, LABELS, steps=steps, epochs=epochs)


def train(preset: Preset, folder: Path) -> list[dict[str, Any]]:
    from recognizer.training.trainer import SeedRun

    events: list[dict[str, Any]] = []
    SeedRun("mlp", preset, 1, folder, events.append).run(material(340, 100), init=None, resume=False)
    return [event for event in events if event["event"] == "epoch"]


def test_a_rate_that_is_absurd_stops_the_training_with_the_reason(tmp_path: Path) -> None:
    from recognizer.training.progress import TrainingFailed

    absurd = replace(ARCHITECTURES["mlp"].preset, learning_rate=30.0, epochs=9, batch_size=2)
    with pytest.raises(TrainingFailed, match=r"After epoch 3 .*learns nothing.*Try a larger batch size"):
        train(absurd, tmp_path)


def test_the_same_network_at_its_own_rate_goes_on_to_its_end(tmp_path: Path) -> None:
    assert len(train(replace(ARCHITECTURES["mlp"].preset, epochs=4, batch_size=2), tmp_path)) == 4


def test_three_epochs_at_chance_are_enough() -> None:
    from recognizer.training.progress import TrainingFailed

    with pytest.raises(TrainingFailed, match=r"reads 10\.5 % of what is held out, where guessing reads 10\.0 %"):
        judge([0.1, 0.105, 0.098])


def test_a_run_of_one_epoch_is_asked_at_its_end() -> None:
    from recognizer.training.progress import TrainingFailed

    with pytest.raises(TrainingFailed, match="After epoch 1 "):
        judge([0.1], epochs=1)


@pytest.mark.parametrize(
    "given",
    [
        {"accuracies": [0.1, 0.1]},
        {"accuracies": [0.1, 0.1, 0.1], "steps": 499},
        {"accuracies": [0.1, 0.12, 0.14]},
        {"accuracies": [0.5, 0.1, 0.1]},
        {"accuracies": [0.1, 0.1, 0.1], "loss": 2.0},
    ],
    ids=["two epochs", "few batches", "a little better than chance", "better before", "a loss that falls"],
)
def test_whoever_is_slow_or_new_goes_on(given: dict[str, Any]) -> None:
    judge(**given)
