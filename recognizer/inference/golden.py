"""A golden batch: inputs and the answers that a network gave to them, to be compared wherever it arrives."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.errors import BadModel
from recognizer.domain.phrases import phrase
from recognizer.domain.types import KIND_WORDS, ModelKind
from recognizer.inference.engine import SIDE
from recognizer.inference.network import Network
from recognizer.inference.number_engine import HEIGHT, WIDTHS

TOLERANCE = 1e-3
"""How far a probability may lie from the golden one: processors round otherwise, by far less; another network, or one
that was altered, differs by far more."""
MOST = 64
"""Inputs in a batch: more show nothing more, and an import should take moments."""
MOST_ANSWERS = 1_000_000
"""Numbers in all the answers together."""


def golden_of(network: Network, pictures: NDArray[np.uint8]) -> dict[str, Any]:
    """The batch for a manifest: ``pictures``, uint8 (n, height, width), and what the network says of them, float32 and
    not calibrated. Raises BadModel where it doesn't take them.
    """
    return {"inputs": _packed(pictures), "outputs": _packed(_answers(network, pictures).astype("<f4"))}


def golden_check(network: Network, golden: Any) -> None:
    """Raises BadModel, with a sentence, where the batch is none or the network answers it otherwise."""
    if not isinstance(golden, dict):
        raise BadModel(phrase("The model comes without a golden batch."))
    pictures = _unpacked(golden.get("inputs"), "u1", MOST * HEIGHT * WIDTHS[-1])
    expected = _unpacked(golden.get("outputs"), "<f4", MOST_ANSWERS)
    if not _are_inputs(pictures, network.card.kind):
        raise BadModel(
            phrase("The golden batch holds no inputs of a {kind} network.", kind=KIND_WORDS[network.card.kind])
        )
    answers = _answers(network, pictures)
    if answers.shape != expected.shape:
        raise BadModel(
            phrase("The golden batch promises answers of another shape than those of {name}.", name=network.card.name)
        )
    difference = float(np.abs(answers - expected).max())
    if not difference <= TOLERANCE:  # said so, a NaN fails as well
        raise BadModel(
            phrase(
                "The network of {name} answers the golden batch otherwise than it did where it was exported"
                " (by up to {difference:.2g}).",
                name=network.card.name,
                difference=difference,
            )
        )


def _are_inputs(pictures: NDArray[Any], kind: ModelKind) -> bool:
    if pictures.ndim != 3 or not 1 <= len(pictures) <= MOST:
        return False
    if kind is ModelKind.DIGIT:
        return pictures.shape[1:] == (SIDE, SIDE)
    return pictures.shape[1] == HEIGHT and pictures.shape[2] in WIDTHS


def _answers(network: Network, pictures: NDArray[Any]) -> NDArray[np.float32]:
    """One by one: the line network takes no more at once, and answers must not depend on their neighbours."""
    return np.concatenate([network.run(picture[None, :, :, None].astype(np.float32)) for picture in pictures])


def _packed(values: NDArray[Any]) -> dict[str, Any]:
    return {"shape": list(values.shape), "base64": base64.b64encode(values.tobytes()).decode("ascii")}


def _unpacked(packed: Any, kind: str, most: int) -> NDArray[Any]:
    """The array of numpy's type ``kind``; its size is compared before anything is made of it."""
    if not isinstance(packed, Mapping):
        raise BadModel(phrase("The golden batch lacks its inputs or its outputs."))
    shape, text = packed.get("shape"), packed.get("base64")
    if not isinstance(shape, list) or not 1 <= len(shape) <= 4 or not isinstance(text, str):
        raise BadModel(phrase("The golden batch is garbled."))
    if not all(isinstance(side, int) and not isinstance(side, bool) and 1 <= side <= most for side in shape):
        raise BadModel(phrase("The golden batch is garbled."))
    size = int(np.prod([float(side) for side in shape]))
    if size > most or len(text) > 4 * (size * np.dtype(kind).itemsize + 2) // 3 + 4:
        raise BadModel(phrase("The golden batch is too large."))
    try:
        return np.frombuffer(base64.b64decode(text, validate=True), kind).reshape(shape)
    except (binascii.Error, ValueError) as error:
        raise BadModel(phrase("The golden batch is garbled.")) from error
