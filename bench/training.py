"""How fast each network learns here: ``python -m bench.training --data mnist.npz`` (or MNIST_PATH).

Each is trained by its own preset until validation (10,000 of MNIST's training pictures, by hash) reads 99 %, or the
preset ends; the test set is looked at once, after that. ``waiting`` is the share of the time in which the learner had
no pictures. Then half precision and XLA are tried on some networks, an epoch each.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from recognizer.training.material import Material, load_material
from recognizer.training.parameters import TrainingParameters
from recognizer.training.presets import ARCHITECTURES

GOAL = 0.99
DIGITS = [name for name, item in ARCHITECTURES.items() if item.kind == "digit"]
VARIANTS = {
    "float32": ("float32", False),
    "bfloat16": ("mixed_bfloat16", False),
    "float16": ("mixed_float16", False),
    "XLA": ("float32", True),
}


class Reached(Exception):
    """Enough was learned, or enough epochs."""


@dataclass(frozen=True, slots=True)
class Learned:
    """One network: each epoch's figures, seconds spent on pools before, and the test accuracy of its best weights."""

    name: str
    epochs: list[dict[str, Any]]
    prepared: float
    test: float

    @property
    def row(self) -> str:
        usual = self.epochs[1:] or self.epochs  # the first epoch also builds TensorFlow's graph
        seconds = sum(each["seconds"] + each["waited"] for each in usual) / len(usual)
        waiting = sum(each["waited"] for each in self.epochs) / sum(e["seconds"] + e["waited"] for e in self.epochs)
        cells = [
            self.name,
            f"{ARCHITECTURES[self.name].parameters:,}",
            f"{seconds:.1f} s",
            f"{100 * waiting:.1f} %",
            self._reached(),
            f"{100 * max(each['val_accuracy'] for each in self.epochs):.2f} %",
            f"{100 * self.test:.2f} %",
            f"{self.prepared:.0f} s",
        ]
        return f"| {' | '.join(cells)} |"

    def _reached(self) -> str:
        spent = 0.0
        for each in self.epochs:
            spent += each["seconds"] + each["waited"]
            if each["val_accuracy"] >= GOAL:
                return f"{spent:.0f} s, epoch {each['epoch']}"
        return f"not in {len(self.epochs)}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.training", description=__doc__)
    parser.add_argument("--data", default=os.environ.get("MNIST_PATH"), help="MNIST's .npz")
    parser.add_argument("--architectures", nargs="*", default=DIGITS, choices=DIGITS, metavar="NAME")
    parser.add_argument("--most", type=int, default=1000, help="epochs at most, whatever the preset says")
    parser.add_argument("--limit", type=int, help="use only so many training pictures")
    parser.add_argument("--compare", nargs="*", default=["fast-cnn", "report-cnn"], choices=DIGITS, metavar="NAME")
    options = parser.parse_args()
    if not options.data:
        parser.error("give --data, or MNIST_PATH")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    print(_machine())
    if options.architectures:
        print("\n| network | weights | an epoch | waiting | to 99 % by validation | best | test | pools before |")
        print("| --- | --: | --: | --: | --: | --: | --: | --: |")
    for name in options.architectures:
        print(learned(name, options.data, options.limit, options.most).row, flush=True)
    if options.compare:
        print(f"\n| an epoch of | {' | '.join(VARIANTS)} |\n| --- {'| --: ' * len(VARIANTS)}|")
    for name in options.compare:
        times = [_epoch_of(name, options.data, options.limit, *variant) for variant in VARIANTS.values()]
        print(f"| {name} | {' | '.join(f'{seconds:.1f} s' for seconds in times)} |", flush=True)
    return 0


def learned(name: str, data: str, limit: int | None, most: int) -> Learned:
    """Train one network until it reads 99 % of what is held out, or it may not go on."""
    from recognizer.training.export import load_network
    from recognizer.training.trainer import SeedRun

    epochs: list[dict[str, Any]] = []

    def emit(event: dict[str, Any]) -> None:
        if event["event"] == "epoch":
            epochs.append(event)
            if event["val_accuracy"] >= GOAL or len(epochs) == most:
                raise Reached

    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        material = _material(name, data, limit, Path(folder))
        prepared = time.monotonic() - start
        try:
            preset = ARCHITECTURES[name].preset
            SeedRun(name, preset, 1, Path(folder) / "seed", emit).run(material, init=None, resume=False)
        except Reached:
            pass
        network = load_network(Path(folder) / "seed" / "best.keras")
    test = material.whole.test
    answers = network.predict(test.pictures[..., None], batch_size=500, verbose=0)[:, :10]
    return Learned(name, epochs, prepared, float((answers.argmax(axis=1) == test.labels).mean()))


def _material(name: str, data: str, limit: int | None, folder: Path) -> Material:
    return load_material(TrainingParameters(architecture=name, data=data, limit=limit), folder)


def _epoch_of(name: str, data: str, limit: int | None, policy: str, xla: bool) -> float:
    """Seconds of an epoch on the data set's own pictures, after one that only warmed up."""
    import keras

    from recognizer.training.architectures import build
    from recognizer.training.datasets import load_data_set, one_hot
    from recognizer.training.optimisers import optimiser_for

    preset, samples = ARCHITECTURES[name].preset, load_data_set(Path(data)).train
    pictures, labels = samples.pictures[:limit, ..., None], samples.labels[:limit]
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        keras.utils.set_random_seed(1)
        network = build(name)
        network.compile(optimiser_for(preset, len(labels)), loss=preset.loss, jit_compile=xla)
        wanted = labels if preset.loss.startswith("sparse") else one_hot(labels, network.output_shape[-1])
        warm = 2 * preset.batch_size + len(labels) % preset.batch_size  # a last batch of the same size as the epoch's
        network.fit(pictures[:warm], wanted[:warm], batch_size=preset.batch_size, verbose=0)
        start = time.monotonic()
        network.fit(pictures, wanted, batch_size=preset.batch_size, shuffle=False, verbose=0)
        return time.monotonic() - start
    finally:
        keras.config.set_dtype_policy(usual)


def _machine() -> str:
    load = f"; load before: {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    libraries = f"Keras {version('keras')}, TensorFlow {version('tensorflow')}"
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {libraries}{load}."


if __name__ == "__main__":
    sys.exit(main())
