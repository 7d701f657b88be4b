"""An occlusion as a drawing: squares over the crop, orange where it spoke for the digit, blue where against it."""

from __future__ import annotations

from dataclasses import dataclass

from recognizer.inference.occlusion import Occlusion

CELL = 2
"""Pixels of the crop to a square's side."""
STRONGEST = 0.8
"""The opacity of the square that mattered most."""
FAINT = 0.08
"""What mattered less than this share of it is not drawn."""
TELLING = 0.02
"""Where no cover changes the probability by this much, no part decided."""


@dataclass(frozen=True, slots=True)
class Square:
    x: int
    y: int
    side: int
    opacity: str
    speaks: str


@dataclass(frozen=True, slots=True)
class Heat:
    """What is drawn, and the figures of its caption."""

    digit: int
    before: float
    lowest: float
    squares: list[Square]

    @property
    def telling(self) -> bool:
        """Whether covering any part made a difference that is worth a drawing."""
        return bool(self.squares)

    @property
    def against(self) -> bool:
        return any(square.speaks == "against" for square in self.squares)


def heat_of(occlusion: Occlusion) -> Heat:
    """The squares of an occlusion, as strong as they mattered; none where no part decided."""
    side = occlusion.drops.shape[0] // CELL
    drops = occlusion.drops.reshape(side, CELL, side, CELL).mean(axis=(1, 3))
    most = float(abs(drops).max())
    decided = max(occlusion.before - occlusion.lowest, most) >= TELLING
    squares = [
        Square(CELL * x, CELL * y, CELL, f"{STRONGEST * abs(drop) / most:.2f}", "for" if drop > 0 else "against")
        for y, row in enumerate(drops.tolist())
        for x, drop in enumerate(row)
        if decided and abs(drop) >= FAINT * most
    ]
    return Heat(occlusion.digit, occlusion.before, occlusion.lowest, squares)
