"""Training on several devices: the same as on one, checkpoints by the chief alone, clear sentences for the rest.

TensorFlow splits the processor into two devices, which it must be told before it starts: hence a child process.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recognizer.domain.errors import BadParameters
from recognizer.training.cluster import Cluster, cluster_of

ROOT = Path(__file__).resolve().parents[2]

needs_keras = pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="training needs Keras")

TRAIN = """
import json, sys
from dataclasses import replace
from functools import cache
from pathlib import Path
import tensorflow as tf
processor = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
from recognizer.tests.training_material import material
from recognizer.training.learner import Learner
from recognizer.training.presets import ARCHITECTURES
from recognizer.training.strategies import SharedLearner
from recognizer.training.trainer import SeedRun

class Stopped(Exception):
    pass

def train(name, learner, network="mlp", epochs=2, resume=False, stop=0):
    def emit(event):
        if event["event"] == "epoch" and event["epoch"] == stop:
            raise Stopped
    usual = ARCHITECTURES[network].preset
    preset = replace(usual, epochs=epochs, batch_size=40, optimiser="adamw", average=0.5)
    folder = Path(sys.argv[1]) / name
    seed = SeedRun(network, preset, 1, folder, emit, learner)
    try:
        history = seed.run(material(120, 30), init=None, resume=resume).history
    except Stopped:
        return None
    return {"history": history, "files": sorted(path.name for path in folder.iterdir())}

class Watched(SharedLearner):
    def learn(self, model, *given):
        figures = super().learn(model, *given)
        measured = [weight.value for weight in model.non_trainable_weights if "moving" in weight.name]
        self.apart = [float(tf.reduce_max(abs(one - other))) for one, other in (mean.values for mean in measured)]
        return figures

@cache  # two strategies of one process would take each other's sums for their own
def strategy(devices):
    return tf.distribute.MirroredStrategy([f"CPU:{number}" for number in range(devices)])

def shared(devices, chief=True, kind=SharedLearner):
    return kind(strategy(devices), chief)

done = {"alone": train("alone", Learner()), "two": train("two", shared(2))}
train("stopped", shared(2), stop=1)
done["resumed"] = train("stopped", shared(2), resume=True)
done["helper"] = train("helper", shared(2, chief=False))
watched = shared(2, kind=Watched)
train("normalised", watched, "fast-cnn", epochs=1)
done["apart"] = watched.apart
print(json.dumps(done))
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The same network trained in several ways, each in a folder of its own."""
    command = [sys.executable, "-c", TRAIN, str(tmp_path_factory.mktemp("trained"))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def figures(trained: dict[str, Any]) -> list[float]:
    return [epoch[key] for epoch in trained["history"] for key in ("loss", "accuracy", "val_loss", "val_accuracy")]


@needs_keras
@pytest.mark.slow
def test_two_devices_learn_what_keras_alone_learns(trained: dict[str, Any]) -> None:
    assert figures(trained["two"]) == pytest.approx(figures(trained["alone"]), rel=1e-3)
    assert trained["two"]["files"] == ["best.keras", "epoch-0002.keras", "state.json"]


@needs_keras
@pytest.mark.slow
def test_a_training_on_two_devices_goes_on_where_it_was_stopped(trained: dict[str, Any]) -> None:
    assert figures(trained["resumed"]) == pytest.approx(figures(trained["two"]), rel=1e-3)


@needs_keras
@pytest.mark.slow
def test_who_is_not_the_chief_learns_and_keeps_nothing(trained: dict[str, Any]) -> None:
    assert figures(trained["helper"]) == pytest.approx(figures(trained["two"]), rel=1e-3)
    assert trained["helper"]["files"] == []


@needs_keras
@pytest.mark.slow
def test_all_devices_normalise_alike_after_an_epoch(trained: dict[str, Any]) -> None:
    assert trained["apart"] == [0.0] * 6


def cluster(**told: Any) -> dict[str, str]:
    return {"TF_CONFIG": json.dumps(told)}


TWO = {"worker": ["a:1", "b:1"]}


def test_the_first_worker_is_the_chief_unless_another_is_named() -> None:
    first, second = ({"type": "worker", "index": index} for index in (0, 1))
    assert cluster_of(cluster(cluster=TWO, task=first)) == Cluster(2, chief=True)
    assert cluster_of(cluster(cluster=TWO, task=second)) == Cluster(2, chief=False)
    named = {"chief": ["c:1"], **TWO}
    assert cluster_of(cluster(cluster=named, task=first)) == Cluster(3, chief=False)
    assert cluster_of(cluster(cluster=named, task={"type": "chief", "index": 0})) == Cluster(3, chief=True)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"TF_CONFIG": ""},
        {"TF_CONFIG": "workers"},
        {"TF_CONFIG": "[]"},
        cluster(cluster=TWO),
        cluster(cluster={"worker": ["a:1", "a:1"]}, task={"type": "worker", "index": 0}),
        cluster(cluster=TWO, task={"type": "worker", "index": 2}),
        cluster(cluster=TWO, task={"type": "worker", "index": -1}),
        cluster(cluster=TWO, task={"type": "worker", "index": "first"}),
        cluster(cluster=TWO, task={"type": "evaluator", "index": 0}),
        cluster(cluster={"worker": 5}, task={"type": "worker", "index": 0}),
        cluster(cluster={"worker": "a:1"}, task={"type": "worker", "index": 0}),
    ],
)
def test_machines_that_are_not_told_who_they_are_get_an_example(environment: dict[str, str]) -> None:
    with pytest.raises(BadParameters, match=r'TF_CONFIG .*\{"cluster"'):
        cluster_of(environment)


@needs_keras
def test_another_backend_than_tensorflow_is_told_that_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    from recognizer.training.strategies import shared_learner

    monkeypatch.setattr("keras.backend.backend", lambda: "jax")
    with pytest.raises(BadParameters, match="Keras runs on jax here"):
        shared_learner("mirrored")
