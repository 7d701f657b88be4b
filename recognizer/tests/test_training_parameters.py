"""What a training run is told: checked, with a sentence, before anything is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from recognizer.domain.errors import BadParameters
from recognizer.training.parameters import TrainingParameters
from recognizer.training.presets import ARCHITECTURES


def test_parameters_survive_the_way_to_the_child_and_back() -> None:
    given = TrainingParameters(architecture="mlp", name="digit-9", seeds=(4, 5), also=("h5",), extra=("a.npz",))
    assert TrainingParameters.from_json(json.loads(json.dumps(given.as_dict()))) == given


def test_one_seed_may_be_given_as_such() -> None:
    assert TrainingParameters.from_json({"seed": 7}).seeds == (7,)


def test_what_is_not_given_comes_from_the_preset() -> None:
    preset = ARCHITECTURES["mlp"].preset
    assert TrainingParameters(architecture="mlp").preset() == preset
    changed = TrainingParameters(architecture="mlp", epochs=2, batch_size=64).preset()
    assert (changed.epochs, changed.batch_size, changed.loss) == (2, 64, preset.loss)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ([], "one JSON object"),
        ({"architecture": "resnet"}, "no architecture “resnet”; there are numeral-cnn, numeral-lines"),
        ({"architecture": ["mlp"]}, "no architecture"),
        ({"epochs": 0}, "--epochs must be a whole number from 1 to 1,000, not 0"),
        ({"epochs": -3}, "--epochs"),
        ({"epochs": 2.5}, "--epochs"),
        ({"epochs": True}, "--epochs"),
        ({"batch_size": 0}, "--batch-size must be"),
        ({"limit": 5}, "--limit must be a whole number from 100"),
        ({"seed": -1}, "A seed must be"),
        ({"seeds": []}, "A seed must be"),
        ({"seeds": [1, 1]}, "Each seed may be given once"),
        ({"seeds": 3}, "--seeds must be a list"),
        ({"also": ["onnx"]}, "--also takes h5 and json, not onnx"),
        ({"name": "../digit"}, "The name may hold only letters"),
        ({"version": 0}, "--version"),
        ({"data": 5}, "--data must be a path"),
        ({"extra": "digits.npz"}, "--extra must be a list"),
        ({"extra": [5]}, "--extra takes paths"),
        ({"init": "weights.h5"}, r"--init takes a \.keras file"),
        ({"together": True}, "say which by --init"),
        ({"shares": {"cats": 1}}, "any of degraded, foreign, hands, negatives"),
        ({"shares": [0.5]}, "takes an object"),
        ({"shares": {"hands": -1}}, "share of hands must be a number from 0 to 10, not -1"),
        ({"shares": {"hands": float("nan")}}, "share of hands must be a number"),
        ({"shares": {"hands": True}}, "share of hands must be a number"),
        ({"init": "nowhere.keras"}, r"There is no model at nowhere\.keras"),
        ({"epoch": 3}, "no training parameter named epoch"),
        ({"resume": "yes"}, "--resume is either on or off"),
        ({"architecture": "mlp", "recipe": "fast"}, "mlp has no preset “fast”; it has its usual one only"),
        ({"architecture": "fast-cnn", "recipe": "quick"}, "fast-cnn has no preset “quick”; it has fast"),
        ({"architecture": "fast-cnn", "recipe": ["fast"]}, "fast-cnn has no preset"),
        ({"strategy": "tpu"}, "--strategy takes mirrored or multiworker, not tpu"),
        ({"strategy": ["mirrored"]}, "--strategy takes mirrored or multiworker"),
        ({"architecture": "numeral-lines", "strategy": "mirrored"}, "for digit networks only"),
        ({"seeds": [1, 2], "jobs": 2, "strategy": "mirrored"}, "choose one of them"),
        ({"strategy": "multiworker", "resume": True}, "can't be resumed"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(raw: object, sentence: str) -> None:
    with pytest.raises(BadParameters, match=sentence):
        TrainingParameters.from_json(raw)


LIST = """
import sys
from recognizer.training.__main__ import main
main(["list"])
assert not {"tensorflow", "keras"} & set(sys.modules)
"""


def test_the_architectures_are_listed_without_tensorflow() -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", LIST], cwd=root, capture_output=True, text=True, check=True, timeout=60
    )
    listed = {item["name"]: item for item in json.loads(done.stdout)}
    assert next(iter(listed)) == "numeral-cnn"
    assert len(listed) == 8
    assert {item["kind"] for item in listed.values()} == {"digit", "number"}
    assert listed["dropout-cnn"]["preset"]["learning_rate"] == 1.0
    assert listed["mlp"]["parameters"] == 104_938
    assert list(listed["fast-cnn"]["recipes"]) == ["fast"]


def test_a_preset_is_chosen_by_its_name_and_can_be_changed() -> None:
    fast = ARCHITECTURES["fast-cnn"].recipes["fast"]
    assert TrainingParameters(architecture="fast-cnn", recipe="fast").preset() == fast
    assert TrainingParameters(architecture="fast-cnn", recipe="fast", epochs=5).preset() == replace(fast, epochs=5)


def test_shares_take_the_place_of_the_presets() -> None:
    preset = TrainingParameters.from_json({"shares": {"hands": 0.25, "foreign": 0}}).preset()
    assert (preset.hands, preset.foreign) == (0.25, 0)
    assert preset.degraded == ARCHITECTURES["numeral-cnn"].preset.degraded
