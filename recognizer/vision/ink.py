"""Find the ink on a picture of paper, whatever the lamp, the paper and the pen.

The paper's own brightness is estimated and divided out, so that a shadow across the page is no ink; then what stands
out from it is thresholded against its own surroundings, so that pencil beside a marker still counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from recognizer.domain.types import Gray

Plane = NDArray[np.uint8]

PAPER_SIDE = 192
"""Longer side, in pixels, of the small copy on which the paper is estimated: light varies slowly."""

PAPER_WINDOW = 1 / 3
"""Side of the closing's window as a share of the picture's shorter side: wider than any stroke, even of a digit that
fills the frame, and narrower than a shadow across a page."""

DARKEST_PAPER = 40
"""Paper counts as at least this bright, else a step of one grey level on black would be ink."""

NOISY = 400
"""Shorter side in pixels from which strokes are wide enough for a little smoothing, and sensors noisy enough."""

SLOPE_SAMPLES = 24
SLOPE_ROUNDS = 4

NOISE_FACTOR = 5.0
FAINTEST = 18
"""The weakest ink: above the noise by this factor, and at least this (of 255) darker than the paper."""

HEAPS_APART = 3.1
"""Distance of the means of two heaps in their common deviation; noise cut in two at its middle gives 2.65."""

RELATIVE_THRESHOLD = 0.38
"""Share of the strongest ink nearby that a pixel needs: cuts blurred edges near their middle."""


def as_plane(array: ArrayLike) -> Plane:
    """OpenCV's result as what it is, for the type checker; nothing is copied."""
    return np.asarray(array, dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Ink:
    """The ink of a picture, both (height, width).

    ``strength`` is how far a pixel stands out from the paper, 0 to 255; ``mask`` is 255 where that makes ink.
    """

    strength: Plane
    mask: Plane


def find_ink(gray: Gray) -> Ink:
    """Separate ink from paper, dark ink on light paper or the inverse."""
    small = shrink(gray, PAPER_SIDE)
    if _is_light_on_dark(small):
        gray, small = as_plane(cv2.bitwise_not(gray)), as_plane(cv2.bitwise_not(small))
    strength = _stand_out(gray, estimate_paper(small))
    if min(strength.shape) >= NOISY:
        strength = as_plane(cv2.blur(strength, (3, 3)))
    return Ink(strength, mask_ink(strength))


def mask_ink(strength: Plane, share: float = RELATIVE_THRESHOLD) -> Plane:
    """255 where ``strength`` (height, width) makes ink: above the noise, and this share of the strongest nearby."""
    return as_plane(cv2.compare(strength, _threshold(strength, share), cv2.CMP_GT))


def shrink(gray: Gray, side: int) -> Plane:
    """A copy whose longer side has so many pixels, or the picture itself if it is no larger."""
    factor = side / max(gray.shape)
    if factor >= 1.0:
        return gray
    size = (max(1, round(gray.shape[1] * factor)), max(1, round(gray.shape[0] * factor)))
    return as_plane(cv2.resize(gray, size, interpolation=cv2.INTER_AREA))


def _is_light_on_dark(small: Plane) -> bool:
    """Ink is what the picture has less of: compare what is darker than the median around it with what is lighter."""
    window = _odd(min(min(small.shape) * 0.9, 255))
    away = small.astype(np.int16) - cv2.medianBlur(small, window).astype(np.int16)
    dark, light = np.minimum(away, 0), np.maximum(away, 0)
    return float(np.square(light, dtype=np.float32).sum()) > float(np.square(dark, dtype=np.float32).sum())


def estimate_paper(small: Plane) -> Plane:
    """The paper without the ink: a closing fills all that is darker and narrower than its window.

    A closing also fills the dark end of a slope of light at the picture's edge, unless the slope is taken out
    before; that in turn makes valleys beside the edge of a shadow. Both are never too dark: the darker is right.
    """
    smooth = as_plane(cv2.medianBlur(small, 3))
    slope = _slope(smooth)
    level = np.minimum(_close(smooth.astype(np.float32)), _close(smooth - slope) + slope)
    return as_plane(np.clip(cv2.blur(level, (3, 3)), 1, 255).astype(np.uint8))


def _close(level: NDArray[np.float32]) -> NDArray[np.float32]:
    window = _odd(min(level.shape) * PAPER_WINDOW)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (window, window))
    closed = cv2.morphologyEx(level, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(closed, dtype=np.float32)


def _slope(smooth: Plane) -> NDArray[np.float32]:
    """The light's slow change over the picture: a quadratic surface through what is not ink, without its constant."""
    height, width = smooth.shape
    rows, columns = (np.linspace(-1, 1, min(side, SLOPE_SAMPLES), dtype=np.float32) for side in (height, width))
    y, x = (axis.ravel() for axis in np.meshgrid(rows, columns, indexing="ij"))
    samples = cv2.resize(smooth, (len(columns), len(rows)), interpolation=cv2.INTER_NEAREST).ravel().astype(np.float32)
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    weights = np.ones_like(samples)
    for _ in range(SLOPE_ROUNDS):
        weighted = terms * weights[:, None]
        surface = np.linalg.lstsq(weighted.T @ terms, weighted.T @ samples, rcond=1e-6)[0]
        away = samples - terms @ surface
        limit = max(4.0, float(np.median(np.abs(away))))
        weights = np.where(away < -limit, 0.02, np.where(away > 2 * limit, 0.2, 1.0)).astype(np.float32)
    y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)[None]
    _, a, b, c, d, e = (float(value) for value in surface)
    return np.asarray(a * x + b * y + c * x * x + d * x * y + e * y * y, dtype=np.float32)


