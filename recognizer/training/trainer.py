"""One network, one seed: the training loop, its checkpoints, and the best weights by validation.

A recipe in the spirit of nanoGPT and airbench. Every knob of Numeral's own preset has its reason:
- one-cycle cosine (Smith and Topin, "Super-convergence", 2018): most of the accuracy of a long run in a short one;
- a second, shorter cycle from where the first ended (Loshchilov and Hutter, "SGDR", ICLR 2017), with augmentation at
  full strength: the first alone ended with validation loss on the rise. A third brought nothing more;
- AdamW rather than SGD: needs no tuning of the rate for the five other networks' sizes;
- a moving average of the weights (Polyak and Juditsky, 1992): validated and shipped in place of the last step's;
- batches of 128: smaller ones cost more time for each picture on a CPU, larger ones take too few steps.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from recognizer.domain.errors import BadParameters, NumeralError
from recognizer.inference.calibration import negative_log_likelihood
from recognizer.training.architectures import build
from recognizer.training.datasets import Samples
from recognizer.training.files import write_atomically
from recognizer.training.presets import Preset
from recognizer.training.stream import Stream

Emit = Callable[[dict[str, Any]], None]
STATE = "state.json"
BEST = "best.keras"
WARM_UP = 2 / 15
"""Share of the steps in which the one-cycle rate rises."""
SECONDS_BETWEEN_REPORTS = 1.0


class TrainingFailed(NumeralError):
    code = "training_failed"
    status = 500
    sentence = "The training went wrong."


@dataclass(frozen=True, slots=True)
class SeedResult:
    """What one seed came to: its best weights, and the metrics of every epoch."""

    seed: int
    best: Path
    best_epoch: int
    history: list[dict[str, float]]
    seconds: float

    @property
    def validation_accuracy(self) -> float:
        return self.history[self.best_epoch - 1]["val_accuracy"]

    @property
    def validation_loss(self) -> float:
        return self.history[self.best_epoch - 1]["val_loss"]


def digit_accuracy(targets: Any, answers: Any) -> Any:
    """Share right among the digits of a batch; pictures of no digit, whose target is uniform, don't count."""
    digit = ops.cast(ops.max(targets, axis=-1) > 0.5, "float32")
    right = ops.cast(ops.equal(ops.argmax(targets, axis=-1), ops.argmax(answers, axis=-1)), "float32")
    return ops.sum(right * digit) / ops.maximum(ops.sum(digit), 1.0)


def optimiser_for(preset: Preset, steps: int, restarted: bool = False) -> Any:
    """The preset's optimiser for a cycle of so many steps."""
    rate: Any = preset.learning_rate * (0.5 if restarted else 1.0)
    if preset.schedule == "one-cycle":
        warm = max(1, int(steps * WARM_UP))
        rate = keras.optimizers.schedules.CosineDecay(
            rate / 20, max(1, steps - warm), alpha=0.001, warmup_target=rate, warmup_steps=warm
        )
    average = {"use_ema": True, "ema_momentum": preset.average} if preset.average else {}
    if preset.optimiser == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=preset.weight_decay, **average)
    kinds = {"adam": keras.optimizers.Adam, "adadelta": keras.optimizers.Adadelta}
    return kinds[preset.optimiser](rate, **average)


@contextmanager
def averaged(model: Any, preset: Preset) -> Iterator[None]:
    """Within it, the model has the average of its weights; after it, its own again."""
    if not preset.average:
        yield
        return
    own = [ops.convert_to_numpy(weight) for weight in model.trainable_variables]
    model.optimizer.finalize_variable_values(model.trainable_variables)
    try:
        yield
    finally:
        for weight, value in zip(model.trainable_variables, own, strict=True):
            weight.assign(value)


class Progress(keras.callbacks.Callback):  # type: ignore[misc]
    """Says how far an epoch is, at most once a second, and stops the run when the loss is no number any more."""

    def __init__(self, emit: Emit, epoch: int, epochs: int, batches: int) -> None:
        super().__init__()
        self._emit, self._epoch, self._epochs, self._batches = emit, epoch, epochs, batches
        self._last = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            raise TrainingFailed(
                f"The loss stopped being a number in epoch {self._epoch}, batch {batch + 1}: the training diverged. "
                "Another seed or a larger batch size may help."
            )
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN_REPORTS:
            self._last = now
            fraction = (self._epoch - 1 + (batch + 1) / self._batches) / self._epochs
            self._emit({"event": "batch", "epoch": self._epoch, "fraction": round(fraction, 5), "loss": round(loss, 5)})


