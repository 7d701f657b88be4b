"""How boxes are drawn over a picture, in its own pixels, so that they are told apart without colours too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recognizer.domain.types import Box

SURE = 0.99
"""From this confidence on a box has a plain outline; below it a broken one."""
DARKEST, LIGHTEST = 0.4, 0.04
"""The fill of a box of which nothing is known, and of one that is certain."""

LABEL = 0.5
"""The height of the text above a box, in heights of the box, at most."""


def level(confidence: float) -> str:
    """The outline's name for a confidence that is no reason to doubt."""
    return "sure" if confidence >= SURE else "fair"


def shade(confidence: float) -> str:
    """How opaque a box's fill is, as SVG wants it: the less sure, the darker."""
    return f"{LIGHTEST + (DARKEST - LIGHTEST) * (1 - min(max(confidence, 0.0), 1.0)):.2f}"


@dataclass(frozen=True, slots=True)
class Label:
    """What is written beside a box: how high, and whether there is room above it."""

    height: int
    above: bool


@dataclass(frozen=True, slots=True)
class Overlay:
    """The drawing's frame: the upright picture's own pixels."""

    width: int
    height: int
    boxes: list[tuple[Any, Box]]

    @property
    def labelled(self) -> list[tuple[Any, Label]]:
        """What has a box, each with its label: no higher than fits between two lines."""
        heights = [max(4, min(round(LABEL * box.height), self.letter)) for _, box in self.boxes]
        return [
            (number, Label(height, above=box.y > 1.3 * height))
            for (number, box), height in zip(self.boxes, heights, strict=True)
        ]

    @property
    def letter(self) -> int:
        """The height of a label at most, so that it hides little of the picture."""
        return max(5, max(self.width, self.height) // 20)

    @property
    def mark(self) -> int:
        """The height of a question mark: it must be seen whatever the picture's size."""
        return max(6, max(self.width, self.height) // 14)

    @property
    def grain(self) -> int:
        """The distance between two strokes of a hatching."""
        return max(3, max(self.width, self.height) // 60)

    @property
    def half_grain(self) -> str:
        return f"{self.grain / 2:.1f}"
