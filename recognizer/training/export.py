"""From Keras to what is served: LiteRT, checked against Keras, and the other formats that people ask for.

The one module that wants TensorFlow as Keras's backend; weights trained on another are loaded here from ``.keras``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from recognizer.domain.errors import BadModel
from recognizer.domain.phrases import phrase
from recognizer.training.files import write_atomically

KERAS_FILE = "model.keras"
MOST_DIFFERENCE = 1e-4
"""How far a probability from LiteRT may lie from Keras's: rounding differs, the network may not."""
BATCH = 250


def export_network(model: Any, path: Path, pictures: NDArray[np.uint8]) -> None:
    """Write ``model`` to ``path`` as LiteRT, float32, and compare both on pictures, uint8 (n, height, width).

    Raises BadModel where their answers differ by more than 0.0001.
    """

    def write(beside: Path) -> None:
        model.export(str(beside), format="litert", verbose=False)

    write_atomically(path, write)
    expected = model.predict(pictures[..., None], batch_size=BATCH, verbose=0)
    difference = float(np.abs(expected - litert_probabilities(path, pictures)).max())
    if not difference <= MOST_DIFFERENCE:
        raise BadModel(
            phrase(
                "The exported network answers otherwise than the trained one (by up to {difference:.2g}).",
                difference=difference,
            )
        )


def litert_probabilities(path: Path, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the network in ``path`` answers to pictures, uint8 (n, height, width): float32 (n, …), uncalibrated."""
    interpreter = Interpreter(model_path=str(path), num_threads=1)
    into, out = (details[0]["index"] for details in (interpreter.get_input_details(), interpreter.get_output_details()))
    answers = []
    for start in range(0, len(pictures), BATCH):
        batch = pictures[start : start + BATCH, :, :, None].astype(np.float32)
        interpreter.resize_tensor_input(into, batch.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(into, batch)
        interpreter.invoke()
        answers.append(interpreter.get_tensor(out))
    return np.concatenate(answers)


def export_also(model: Any, directory: Path, kinds: Sequence[str]) -> list[str]:
    """Write ``model.h5`` for "h5", ``model.json`` and ``model.weights.h5`` for "json"; returns the files' names.

    For programs that expect them. Nothing here ever loads them: ``.h5`` can carry code.
    """
    written: list[str] = []
    if "h5" in kinds:
        write_atomically(directory / "model.h5", lambda path: model.save(path, include_optimizer=False))
        written.append("model.h5")
    if "json" in kinds:
        text = model.to_json()
        write_atomically(directory / "model.json", lambda path: path.write_text(text, encoding="utf-8"))
        # Keras insists on the ending, and the name beside the target keeps it.
        write_atomically(directory / "model.weights.h5", model.save_weights)
        written += ["model.json", "model.weights.h5"]
    return written


def load_network(path: Path) -> Any:
    """A ``.keras`` file of our own, for prediction and export only."""
    return keras.models.load_model(path, compile=False)
