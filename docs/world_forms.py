"""A form of the made-up world: its four fields described once, and six sheets that were filled in and photographed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import cv2
import numpy as np
from django.utils import timezone

from accounts.models import Keep, User
from recognizer.domain.check_digits import CheckKind
from recognizer.domain.form_fields import FieldRule
from recognizer.domain.types import Box, Source
from recognizer.models import FormTemplate, Upload
from recognizer.services.form_checks import FieldDraft
from recognizer.services.forms import form_change, form_create
from recognizer.services.ingest import picture_ingest
from recognizer.tests.pictures import Picture, as_jpeg
from recognizer.tests.sample_pages import askew, clear_hand, lay, on_paper, written

SIZE = (1000, 1180)
WORDS = (
    *(
        (60, 100, "Mill Lane Waterworks", 1.7),
        (60, 158, "Reading of a water meter: write in ink, a digit a stroke.", 0.8),
    ),
    *((60, 292, "Customer", 1.1), (60, 442, "Meter, m3", 1.1), (60, 592, "Paid", 1.1), (60, 742, "Month", 1.1)),
    *((60, 890, "1. Copy the black figures of your meter, not the red ones.", 0.75),),
    *((60, 940, "2. Hand this sheet in at the counter by the end of the month.", 0.75),),
    *((60, 1120, "Mill Lane Waterworks, 12 Mill Lane", 0.7), (760, 1120, "form W-7", 0.7)),
)
FIELDS = (
    FieldDraft(None, "Customer", Box(330, 220, 600, 110), FieldRule(7, 7, check=CheckKind.LUHN)),
    FieldDraft(None, "Meter", Box(330, 370, 600, 110), FieldRule(3, 5)),
    FieldDraft(None, "Paid", Box(330, 520, 600, 110), FieldRule(decimals=2, greatest=Decimal(500))),
    FieldDraft(
        None, "Month", Box(330, 670, 300, 110), FieldRule(least=Decimal(1), greatest=Decimal(12), optional=True)
    ),
)
SHEETS = (
    ("4021374", "40271", "4350", "11"),
    ("7992738", "5092", "1280", "11"),
    ("1234566", "813", "990", ""),
    ("4021375", "26604", "7125", "10"),
    ("5550124", "1998", "21350", "11"),
    ("3141595", "642", "2600", "12"),
)
"""What is written on each: in the fourth the check digit is wrong, in the third no month is given."""


def forms(alice: User) -> dict[str, dict[str, Any]]:
    """The form with what was read as it."""
    form = form_create(owner=alice, name="Water meter, W-7", data=as_jpeg(on_paper(printed())))
    form_change(form=form, name=form.name, fields=FIELDS)
    uploads = [sheet(form, number) for number in range(len(SHEETS))]
    Upload.objects.filter(form=form).update(created_at=timezone.now() - dt.timedelta(days=3, hours=2))
    return {"form_described": {"form_id": form.id}, "form_sheet": {"upload_id": uploads[3]}}


def sheet(form: FormTemplate, number: int) -> UUID:
    """Give a sheet; the id of its upload."""
    name = f"sheet-{number + 1}.jpg"
    given = picture_ingest(
        data=filled(number), owner=form.owner, keep=Keep.ALL, source=Source.FILE, name=name, form=form
    )
    assert given.upload is not None
    return given.upload.id


def filled(number: int) -> bytes:
    """One of the sheets, in a hand of its own, as a photo."""
    ink = printed()
    hand = clear_hand(slant=4.0 * number - 6.0)
    for field, text in zip(FIELDS, SHEETS[number], strict=True):
        if text:
            lay(ink, written(text, 58, hand, seed=number), (field.box.x + 26, field.box.y + 26))
    return as_jpeg(askew(on_paper(ink), (-2.0, 1.5, 3.0)[number % 3], depth=0.04))


def printed() -> Picture:
    """The empty form, white on black."""
    page = np.zeros(SIZE[::-1], np.uint8)
    for x, y, text, size in WORDS:
        cv2.putText(page, text, (x, y), cv2.FONT_HERSHEY_DUPLEX, size, 215, 2, cv2.LINE_AA)
    cv2.rectangle(page, (40, 985), (960, 1060), 190, 2)
    for field in FIELDS:
        cv2.rectangle(page, (field.box.x, field.box.y), (field.box.right, field.box.bottom), 190, 2)
    return page