def _stand_out(gray: Gray, paper: Plane) -> Plane:
    """How much of the paper's light is missing at each pixel, 0 none to 255 all."""
    size = (gray.shape[1], gray.shape[0])
    full = paper if paper.shape == gray.shape else cv2.resize(paper, size, interpolation=cv2.INTER_LINEAR)
    return as_plane(cv2.divide(cv2.subtract(full, gray), np.maximum(full, DARKEST_PAPER), scale=255.0))


def _threshold(strength: Plane, share: float) -> Plane:
    """The threshold at each pixel: above the noise everywhere, and higher around strong ink."""
    floor = _floor(strength)
    height, width = strength.shape
    block = max(4, min(height, width) // 24)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (block, block))
    strongest = cv2.dilate(strength, kernel)[min(block // 2, height - 1) :: block, min(block // 2, width - 1) :: block]
    strongest = cv2.dilate(strongest, np.ones((3, 3), np.uint8))
    local = np.clip(strongest * share, floor, 255.0).astype(np.uint8)
    return as_plane(cv2.resize(local, (width, height), interpolation=cv2.INTER_LINEAR))


def _floor(strength: Plane) -> float:
    """The weakest ink: above the noise of the paper, or between paper and ink where these are two clear heaps.

    On a page the noise is measured best, by the median deviation; on a tight cut there is too much ink for
    that, and on patterned paper the pattern is no noise, but Otsu's threshold (1979) lies well.
    """
    step = max(1, min(strength.shape) // 256)
    sample = np.ascontiguousarray(strength[::step, ::step])
    middle, deviation = _middle_and_deviation(sample)
    floor = middle + NOISE_FACTOR * deviation
    otsu, _ = cv2.threshold(sample, 0, 255, cv2.THRESH_OTSU)
    if otsu < floor and are_two_heaps(sample, otsu):
        floor = otsu
    return min(max(floor, FAINTEST), 254.0)


def _middle_and_deviation(sample: Plane) -> tuple[int, float]:
    """The median, and the deviation that the median one stands for; by levels, far faster than by sorting pixels."""
    counts = cv2.calcHist([sample], [0], None, [256], [0, 256]).ravel()
    middle = _median(counts)
    away = np.bincount(np.abs(np.arange(256) - middle), weights=counts)
    return middle, 1.4826 * _median(away)


def _median(counts: NDArray[Any]) -> int:
    """The median of levels of which there are so many each."""
    total = np.cumsum(counts)
    return int(np.searchsorted(total, total[-1] / 2))


def are_two_heaps(sample: Plane, threshold: float) -> bool:
    """Whether a threshold parts two heaps, rather than cutting a single one (noise) in two."""
    above = sample > threshold
    low, high = sample[~above], sample[above]
    if low.size == 0 or high.size == 0:
        return False
    spread = float(np.sqrt((low.var() * low.size + high.var() * high.size) / sample.size))
    return float(high.mean() - low.mean()) > HEAPS_APART * spread


def _odd(value: float) -> int:
    """The nearest odd number below, at least 3: what OpenCV's windows need."""
    return max(3, int(value) // 2 * 2 + (1 if int(value) % 2 else -1))
