"""One network, one seed: the training loop, its checkpoints, and the best weights by validation.

A recipe in the spirit of nanoGPT and airbench. Every knob of Numeral's own preset has its reason:
- one-cycle cosine (Smith and Topin, "Super-convergence", 2018): most of the accuracy of a long run in a short one;
- more cycles from where the first ended (Loshchilov and Hutter, "SGDR", ICLR 2017), and a run that starts from given
  weights, go at half the rate, with what they know;
- no mixup and no smoothed labels: both blur what the confidence says, which here is half the answer;
- AdamW rather than SGD: needs no tuning of the rate for the five other networks' sizes;
- a moving average of the weights (Polyak and Juditsky, 1992): validated and shipped in place of the last step's;
- batches of 128: smaller ones cost more time for each picture on a CPU, larger ones take too few steps.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.errors import BadParameters
from recognizer.domain.phrases import phrase
from recognizer.inference.calibration import negative_log_likelihood
from recognizer.training.architectures import build
from recognizer.training.checkpoints import Checkpoints
from recognizer.training.datasets import CLASSES, Samples, one_hot
from recognizer.training.learner import Learner
from recognizer.training.material import Material
from recognizer.training.optimisers import averaged, optimiser_for
from recognizer.training.parameters import TrainingParameters
from recognizer.training.presets import Preset
from recognizer.training.progress import Progress, require_learning
from recognizer.training.stream import Stream

Emit = Callable[[dict[str, Any]], None]


def start_event(parameters: TrainingParameters, **samples: int) -> dict[str, Any]:
    """What a run says first; ``samples`` counts those that it learns from and is judged on."""
    return {
        "event": "start",
        "epochs": parameters.preset().epochs,
        "seeds": list(parameters.seeds),
        **samples,
        "parameters": parameters.as_dict(),
    }


@dataclass(frozen=True, slots=True)
class SeedResult:
    """What one seed came to: its best weights, and the metrics of every epoch.

    ``together`` marks the mean of several seeds' weights; its ``seed`` is the first of them.
    """

    seed: int
    best: Path
    best_epoch: int
    history: list[dict[str, float]]
    seconds: float
    together: bool = False

    @property
    def validation_accuracy(self) -> float:
        return self.history[self.best_epoch - 1]["val_accuracy"]

    @property
    def validation_loss(self) -> float:
        return self.history[self.best_epoch - 1]["val_loss"]


class SeedRun:
    """The training of one seed, in a directory of its own, where it can be resumed after any epoch."""

    def __init__(
        self,
        architecture: str,
        preset: Preset,
        seed: int,
        directory: Path,
        emit: Emit,
        learner: Learner | None = None,
    ) -> None:
        self._architecture, self._preset, self._seed = architecture, preset, seed
        self._directory = directory
        self._learner = learner or Learner()
        self._gently = self._last_is_best = False
        self._emit: Emit = lambda event: emit({**event, "seed": seed})
        self._waited = 0.0
        self._history: list[dict[str, float]] = []

    def run(self, material: Material, *, init: Path | None, resume: bool) -> SeedResult:
        """Train to the preset's last epoch. Raises TrainingFailed, or BadParameters for another recipe's checkpoint."""
        recipe = {
            "architecture": self._architecture,
            "seed": self._seed,
            "preset": self._preset.as_dict(),
            "pictures": hashlib.sha256(material.train.pictures.tobytes()).hexdigest(),
            "pools": [material.pool.fingerprint, material.held.fingerprint],
            "init": init.name if init else None,
            "corrected": material.corrected.fingerprint,
        }
        self._learner.agree(json.dumps(recipe))
        self._checkpoints, self._gently = Checkpoints(self._directory, recipe), init is not None
        self._last_is_best = init is not None and len(material.corrected) > 0
        last = self._checkpoints.last() if resume else None
        if last is not None:
            self._history = last[1]
        if len(self._history) < self._preset.epochs:
            keras.utils.set_random_seed(self._seed)
            stream = Stream(material.train, material.pool, self._preset, self._seed, material.corrected)
            with self._learner.scope():
                model = self._model(len(stream), init, last and last[0])
            judged = material.judged
            for pictures, labels in stream.epochs(len(self._history)):
                if 0 < len(self._history) == self._cycle_start:
                    model.optimizer.finalize_variable_values(model.trainable_variables)
                    with self._learner.scope():
                        self._compile(model, len(stream))
                self._waited = stream.waited
                self._epoch(model, pictures, labels, judged, len(material.validation))
        best = self._best_epoch()
        seconds = sum(epoch["seconds"] for epoch in self._history)
        return SeedResult(self._seed, self._checkpoints.best, best, self._history, seconds)

    def _model(self, samples: int, init: Path | None, checkpoint: Path | None) -> Any:
        if checkpoint is not None:
            # Optimiser, its averages and the step count come back with it, so the schedule goes on where it was.
            return keras.models.load_model(checkpoint)
        model = build(self._architecture)
        if init is not None:
            take_weights(model, init)
        self._compile(model, samples)
        return model

    def _compile(self, model: Any, samples: int) -> None:
        """Give the model a fresh optimiser for the cycle that begins with the next epoch."""
        cycle, first, end = self._preset.cycle(len(self._history))
        steps = math.ceil(samples / self._preset.batch_size) * (end - first)
        model.compile(
            optimizer=optimiser_for(self._preset, steps, gently=self._gently or cycle > 0),
            loss=self._preset.loss,
            metrics=["accuracy"],
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
        self, model: Any, pictures: NDArray[np.uint8], labels: NDArray[np.int64], judged: Samples, clean: int
    ) -> None:
        """Learn an epoch, then judge; the first ``clean`` pictures judged are the data set's, as they are."""
        start = time.monotonic()
        number, epochs, size = len(self._history) + 1, self._preset.epochs, self._preset.batch_size
        self._reseed(model, number)
        progress = Progress(self._emit, number, epochs, math.ceil(len(pictures) / size))
        wanted = labels if self._sparse else one_hot(labels, model.output_shape[-1])
        loss, accuracy = self._learner.learn(model, pictures, wanted, size, progress)
        with averaged(model, self._preset):
            plain = self._learner.plain(model)
            record = {
                "loss": loss,
                "accuracy": accuracy,
                **judge(plain, judged, clean),
                "seconds": time.monotonic() - start,
                "waited": self._waited,
            }
            self._history.append(record)
            if self._best_epoch() == number and self._learner.chief:
                self._checkpoints.keep_best(plain)
        if self._learner.chief:
            self._checkpoints.keep(model, self._history)
        self._emit({"event": "epoch", "epoch": number, "epochs": epochs, **record})
        require_learning(
            self._history, judged.labels[:clean], steps=number * math.ceil(len(pictures) / size), epochs=epochs
        )

    def _reseed(self, model: Any, number: int) -> None:
        """Give dropout the same masks in this epoch whether resumed or not: checkpoints leave its state out."""
        for index, layer in enumerate(model.layers):
            if hasattr(layer, "seed_generator"):
                layer.seed_generator.state.assign([1000 * self._seed + index, 2**16 * number])

    def _best_epoch(self) -> int:
        """The epoch, from 1, with the least validation loss: accuracy on 10,000 pictures is too coarse to tell.

        Of the last cycle's epochs, once it has begun. The last one, where corrections are taught to given weights: the
        validation pictures know nothing of those hands, and would choose what has learned least of them.
        """
        if self._last_is_best:
            return len(self._history)
        losses = [epoch["val_loss"] for epoch in self._history]
        first = self._preset.cycle(len(losses) - 1)[1]
        return min(range(first, len(losses)), key=losses.__getitem__) + 1


