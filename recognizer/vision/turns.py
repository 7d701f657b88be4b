"""Pictures that lie on their side or stand on their head: which turns are worth a try.

Only the networks can tell a six from a nine, so this names the turns that the ink allows; the caller reads each with
``find_numbers(…, turn=…)`` where the picture as it is was read with little confidence, and keeps the best.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognizer.domain.types import NumberCrop

FEWEST = 5
"""Fewer digits than this don't tell whether a picture stands on its head."""

FEWEST_STACKED = 3
"""So many that stand on one another tell that it may lie on its side."""

TALL = 1.3
"""A picture at least this many times as high as wide, with few digits, may show a number that lies on its side."""

ON_ITS_SIDE = 0.5
"""Share of the digits whose nearest neighbour stands above or below them, from which lines run down the picture."""


def turns_to_try(numbers: Sequence[NumberCrop], *, tall: bool = False) -> tuple[int, ...]:
    """Clockwise quarter turns, likeliest first, after which numbers found without one may read better.

    Digits that lie on their side pass for dashes or grow together, so few of them are found: then it counts whether
    the picture is ``tall``.
    """
    boxes = [glyph.box for number in numbers for glyph in number.glyphs]
    if len(boxes) < FEWEST_STACKED:
        return (1, 3) if boxes and tall else ()
    centres = np.array([(box.x + box.width / 2, box.y + box.height / 2) for box in boxes])
    away = centres[None] - centres[:, None]
    distance = np.hypot(away[..., 0], away[..., 1])
    np.fill_diagonal(distance, np.inf)
    right, down = np.abs(away[np.arange(len(boxes)), distance.argmin(axis=1)]).T
    if float(np.mean(down > right)) >= ON_ITS_SIDE:
        return 1, 3
    return (2,) if len(boxes) >= FEWEST else ()
