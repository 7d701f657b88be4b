"""Strips to look at in a line network's report: held-out ones with what the network alone reads, the worst and some."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from recognizer.inference.calibration import with_temperature
from recognizer.inference.decoding import beam_search, collapse_marks, log_probabilities
from recognizer.training.export import litert_probabilities
from recognizer.training.lines.pool import LinePool
from recognizer.training.sprites import MOST_MISTAKES, Tiles

MOST = 500
"""Strips that are read to choose from: a second's work."""
SAMPLES = 20


def strips_shown(network: Path, pool: LinePool, temperature: float) -> tuple[Tiles, Tiles]:
    """The numbers read wrongly with the most confidence, and the first of all, right or wrong.

    Of the strips of one width, that of which there are most, so that they fit one sprite. The confidence is the
    probability of the text by the line network alone.
    """
    strips, labels = max(pool.parts.values(), key=lambda part: len(part[1]))
    strips = np.asarray(strips[:MOST])
    frames = with_temperature(litert_probabilities(network, strips), temperature)
    items = [_item(index, labels[index], frames[index]) for index in range(len(strips))]
    numbers = [item for item in items if item["written"]]
    wrong = [item for item in numbers if item["read"] != item["written"]]
    worst = sorted(wrong, key=lambda item: -item["confidence"])[:MOST_MISTAKES]
    mistakes, samples = (Tiles(strips[[item["index"] for item in part]], part) for part in (worst, numbers[:SAMPLES]))
    return mistakes, samples


def _item(index: int, label: Any, frames: Any) -> dict[str, Any]:
    digits = collapse_marks(frames)
    read = (beam_search(digits) or [""])[0]
    return {
        "written": "".join(str(each - 1) for each in label.tolist() if 0 < each <= 10),
        "read": read,
        "confidence": round(min(1.0, float(np.exp(log_probabilities(digits, (read,))[0]))), 4),
        "index": index,
    }
