"""A network as LiteRT runs it: its bytes checked, and an interpreter for each size of input."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from recognizer.domain.errors import BadModel
from recognizer.domain.phrases import phrase
from recognizer.domain.types import KIND_WORDS, ModelCard, ModelKind
from recognizer.inference.card import NETWORK_FILE, load_card

MAX_NETWORK_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Ready:
    """An interpreter for one size of input, its lock, and the indices of its input and its output."""

    lock: threading.Lock
    interpreter: Any
    input: int
    output: int


class Network:
    """One network with one input and one output, both float32. Safe to call from many threads: an interpreter serves
    one at a time, so a lock guards each (a run takes a millisecond, a queue is cheaper than an interpreter a thread).
    """

    def __init__(self, card: ModelCard, content: bytes) -> None:
        self.card = card
        self._content = content
        self._preparing = threading.Lock()
        self._interpreters: dict[tuple[int, ...], _Ready] = {}

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """The answer to a batch. Raises BadModel where the network doesn't take input of its shape.

        The first run of a shape prepares an interpreter for it: use few shapes.
        """
        ready = self._prepared(batch.shape)
        with ready.lock:
            try:
                ready.interpreter.set_tensor(ready.input, batch)
                ready.interpreter.invoke()
            except (ValueError, RuntimeError) as error:  # which of the two, LiteRT doesn't document
                raise BadModel(phrase("The network of the model {name} cannot be run.", name=self.card.name)) from error
            # get_tensor copies, so the answer stays ours after the lock is free.
            answer: NDArray[np.float32] = ready.interpreter.get_tensor(ready.output)
        return answer

    def _prepared(self, shape: tuple[int, ...]) -> _Ready:
        with self._preparing:
            if shape not in self._interpreters:
                self._interpreters[shape] = self._prepare(shape)
            return self._interpreters[shape]

    def _prepare(self, shape: tuple[int, ...]) -> _Ready:
        try:
            # One thread: requests are the parallelism here, and a pool of threads a shape would only idle.
            interpreter = Interpreter(model_content=self._content, num_threads=1)
            inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
            if len(inputs) != 1 or len(outputs) != 1:
                raise BadModel(
                    phrase("The network of the model {name} must have one input and one output.", name=self.card.name)
                )
            if inputs[0]["dtype"] != np.float32 or not _takes(inputs[0], shape):
                raise BadModel(
                    phrase(
                        "The network of the model {name} doesn't take pictures of {height} by {width}.",
                        name=self.card.name,
                        height=shape[1],
                        width=shape[2],
                    )
                )
            interpreter.resize_tensor_input(inputs[0]["index"], shape)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise BadModel(phrase("The network of the model {name} cannot be loaded.", name=self.card.name)) from error
        return _Ready(threading.Lock(), interpreter, inputs[0]["index"], outputs[0]["index"])


def _takes(details: dict[str, Any], shape: tuple[int, ...]) -> bool:
    """Whether an input of this shape fits: the batch is free, and so is what the network itself leaves open (-1)."""
    signature = details["shape_signature"]
    return len(signature) == len(shape) and all(
        own in (-1, given) for own, given in zip(signature[1:], shape[1:], strict=True)
    )


def load_network(directory: Path, kind: ModelKind) -> Network:
    """The network in ``directory``, checked against the kind and the sha256 that its card promises.

    Raises BadModel with a sentence where a file is missing or altered, or the model reads something else.
    """
    card = load_card(directory)
    if card.kind is not kind:
        raise BadModel(
            phrase(
                "The model {name} reads a {kind}, not a {wanted}.",
                name=card.name,
                kind=KIND_WORDS[card.kind],
                wanted=KIND_WORDS[kind],
            )
        )
    return Network(card, _checked_bytes(directory / NETWORK_FILE, card))


def _checked_bytes(path: Path, card: ModelCard) -> bytes:
    """The network's bytes, read once, so that what was checked is what is run."""
    try:
        if path.stat().st_size > MAX_NETWORK_BYTES:
            raise BadModel(phrase("The network of the model {name} is too large.", name=card.name))
        network = path.read_bytes()
    except OSError as error:
        raise BadModel(
            phrase("The model {name} lacks its network ({file}).", name=card.name, file=NETWORK_FILE)
        ) from error
    if hashlib.sha256(network).hexdigest() != card.files[NETWORK_FILE]:
        raise BadModel(
            phrase(
                "The network of the model {name} is not the one its card describes: the sha256 differs.", name=card.name
            )
        )
    return network
