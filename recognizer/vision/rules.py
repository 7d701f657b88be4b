"""Take ruled and squared lines out of the ink, and leave the strokes that cross them."""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.vision.ink import Plane, as_plane

RULE_SPAN = 0.92
"""Share of the picture's width (or height) that a line needs to be a rule."""

RULE_LENGTH = 2.2
"""A rule is longer than this times the height of the writing; the foot of a two and the stem of a one aren't."""

HORIZONTAL_SLENDERNESS = 25.0
VERTICAL_SLENDERNESS = 60.0
"""How many times longer than thick a rule is. Strokes of digits go down the picture more often than across it."""

RULE_HEIGHT = 0.12
"""Share of the picture's height (or width) that a rule may take, slant and all."""

SHORTEST_RUN = 17
SEGMENT = 1 / 24
"""Length of the straight runs by which rules are told from strokes: so many pixels, or a share of the span. A rule
on a photo is never quite level, and so comes in short runs."""


def remove_rules(mask: Plane) -> Plane:
    """The mask (height, width) without horizontal and vertical lines that run through the picture."""
    without = _remove_horizontal(mask, HORIZONTAL_SLENDERNESS)
    return np.ascontiguousarray(_remove_horizontal(np.ascontiguousarray(without.T), VERTICAL_SLENDERNESS).T)


def _remove_horizontal(mask: Plane, slenderness: float) -> Plane:
    rule = _find_rules(mask, slenderness)
    if rule is None:
        return mask
    without = _bridge(as_plane(cv2.subtract(mask, rule)), rule)
    _, _, stats, _ = cv2.connectedComponentsWithStats(without, connectivity=8)
    if len(stats) == 1:
        return mask
    largest = stats[1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())]
    writing = min(int(largest[cv2.CC_STAT_WIDTH]), int(largest[cv2.CC_STAT_HEIGHT]))
    return without if mask.shape[1] > RULE_LENGTH * writing else mask


def _find_rules(mask: Plane, slenderness: float) -> Plane | None:
    """The pixels of all thin horizontal lines that run through, or None."""
    height, width = mask.shape
    run = max(SHORTEST_RUN, int(width * SEGMENT)) | 1
    straight = as_plane(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, run), np.uint8)))
    if not straight.any():
        return None
    joined = cv2.dilate(straight, np.ones((3, run), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    pixels = np.bincount(labels[straight > 0], minlength=len(stats))
    long = stats[:, cv2.CC_STAT_WIDTH] >= RULE_SPAN * width
    flat = stats[:, cv2.CC_STAT_HEIGHT] <= max(5, RULE_HEIGHT * height) + 2
    thin = pixels * slenderness <= width * stats[:, cv2.CC_STAT_WIDTH]
    rules = long & flat & thin
    rules[0] = False
    if not rules.any():
        return None
    return np.asarray(cv2.dilate(np.where(rules[labels], straight, 0).astype(np.uint8), np.ones((3, 3), np.uint8)))


def _bridge(mask: Plane, rule: Plane) -> Plane:
    """Give crossing strokes back the piece that went with the rule: what has ink above and below it."""
    thickness = int(rule.sum(axis=0, dtype=np.int64).max() // 255)
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((min(thickness, 40) + 2, 1), np.uint8))
    return as_plane(cv2.bitwise_or(mask, cv2.bitwise_and(closed, rule)))
