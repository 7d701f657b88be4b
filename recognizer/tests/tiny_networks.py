"""Tiny networks made on the spot, a few hundred bytes each, in the shapes of the shipped ones.

They read brightness: where a window's mean is k times ``STEP``, symbol k is all but certain. So a test writes what a
network shall read as stripes of grey, and needs neither TensorFlow nor training.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from recognizer.inference.number_engine import Frames
from recognizer.vision.cutting import BESIDE
from recognizer.vision.strips import BODY, LONE_WIDTH

STEP = 20
"""Levels of grey between two symbols."""
SHARPNESS = 0.02
"""Two neighbouring symbols differ by exp(STEP² · SHARPNESS): the nearest has 0.999."""
SYMBOLS = "-0123456789.,"
"""What the line network's stripes mean, from black on; a dash is the blank."""


def number_network() -> bytes:
    """Strips (1, 32, w, 1) in, frames (1, w / 4, 13) out, as the line network has it."""
    return _network(window=(32, 4), symbols=13, taken=(-1, 32, -1, 1), given=(1, -1, 13))


def digit_network(outputs: int = 11, shift: float = 0.0) -> bytes:
    """Crops (n, 28, 28, 1) in, (n, outputs) out: one grey for each digit, the eleventh is none; ``shift`` moves the
    greys.
    """
    return _network(window=(28, 28), symbols=outputs, taken=(-1, 28, 28, 1), given=(-1, outputs), shift=shift)


def stripes(text: str, width: int = 8) -> NDArray[np.uint8]:
    """A strip (32, w) of which the tiny line network reads ``text``, each symbol ``width`` columns wide with as many of
    blank behind it.
    """
    columns = [SYMBOLS.index(symbol) * STEP for mark in text for symbol in (mark, "-") for _ in range(width)]
    return np.tile(np.array(columns, np.uint8), (32, 1))


def frames_that_say(text: str, width: int, sure: float) -> Frames:
    """What a line network would answer that sees this text, dots and commas too, spread over the number's own part of a
    strip of this width.
    """
    count = max(-(-width // 4), 2 * len(text) + 1)
    probabilities = np.full((count, len(SYMBOLS)), (1 - sure) / (len(SYMBOLS) - 1), np.float32)
    symbols = np.zeros(count, np.intp)
    beside = BESIDE * BODY * count / width if width > LONE_WIDTH else 0
    places = beside + (np.arange(len(text)) + 0.5) * (count - 2 * beside) / max(1, len(text))
    symbols[places.astype(int)] = [SYMBOLS.index(symbol) for symbol in text]
    probabilities[symbols == 0] = np.eye(len(SYMBOLS))[0]
    probabilities[symbols > 0, symbols[symbols > 0]] = sure
    return Frames(probabilities, width / count)


def save_model(folder: Path, kind: str, network: bytes, **fields: Any) -> Path:
    """A model's folder with a card that fits; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.tflite").write_bytes(network)
    card = {
        "format": 1,
        "name": folder.name,
        "kind": kind,
        "version": 1,
        "architecture": "brightness",
        "input": "grey",
        "metrics": {},
        "calibration": {"temperature": 1.0},
        "threshold": 0.9,
        "reject_below": 0.1,
        "files": {"model.tflite": hashlib.sha256(network).hexdigest()},
        **fields,
    }
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


def _network(
    window: tuple[int, int], symbols: int, taken: Sequence[int], given: Sequence[int], shift: float = 0.0
) -> bytes:
    """Mean of each window, then the nearest level: -(mean - level)² but for a term that softmax ignores."""
    levels = STEP * np.arange(symbols, dtype=np.float32) + np.float32(shift)
    model, graph = schema.ModelT(), schema.SubGraphT()
    model.version, model.buffers, model.operatorCodes = 3, [schema.BufferT()], []
    kernel = 2 * SHARPNESS * levels.reshape(symbols, 1, 1, 1)
    tensors = {
        "input": _tensor(model, [abs(size) for size in taken], signature=taken),
        "mean": _tensor(model, [1, 1, 1, 1]),
        "kernel": _tensor(model, kernel.shape, kernel),
        "bias": _tensor(model, levels.shape, -SHARPNESS * levels**2),
        "logits": _tensor(model, [1, 1, 1, symbols]),
        "shape": _tensor(model, [len(given)], np.array(given, np.int32)),
        "flat": _tensor(model, [abs(size) for size in given], signature=given),
        "output": _tensor(model, [abs(size) for size in given], signature=given),
    }
    at = {name: index for index, name in enumerate(tensors)}
    pool, convolution, softmax = schema.Pool2DOptionsT(), schema.Conv2DOptionsT(), schema.SoftmaxOptionsT()
    pool.filterHeight, pool.filterWidth = pool.strideH, pool.strideW = window
    pool.padding = convolution.padding = schema.Padding.VALID
    convolution.strideH = convolution.strideW = softmax.beta = 1
    graph.tensors = list(tensors.values())
    graph.operators = [
        _operator(model, "AVERAGE_POOL_2D", [at["input"]], at["mean"], pool),
        _operator(model, "CONV_2D", [at["mean"], at["kernel"], at["bias"]], at["logits"], convolution),
        _operator(model, "RESHAPE", [at["logits"], at["shape"]], at["flat"]),
        _operator(model, "SOFTMAX", [at["flat"]], at["output"], softmax),
    ]
    graph.inputs, graph.outputs = [at["input"]], [at["output"]]
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _tensor(model: Any, shape: Sequence[int], values: Any = None, signature: Sequence[int] | None = None) -> Any:
    tensor = schema.TensorT()
    tensor.shape, tensor.shapeSignature, tensor.buffer = list(shape), signature and list(signature), 0
    tensor.type = schema.TensorType.FLOAT32
    if values is not None:
        array = np.asarray(values) if np.asarray(values).dtype == np.int32 else np.asarray(values, np.float32)
        tensor.type = schema.TensorType.INT32 if array.dtype == np.int32 else schema.TensorType.FLOAT32
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(array.tobytes(), np.uint8)
        model.buffers.append(buffer)
        tensor.buffer = len(model.buffers) - 1
    return tensor


def _operator(model: Any, name: str, inputs: list[int], output: int, options: Any = None) -> Any:
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, name)
    model.operatorCodes.append(code)
    operator = schema.OperatorT()
    operator.opcodeIndex = len(model.operatorCodes) - 1
    operator.inputs, operator.outputs = inputs, [output]
    if options is not None:
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__[:-1])
        operator.builtinOptions = options
    return operator
