"""Where a number that a person marked stands among those that were read: its line, and its place in the order."""

from __future__ import annotations

from collections.abc import Sequence

from recognizer.domain.types import Box
from recognizer.models import Prediction, Upload

BESIDE = 0.5
"""Two boxes that overlap by this share of the lower one's height stand on the same line."""


def place_make(*, upload: Upload, box: Box) -> tuple[int, int]:
    """Make room for a number in ``box``: its order and its line; those after it move on. Call it in a transaction that
    holds the upload's lock.
    """
    rows = list(upload.predictions.order_by("order"))
    line, new_line = _line(rows, box)
    if new_line:
        before = [row for row in rows if row.line < line]
    else:
        before = [row for row in rows if row.line < line or (row.line == line and _middle(row)[0] < _x(box))]
    order = max((row.order for row in before), default=-1) + 1
    # From the last one on, so that no two ever have the same place.
    for row in reversed(rows):
        moved = (row.order + (row.order >= order), row.line + (new_line and row.line >= line))
        if moved != (row.order, row.line):
            row.order, row.line = moved
            row.save(update_fields=["order", "line"])
    return order, line


def _line(rows: Sequence[Prediction], box: Box) -> tuple[int, bool]:
    """The line that a box stands on, and whether it is a new one."""
    beside = [row for row in rows if _overlap(row, box) >= BESIDE]
    if beside:
        return min(beside, key=lambda row: abs(_middle(row)[0] - _x(box))).line, False
    above = [row.line for row in rows if _middle(row)[1] < box.y + box.height / 2]
    return max(above, default=-1) + 1, True


def _overlap(row: Prediction, box: Box) -> float:
    """How much of the lower one's height two boxes share."""
    common = min(row.box_y + row.box_height, box.bottom) - max(row.box_y, box.y)
    return common / max(1, min(row.box_height, box.height))


def _middle(row: Prediction) -> tuple[float, float]:
    return row.box_x + row.box_width / 2, row.box_y + row.box_height / 2


def _x(box: Box) -> float:
    return box.x + box.width / 2
