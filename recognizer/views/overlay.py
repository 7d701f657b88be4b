"""How boxes are drawn over a picture, in its own pixels, so that they are told apart without colours too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recognizer.domain.types import Box
from recognizer.views.labels import Label, place_labels

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
    boxes: list[tuple[Any, Box]]

    @property
    def labelled(self) -> list[tuple[Any, Label | None]]:
        """What has a box, each with the place of its text; None where that would hide another's."""
        numbers = [number for number, _ in self.boxes]
        marks = [self._mark_of(box) for number, box in self.boxes if number.level == "doubt"]
        sizes = [(box, len(number.shown)) for number, box in self.boxes]
        labels = place_labels(sizes, (self.width, self.height), highest=self.letter, taken=marks)
        return list(zip(numbers, labels, strict=True))

    def _mark_of(self, box: Box) -> Box:
        """What the question mark beside a box covers: it stands on the line of the box's lower edge."""
        wide = round(0.6 * self.mark)
        return Box(box.right + wide // 3, box.bottom - round(0.8 * self.mark), wide, self.mark)

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
