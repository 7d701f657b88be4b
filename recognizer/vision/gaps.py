"""How much bare paper lies between the digits on a number's strip."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from recognizer.vision.ink import Plane
from recognizer.vision.strip_digits import INK
from recognizer.vision.strips import BODY

RULE = 0.8
"""A row of the strip with ink along this share of it is a rule's, which bridges no gap."""


def gaps_between(strip: Plane, columns: Sequence[int]) -> list[float]:
    """The widest bare gap between each two digits that stand at neighbouring ``columns`` of a strip (32, width), as
    a share of the usual digit's height.
    """
    ink = strip >= INK
    bare = ~ink[ink.mean(axis=1) < RULE].any(axis=0)
    return [_longest_run(bare[max(0, left) : right + 1].tolist()) / BODY for left, right in pairwise(columns)]


def _longest_run(bare: Sequence[bool]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], bare, [False]]).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))
