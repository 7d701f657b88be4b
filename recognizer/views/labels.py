"""Where the text of each box stands on a picture: beside its box, in sight, and clear of the other texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Box

Places = NDArray[np.float64]
"""Rectangles, (n, 4): left, top, right, bottom."""

SHARE = 0.5
"""The height of the text beside a box, in heights of the box, at most."""
SMALLEST = 4
"""Height in pixels of the picture below which nobody reads it, however much the picture is enlarged."""
WIDE = 0.62
"""Width of a bold digit in heights of the text, with the white line around it; marks are narrower."""
ABOVE, UNDER = 0.3, 1.1
"""From a box's upper edge up to the text's base line, and from its lower edge down to it, in heights of the text."""
ASCENT, DESCENT = 0.8, 0.15
SIZES = (1.0, 0.75, 0.55)
"""A text that would hide another is written smaller before it is left out."""
HIDES_BOX = 0.2
"""A text over a part of another number's box does harm, but less than over another text."""


@dataclass(frozen=True, slots=True)
class Label:
    """A text beside a box: where its base line begins, and how high it is, in pixels of the picture."""

    x: int
    y: int
    height: int

    def place(self, letters: int) -> tuple[float, float, float, float]:
        """What it covers: left, top, right, bottom."""
        wide = WIDE * self.height * letters
        return self.x, self.y - ASCENT * self.height, self.x + wide, self.y + DESCENT * self.height


def place_labels(
    boxes: Sequence[tuple[Box, int]], size: tuple[int, int], *, highest: int, taken: Sequence[Box] = ()
) -> list[Label | None]:
    """A label for each box and the number of letters in its text, on a picture of this width and height.

    Above the box if it can be, else under it, else smaller, else a line away; None where all of these would lie on
    other labels or on ``taken`` places, or out of the picture. The text stands beside the picture, too.
    """
    around = np.array([(box.x, box.y, box.right, box.bottom) for box, _ in boxes], float).reshape(-1, 4)
    written: Places = np.array([(box.x, box.y, box.right, box.bottom) for box in taken], float).reshape(-1, 4)
    labels: list[Label | None] = []
    for box, letters in boxes:
        best, harm = None, 1.0
        for label in _candidates(box, letters, size, highest):
            place = np.array(label.place(letters))
            if (_covered(place, written) > 0).any():
                continue
            hidden = HIDES_BOX * float(_covered(place, around).sum())
            if hidden < harm:
                best, harm = label, hidden
            if not hidden:
                break
        labels.append(best)
        if best is not None:
            written = np.vstack([written, best.place(letters)])
    return labels


def _candidates(box: Box, letters: int, size: tuple[int, int], highest: int) -> Iterator[Label]:
    """The places that are in sight, the best one first: next to the box, and then a line further away."""
    full = max(SMALLEST, min(round(SHARE * box.height), highest))
    heights = dict.fromkeys(max(SMALLEST, round(full * share)) for share in SIZES)
    for away, height in product((0, 1), heights):
        x = max(0, min(box.x, int(size[0] - WIDE * height * letters)))
        for y in (box.y - (ABOVE + away) * height, box.bottom + (UNDER + away) * height):
            label = Label(x, round(y), height)
            _, top, right, bottom = label.place(letters)
            if top >= 0 and bottom <= size[1] and right <= size[0]:
                yield label


def _covered(place: NDArray[np.float64], others: Places) -> NDArray[np.float64]:
    """The area that a rectangle shares with each of the others, in areas of its own."""
    wide = np.minimum(place[2], others[:, 2]) - np.maximum(place[0], others[:, 0])
    high = np.minimum(place[3], others[:, 3]) - np.maximum(place[1], others[:, 1])
    area = (place[2] - place[0]) * (place[3] - place[1])
    return np.asarray(np.maximum(wide, 0) * np.maximum(high, 0) / max(area, 1e-9))
