"""Pictures that lie on their side or stand on their head: which turns are worth a try.

Only the networks can tell a six from a nine, so this names the turns that the ink allows; the caller reads each with
``find_numbers(…, turn=…)`` where the picture as it is was read with little confidence, and keeps the best.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognizer.domain.types import NumberCrop

FEWEST = 5
"""Fewer digits than this don't tell how a picture was held."""

ON_ITS_SIDE = 0.5
"""Share of the digits whose nearest neighbour stands above or below them, from which lines run down the picture."""


def turns_to_try(numbers: Sequence[NumberCrop]) -> tuple[int, ...]:
    """Clockwise quarter turns, likeliest first, after which numbers found without one may read better."""
    boxes = [glyph.box for number in numbers for glyph in number.glyphs]
    if len(boxes) < FEWEST:
        return ()
    centres = np.array([(box.x + box.width / 2, box.y + box.height / 2) for box in boxes])
    away = centres[None] - centres[:, None]
    distance = np.hypot(away[..., 0], away[..., 1])
    np.fill_diagonal(distance, np.inf)
    right, down = np.abs(away[np.arange(len(boxes)), distance.argmin(axis=1)]).T
    return (1, 3) if float(np.mean(down > right)) >= ON_ITS_SIDE else (2,)
