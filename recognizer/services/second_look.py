"""A second look at a picture of one digit: where the first is in doubt, other cuts are offered to the digit network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import DecodedImage, NumberCrop
from recognizer.inference.engine import DigitEngine
from recognizer.vision.recut import Recut
from recognizer.vision.strips import strip_of_glyph

Table = NDArray[np.float32]

SURE = 0.9
"""From this certainty on the first look stands."""


def best_cut(
    image: DecodedImage, found: list[NumberCrop], table: Table, engine: DigitEngine
) -> tuple[list[NumberCrop], Table]:
    """The cut of which the digit network is surest, and its probabilities, (1, 10), times the share of the picture's
    ink that it explains: ink left over is doubt.

    ``found`` and ``table``, (n, 10), are the first look's: at most one digit.
    """
    recut = Recut.of(image.gray, scale=image.scale)
    if len(table) == 1:
        table = table * np.float32(recut.share(found[0].glyphs[0].box))
    certainty = float(table.max(initial=0.0))
    cuts = recut.cuts() if certainty < SURE else []
    if not cuts:
        return found, table
    answers = engine.probabilities(np.stack([cut.glyph.crop for cut in cuts]))
    answers *= np.array([[cut.share] for cut in cuts], np.float32)
    best = int(answers.max(axis=1).argmax())
    if answers[best].max() <= certainty:
        return found, table
    glyph = cuts[best].glyph
    return [NumberCrop(glyph.box, 0, (glyph,), strip_of_glyph(glyph))], answers[best : best + 1]
