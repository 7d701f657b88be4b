"""A form drawn in code, empty and filled in, for tests of forms."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Box
from recognizer.tests.pictures import as_png, ink_of

SIZE = (1000, 1300)
CUSTOMER = Box(330, 230, 560, 110)
AMOUNT = Box(330, 430, 560, 110)
MONTH = Box(330, 630, 220, 110)
PLACES = {"Customer": CUSTOMER, "Amount": AMOUNT, "Month": MONTH}
PRINT = (
    *((60, 90, "Order for garden tools", 1.6), (60, 150, "Write one digit after the other, in ink.", 0.8)),
    *((60, 300, "Customer", 1.2), (60, 500, "Amount", 1.2), (60, 700, "Month", 1.2)),
    *((60, 880, "1. Fill in every field above.", 0.8), (60, 930, "2. Keep within the frames.", 0.8)),
    *((60, 980, "3. Hand this sheet in at the counter by the end of the month.", 0.8),),
    *((60, 1180, "Greenfield & Daughters, 12 Mill Lane", 0.7), (700, 1230, "form GF-7 / 2026", 0.7)),
)


def form_picture(**written: str) -> NDArray[np.uint8]:
    """The form, grey (height, width), with what is ``written`` into its fields by name; an empty one without."""
    page = np.full((SIZE[1], SIZE[0]), 245, np.uint8)
    for x, y, text, size in PRINT:
        cv2.putText(page, text, (x, y), cv2.FONT_HERSHEY_DUPLEX, size, 40, 2, cv2.LINE_AA)
    cv2.rectangle(page, (40, 1010), (960, 1130), 60, 2)
    cv2.line(page, (40, 1070), (960, 1070), 60, 1)
    for box in PLACES.values():
        cv2.rectangle(page, (box.x, box.y), (box.right, box.bottom), 60, 2)
    for name, text in written.items():
        box = PLACES[name]
        ink = ink_of(text, SIZE, (box.x + 22, box.y + 24), 62, 7)
        page = np.minimum(page, (245 - ink * (225 / 255)).astype(np.uint8))
    return page


def form_png(**written: str) -> bytes:
    """The same as an upload."""
    return as_png(form_picture(**written))


def tilted(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photo of it, held a little askew, on a dark table."""
    width, height = picture.shape[1], picture.shape[0]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = corners * 0.86 + np.array([[90, 110], [60, 50], [110, 80], [40, 120]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    photo = cv2.warpPerspective(picture, matrix, (width, height), borderValue=90)
    return np.asarray(photo, np.uint8)
