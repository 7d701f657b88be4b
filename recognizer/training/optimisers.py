"""A preset's optimiser, its rate over time, and the moving average of the weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras import ops

from recognizer.training.presets import Preset

WARM_UP = 2 / 15
"""Share of the steps in which the one-cycle rate rises."""


def optimiser_for(preset: Preset, steps: int, gently: bool = False) -> Any:
    """The preset's optimiser for a cycle of so many steps; ``gently`` where what is learned shall not be lost."""
    rate: Any = preset.learning_rate * (0.5 if gently else 1.0)
    if preset.schedule == "one-cycle":
        warm = max(1, int(steps * WARM_UP))
        rate = keras.optimizers.schedules.CosineDecay(
            rate / 20, max(1, steps - warm), alpha=0.001, warmup_target=rate, warmup_steps=warm
        )
    average = {"use_ema": True, "ema_momentum": preset.average} if preset.average else {}
    if preset.optimiser == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=preset.weight_decay, **average)
    kinds = {"adam": keras.optimizers.Adam, "adadelta": keras.optimizers.Adadelta}
    return kinds[preset.optimiser](rate, **average)


@contextmanager
def averaged(model: Any, preset: Preset) -> Iterator[None]:
    """Within it, the model has the average of its weights; after it, its own again."""
    if not preset.average:
        yield
        return
    own = [ops.convert_to_numpy(weight) for weight in model.trainable_variables]
    model.optimizer.finalize_variable_values(model.trainable_variables)
    try:
        yield
    finally:
        for weight, value in zip(model.trainable_variables, own, strict=True):
            weight.assign(value)
