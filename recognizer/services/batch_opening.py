"""What a file of a batch holds: the members of an archive, the pages of a document. Each becomes a picture of it."""

from __future__ import annotations

import logging
import threading
from typing import IO
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from recognizer.domain.errors import BadArchive, BatchFull, NoFile, NumeralError
from recognizer.domain.phrases import phrase
from recognizer.models import BatchFile, BatchItem
from recognizer.models.upload import private_storage
from recognizer.services.archive_opening import Archive, Limits, Member
from recognizer.services.batch_places import place_of
from recognizer.services.decoding import decoder_pool

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
AT_ONCE = 500
"""Rows that are written at once."""


def archive_limits() -> Limits:
    """The bounds of an archive, as the settings say."""
    return Limits(
        members=settings.MAX_BATCH_FILES,
        member_bytes=settings.MAX_UPLOAD_MEGABYTES * 2**20,
        total_bytes=settings.MAX_BATCH_MEGABYTES * 2**20,
    )


class Sources:
    """The bytes of a batch's pictures. The archive that was opened last stays open, the document that was read last
    stays in memory: what follows is most often of the same. Safe to use from many threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._archive: tuple[UUID, IO[bytes], Archive] | None = None
        self._document: tuple[tuple[UUID, int | None], bytes] | None = None

    def bytes_of(self, item: BatchItem) -> bytes:
        """The bytes of the file or member that a picture is in. Raises NoFile, BadArchive, and OSError."""
        key = (item.file_id, item.member)
        with self._lock:
            if self._document is not None and self._document[0] == key:
                return self._document[1]
            if item.member is None:
                with stored_file(item.file) as stream:
                    data = stream.read()
            else:
                data = self._opened(item.file).read(item.member)
            if item.page is not None:
                self._document = (key, data)
        return data

    def close(self) -> None:
        """Let go of the archive that is open."""
        if self._archive is not None:
            self._archive[1].close()
        self._archive = None

    def _opened(self, file: BatchFile) -> Archive:
        if self._archive is not None and self._archive[0] == file.id:
            return self._archive[2]
        self.close()
        stream = stored_file(file)
        try:
            archive = Archive(stream, archive_limits())
        except BaseException:
            stream.close()
            raise
        self._archive = (file.id, stream, archive)
        return archive


def stored_file(file: BatchFile) -> IO[bytes]:
    """A file as it was given, open. Raises NoFile where it is gone, and OSError."""
    gone = NoFile(phrase("This file is gone from where it waited. Give it anew."))
    if not file.file:
        raise gone
    try:
        return private_storage().open(file.file.name or "", "rb")
    except FileNotFoundError as error:
        raise gone from error


def batch_file_open(*, file: BatchFile) -> None:
    """Note what is in an archive of a batch; a member that cannot be read fails alone.

    Idempotent: whoever claims the row by its unchanged heartbeat opens it, nobody else does.
    """
    now = timezone.now()
    claim = BatchFile.objects.filter(id=file.id, state=BatchFile.State.WAITING, heartbeat_at=file.heartbeat_at)
    if not claim.update(heartbeat_at=now, attempts=F("attempts") + 1):
        return
    file.heartbeat_at = now
    try:
        if file.attempts >= MAX_ATTEMPTS:
            raise BadArchive(phrase("Opening this ZIP file was broken off three times, so it was given up."))
        with stored_file(file) as stream:
            members = Archive(stream, archive_limits()).members()
        if not members:
            raise BadArchive(phrase("There is no picture in this ZIP file."))
        _check_room(file, len(members))
    except NumeralError as error:
        _file_fails(file, error)
    except OSError as error:  # the sweep tries again
        logger.warning("An archive of a batch could not be opened: %s", error.strerror)
    else:
        _write_members(file, members)


def _check_room(file: BatchFile, more: int) -> None:
    if BatchItem.objects.filter(batch_id=file.batch_id).count() + more > settings.MAX_BATCH_FILES:
        raise BatchFull(
            phrase(
                "With this file there would be more than {most:,} pictures in this batch. Give it in a new one.",
                most=settings.MAX_BATCH_FILES,
            )
        )


@transaction.atomic
def _file_fails(file: BatchFile, error: NumeralError) -> None:
    code, message = error.code, str(error)[:300]
    if not _claimed(file).update(state=BatchFile.State.FAILED, error_code=code, error_message=message):
        return
    BatchItem.objects.create(
        batch_id=file.batch_id,
        file=file,
        order=place_of(file.order),
        name=file.name,
        kind=file.kind,
        state=BatchItem.State.FAILED,
        error_code=code,
        error_message=message,
        finished_at=timezone.now(),
    )


@transaction.atomic
def _write_members(file: BatchFile, members: list[Member]) -> None:
    if _claimed(file).update(state=BatchFile.State.OPENED):
        BatchItem.objects.bulk_create((_item(file, member) for member in members), batch_size=AT_ONCE)


def _claimed(file: BatchFile) -> QuerySet[BatchFile]:
    """Its row, if it is still ours to open: not cancelled, deleted, or taken up by somebody else meanwhile."""
    return BatchFile.objects.filter(id=file.id, state=BatchFile.State.WAITING, heartbeat_at=file.heartbeat_at)


def _item(file: BatchFile, member: Member) -> BatchItem:
    item = BatchItem(
        batch_id=file.batch_id,
        file=file,
        order=place_of(file.order, member.at),
        name=f"{file.name[:90]}/{member.name}",
        kind=member.kind,
        member=member.at,
    )
    if member.error is not None:
        item.state, item.finished_at = BatchItem.State.FAILED, timezone.now()
        item.error_code, item.error_message = member.error.code, str(member.error)[:300]
    return item


def batch_item_part(*, item: BatchItem, data: bytes) -> bool:
    """Make a picture of each page of a document that ``item`` stands for; returns whether there are several: ``item``
    is then the first of them and waits anew. Raises BatchFull and the errors of decoding.
    """
    pages = decoder_pool().page_count(data)
    if pages == 1:
        return False
    _check_room(item.file, pages - 1)
    with transaction.atomic():
        own = BatchItem.objects.filter(id=item.id, state=BatchItem.State.READING, heartbeat_at=item.heartbeat_at)
        if own.update(state=BatchItem.State.WAITING, heartbeat_at=None, attempts=0, page=1, pages=pages):
            others = (_page(item, page, pages) for page in range(2, pages + 1))
            BatchItem.objects.bulk_create(others, batch_size=AT_ONCE)
    return True


def _page(item: BatchItem, page: int, pages: int) -> BatchItem:
    return BatchItem(
        batch_id=item.batch_id,
        file_id=item.file_id,
        order=place_of(item.file.order, item.member, page),
        name=item.name,
        kind=item.kind,
        member=item.member,
        page=page,
        pages=pages,
    )
