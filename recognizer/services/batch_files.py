"""Files that are added to a batch: looked at, stored until the worker has read them, and put in their place."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone

from recognizer.domain.errors import (
    BadRequest,
    BatchClosed,
    BatchFull,
    EmptyFile,
    NoFile,
    NumeralError,
    TooLarge,
    UnsupportedImage,
)
from recognizer.domain.phrases import phrase
from recognizer.models import Batch, BatchFile, BatchItem
from recognizer.models.upload import private_storage
from recognizer.services.archive_opening import HEAD_BYTES, cleaned_name, is_zip
from recognizer.services.batch_places import LAST_FILE, place_of
from recognizer.services.ingest import dropped_check, size_check
from recognizer.services.retention import files_delete
from recognizer.vision.kinds import PAGED, sniff

LONGEST_KEY = 100
ZIP = "ZIP"
FULL_BATCHES = 2
"""As much as so many full batches of one person may wait on the disk."""


@dataclass(frozen=True, slots=True)
class Added:
    """A file of a batch: whether it is new, and what is wrong with it, if anything is."""

    file: BatchFile
    new: bool
    error: NumeralError | None = None


def batch_file_add(*, batch: Batch, key: str, name: str, file: File[bytes] | None, place: int | None = None) -> Added:
    """Take one file into a batch; ``key`` is the sender's name for it, and what was given before is not taken again.

    ``place`` is where it stands among the files, from 0 on; without it, or where another stands there, it is the last.
    A file that cannot be read is not stored, but recorded, so that its owner learns of it: ``error`` says why.
    Raises BadRequest for a bad key, NoFile, BatchClosed, and BatchFull.
    """
    if not 1 <= len(key) <= LONGEST_KEY or "\x00" in key:  # PostgreSQL keeps no NUL
        raise BadRequest(phrase("Each file of a batch needs a key of 1 to {most} signs.", most=LONGEST_KEY))
    if (known := BatchFile.objects.filter(batch=batch, key=key).first()) is not None:
        return Added(known, new=False)
    if file is None:
        raise NoFile
    _check_room(batch, file.size or 0)
    head = _head(file)
    row = BatchFile(id=uuid.uuid4(), batch=batch, key=key, name=cleaned_name(name, 200), size=file.size or 0)
    row.kind = ZIP if is_zip(head) else sniff(head) or ""
    error = _wrong(row, file)
    if error is None:
        row.sha256 = _sha256(file)
        row.file.name = private_storage().save(f"waiting/{row.id.hex[:2]}/{row.id.hex}", file)
    try:
        return _write(row, error, place)
    except BaseException:
        files_delete([row.file.name] if row.file.name else [])
        raise


def _head(file: File[bytes]) -> bytes:
    file.seek(0)
    head: bytes = file.read(HEAD_BYTES)
    file.seek(0)
    return head


def _sha256(file: File[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _wrong(row: BatchFile, file: File[bytes]) -> NumeralError | None:
    """Why a file is refused by its size and its first bytes, in the words in which a single picture is."""
    if row.size == 0:
        return EmptyFile()
    try:
        if row.kind == ZIP or row.kind in PAGED:
            _check_size(row)
        else:
            size_check(row.size)
        dropped_check(file)
    except TooLarge as error:
        return error
    return None if row.kind else UnsupportedImage()


def _check_size(row: BatchFile) -> None:
    """Raise TooLarge for what may hold many pictures, and so may be larger than one."""
    if row.kind == ZIP and row.size > settings.MAX_ARCHIVE_MEGABYTES * 2**20:
        most = settings.MAX_ARCHIVE_MEGABYTES
        raise TooLarge(phrase("This ZIP file is too large; at most {most} MB can be given.", most=most))
    if row.kind in PAGED:
        most = max(settings.MAX_DOCUMENT_MEGABYTES, settings.MAX_UPLOAD_MEGABYTES)
        if row.size > most * 2**20:
            raise TooLarge(phrase("This file is too large; at most {most} MB can be given.", most=most))


def _check_room(batch: Batch, size: int) -> None:
    """Raise BatchClosed or BatchFull where a file of this size has no place in the batch any more."""
    if batch.closed_at is not None or batch.cancelled_at is not None:
        raise BatchClosed
    if batch.items.count() + batch.files.filter(state=BatchFile.State.WAITING).count() >= settings.MAX_BATCH_FILES:
        most = settings.MAX_BATCH_FILES
        raise BatchFull(phrase("A batch takes {most:,} pictures at most. Open a new one for the rest.", most=most))
    taken = batch.files.exclude(sha256="").aggregate(size=Sum("size"))["size"] or 0
    if taken + size > settings.MAX_BATCH_MEGABYTES * 2**20:
        most = settings.MAX_BATCH_MEGABYTES
        raise BatchFull(phrase("A batch takes {most:,} MB at most. Open a new one for the rest.", most=most))
    unread = BatchFile.objects.exclude(file="").filter(batch__owner=batch.owner_id).aggregate(size=Sum("size"))["size"]
    if (unread or 0) + size > FULL_BATCHES * settings.MAX_BATCH_MEGABYTES * 2**20:
        raise BatchFull(phrase("Your other batches have to be read first: too much of them is waiting."))


@transaction.atomic
def _write(row: BatchFile, error: NumeralError | None, place: int | None) -> Added:
    """Write the file's row, and the picture's where it is one; the batch is locked meanwhile."""
    batch = Batch.objects.select_for_update().filter(id=row.batch_id).first()
    if batch is None:  # deleted while the file was on its way
        raise BatchClosed
    if (known := BatchFile.objects.filter(batch=batch, key=row.key).first()) is not None:
        files_delete([row.file.name] if row.file.name else [])
        return Added(known, new=False)
    _check_room(batch, row.size)
    row.order = _place(batch, place)
    row.heartbeat_at = timezone.now()
    row.state = BatchFile.State.WAITING if row.kind == ZIP else BatchFile.State.OPENED
    item = BatchItem(batch=batch, file=row, order=place_of(row.order), name=row.name, kind=row.kind)
    if error is not None:
        row.state, row.error_code, row.error_message = BatchFile.State.FAILED, error.code, str(error)[:300]
        item.state, item.error_code, item.error_message = BatchItem.State.FAILED, row.error_code, row.error_message
        item.finished_at = row.heartbeat_at
    row.save(force_insert=True)
    if row.state != BatchFile.State.WAITING:
        item.save(force_insert=True)
    return Added(row, new=True, error=error)


def _place(batch: Batch, wanted: int | None) -> int:
    if wanted is not None and 0 <= wanted < LAST_FILE and not batch.files.filter(order=wanted).exists():
        return wanted
    last: int | None = batch.files.aggregate(last=Max("order"))["last"]
    return 0 if last is None else last + 1
