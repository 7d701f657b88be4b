"""What of a form's sample serves to find the form again on other pictures, prepared once."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Gray
from recognizer.vision.ink import DARKEST_PAPER, Plane, as_plane, mask_ink, shrink

SIDE = 1100
"""Longer side, in pixels, of the copies on which forms are compared: small print is still a texture of its own."""

FEATURES = 3000
FAST = 12
"""ORB's corners: so many at most, and how much darker or lighter their surroundings are."""

SMALLEST = 32
"""Pixels on each side under which a copy has no room for ORB's corners, whose surroundings are as wide."""

CORNERS = 500
CORNER_QUALITY = 0.02
CORNERS_APART = 7
"""Print that is followed to a fraction of a pixel: corners, since along a line nothing can be followed."""

THIN = 21
"""Print is narrower than so many pixels of the small copy, but for headings and corner marks, which have edges."""

AROUND = 17
"""Side of the window, on a copy half as large again, within which print is compared: a few letters wide."""

PRINTED = 6.0
"""Standard deviation of the ink's strength within a window from which there is print."""

NEAR = 3
"""Pixels of that copy around print that are looked at: what else is on the page says nothing about which form it is."""

SOFT = 1.0
"""Blur, in pixels of the small copy, that makes print of scans and of photos alike."""

Floats = NDArray[np.float32]
Points = NDArray[np.float32]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Corners of a small copy and what surrounds them: points (n, 2), descriptors uint8 (n, 32)."""

    points: Points
    descriptors: NDArray[np.uint8]


NO_FEATURES = Features(np.empty((0, 2), np.float32), np.empty((0, 32), np.uint8))


@dataclass(frozen=True, slots=True, eq=False)
class SmallCopy:
    """A picture on a small copy, all (height, width): its grey, its ink's mask and strength, softened; its features.

    ``half`` is the strength on a copy half as large again. ``matrix`` (3, 3) takes a point of the copy to the
    picture's pixels; points lie between pixels.
    """

    gray: Gray
    soft: Plane
    half: Plane
    mask: Plane
    features: Features
    matrix: Matrix


@dataclass(frozen=True, slots=True, eq=False)
class Print:
    """Where a sample's print is on its half copy, all (height, width): 255 ``near`` it, how much its strength spreads
    within a window around each point, and how much that point counts.
    """

    near: Plane
    spread: Floats
    weight: Floats


@dataclass(frozen=True, slots=True, eq=False)
class FormSample:
    """A sample, as it is compared with other pictures.

    ``gray`` (height, width) is the sample in full, ``matrix`` (3, 3) takes its pixels to those in which the form's
    fields are described; ``corners`` (n, 2) lie on the small copy.
    """

    gray: Gray
    matrix: Matrix
    copy: SmallCopy
    print_: Print
    corners: Points


def prepare_sample(gray: Gray, *, width: int | None = None, height: int | None = None) -> FormSample:
    """Prepare a sample (height, width) whose fields are described in pixels of a picture of this size, its own unless
    given: a picture is kept larger than it is read.
    """
    own_height, own_width = gray.shape
    matrix = np.diag([(width or own_width) / own_width, (height or own_height) / own_height, 1.0])
    copy = small_copy(gray)
    found = cv2.goodFeaturesToTrack(copy.soft, CORNERS, CORNER_QUALITY, CORNERS_APART, blockSize=5)
    corners = np.empty((0, 2), np.float32) if found is None else np.asarray(found, np.float32).reshape(-1, 2)
    return FormSample(gray, matrix, copy, _print(copy.half), corners)


def small_copy(gray: Gray) -> SmallCopy:
    """The copy on which a picture is compared with others."""
    small = shrink(gray, SIDE)
    strength = _thin_ink(small)
    soft = as_plane(cv2.GaussianBlur(strength, (0, 0), SOFT))
    across, down = (whole / part for whole, part in zip(gray.shape[::-1], small.shape[::-1], strict=True))
    half = as_plane(
        cv2.resize(soft, (max(1, soft.shape[1] // 2), max(1, soft.shape[0] // 2)), interpolation=cv2.INTER_AREA)
    )
    return SmallCopy(small, soft, half, mask_ink(strength), _features(soft), np.diag([across, down, 1.0]))


def covariance(one: Floats, other: Floats) -> Floats:
    """The covariance of two planes (height, width) within a window around each point."""

    def mean(plane: Floats) -> Floats:
        return np.asarray(cv2.blur(plane, (AROUND, AROUND)), np.float32)

    return mean(one * other) - mean(one) * mean(other)


def _print(half: Plane) -> Print:
    levels = half.astype(np.float32)
    spread = covariance(levels, levels)
    weight = np.sqrt(np.where(spread > PRINTED**2, spread, np.float32(0.0)))
    near = cv2.dilate(mask_ink(half), np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8))
    return Print(as_plane(near), spread, weight)


def _thin_ink(small: Plane) -> Plane:
    """How far what is dark and thin stands out from what is right around it, be that paper, shadow or desk."""
    smooth = as_plane(cv2.medianBlur(small, 3))
    around = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, np.ones((THIN, THIN), np.uint8))
    return as_plane(cv2.divide(cv2.subtract(around, smooth), np.maximum(around, DARKEST_PAPER), scale=255.0))


def _features(soft: Plane) -> Features:
    if min(soft.shape) < SMALLEST:
        return NO_FEATURES
    finder = cv2.ORB.create(nfeatures=FEATURES, fastThreshold=FAST)
    found, descriptors = finder.detectAndCompute(soft, None)
    if descriptors is None:
        return NO_FEATURES
    # OpenCV counts from the middle of the first pixel.
    return Features(np.array([each.pt for each in found], np.float32) + 0.5, np.asarray(descriptors, np.uint8))
