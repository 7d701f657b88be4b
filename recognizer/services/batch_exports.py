"""What people take with them of one batch: also as PAGE-XML, and as pictures with what was read drawn on them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from django.utils.translation import gettext as _

from recognizer.domain.errors import NumeralError
from recognizer.domain.history import HistoryQuery, Sort
from recognizer.models import Batch, Upload
from recognizer.selectors_history import history_each, items_without_picture
from recognizer.services.exports import CONTENT_TYPES, FORMATS, Chunks, readings_prefetch
from recognizer.services.overlays import overlay_draw
from recognizer.services.page_xml import page_xml
from recognizer.services.zip_stream import member_name, zip_stream
from recognizer.wording import said

logger = logging.getLogger(__name__)

PAGE_XML, OVERLAYS = "page-xml", "overlays"
BATCH_FORMATS = (*FORMATS, PAGE_XML, OVERLAYS)
LIST = "not-drawn.txt"
CHUNK = 50
"""Uploads whose digits are in memory at once."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file in pieces, what it is, and how its name ends."""

    pieces: Iterator[bytes]
    content_type: str
    suffix: str


def batch_export(*, batch: Batch, kind: str) -> Export:
    """All of a batch that is not in the trash, as it was given. ``kind``: one of ``BATCH_FORMATS``."""
    query = HistoryQuery(batch=batch.id, sort=Sort.GIVEN)
    if kind == PAGE_XML:
        return _pages(history_each(owner=batch.owner, query=query, size=CHUNK))
    if kind == OVERLAYS:
        drawn = _drawn(batch, history_each(owner=batch.owner, query=query, size=CHUNK))
        return Export(zip_stream(members=drawn), "application/zip", "zip")
    return Export(FORMATS[kind](history_each(owner=batch.owner, query=query)), CONTENT_TYPES[kind], kind)


def _pages(chunks: Chunks) -> Export:
    """A single page as it is; several in an archive."""
    pages = _each(chunks)
    first, second = next(pages, None), next(pages, None)
    if first is not None and second is None:
        return Export(iter([page_xml(first)]), "application/xml", "xml")
    both = (upload for upload in (first, second) if upload is not None)
    members = (
        (member_name(number, upload.name, ".xml"), page_xml(upload))
        for number, upload in enumerate(chain(both, pages), start=1)
    )
    return Export(zip_stream(members=members), "application/zip", "zip")


def _drawn(batch: Batch, chunks: Chunks) -> Iterator[tuple[str, bytes]]:
    """Each picture that was kept and on which something was read; then a list of all others, with the reason."""
    left_out: list[str] = []
    for number, upload in enumerate(_each(chunks), start=1):
        why = _why_not(upload)
        if not why:
            try:
                yield member_name(number, upload.name, ".jpg"), overlay_draw(upload=upload)
            except NumeralError as error:
                why = said(error)
        if why:
            left_out.append(f"{_named(upload)}: {why}")
    left_out += [
        f"{item.name}: {said(item.error_message) or item.get_state_display()}" for item in items_without_picture(batch)
    ]
    if left_out:
        yield LIST, "".join(f"{line}\r\n" for line in left_out).encode()


def _why_not(upload: Upload) -> str:
    if upload.state in (Upload.State.QUEUED, Upload.State.READING):
        return _("It is still being read.")
    if upload.state == Upload.State.FAILED:
        return _("It could not be read.")
    if upload.state == Upload.State.REJECTED:
        return _("No digit was found.")
    return "" if upload.image else _("The picture was not kept. It says: %(text)s") % {"text": upload.final_text}


def _named(upload: Upload) -> str:
    name = " ".join(upload.name.split()) or str(upload.id)
    return name if upload.page is None else f"{name}, {_('page %(page)d') % {'page': upload.page}}"


def _each(chunks: Chunks) -> Iterator[Upload]:
    for uploads in chunks:
        readings_prefetch(uploads)
        yield from uploads
