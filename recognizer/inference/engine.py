"""Digit crops in, calibrated probabilities out, by LiteRT."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from recognizer.domain.errors import BadModel
from recognizer.domain.types import ModelCard, ModelKind
from recognizer.inference.calibration import with_temperature
from recognizer.inference.card import NETWORK_FILE, load_card

SIDE = 28
CLASSES = 10
BUCKETS = (1, 4, 16, 64)
"""Batch sizes that get an interpreter of their own: resizing one for each request costs more than padding."""
MAX_NETWORK_BYTES = 64 * 1024 * 1024


class DigitEngine:
    """A loaded digit network. Safe to call from many threads: an interpreter serves one at a time, so a lock
    guards each (a digit takes a fraction of a millisecond, a queue is cheaper than an interpreter a thread).
    """

    def __init__(self, card: ModelCard, network: bytes) -> None:
        self.card = card
        self._network = network
        self._lock = threading.Lock()
        self._interpreters: dict[int, Any] = {}

    @classmethod
    def load(cls, directory: Path) -> DigitEngine:
        """Load ``model.tflite`` from ``directory``, checked against the sha256 and shapes that its card promises.

        Raises BadModel with a sentence where a file is missing, altered or not a digit network.
        """
        card = load_card(directory)
        if card.kind is not ModelKind.DIGIT:
            raise BadModel(f"The model {card.name} reads a {card.kind}, not a digit.")
        engine = cls(card, _checked_bytes(directory / NETWORK_FILE, card))
        try:
            blank = engine.probabilities(np.zeros((1, SIDE, SIDE), np.uint8))
        except BadModel:
            raise
        except Exception as error:  # LiteRT raises ValueError or RuntimeError, and documents neither
            raise BadModel(f"The network of the model {card.name} cannot be loaded.") from error
        if not np.isfinite(blank).all():
            raise BadModel(f"The network of the model {card.name} answers with something that is no number.")
        return engine

    def probabilities(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Calibrated probabilities, shape (n, 10), of crops, shape (n, 28, 28), white ink on black.

        Raises ValueError for crops of another shape or type: that is a mistake of ours, not of a person.
        """
        if crops.ndim != 3 or crops.shape[1:] != (SIDE, SIDE) or crops.dtype != np.uint8:
            raise ValueError(f"Crops must be uint8 of shape (n, 28, 28), not {crops.dtype} of {crops.shape}.")
        if not len(crops):
            return np.empty((0, CLASSES), np.float32)
        parts = [self._run(crops[at : at + BUCKETS[-1]]) for at in range(0, len(crops), BUCKETS[-1])]
        return with_temperature(np.concatenate(parts), self.card.temperature)

    def _run(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        size = next(bucket for bucket in BUCKETS if bucket >= len(crops))
        batch = np.zeros((size, SIDE, SIDE, 1), np.float32)
        batch[: len(crops), :, :, 0] = crops
        with self._lock:
            interpreter = self._interpreters.get(size) or self._prepare(size)
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch)
            interpreter.invoke()
            # get_tensor copies, so the answer stays ours after the lock is free.
            answer: NDArray[np.float32] = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        # Not known before: the output takes its shape from the batch while the network runs.
        if answer.shape != (size, CLASSES):
            raise BadModel(f"The network of the model {self.card.name} doesn't give ten probabilities.")
        return answer[: len(crops)]

    def _prepare(self, size: int) -> Any:
        # One thread: requests are the parallelism here, and a pool of threads a bucket would only idle.
        interpreter = Interpreter(model_content=self._network, num_threads=1)
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            raise BadModel(f"The network of the model {self.card.name} must have one input and one output.")
        if tuple(inputs[0]["shape"][1:]) != (SIDE, SIDE, 1) or inputs[0]["dtype"] != np.float32:
            raise BadModel(f"The network of the model {self.card.name} doesn't take pictures of 28 by 28.")
        interpreter.resize_tensor_input(inputs[0]["index"], (size, SIDE, SIDE, 1))
        interpreter.allocate_tensors()
        self._interpreters[size] = interpreter
        return interpreter


def _checked_bytes(path: Path, card: ModelCard) -> bytes:
    """The network's bytes, read once, so that what was checked is what is run."""
    try:
        if path.stat().st_size > MAX_NETWORK_BYTES:
            raise BadModel(f"The network of the model {card.name} is too large.")
        network = path.read_bytes()
    except OSError as error:
        raise BadModel(f"The model {card.name} lacks its network ({NETWORK_FILE}).") from error
    if hashlib.sha256(network).hexdigest() != card.files[NETWORK_FILE]:
        raise BadModel(f"The network of the model {card.name} is not the one its card describes: the sha256 differs.")
    return network