def judge(model: Any, judged: Samples, clean: int) -> dict[str, float]:
    """Loss and accuracies of a network on what is held out; the first ``clean`` pictures are the data set's."""
    answers = model.predict(judged.pictures[..., None], batch_size=500, verbose=0)
    # A classic network has no column for "no digit": it is judged on digits alone.
    known = judged.labels < answers.shape[1]
    right = (answers.argmax(axis=1) == judged.labels)[clean:][known[clean:]]
    # A fold is judged on its digits alone.
    held = {"val_held_accuracy": float(right.mean())} if right.size else {}
    return {
        "val_loss": negative_log_likelihood(answers[known], judged.labels[known]),
        # As served: the likeliest of the ten digits, whatever the doubt that it is one.
        "val_accuracy": float((answers[:clean, :CLASSES].argmax(axis=1) == judged.labels[:clean]).mean()),
        **held,
    }


def take_weights(model: Any, init: Path) -> None:
    """Start from a network of the same shape; one that answers with fewer classes gives its columns of the head.

    Raises BadParameters for others.
    """
    try:
        given = keras.models.load_model(init, compile=False).get_weights()
        model.set_weights([_widened(new, old) for new, old in zip(model.get_weights(), given, strict=True)])
    except Exception as error:  # Keras documents no error for a file that is not its own
        raise BadParameters(phrase("{name} is no model of the same architecture.", name=init.name)) from error


def _widened(new: NDArray[np.float32], old: NDArray[np.float32]) -> NDArray[np.float32]:
    """Old weights, and for outputs that they lack (in the last axis), new ones."""
    lacking = new[..., old.shape[-1] :]
    return np.concatenate([old, lacking], axis=-1) if lacking.size else old