class SeedRun:
    """The training of one seed, in a directory of its own, where it can be resumed after any epoch."""

    def __init__(self, architecture: str, preset: Preset, seed: int, directory: Path, emit: Emit) -> None:
        self._architecture, self._preset, self._seed = architecture, preset, seed
        self._directory = directory
        self._emit: Emit = lambda event: emit({**event, "seed": seed})
        self._history: list[dict[str, float]] = []
        self._recipe: dict[str, Any] = {}

    def run(self, train: Samples, validation: Samples, *, init: Path | None, resume: bool) -> SeedResult:
        """Train to the preset's last epoch. Raises TrainingFailed, or BadParameters for another recipe's checkpoint."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._recipe = {
            "architecture": self._architecture,
            "seed": self._seed,
            "preset": self._preset.as_dict(),
            "pictures": hashlib.sha256(train.pictures.tobytes()).hexdigest(),
        }
        state = self._saved_state() if resume else None
        if state is not None:
            self._history = state["history"]
        if len(self._history) < self._preset.epochs:
            keras.utils.set_random_seed(self._seed)
            stream = Stream(train, self._preset, self._seed)
            model = self._model(len(stream), init, state)
            for pictures, targets in stream.epochs(len(self._history)):
                if 0 < len(self._history) == self._cycle_start:
                    model.optimizer.finalize_variable_values(model.trainable_variables)
                    self._compile(model, len(stream))
                self._epoch(model, pictures, targets, validation)
        best = self._best_epoch()
        seconds = sum(epoch["seconds"] for epoch in self._history)
        return SeedResult(self._seed, self._directory / BEST, best, self._history, seconds)

    def _model(self, samples: int, init: Path | None, state: dict[str, Any] | None) -> Any:
        if state is not None:
            # Optimiser, its averages and the step count come back with it, so the schedule goes on where it was.
            known = {"digit_accuracy": digit_accuracy}
            return keras.models.load_model(self._directory / state["checkpoint"], custom_objects=known)
        model = build(self._architecture)
        if init is not None:
            _take_weights(model, init)
        self._compile(model, samples)
        return model

    def _compile(self, model: Any, samples: int) -> None:
        """Give the model a fresh optimiser for the cycle that begins with the next epoch."""
        cycle, first, end = self._preset.cycle(len(self._history))
        steps = math.ceil(samples / self._preset.batch_size) * (end - first)
        model.compile(
            optimizer=optimiser_for(self._preset, steps, restarted=cycle > 0),
            loss=self._preset.loss,
            metrics=["accuracy"] if self._sparse else [digit_accuracy],
            # XLA made an epoch on a CPU 2.6 times as long (measured with TensorFlow 2.21).
            jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
        )

    @property
    def _cycle_start(self) -> int:
        """How many epochs came before the cycle of the next one."""
        return self._preset.cycle(len(self._history))[1]

    @property
    def _sparse(self) -> bool:
        return self._preset.loss.startswith("sparse")

    def _epoch(
        self, model: Any, pictures: NDArray[np.uint8], targets: NDArray[np.float32], validation: Samples
    ) -> None:
        start = time.monotonic()
        number, epochs, size = len(self._history) + 1, self._preset.epochs, self._preset.batch_size
        self._reseed(model, number)
        progress = Progress(self._emit, number, epochs, math.ceil(len(pictures) / size))
        wanted = targets.argmax(axis=1) if self._sparse else targets
        fitted = model.fit(
            pictures, wanted, batch_size=size, epochs=1, shuffle=False, verbose=0, callbacks=[progress]
        ).history
        with averaged(model, self._preset):
            answers = model.predict(validation.pictures[..., None], batch_size=500, verbose=0)
            record = {
                "loss": float(fitted["loss"][-1]),
                "accuracy": float(next(value[-1] for key, value in fitted.items() if "accuracy" in key)),
                "val_loss": negative_log_likelihood(answers, validation.labels),
                "val_accuracy": float((answers.argmax(axis=1) == validation.labels).mean()),
                "seconds": time.monotonic() - start,
            }
            self._history.append(record)
            if self._best_epoch() == number:
                write_atomically(self._directory / BEST, model.save)
        self._save_state(model, number)
        self._emit({"event": "epoch", "epoch": number, "epochs": epochs, **record})

    def _reseed(self, model: Any, number: int) -> None:
        """Give dropout the same masks in this epoch whether resumed or not: checkpoints leave its state out."""
        for index, layer in enumerate(model.layers):
            if hasattr(layer, "seed_generator"):
                layer.seed_generator.state.assign([1000 * self._seed + index, 2**16 * number])

    def _best_epoch(self) -> int:
        """The epoch, from 1, with the least validation loss: accuracy on 10,000 pictures is too coarse to tell.

        Of the last cycle's epochs, once it has begun.
        """
        losses = [epoch["val_loss"] for epoch in self._history]
        first = self._preset.cycle(len(losses) - 1)[1]
        return min(range(first, len(losses)), key=losses.__getitem__) + 1

    def _save_state(self, model: Any, number: int) -> None:
        """A checkpoint, then the state that names it, then the old checkpoint's end: killed anywhere, one is whole."""
        checkpoint = f"epoch-{number:04d}.keras"
        write_atomically(self._directory / checkpoint, model.save)
        state = {"recipe": self._recipe, "checkpoint": checkpoint, "history": self._history}
        text = json.dumps(state)
        write_atomically(self._directory / STATE, lambda path: path.write_text(text, encoding="utf-8"))
        for old in self._directory.glob("epoch-*.keras"):
            if old.name != checkpoint:
                old.unlink()

    def _saved_state(self) -> dict[str, Any] | None:
        path = self._directory / STATE
        if not path.is_file():
            return None
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if state["recipe"] != self._recipe:
            raise BadParameters("These checkpoints were made with other parameters or data. Resume with the same ones.")
        return state


def _take_weights(model: Any, init: Path) -> None:
    try:
        given = keras.models.load_model(init, compile=False)
        model.set_weights(given.get_weights())
    except Exception as error:  # Keras documents no error for a file that is not its own
        raise BadParameters(f"{init.name} is no model of the same architecture.") from error
