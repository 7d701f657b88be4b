"""Cross-validation: what each fold learns from and is judged on, its figures, and that it can be gone on with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recognizer.domain.errors import BadParameters
from recognizer.tests.training_material import material
from recognizer.training.corrected import Corrected
from recognizer.training.datasets import Samples
from recognizer.training.parameters import TrainingParameters

pytest.importorskip("keras", reason="training needs Keras and TensorFlow")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's, not ours

Event = dict[str, Any]


class Stopped(Exception):
    """Someone pulled the plug."""


def noisy(count: int, seed: int) -> Samples:
    """Pictures of which no two are the same."""
    rng = np.random.default_rng(seed)
    return Samples(rng.integers(0, 256, (count, 28, 28), np.uint8), np.arange(count) % 10)


def hashes(samples: Samples) -> set[bytes]:
    return {picture.tobytes() for picture in samples.pictures}


def wanted(folds: int, **more: Any) -> TrainingParameters:
    return TrainingParameters(architecture="mlp", epochs=1, batch_size=32, folds=folds, **more)


def test_folds_are_of_equal_size_share_nothing_and_leave_nothing_out() -> None:
    from recognizer.training.folds import fold_indices

    samples = noisy(103, 1)
    parts = fold_indices(samples, 5)
    assert sorted(len(part) for part in parts) == [20, 20, 21, 21, 21]
    assert sorted(np.concatenate(parts).tolist()) == list(range(103))
    turned = fold_indices(samples.take(np.arange(103)[::-1]), 5)
    assert [hashes(samples.take(part)) for part in parts] == [hashes(samples.take(102 - part)) for part in turned]


@pytest.fixture
def learned_from(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Samples, Samples]]:
    """What each fold was trained and judged on, instead of a training."""
    from recognizer.training import folds
    from recognizer.training.trainer import SeedResult

    seen: list[tuple[Samples, Samples]] = []

    class Run:
        def __init__(self, *_: Any) -> None:
            pass

        def run(self, given: Any, **_: Any) -> SeedResult:
            assert not hashes(given.corrected.samples) & hashes(given.judged)
            seen.append((given.train, given.judged))
            accuracy = [0.91, 0.95, 0.84, 0.99][len(seen) - 1]
            epochs = [{"val_accuracy": 1.0, "val_loss": 0.1}, {"val_accuracy": accuracy, "val_loss": 0.2}]
            return SeedResult(1, Path("best"), 1, epochs, 2.0)

    monkeypatch.setattr(folds, "SeedRun", Run)
    return seen


def test_no_fold_ever_learns_from_what_is_held_out(learned_from: list[tuple[Samples, Samples]], tmp_path: Path) -> None:
    from recognizer.training.folds import cross_validate

    given = replace(material(0, 0), train=noisy(120, 1), validation=noisy(40, 2))
    given = replace(given, whole=replace(given.whole, test=noisy(30, 3)))
    given = replace(given, corrected=Corrected(given.train.take(np.arange(50)), 1))  # copies of what a fold judges
    cross_validate(wanted(4), given, tmp_path, lambda event: None)
    held_out = hashes(given.validation) | hashes(given.whole.test) | hashes(given.held.samples)
    judged: set[bytes] = set()
    for train, fold in learned_from:
        assert not hashes(train) & held_out
        assert not hashes(train) & hashes(fold)
        assert hashes(train) | hashes(fold) == hashes(given.train)
        judged |= hashes(fold)
    assert judged == hashes(given.train)


def test_mean_deviation_and_quartiles_are_numpys_own(
    learned_from: list[tuple[Samples, Samples]], tmp_path: Path
) -> None:
    from recognizer.training.folds import cross_validate

    told = cross_validate(wanted(4), replace(material(0, 0), train=noisy(120, 1)), tmp_path, lambda event: None)
    assert told is not None
    accuracies = [0.91, 0.95, 0.84, 0.99]  # after the last epoch, not the best
    assert [fold["accuracy"] for fold in told["folds"]] == accuracies
    assert told["mean"] == pytest.approx(np.mean(accuracies))
    assert told["std"] == pytest.approx(np.std(accuracies, ddof=1))
    assert told["quartiles"] == pytest.approx([np.quantile(accuracies, share) for share in (0, 0.25, 0.5, 0.75, 1)])


def test_without_folds_nothing_is_validated_twice(tmp_path: Path) -> None:
    from recognizer.training.folds import cross_validate

    assert cross_validate(TrainingParameters(), material(20, 10), tmp_path, lambda event: None) is None
    assert not list(tmp_path.iterdir())


def test_folds_that_are_done_are_not_trained_again(tmp_path: Path) -> None:
    from recognizer.training.folds import cross_validate

    given = replace(material(0, 0), train=noisy(120, 1), validation=noisy(40, 2))
    first: list[Event] = []

    def stop_in_the_second(event: Event) -> None:
        first.append(event)
        if event["event"] == "fold":
            raise Stopped

    with pytest.raises(Stopped):
        cross_validate(wanted(2), given, tmp_path, stop_in_the_second)
    again: list[Event] = []
    told = cross_validate(wanted(2, resume=True), given, tmp_path, again.append)
    again = [event for event in again if event["event"] != "batch"]  # these are told each second
    assert [(event["event"], event["fold"]) for event in again] == [("fold", 1), ("fold_epoch", 2), ("fold", 2)]
    assert again[0] == first[-1]
    assert [event["fraction"] for event in again] == [0.33333, 0.66667, 0.66667]
    assert told is not None
    json.dumps(told, allow_nan=False)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"folds": 1}, "--folds must be a whole number from 2 to 20, not 1"),
        ({"folds": 21}, "--folds must be"),
        ({"folds": True}, "--folds must be"),
        ({"folds": "3"}, "--folds must be"),
        ({"folds": 3, "architecture": "numeral-lines"}, "offered for digit networks only"),
    ],
)
def test_folds_that_make_no_sense_are_refused_with_a_sentence(raw: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadParameters, match=sentence):
        TrainingParameters.from_json(raw)


def test_folds_start_from_nothing_since_given_weights_may_know_their_pictures(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"")
    with pytest.raises(BadParameters, match="starts from fresh weights"):
        TrainingParameters.from_json({"folds": 3, "init": str(tmp_path / "model.keras")})


def test_the_final_fit_counts_from_where_the_folds_ended() -> None:
    from recognizer.training.folds import rest_of_run

    events: list[Event] = []
    emit = rest_of_run(events.append, wanted(3))
    emit({"event": "epoch", "fraction": 0.0})
    emit({"event": "epoch", "fraction": 1.0})
    emit({"event": "stage"})
    assert [event.get("fraction") for event in events] == [0.75, 1.0, None]
