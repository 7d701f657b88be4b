"""Train the line network on a pool: connectionist temporal classification, one-cycle rate, averaged weights.

Resumable after any epoch. What is kept is the average of the weights that reads most validation strips.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from recognizer.domain.phrases import phrase
from recognizer.training.checkpoints import Checkpoints
from recognizer.training.lines.augment import augment_strips
from recognizer.training.lines.network import line_network
from recognizer.training.lines.pool import Batch, LinePool
from recognizer.training.optimisers import averaged, optimiser_for
from recognizer.training.presets import Preset
from recognizer.training.progress import SECONDS_BETWEEN_REPORTS, TrainingFailed
from recognizer.training.trainer import Emit, SeedResult, take_weights

PRECISION = "mixed_bfloat16"
"""Sums in 32 bits, products in 16: a third quicker on processors that have them, and no worse."""
JUDGED = 128
"""Strips in a batch of validation."""

Shown = tuple[NDArray[np.float32], NDArray[np.int32]]


def ctc_loss(labels: Any, frames: Any) -> Any:
    """Mean negative log-likelihood of labels, (n, l) with 0 after their end, given logits (n, t, 13)."""
    length = ops.sum(ops.cast(labels > 0, "int32"), axis=1)
    logits = ops.cast(frames, "float32")
    time_steps = ops.zeros_like(length) + ops.shape(logits)[1]
    return ops.mean(ops.ctc_loss(ops.cast(labels, "int32"), logits, length, time_steps, mask_index=0))


def greedy(frames: NDArray[np.floating]) -> list[list[int]]:
    """The classes of the best path through frames, (n, t, 13), repeats and blanks left out."""
    best = frames.argmax(axis=-1)
    keep = (best != 0) & (best != np.pad(best, ((0, 0), (1, 0)))[:, :-1])
    return [row[kept].tolist() for row, kept in zip(best, keep, strict=True)]


def exact(network: Any, pool: LinePool) -> float:
    """Share of a pool's strips read without any mistake in their digits."""
    right = total = 0
    for strips, labels in pool.parts.values():
        for at in range(0, len(strips), JUDGED):
            shown = strips[at : at + JUDGED].astype(np.float32)[..., None]
            frames = ops.convert_to_numpy(network(shown, training=False))
            for read, label in zip(greedy(frames), labels[at : at + JUDGED].tolist(), strict=True):
                right += [c for c in read if c <= 10] == [c for c in label if 0 < c <= 10]
        total += len(labels)
    return right / max(1, total)


class LineRun:
    """The training of one seed of the line network, in a directory of its own."""

    def __init__(self, preset: Preset, seed: int, checkpoints: Checkpoints, emit: Emit) -> None:
        self._preset, self._seed, self._checkpoints = preset, seed, checkpoints
        self._emit: Emit = lambda event: emit({**event, "seed": seed})
        self._history: list[dict[str, float]] = []

    def run(self, train: LinePool, validation: LinePool, *, init: Path | None, resume: bool) -> SeedResult:
        """Train to the preset's last epoch. Raises TrainingFailed, or BadParameters for checkpoints of another run."""
        usual = keras.config.dtype_policy()
        keras.config.set_dtype_policy(PRECISION)
        try:
            self._train(train, validation, init, resume)
        finally:
            keras.config.set_dtype_policy(usual)
        seconds = sum(epoch["seconds"] for epoch in self._history)
        return SeedResult(self._seed, self._checkpoints.best, self._best_epoch(), self._history, seconds)

    def _train(self, train: LinePool, validation: LinePool, init: Path | None, resume: bool) -> None:
        keras.utils.set_random_seed(self._seed)
        last = self._checkpoints.last() if resume else None
        steps = train.count_batches(self._preset.batch_size)
        network = self._network(steps, init) if last is None else self._resumed(*last)
        for epoch in range(len(self._history), self._preset.epochs):
            self._epoch(network, self._shown(train, epoch), steps, validation)

    def _network(self, steps: int, init: Path | None) -> Any:
        network = line_network()
        if init is not None:
            take_weights(network, init)
        network.compile(optimiser_for(self._preset, steps * self._preset.epochs, init is not None), loss=ctc_loss)
        return network

    def _resumed(self, checkpoint: Path, history: list[dict[str, float]]) -> Any:
        self._history = history
        return keras.models.load_model(checkpoint, custom_objects={"ctc_loss": ctc_loss})

    def _shown(self, train: LinePool, epoch: int) -> Iterator[Shown]:
        """An epoch's batches, the next one prepared while this one is learned."""
        rng = np.random.default_rng([self._seed, epoch])

        def prepared(batch: Batch) -> Shown:
            return augment_strips(batch[0], rng), batch[1].astype(np.int32)

        with ThreadPoolExecutor(1) as ahead:
            upcoming: Future[Shown] | None = None
            for batch in train.batches(self._preset.batch_size, rng):
                ready, upcoming = upcoming, ahead.submit(prepared, batch)
                if ready is not None:
                    yield ready.result()
            if upcoming is not None:
                yield upcoming.result()

    def _epoch(self, network: Any, shown: Iterator[Shown], steps: int, validation: LinePool) -> None:
        start = reported = time.monotonic()
        number, losses = len(self._history) + 1, []
        for step, (strips, labels) in enumerate(shown, start=1):
            losses.append(float(network.train_on_batch(strips, labels)))
            if not math.isfinite(losses[-1]):
                raise TrainingFailed(
                    phrase("The loss stopped being a number in epoch {number}, batch {step}.", number=number, step=step)
                )
            if time.monotonic() - reported >= SECONDS_BETWEEN_REPORTS:
                reported = time.monotonic()
                fraction = round((number - 1 + step / steps) / self._preset.epochs, 5)
                self._emit({"event": "batch", "epoch": number, "fraction": fraction, "loss": round(losses[-1], 5)})
        self._judge(network, validation, float(np.mean(losses)), start)

    def _judge(self, network: Any, validation: LinePool, loss: float, start: float) -> None:
        with averaged(network, self._preset):
            right = exact(network, validation)
            self._history.append({"loss": loss, "val_accuracy": right, "seconds": round(time.monotonic() - start, 1)})
            if self._best_epoch() == len(self._history):
                self._checkpoints.keep_best(network)
        self._checkpoints.keep(network, self._history)
        number = len(self._history)
        self._emit({"event": "epoch", "epoch": number, "epochs": self._preset.epochs, **self._history[-1]})

    def _best_epoch(self) -> int:
        """The epoch, from 1, that read most validation strips."""
        return max(range(len(self._history)), key=lambda index: self._history[index]["val_accuracy"]) + 1
