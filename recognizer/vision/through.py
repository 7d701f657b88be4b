"""Take lines out that run through a small picture from edge to edge, though a digit leans on them or crosses them.

Short as they are there, they are hardly longer than a one. So this is for a second look, where the network decides
whether a digit is better with or without; ``rules.py`` is for what is a ruled line beyond doubt.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizer.vision.ink import Plane

FILLED = 0.8
"""Share of the way through the picture on which a line has ink: it may be dashed or worn."""

TILTS = np.linspace(-0.12, 0.12, 13)
"""Columns that a line moves sideways a row: up to 7° from upright."""

THICKEST = 0.1
"""Width of the thickest line as a share of the picture's longer side."""

CROSSED = 1.5
"""Where the ink is more than so many times as wide as the line usually is, a stroke crosses it and stays."""

MOST_LINES = 3
"""A column of a table has one on either side, sometimes a double one."""


def remove_uprights(mask: Plane) -> Plane:
    """A mask (height, width) without its lines from top to bottom."""
    kept = mask.copy()
    for _ in range(MOST_LINES):
        if not _remove_one(kept):
            break
    return kept


def remove_levels(mask: Plane) -> Plane:
    """A mask (height, width) without its lines from left to right."""
    return np.ascontiguousarray(remove_uprights(np.ascontiguousarray(mask.T)).T)


def _remove_one(mask: Plane) -> bool:
    """Take the fullest line out of the mask, in place, if there is one."""
    if mask.any(axis=1).mean() < FILLED:
        return False
    fill, columns = max((_fullest(mask, tilt) for tilt in TILTS), key=lambda found: found[0])
    reach = max(1, int(THICKEST * max(mask.shape)))
    if fill < FILLED:
        return False
    rows, around = np.arange(mask.shape[0])[:, None], columns[:, None] + np.arange(-reach - 1, reach + 2)
    inside = (around >= 0) & (around < mask.shape[1])
    around = np.clip(around, 0, mask.shape[1] - 1)
    run = _run_around_middle((mask[rows, around] > 0) & inside)
    widths = run.sum(axis=1)
    usual = float(np.percentile(widths[widths > 0], 30))
    if usual > reach:
        return False
    line = run & (widths <= CROSSED * usual + 1)[:, None]
    mask[np.broadcast_to(rows, around.shape)[line], around[line]] = 0
    return True


def _fullest(mask: Plane, tilt: float) -> tuple[float, NDArray[np.intp]]:
    """The fullest line with this tilt: the share of rows with ink, and its column in each row."""
    height, width = mask.shape
    shift = np.rint(tilt * (np.arange(height) - height / 2)).astype(np.intp)
    sheared = mask[np.arange(height)[:, None], np.clip(np.arange(width) + shift[:, None], 0, width - 1)]
    # Three columns together, so that a line of one pixel may waver.
    filled = np.convolve((sheared > 0).mean(axis=0), np.full(3, 1 / 3), mode="same")
    column = int(filled.argmax())
    return float(filled[column]), np.clip(column + shift, 0, width - 1)


def _run_around_middle(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of each row of a band, the run of ink through its middle column."""
    middle = ink.shape[1] // 2
    left = np.logical_and.accumulate(ink[:, middle::-1], axis=1)[:, ::-1]
    right = np.logical_and.accumulate(ink[:, middle:], axis=1)
    return np.concatenate([left, right[:, 1:]], axis=1)
