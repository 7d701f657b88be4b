"""How far a training is, and what stops one that leads nowhere."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.errors import NumeralError
from recognizer.domain.phrases import phrase

SECONDS_BETWEEN_REPORTS = 1.0
TRIED_EPOCHS, TRIED_STEPS = 3, 500
"""What a network is given before it is asked whether it learns anything: batches learned, and epochs of them."""
SURE = 3.0
"""Standard errors above guessing that count as having learned something."""
BETTER = 0.95
"""A mean loss below this share of what guessing costs counts as well: such a network is on its way, if slowly."""


class TrainingFailed(NumeralError):
    code = "training_failed"
    status = 500
    sentence = "The training went wrong."


class Progress(keras.callbacks.Callback):  # type: ignore[misc]
    """Says how far an epoch is, at most once a second, and stops the run when the loss is no number any more."""

    def __init__(self, emit: Callable[[dict[str, Any]], None], epoch: int, epochs: int, batches: int) -> None:
        super().__init__()
        self._emit, self._epoch, self._epochs, self._batches = emit, epoch, epochs, batches
        self._last = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            raise TrainingFailed(
                phrase(
                    "The loss stopped being a number in epoch {epoch}, batch {batch}: the training diverged."
                    " Another seed or a larger batch size may help.",
                    epoch=self._epoch,
                    batch=batch + 1,
                )
            )
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN_REPORTS:
            self._last = now
            fraction = (self._epoch - 1 + (batch + 1) / self._batches) / self._epochs
            self._emit({"event": "batch", "epoch": self._epoch, "fraction": round(fraction, 5), "loss": round(loss, 5)})


def require_learning(
    history: Sequence[dict[str, float]], labels: NDArray[np.integer], *, steps: int, epochs: int
) -> None:
    """Raise TrainingFailed where a network still guesses after three epochs (or its last) and 500 batches.

    ``labels``, (n,), are those that ``val_accuracy`` was measured on, ``steps`` the batches learned so far. Whoever
    is slow goes on: Adadelta at a rate of 0.001 reads better than chance long before it reads well.
    """
    if steps < TRIED_STEPS or len(history) < min(TRIED_EPOCHS, epochs):
        return
    shares = np.bincount(labels) / len(labels)
    guess = float(shares.max())
    chance = guess + SURE * math.sqrt(guess * (1 - guess) / len(labels))
    best = max(epoch["val_accuracy"] for epoch in history)
    cost = -float(np.sum(shares[shares > 0] * np.log(shares[shares > 0])))
    if best > chance or min(epoch["loss"] for epoch in history) < BETTER * cost:
        return
    raise TrainingFailed(
        phrase(
            "After epoch {count} the network reads {best:.1f} % of what is held out, where guessing reads"
            " {guess:.1f} %: it learns nothing, so the training was stopped. Try a larger batch size,"
            " another seed or another preset; if that doesn't help, look whether the labels belong to the"
            " pictures.",
            count=len(history),
            best=100 * best,
            guess=100 * guess,
        )
    )
