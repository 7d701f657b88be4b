"""What changes in a strip each time it is shown; only what costs next to nothing, the rest was rendered."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SHIFTS = (-2, -1, 1, 2)
"""Rows by which a strip is moved up or down: the digits' middle is found to about so many."""
GAMMA = 0.25
"""Standard deviation of the logarithm of the exponent: fainter and bolder ink."""
NOISY, BLURRED = 0.3, 0.2
"""Shares of batches."""


def augment_strips(strips: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """Strips (n, 32, w) moved, fainter or bolder, noisier or blurred: float32 (n, 32, w, 1), 0 to 255."""
    out = _shifted(strips, rng).astype(np.float32)
    exponents = np.exp(rng.normal(0, GAMMA, (len(out), 1, 1))).astype(np.float32)
    out = np.float32(255) * (out / np.float32(255)) ** exponents
    if rng.random() < NOISY:
        out += rng.standard_normal(out.shape, np.float32) * np.float32(rng.uniform(2, 14))
    if rng.random() < BLURRED:
        out = np.stack([np.asarray(cv2.GaussianBlur(strip, (3, 3), 0), np.float32) for strip in out])
    return np.clip(out, 0, 255)[..., None]


def _shifted(strips: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    out, height = strips.copy(), strips.shape[1]
    shifts = rng.integers(min(SHIFTS), max(SHIFTS) + 1, len(strips))
    for shift in SHIFTS:
        chosen = shifts == shift
        moved = np.zeros_like(strips[chosen])
        moved[:, max(shift, 0) : height + min(shift, 0)] = strips[chosen][:, max(-shift, 0) : height - max(shift, 0)]
        out[chosen] = moved
    return out
