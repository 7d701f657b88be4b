"""The networks, as Keras models: float32 (n, 28, 28, 1) of raw 0 to 255 in, probabilities of the ten digits out.

Numeral's own gives an eleventh, that of "no digit".

Scaling is a layer inside the network, so every one of them can be served the same way. Recipes and claims
are in ``presets.py``. Written without any backend's own functions: TensorFlow, JAX or PyTorch trains them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

CLASSES = 10
WITH_NO_DIGIT = CLASSES + 1
SHORT_RUN = 0.9
"""Momentum of normalisation's statistics where a run has a few hundred batches: they must keep up."""


def guide_cnn() -> Any:
    """Conv 64, conv 32, softmax; raw pixels; Adam, 5 epochs of 32. The guide claims 97.42 %."""
    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="guide-cnn",
    )


def report_cnn() -> Any:
    """Conv 32, pool, conv 64, conv 64, conv 32, pool, softmax; raw pixels; Adam, 5 epochs of 120.

    The report claims 98.6 %; 98.51 % was measured anew.
    """
    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="report-cnn",
    )


def he_cnn() -> Any:
    """Conv 32, pool, conv 64, conv 64, pool, dense 100, softmax, all he_uniform; 0 to 1; Adam.

    The report claims 98.96 ± 0.10 % for 5 folds of 10 epochs of 32, and 99.73 % for its final fit of 10 of 200.
    """
    he = "he_uniform"
    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu", kernel_initializer=he),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu", kernel_initializer=he),
            layers.Conv2D(64, 3, activation="relu", kernel_initializer=he),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(100, activation="relu", kernel_initializer=he),
            layers.Dense(CLASSES, activation="softmax", kernel_initializer=he),
        ],
        name="he-cnn",
    )


def dropout_cnn() -> Any:
    """Conv 32 of 5×5, pool, conv 64, pool, dense 128, dropout 0.3, dense 64, dropout 0.5, softmax; 0 to 1.

    Adadelta at the classic rate of 1.0, 10 epochs of 128. The report claims no accuracy; at Keras 3's default
    rate of 0.001 it reaches 53 %.
    """
    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="dropout-cnn",
    )


def mlp() -> Any:
    """Flatten, dense 128, dense 32, softmax; 0 to 1; Adam, sparse cross-entropy, 25 epochs, 20 % validation split.

    The report claims 97.69 %; 97.57 % was measured with these sizes, of which the report gives none.
    """
    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(32, activation="relu"),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="mlp",
    )


def numeral_cnn() -> Any:
    """Six normalised convolutions in two halves, each shrinking by a learned stride, then dense 128.

    Strided 5×5 convolutions in place of pooling keep it small and quick (15 million multiplications a digit);
    normalisation comes before each ReLU, and dropout where the resolution falls, as Ioffe and Szegedy (ICML 2015)
    and Springenberg et al. ("Striving for Simplicity", ICLR 2015) suggest. Claims nothing here: see its card.

    Eleven outputs: letters, merged digits and scribbles are a class of their own, learned from examples. A uniform
    target over ten digits, as outlier exposure has it, leaves the network no way to say so surely.
    """
    inputs = layers.Input((28, 28, 1))
    flow = layers.Rescaling(1 / 255)(inputs)
    for width, dropout in ((32, 0.2), (64, 0.2)):
        flow = _normalised(layers.Conv2D(width, 3, use_bias=False), flow)
        flow = _normalised(layers.Conv2D(width, 3, use_bias=False), flow)
        flow = _normalised(layers.Conv2D(width, 5, strides=2, padding="same", use_bias=False), flow)
        flow = layers.Dropout(dropout)(flow)
    flow = _normalised(layers.Dense(128, use_bias=False), layers.Flatten()(flow))
    flow = layers.Dropout(0.3)(flow)
    outputs = layers.Dense(WITH_NO_DIGIT, activation="softmax")(flow)
    return keras.Model(inputs, outputs, name="numeral-cnn")


def fast_cnn() -> Any:
    """Conv 16 of 5×5 in steps of two, conv 32, pool, conv 64, softmax; each normalised before its ReLU.

    The first convolution halves the picture at once, since at full size it costs most; 0.6 million multiplications a
    digit. Claims nothing here: its figures are in docs/training-machines.md.
    """
    inputs = layers.Input((28, 28, 1))
    flow = layers.Rescaling(1 / 255)(inputs)
    flow = _normalised(layers.Conv2D(16, 5, strides=2, use_bias=False), flow, SHORT_RUN)
    flow = _normalised(layers.Conv2D(32, 3, use_bias=False), flow, SHORT_RUN)
    flow = layers.MaxPooling2D()(flow)
    flow = _normalised(layers.Conv2D(64, 3, use_bias=False), flow, SHORT_RUN)
    outputs = layers.Dense(CLASSES, activation="softmax")(layers.Flatten()(flow))
    return keras.Model(inputs, outputs, name="fast-cnn")


def _normalised(layer: Any, flow: Any, momentum: float = 0.99) -> Any:
    return layers.Activation("relu")(layers.BatchNormalization(momentum=momentum)(layer(flow)))


BUILDERS: dict[str, Callable[[], Any]] = {
    "guide-cnn": guide_cnn,
    "report-cnn": report_cnn,
    "he-cnn": he_cnn,
    "dropout-cnn": dropout_cnn,
    "mlp": mlp,
    "numeral-cnn": numeral_cnn,
    "fast-cnn": fast_cnn,
}


def build(name: str) -> Any:
    """A fresh network with random weights; seed Keras before. Raises KeyError for an unknown name."""
    return BUILDERS[name]()
