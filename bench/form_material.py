"""Forms filled in with MNIST's digits and photographed, for ``bench.forms``; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import cv2
import numpy as np

from recognizer.domain.check_digits import CheckKind, equation
from recognizer.domain.form_fields import FieldRule
from recognizer.domain.types import DecodedImage
from recognizer.tests.form_pictures import FIELD_HEIGHT, STYLES, Form, laid_in, printed_form
from recognizer.tests.pictures import Picture
from recognizer.tests.teaching_pictures import photographed
from recognizer.training.lines.writing import Bitmaps, write_apart, write_bitmaps

FIELDS = 18
"""Fields of a form, a third of them of each length."""

LENGTHS = {4: CheckKind.LUHN, 8: CheckKind.MOD97, 10: CheckKind.MOD11}
"""Digits of a field, its check digits among them, and how it is checked."""

SPREAD = 4
"""A range leaves one in so many numbers of its length."""

RULES = {
    count: FieldRule(
        count, count, Decimal(10 ** (count - 1)), Decimal(10**count // SPREAD + 10 ** (count - 1)), check=check
    )
    for count, check in LENGTHS.items()
}


@dataclass(frozen=True, slots=True, eq=False)
class FilledForm:
    """A form, a photo of it, and what was written into its fields, each with its rule; ``slips`` break theirs."""

    form: Form
    photo: DecodedImage
    rules: tuple[FieldRule, ...]
    texts: tuple[str, ...]


def filled_forms(hands: Bitmaps, count: int, seed: int, slips: float) -> Iterator[FilledForm]:
    """So many forms of one seed; in a share ``slips`` of the fields a digit is another than was meant."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        lengths = [int(length) for length in rng.permutation(sorted(RULES) * (FIELDS // len(RULES)))]
        style = STYLES[number % len(STYLES)]
        form = printed_form(lengths, seed=int(rng.integers(1 << 20)), style=style)
        rules = tuple(RULES[length] for length in lengths)
        texts = tuple(_text(rule, rng, slips) for rule in rules)
        page = laid_in(
            form,
            [
                _in_cells(text, box.width, hands, rng) if style == "comb" else _writing(text, box.width, hands, rng)
                for text, box in zip(texts, form.boxes, strict=True)
            ],
            ink=int(rng.integers(20, 110)),
            darkness=float(rng.uniform(0.7, 0.95)),
        )
        yield FilledForm(form, _decoded(photograph(page, rng)), rules, texts)


def _text(rule: FieldRule, rng: np.random.Generator, slips: float) -> str:
    """A number that keeps the rule, or that a slip of the pen makes break it."""
    count = rule.lengths[0]
    low, high = rule.bounds(count)
    check = equation(rule.check, count)
    assert check is not None
    while True:
        text = str(rng.integers(low, high + 1))
        if check.holds(text):
            break
    if rng.random() < slips:
        place = int(rng.integers(count))
        text = text[:place] + str((int(text[place]) + int(rng.integers(1, 10))) % 10) + text[place + 1 :]
    return text


def _writing(text: str, width: int, hands: Bitmaps, rng: np.random.Generator) -> Picture:
    """A number as one hand writes it, as large as its field lets it; now and then it reaches out."""
    written = write_bitmaps(text, hands, rng)
    x0, y0, x1, y1 = (int(side) for side in written.box)
    ink = written.ink[max(0, y0 - 4) : y1 + 4, max(0, x0 - 4) : x1 + 8]
    scale = min(float(rng.uniform(0.6, 0.95)) * FIELD_HEIGHT / ink.shape[0], 0.97 * width / ink.shape[1])
    size = max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    left = int(rng.uniform(2, max(3, width - size[0])))
    below = int(max(0, FIELD_HEIGHT - size[1]) * rng.uniform(0.0, 0.9))
    return np.asarray(cv2.copyMakeBorder(small, 0, below, left, 0, cv2.BORDER_CONSTANT, value=0), np.uint8)


def _in_cells(text: str, width: int, hands: Bitmaps, rng: np.random.Generator) -> Picture:
    """A number of which each digit stands in a cell of its own; now and then it reaches out."""
    written = write_apart(text, hands, rng)
    room = width / len(text)
    scale = min(float(rng.uniform(0.55, 0.9)) * FIELD_HEIGHT / max(ink.shape[0] for ink in written), 1.0)
    ink = np.zeros((2 * FIELD_HEIGHT, width + 40), np.uint8)
    for place, own in enumerate(written):
        factor = min(scale, room / own.shape[1])
        size = max(1, round(own.shape[1] * factor)), max(1, round(own.shape[0] * factor))
        small = np.asarray(cv2.resize(own, size, interpolation=cv2.INTER_AREA), np.uint8)
        x = max(0, int(place * room + (room - size[0]) / 2 + rng.normal(0, 0.08) * room))
        y = max(0, int(1.5 * FIELD_HEIGHT - size[1] - (FIELD_HEIGHT - size[1]) / 2 + rng.normal(0, 2.0)))
        window = ink[y : y + size[1], x : x + size[0]]
        np.maximum(window, small[: window.shape[0], : window.shape[1]], out=window)
    return ink


def photograph(page: Picture, rng: np.random.Generator) -> Picture:
    """The page as some phone sees it that is held as the page lies, any of four ways up: grey, after its JPEG."""
    turn = int(rng.choice([0, 90, 180, 270]))
    photo = photographed(
        page,
        angle=float(turn + rng.normal(0, 4)),
        tilt=(float(rng.normal(0, 0.06)), float(rng.normal(0, 0.08))),
        size=(1732, 2309) if turn % 180 == 0 else (2309, 1732),
        fills=float(rng.uniform(0.78, 0.98)),
        bend=float(rng.normal(0, 0.5)),
        shadow=float(rng.uniform(0, 0.6)),
        blur=float(rng.uniform(0, 1.8)),
        noise=float(rng.uniform(1, 7)),
        desk=int(rng.integers(20, 240)),
        seed=int(rng.integers(1 << 30)),
    )
    jpeg = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 95))])[1]
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), np.uint8)


def _decoded(gray: Picture) -> DecodedImage:
    height, width = gray.shape
    return DecodedImage(gray, width, height, scale=1.0, stored=b"", stored_type="image/png", thumbnail=b"")
