"""What tells a few strokes of a pen from anything else that is dark: their width, their outline and their holes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

SIDE = 96
"""Longer side, in pixels, to which a glyph is thinned out before it is measured."""

MOST_HOLES = 4
"""An eight has two, one drawn in a double line four; a drawing of a flower has more."""

LARGEST_HOLE_IGNORED = 0.003
"""Holes under this share of the box are gaps in the ink."""

STRAIGHT = 15
MOSTLY = 0.5
"""Most of a net's ink lies in level or upright runs of so many pixels, also where it is held a few degrees askew."""

SMALLEST_MESH = 25
MOST_MESHES = 16
"""More holes than this, each of more pixels than that, make a net; a page of digits on one line has fewer."""

LONGEST_OUTLINE = 11.0
"""Outline as a multiple of the glyph's size: a digit's strokes, both edges counted, hardly reach eight."""

THICKEST = 0.6
THICKEST_AT_EDGE = 0.44
"""Width of the thickest spot as a share of the glyph's size. A brush's eight may be all but a blot; but what is that
thick and touches the picture's edge is a shadow, a thumb or the desk."""

MOST_UNEVEN = 2.8
"""Width of the thickest spot over the usual width: a pen's strokes thicken to about double where they meet."""


def stroke_width(own: Mask) -> float:
    """The usual width, in pixels, of the strokes in a mask (height, width)."""
    step = max(1, max(own.shape) // SIDE)
    return float(step * _usual_width(_depth(own[::step, ::step])))


def looks_written(own: Mask, *, at_edge: bool) -> bool:
    """Whether a mask (height, width) may be a digit's few strokes, by its shape and whether it touches the edge."""
    step = max(1, max(own.shape) // SIDE)
    thinned = own[::step, ::step]
    depth = _depth(thinned)
    thickest = 2.0 * float(depth.max(initial=0.0)) - 1.0
    limit = (THICKEST_AT_EDGE if at_edge else THICKEST) * max(thinned.shape)
    even = 0 < thickest <= MOST_UNEVEN * _usual_width(depth)
    return even and thickest <= limit and _has_simple_outline(thinned)


def is_net(own: Mask) -> bool:
    """Whether a mask (height, width) is made of straight lines with many holes between them, as squared paper is."""
    mask = own.astype(np.uint8)
    kernels = np.ones((1, STRAIGHT), np.uint8), np.ones((STRAIGHT, 1), np.uint8)
    across, down = (cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel) for kernel in kernels)
    if cv2.countNonZero(cv2.bitwise_or(across, down)) < MOSTLY * cv2.countNonZero(mask):
        return False
    outlines, tree = cv2.findContours(np.pad(mask, 1), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    inner = (outline for outline, (_, _, _, parent) in zip(outlines, tree[0], strict=True) if parent >= 0)
    return sum(cv2.contourArea(outline) > SMALLEST_MESH for outline in inner) > MOST_MESHES


def _has_simple_outline(mask: Mask) -> bool:
    outlines, tree = cv2.findContours(_framed(mask), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    inner = [outline for outline, (_, _, _, parent) in zip(outlines, tree[0], strict=True) if parent >= 0]
    holes = sum(cv2.contourArea(outline) > LARGEST_HOLE_IGNORED * mask.size for outline in inner)
    return holes <= MOST_HOLES and sum(map(len, outlines)) <= LONGEST_OUTLINE * max(mask.shape)


def _depth(own: Mask) -> NDArray[np.float32]:
    """How far each pixel of the ink is from the paper."""
    return np.asarray(cv2.distanceTransform(_framed(own), cv2.DIST_L2, 3), dtype=np.float32)


def _framed(own: Mask) -> NDArray[np.uint8]:
    """The mask with a pixel of paper around it; of a glyph's size ten times quicker than ``np.pad``."""
    framed = np.zeros((own.shape[0] + 2, own.shape[1] + 2), dtype=np.uint8)
    framed[1:-1, 1:-1] = own
    return framed


def _usual_width(depth: NDArray[np.float32]) -> float:
    inside = depth[depth > 0]
    # Of a bar n pixels wide the mean depth is (n + 2) / 4.
    return max(1.0, 4.0 * float(inside.mean()) - 2.0) if inside.size else 1.0
