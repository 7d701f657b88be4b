"""Teaching sheets: a photo of one becomes a hundred labelled crops, and what its owner confirms becomes samples."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Collection
from typing import TypedDict

import numpy as np
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from accounts.models import User
from recognizer.domain.errors import BadRequest, BadSheet
from recognizer.domain.phrases import phrase
from recognizer.models import Sample, Sheet
from recognizer.services.decoding import decoder_pool
from recognizer.services.samples import sample_add
from recognizer.services.serving import models_serving
from recognizer.vision.teaching_layout import COLUMNS, ROWS
from recognizer.vision.teaching_sheet import COUNT, TeachingSheet, read_teaching_sheet

SIDE = 28
KEPT = dt.timedelta(hours=24)
"""What nobody confirmed within a day is forgotten."""

MOST_WAITING = 5
"""Sheets of one person that wait at once; the oldest make room."""

MISTAKEN = 0.5
"""The share of a sheet's digits that may seem to be others: beyond it the sheet was misunderstood."""

EXPLAINED = 0.7
"""The share that another way to fill the sheet must explain before it is named."""

OTHER, CUT_OFF = "other", "cut_off"

# A sheet straightened and searched takes some 60 MB for a quarter of a second: one at a time is plenty.
_place = threading.BoundedSemaphore(1)


class Box(TypedDict):
    """What was read in a box: the best digit, its probability, and why it is doubted, if it is."""

    digit: int
    confidence: float
    doubt: str


def sheet_read(*, data: bytes, owner: User) -> Sheet:
    """Read a photo of a filled-in sheet; its crops wait for the owner's word, the photo is forgotten.

    Raises BadSheet where there is no sheet, nothing on it, or most of it is not what its rows ask for; the errors of
    decoding (NoFile, EmptyFile, TooLarge, UnsupportedImage, BadImage, DecoderUnavailable); and ModelUnavailable. Then
    nothing is kept.
    """
    serving = models_serving()
    image = decoder_pool().decode(data)
    with _place:
        found = read_teaching_sheet(image.gray)
    if not found.written.any():
        raise BadSheet(phrase("Nothing is written in the boxes of this sheet."))
    engine = serving.readers.digit
    boxes = _boxes(found, engine.probabilities(found.crops), engine.card.threshold)
    _check_rows(boxes, upside_down=engine.probabilities(np.ascontiguousarray(found.crops[:, ::-1, ::-1])))
    sheet = Sheet(owner=owner, crops=found.crops.tobytes(), boxes=boxes)
    with transaction.atomic():
        sheet.save(force_insert=True)
        waiting = Sheet.objects.filter(owner=owner, state=Sheet.State.FOUND).order_by("-created_at", "-id")
        Sheet.objects.filter(id__in=[row.id for row in waiting.only("id")[MOST_WAITING:]]).delete()
    return sheet


def _boxes(found: TeachingSheet, table: NDArray[np.float32], threshold: float) -> list[Box | None]:
    """For each box what was read, and whether it is doubted: the network is sure of another digit, or it is cut off."""
    boxes: list[Box | None] = []
    for at, row in enumerate(table):
        digit, confidence = int(row.argmax()), float(row.max())
        other = digit != at // COLUMNS and confidence >= threshold
        doubt = OTHER if other else CUT_OFF if found.cut_off[at] else ""
        box = Box(digit=digit, confidence=round(confidence, 4), doubt=doubt)
        boxes.append(box if found.written[at] else None)
    return boxes


