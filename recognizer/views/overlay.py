"""How boxes are drawn over a picture, in its own pixels, so that they are told apart without colours too."""

from __future__ import annotations

from dataclasses import dataclass

SURE = 0.99
"""From this confidence on a box has a plain outline; below it a broken one."""
DARKEST, LIGHTEST = 0.4, 0.04
"""The fill of a box of which nothing is known, and of one that is certain."""


def level(confidence: float) -> str:
    """The outline's name for a confidence that is no reason to doubt."""
    return "sure" if confidence >= SURE else "fair"


def shade(confidence: float) -> str:
    """How opaque a box's fill is, as SVG wants it: the less sure, the darker."""
    return f"{LIGHTEST + (DARKEST - LIGHTEST) * (1 - min(max(confidence, 0.0), 1.0)):.2f}"


@dataclass(frozen=True, slots=True)
class Overlay:
    """The drawing's frame: the upright picture's own pixels."""

    width: int
    height: int

    @property
    def letter(self) -> int:
        """The height of what is written beside boxes, legible whatever the picture's size."""
        return max(5, max(self.width, self.height) // 25)

    @property
    def grain(self) -> int:
        """The distance between two strokes of a hatching."""
        return max(2, max(self.width, self.height) // 70)

    @property
    def half_grain(self) -> str:
        return f"{self.grain / 2:.1f}"
