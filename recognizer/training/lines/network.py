"""The line network, as a Keras model: a strip of any width in, marks and digits a frame out.

Fully convolutional, so that a number of any length is read at any place alike, with three dilated convolutions along
the line in place of a recurrent layer: as quick on a processor and free of state. Its frames are aligned with the
labels by connectionist temporal classification (Graves et al., ICML 2006).
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

HEIGHT = 32
CLASSES = 13
"""The blank, ten digits, the dot and the comma."""
DILATIONS = (1, 2, 4)
"""Of the convolutions along the line: together they see 15 frames, about three digits, around each frame."""


def line_network() -> Any:
    """Float32 (n, 32, w, 1) of raw 0 to 255 in, w a multiple of 8; logits (n, w / 4, 13) out."""
    inputs = layers.Input((HEIGHT, None, 1))
    flow = layers.Rescaling(1 / 255)(inputs)
    flow = _convolved(flow, 24, 5, strides=2)
    flow = _convolved(flow, 24, 3)
    flow = _convolved(flow, 48, 3, strides=2)
    flow = _residual(flow, 48, 2)
    flow = _convolved(flow, 72, 3, strides=(2, 1))
    flow = _residual(flow, 72, 2)
    flow = layers.Dropout(0.1)(flow)
    # Four rows are left: one filter each looks at all of them.
    flow = layers.ZeroPadding2D((0, 1))(flow)
    flow = _convolved(flow, 120, (4, 3), padding="valid")
    for dilation in DILATIONS:
        beside = _convolved(flow, 120, (1, 3), dilation_rate=(1, dilation))
        flow = layers.Add()([flow, layers.Dropout(0.1)(beside)])
    flow = layers.Dropout(0.1)(flow)
    outputs = layers.Dense(CLASSES)(layers.Reshape((-1, 120))(flow))
    return keras.Model(inputs, outputs, name="numeral-lines")


def with_probabilities(network: Any) -> Any:
    """The same network, its frames as probabilities: what is exported and served."""
    return keras.Model(network.input, layers.Softmax()(network.output), name=network.name)


def _convolved(flow: Any, count: int, size: Any, *, padding: str = "same", **options: Any) -> Any:
    flow = layers.Conv2D(count, size, padding=padding, use_bias=False, **options)(flow)
    return layers.Activation("relu")(layers.BatchNormalization()(flow))


def _residual(flow: Any, count: int, depth: int) -> Any:
    """Convolutions beside a shortcut (He et al., CVPR 2016)."""
    beside = flow
    for _ in range(depth):
        beside = _convolved(beside, count, 3)
    return layers.Add()([flow, beside])
