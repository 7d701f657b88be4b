"""A batch as its pages show it: figures, a bar, sentences, and a line for each picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from recognizer.models import Batch, BatchItem, Upload
from recognizer.selectors_batches import BatchProgress
from recognizer.wording import said

BAR = 1000
"""The width of a whole bar, in its own units."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the bar, and the figure that says the same."""

    kind: str
    label: str
    count: int
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Figures:
    """How far a batch is."""

    progress: BatchProgress

    @property
    def is_open(self) -> bool:
        return self.progress.state == "open"

    @property
    def is_underway(self) -> bool:
        """Whether anything may still change by itself."""
        return self.progress.state in ("open", "reading")

    @property
    def is_cancelled(self) -> bool:
        return self.progress.state == "cancelled"

    @property
    def total(self) -> int:
        return self.progress.total

    @property
    def done(self) -> int:
        """Those of which nothing more is to come."""
        return self.progress.total - self.progress.waiting

    @property
    def read(self) -> int:
        return self.progress.read

    @property
    def doubtful(self) -> int:
        return self.progress.doubtful

    @property
    def rejected(self) -> int:
        return self.progress.rejected

    @property
    def failed(self) -> int:
        return self.progress.failed

    @property
    def parts(self) -> list[Part]:
        """The bar from its beginning on: sure, in doubt, without a number, failed."""
        progress = self.progress
        counts = {
            ("sure", _("read, and sure")): progress.read - progress.doubtful - progress.rejected,
            ("doubt", _("not sure")): progress.doubtful,
            ("none", _("without a number")): progress.rejected,
            ("failed", _("failed")): progress.failed,
        }
        parts, before = [], 0
        for (kind, label), count in counts.items():
            x, end = (BAR * sum_ // max(1, progress.total) for sum_ in (before, before + count))
            parts.append(Part(kind, label, count, x, end - x))
            before += count
        return parts

    @property
    def shown(self) -> list[Part]:
        """The figures below the bar; what was cancelled, or still waits, is only told where there is any."""
        progress = self.progress
        more = {"cancelled": (_("cancelled"), progress.cancelled), "waiting": (_("still to be read"), progress.waiting)}
        return self.parts + [Part(kind, label, count, 0, 0) for kind, (label, count) in more.items() if count]

    @property
    def sentence(self) -> str:
        """How far it is, in words."""
        progress = self.progress
        numbers = {"done": intcomma(self.done), "total": intcomma(progress.total), "read": intcomma(progress.read)}
        if self.is_open:
            return _("Files are coming in; %(done)s of %(total)s so far are read.") % numbers
        if self.is_underway:
            return _("Reading: %(done)s of %(total)s") % numbers
        if self.is_cancelled:
            return _("Cancelled: %(read)s of %(total)s were read.") % numbers
        if progress.read == progress.total:
            return ngettext("The picture is read.", "All %(total)s pictures are read.", progress.total) % numbers
        return _("%(read)s of %(total)s pictures are read.") % numbers

    @property
    def time_left(self) -> str:
        """How long it will take, as coarse as it is known; an empty string where that is not known."""
        seconds = self.progress.seconds_left
        if not self.is_underway or seconds is None or self.is_open:
            return ""
        if seconds < 60:
            return _("less than a minute left")
        if seconds < 3_600:
            minutes = round(seconds / 60)
            return ngettext("about %(count)d minute left", "about %(count)d minutes left", minutes) % {"count": minutes}
        hours = round(seconds / 3_600)
        return ngettext("about %(count)d hour left", "about %(count)d hours left", hours) % {"count": hours}


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch as a line of the list, and as the head of its own page."""

    id: UUID
    title: str
    created_at: datetime
    keep: str
    figures: Figures


def batch_line(batch: Batch, progress: BatchProgress) -> BatchLine:
    return BatchLine(batch.id, str(batch), batch.created_at, batch.keep, Figures(progress))


@dataclass(frozen=True, slots=True)
class ItemLine:
    """A picture of a batch as a row of the table."""

    id: int
    number: int
    name: str
    page: str
    state: str
    text: str
    corrected: bool
    confidence: float | None
    problem: str
    upload_url: str
    thumbnail_url: str


def item_line(item: BatchItem) -> ItemLine:
    """``item`` has its upload at hand, and its ``number``: its place among the pictures of the batch, from 1 on."""
    upload: Upload | None = item.upload
    if upload is not None and upload.deleted_at is not None:
        return _line(item, state="deleted")
    if upload is None:
        waits = item.state in (BatchItem.State.WAITING, BatchItem.State.READING)
        state = "deleted" if item.state == BatchItem.State.DONE else "waiting" if waits else str(item.state)
        return _line(item, state=state)
    corrected = upload.final_text != upload.text
    return _line(
        item,
        state="corrected" if corrected else upload.state,
        text=upload.final_text if corrected else upload.formatted or upload.final_text,
        corrected=corrected,
        confidence=upload.confidence,
        upload_url=reverse("recognizer:upload", args=[upload.id]),
        thumbnail_url=reverse("recognizer:upload_thumbnail", args=[upload.id]) if upload.thumbnail else "",
    )


def _line(
    item: BatchItem,
    *,
    state: str,
    text: str = "",
    corrected: bool = False,
    confidence: float | None = None,
    upload_url: str = "",
    thumbnail_url: str = "",
) -> ItemLine:
    page = ""
    if item.page and (item.pages or 1) > 1:
        page = pgettext("page of a file", "p. %(page)d of %(pages)d") % {"page": item.page, "pages": item.pages}
    return ItemLine(
        id=item.id,
        number=item.number,  # type: ignore[attr-defined]
        name=item.name,
        page=page,
        state=state,
        text=text,
        corrected=corrected,
        confidence=confidence,
        problem=said(item.error_message),
        upload_url=upload_url,
        thumbnail_url=thumbnail_url,
    )
