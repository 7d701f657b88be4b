"""The networks and their training, in this process: sizes, checkpoints, weights taken over, export."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recognizer.domain.errors import BadModel, BadParameters
from recognizer.tests.training_material import drawn, material
from recognizer.training.presets import ARCHITECTURES, Preset

pytest.importorskip("keras", reason="training needs Keras and TensorFlow")

# TensorFlow's arrays still lack the copy keyword of numpy 2, and Keras asks for them.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SIZES = {
    "guide-cnn": 203_434,
    "report-cnn": 77_098,
    "he-cnn": 159_254,
    "dropout-cnn": 233_162,
    "mlp": 104_938,
    "numeral-cnn": 326_955,
    "fast-cnn": 29_658,
}


class Stopped(Exception):
    """Someone pulled the plug."""


def train(
    architecture: str,
    preset: Preset,
    folder: Path,
    *,
    init: Path | None = None,
    resume: bool = False,
    stop: int = 0,
    count: int = 100,
) -> tuple[Any, list[dict[str, Any]]]:
    """Train seed 1 on drawn digits; ``stop`` pulls the plug after that epoch. Returns the result and the events."""
    from recognizer.training.trainer import SeedRun

    events: list[dict[str, Any]] = []

    def emit(event: dict[str, Any]) -> None:
        events.append(event)
        if event["event"] == "epoch" and event["epoch"] == stop:
            raise Stopped

    run = SeedRun(architecture, preset, 1, folder, emit)
    return run.run(material(count, 20), init=init, resume=resume), events


@pytest.mark.parametrize("name", sorted(SIZES))
def test_each_network_has_the_parameters_of_its_report(name: str) -> None:
    from recognizer.training.architectures import build

    network = build(name)
    assert network.count_params() == SIZES[name] == ARCHITECTURES[name].parameters
    assert network.input_shape == (None, 28, 28, 1)
    assert network.output_shape == (None, 11 if name == "numeral-cnn" else 10)


def test_each_network_scales_as_its_preset_says() -> None:
    from recognizer.training.architectures import build

    for name in SIZES:
        scales = any(layer.__class__.__name__ == "Rescaling" for layer in build(name).layers)
        assert scales == (ARCHITECTURES[name].preset.scaling == "0..1"), name


def test_the_docstrings_give_the_claims() -> None:
    from recognizer.training.architectures import BUILDERS

    claims = {"guide-cnn": "97.42", "report-cnn": "98.51", "he-cnn": "99.73", "dropout-cnn": "53 %", "mlp": "97.69"}
    for name, claim in claims.items():
        assert claim in (BUILDERS[name].__doc__ or "")
        assert claim in ARCHITECTURES[name].claim


NUMERAL = replace(ARCHITECTURES["numeral-cnn"].preset, epochs=3, batch_size=50, restarts=(2,))
SMALL = "dropout-cnn"
"""Numeral's recipe is tried on a network that is quick to build and has dropout, whose state no checkpoint holds."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Trained with Numeral's own recipe, two cycles in one go."""
    return train(SMALL, NUMERAL, tmp_path_factory.mktemp("whole"))[0]


def test_a_resumed_training_gives_what_one_in_one_go_gives(whole: Any, tmp_path: Path) -> None:
    for epoch in (1, 2):
        with pytest.raises(Stopped):
            train(SMALL, NUMERAL, tmp_path, resume=epoch > 1, stop=epoch)
    resumed, events = train(SMALL, NUMERAL, tmp_path, resume=True)
    assert [event["epoch"] for event in events if event["event"] == "epoch"] == [3]
    assert len(resumed.history) == 3
    for key in ("loss", "val_loss"):
        assert [e[key] for e in resumed.history] == pytest.approx([e[key] for e in whole.history], rel=1e-3)


def test_a_finished_training_is_read_back_and_not_repeated(whole: Any) -> None:
    again, events = train(SMALL, NUMERAL, whole.best.parent, resume=True)
    assert events == []
    assert again.history == whole.history


def test_only_one_checkpoint_and_the_best_are_kept(whole: Any) -> None:
    assert sorted(path.name for path in whole.best.parent.iterdir()) == ["best.keras", "epoch-0003.keras", "state.json"]


def test_the_best_weights_are_those_of_the_last_cycle(whole: Any) -> None:
    assert whole.best_epoch == 3


def test_other_parameters_cannot_go_on_from_these_checkpoints(whole: Any) -> None:
    with pytest.raises(BadParameters, match="Resume with the same"):
        train(SMALL, replace(NUMERAL, epochs=5), whole.best.parent, resume=True)


def test_other_data_cannot_go_on_from_these_checkpoints(whole: Any) -> None:
    with pytest.raises(BadParameters, match="other parameters or data"):
        train(SMALL, NUMERAL, whole.best.parent, resume=True, count=110)


def test_training_starts_from_given_weights(whole: Any, tmp_path: Path) -> None:
    from recognizer.training.export import load_network

    still = replace(NUMERAL, epochs=1, learning_rate=0.0, schedule="constant", weight_decay=0.0, average=0.0)
    result, _ = train(SMALL, still, tmp_path, init=whole.best)
    given, taken = load_network(whole.best), load_network(result.best)
    for mine, theirs in zip(taken.trainable_weights, given.trainable_weights, strict=True):
        assert np.allclose(np.asarray(mine.numpy()), np.asarray(theirs.numpy()))


def test_a_network_without_no_digit_gives_all_its_weights_to_one_with_it() -> None:
    from recognizer.training.trainer import _widened

    new, old = np.zeros((4, 11), np.float32), np.ones((4, 10), np.float32)
    assert np.array_equal(_widened(new, old), np.eye(2, dtype=np.float32)[[0] * 10 + [1]][:, 0] * np.ones((4, 1)))
    assert np.array_equal(_widened(np.zeros(3, np.float32), np.ones(3, np.float32)), np.ones(3))


def test_a_run_from_given_weights_goes_at_half_the_rate() -> None:
    from recognizer.training.optimisers import optimiser_for

    preset = replace(NUMERAL, schedule="constant", learning_rate=0.004)
    assert float(optimiser_for(preset, 10).learning_rate) == pytest.approx(0.004)
    assert float(optimiser_for(preset, 10, gently=True).learning_rate) == pytest.approx(0.002)


def test_seeds_go_together_as_the_mean_of_their_weights(whole: Any, tmp_path: Path) -> None:
    from recognizer.training.export import load_network
    from recognizer.training.together import mean_of_seeds

    other, _ = train(SMALL, replace(NUMERAL, epochs=1), tmp_path, init=whole.best)
    mean = mean_of_seeds([whole, other], material(100, 20), tmp_path / "together.keras")
    assert mean.together
    assert mean.best_epoch == 1
    assert mean.validation_loss > 0
    first, second, both = (load_network(each.best).get_weights() for each in (whole, other, mean))
    for one, two, own in zip(first, second, both, strict=True):
        assert np.allclose(own, (one + two) / 2, atol=1e-6)


def test_weights_of_another_network_are_refused(whole: Any, tmp_path: Path) -> None:
    with pytest.raises(BadParameters, match="no model of the same architecture"):
        train("mlp", ARCHITECTURES["mlp"].preset, tmp_path, init=whole.best)


def test_a_loss_that_is_no_number_stops_the_training_with_the_reason(tmp_path: Path) -> None:
    from recognizer.training.progress import TrainingFailed

    wild = replace(ARCHITECTURES["mlp"].preset, learning_rate=1e30, epochs=9)
    with pytest.raises(TrainingFailed, match="stopped being a number in epoch"):
        train("mlp", wild, tmp_path)


def test_litert_answers_as_keras_does(whole: Any, tmp_path: Path) -> None:
    from recognizer.training.export import export_network, litert_probabilities, load_network

    model, pictures = load_network(whole.best), drawn(30).pictures
    export_network(model, tmp_path / "model.tflite", pictures)
    expected = model.predict(pictures[..., None], verbose=0)
    assert np.allclose(litert_probabilities(tmp_path / "model.tflite", pictures), expected, atol=1e-4)
    assert [path.name for path in tmp_path.iterdir()] == ["model.tflite"]


def test_an_export_that_answers_otherwise_is_refused(
    whole: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recognizer.training import export

    monkeypatch.setattr(export, "litert_probabilities", lambda path, pictures: np.full((len(pictures), 10), 0.1))
    with pytest.raises(BadModel, match="answers otherwise"):
        export.export_network(export.load_network(whole.best), tmp_path / "model.tflite", drawn(10).pictures)
