"""Forms for tests and benchmarks: print drawn at random, no two forms alike, and writing in their fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import cv2
import numpy as np

from recognizer.domain.form_fields import FieldRule, FormField, FormSpec
from recognizer.domain.types import Box
from recognizer.tests.pictures import Picture, ink_of

SIZE = (1240, 1754)
"""Width and height of a form's page: A4 at 150 dots an inch."""

FIELD_HEIGHT = 62
DIGIT_WIDTH = 46
"""A field's height, and its width for each digit: 10 and 8 mm."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"
INK = 30
STYLES = ("box", "comb", "line")


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A form as it was printed: its page, grey, and the boxes of its fields."""

    page: Picture
    boxes: tuple[Box, ...]

    def spec(self, rules: Sequence[FieldRule]) -> FormSpec:
        """The form as a person describes it."""
        height, width = self.page.shape
        pairs = enumerate(zip(self.boxes, rules, strict=True))
        fields = tuple(FormField(UUID(int=at + 1), f"Field {at + 1}", box, rule) for at, (box, rule) in pairs)
        return FormSpec(width, height, fields)


def printed_form(digits: Sequence[int], *, seed: int = 1, style: str = "box", words: int = 40) -> Form:
    """A form with a field for each count of digits; ``style`` is a box, a comb (a box for each digit), or a line.

    ``words`` is how much else is printed; few words make a form that has little to be known by.
    """
    rng = np.random.default_rng([2026, seed])
    page = np.full((SIZE[1], SIZE[0]), 255, np.uint8)
    if words:
        _words(page, rng, (90, 130), 2, 1.8, 4)
    lines = range(200, 200 + 34 * (words // 8), 34)
    for top in lines:
        _words(page, rng, (90, top), 8, 0.75, 2)
    x, y = 90, 240 + 34 * (words // 8)
    boxes = []
    for count in digits:
        width = count * DIGIT_WIDTH + 24
        if x + width > SIZE[0] - 80:
            x, y = 90, y + FIELD_HEIGHT + int(rng.integers(60, 90))
        if words:
            _words(page, rng, (x, y - 12), 2, 0.6, 1)
        boxes.append(Box(x, y, width, FIELD_HEIGHT))
        _field(page, boxes[-1], count, style)
        x += width + int(rng.integers(40, 110))
    return Form(page, tuple(boxes))


def _words(page: Picture, rng: np.random.Generator, at: tuple[int, int], count: int, size: float, thick: int) -> None:
    words = ("".join(rng.choice(list(LETTERS), int(rng.integers(3, 9)))) for _ in range(count))
    cv2.putText(page, " ".join(words), at, cv2.FONT_HERSHEY_DUPLEX, size, INK, thick, cv2.LINE_AA)


def _field(page: Picture, box: Box, count: int, style: str) -> None:
    if style == "line":
        cv2.line(page, (box.x, box.bottom), (box.right, box.bottom), INK, 2)
        return
    cv2.rectangle(page, (box.x, box.y), (box.right, box.bottom), INK, 2)
    if style == "comb":
        for at in range(1, count):
            x = box.x + round(at * box.width / count)
            cv2.line(page, (x, box.y), (x, box.bottom), INK + 60, 2)


def corner_squares(form: Form, side: int = 36) -> Form:
    """The form with a solid square in each corner."""
    page = form.page.copy()
    height, width = page.shape
    for x in (50, width - 50 - side):
        for y in (50, height - 50 - side):
            page[y : y + side, x : x + side] = INK
    return Form(page, form.boxes)


def filled_form(form: Form, texts: Sequence[str], *, ink: int = 60) -> Picture:
    """The page with digits in a plain hand in its fields; an empty text leaves a field as it was."""
    drawn = [
        ink_of(text, (box.width, box.height + 40), (14, 34), 36, pen=4) if text else None
        for text, box in zip(texts, form.boxes, strict=True)
    ]
    return laid_in(form, drawn, ink=ink)


def laid_in(form: Form, drawn: Sequence[Picture | None], *, ink: int = 60, darkness: float = 0.9) -> Picture:
    """The page with ink, white on black, its left lower corner a little inside each field's; nothing for None.

    Ink that is larger than its field reaches out of it.
    """
    page = form.page.astype(np.float32)
    for box, own in zip(form.boxes, drawn, strict=True):
        if own is None:
            continue
        top = box.bottom - own.shape[0] + max(0, (own.shape[0] - box.height) // 2)
        window = page[top : top + own.shape[0], box.x : box.x + own.shape[1]]
        part = own[: window.shape[0], : window.shape[1]].astype(np.float32) / 255
        window += (np.minimum(window, ink) - window) * part * darkness
    return np.asarray(page.round(), np.uint8)