def _check_rows(boxes: list[Box | None], *, upside_down: NDArray[np.float32]) -> None:
    """Raise BadSheet where most of the digits are not those of their rows, and say what happened if it is plain.

    ``upside_down`` is what the network says of the same crops turned over.
    """
    at = np.array([at for at, box in enumerate(boxes) if box])
    rows, columns = np.divmod(at, COLUMNS)
    written = [box for box in boxes if box]
    read, turned = np.array([box["digit"] for box in written]), upside_down[at].argmax(axis=1)
    asked = phrase("Each row asks for its own digit: noughts in the first, nines in the last. Nothing of it was kept.")
    if (read == rows).mean() < MISTAKEN:
        if (turned == ROWS - 1 - rows).mean() >= EXPLAINED:
            raise BadSheet(
                phrase(
                    "This sheet was filled in upside down. Hold it so that its title is on top. {asked}", asked=asked
                )
            )
        if any((read == guess % 10).mean() >= EXPLAINED for guess in (columns, columns + 1)):
            raise BadSheet(phrase("This sheet was filled in by columns instead of rows. {asked}", asked=asked))
    if np.mean([box["doubt"] == OTHER for box in written]) > MISTAKEN:
        raise BadSheet(phrase("Most of what is written on this sheet is not what it asks for. {asked}", asked=asked))


def sheet_confirm(*, sheet: Sheet, chosen: Collection[int], agrees: bool) -> int:
    """Keep the chosen boxes (0 to 99, row after row) as samples of the sheet's owner; returns how many were kept.

    A second time nothing changes, and the first answer is given again. ``agrees``: the owner consents, now, that what
    they give is trained on; without it, and without an earlier consent, nothing is kept. Raises BadRequest for that,
    for boxes that are not there or empty, for none at all, and for a sheet that was discarded.
    """
    with transaction.atomic():
        sheet = Sheet.objects.select_for_update().select_related("owner").get(id=sheet.id)
        if sheet.state == Sheet.State.CONFIRMED:
            return sheet.kept
        if sheet.state == Sheet.State.DISCARDED:
            raise BadRequest(phrase("This sheet was thrown away; nothing of it is left."))
        _check_choice(sheet, chosen)
        _consent(sheet.owner, agrees)
        sheet.kept = _add_samples(sheet, chosen)
        _empty(sheet, Sheet.State.CONFIRMED)
    return sheet.kept


def _add_samples(sheet: Sheet, chosen: Collection[int]) -> int:
    crops = sheet_crops(sheet)
    samples = [
        sample_add(contributor=sheet.owner, label=at // COLUMNS, crop=crops[at], source=Sample.Source.SHEET)
        for at in sorted(chosen)
    ]
    return len({sample.id for sample in samples if sample is not None})


def _check_choice(sheet: Sheet, chosen: Collection[int]) -> None:
    if not chosen:
        raise BadRequest(phrase("Tick the digits that are to be kept, or throw the sheet away."))
    if not all(0 <= at < COUNT and sheet.boxes[at] is not None for at in chosen):
        raise BadRequest(phrase("One of these boxes is empty or not on the sheet."))


def _consent(owner: User, agrees: bool) -> None:
    if owner.training_consent:
        return
    if not agrees:
        raise BadRequest(
            phrase(
                "Digits are kept only if you agree that the models here learn from them. Tick the box to"
                " agree, or throw the sheet away."
            )
        )
    owner.training_consent = True
    owner.save(update_fields=["training_consent"])


def sheet_discard(*, sheet: Sheet) -> None:
    """Forget the crops of a sheet. What was confirmed before stays."""
    with transaction.atomic():
        sheet = Sheet.objects.select_for_update().get(id=sheet.id)
        if sheet.state == Sheet.State.FOUND:
            _empty(sheet, Sheet.State.DISCARDED)


def _empty(sheet: Sheet, state: Sheet.State) -> None:
    sheet.state, sheet.crops, sheet.boxes = state, b"", []
    sheet.save(update_fields=["state", "crops", "boxes", "kept"])


def sheet_crops(sheet: Sheet) -> NDArray[np.uint8]:
    """The crops of a sheet that waits, (100, 28, 28), white ink on black."""
    return np.frombuffer(bytes(sheet.crops), np.uint8).reshape(COUNT, SIDE, SIDE)


def sheets_sweep() -> int:
    """Remove sheets that are a day old, whatever became of them; returns how many still waited."""
    old = Sheet.objects.filter(created_at__lt=timezone.now() - KEPT)
    waited = old.filter(state=Sheet.State.FOUND).count()
    old.delete()
    return waited
