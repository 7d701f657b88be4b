"""The one way in. Form, canvas, live reading, command (and later API, archives) all hand their bytes to here."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import PurePath

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from accounts.models import Keep, User
from recognizer.domain.errors import NoFile, NumeralError, TooLarge, TooManyFiles, UnsupportedImage
from recognizer.domain.phrases import phrase
from recognizer.domain.types import DecodedImage, Expect, Reading, Source
from recognizer.models import Batch, FormTemplate, Upload
from recognizer.models.upload import private_storage
from recognizer.services.archive_opening import is_zip
from recognizer.services.decoding import decoder_pool
from recognizer.services.form_rows import (
    PreparedForm,
    form_lock,
    form_prepare,
    image_read_as_form,
    picture_recognise_as_form,
)
from recognizer.services.readings import reading_store
from recognizer.services.recognise import ReadAsForm, Recognised, image_read, picture_recognise
from recognizer.services.serving import Readers, models_serving


@dataclass(frozen=True, slots=True)
class Ingested:
    """What an upload became: its reading, and its row where anything is kept; as a form where one was named."""

    reading: Reading
    upload: Upload | None
    form: ReadAsForm | None = None


@dataclass(frozen=True, slots=True)
class Unkept:
    """One picture of several of which nothing is kept: its reading, or what is wrong with it."""

    name: str
    page: int | None = None
    pages: int | None = None
    reading: Reading | None = None
    error: NumeralError | None = None


@dataclass(frozen=True, slots=True)
class _Given:
    """What is known of a picture besides its bytes."""

    owner: User
    keep: Keep
    source: Source
    expect: Expect
    name: str
    page: int
    batch: Batch | None
    form: FormTemplate | None
    saved: Callable[[Upload], None] | None


def file_bytes(file: UploadedFile[bytes] | None) -> bytes:
    """The bytes of a form's file. Raises NoFile, and TooLarge where the upload handler kept only its size."""
    if file is None:
        raise NoFile
    size_check(file.size or 0)
    dropped_check(file)
    data: bytes = file.read()
    return data


def dropped_check(file: File[bytes]) -> None:
    """Refuse a file whose bytes were not kept, since the whole request was too large. Raises TooLarge."""
    if getattr(file, "dropped", False):
        raise TooLarge(phrase("Together these files are too large to be sent at once. Give fewer at a time."))


def size_check(size: int) -> None:
    """Refuse a file by its size alone, before it is read. Raises TooLarge."""
    if size > settings.MAX_UPLOAD_MEGABYTES * 2**20:
        raise TooLarge(
            phrase("This file is too large; at most {most} MB can be read.", most=settings.MAX_UPLOAD_MEGABYTES)
        )


def picture_ingest(
    *,
    data: bytes,
    owner: User | None = None,
    keep: Keep = Keep.NOTHING,
    source: Source = Source.FILE,
    expect: Expect | None = None,
    name: str = "",
    page: int = 1,
    batch: Batch | None = None,
    form: FormTemplate | None = None,
    saved: Callable[[Upload], None] | None = None,
) -> Ingested:
    """Read one picture, or one page (from 1) of a PDF or TIFF, as a form where one is named, and keep of it what its
    owner chose.

    ``Keep.NOTHING`` writes no row and no file. ``Keep.TEXT`` writes the rows once the reading is done.
    ``Keep.ALL`` first stores file and row, so that whatever happens during the reading, the picture is not lost:
    the sweep reads it again. ``saved`` is called with the upload in the transaction that writes its row; what it raises
    undoes that. Raises what ``picture_recognise`` raises; then nothing at all was stored.
    """
    expect = expect or Expect()
    if keep == Keep.NOTHING or owner is None:
        recognised = _recognise(data, expect, page, form)
        return Ingested(reading=recognised.reading, upload=None, form=recognised.form)
    given = _Given(owner, keep, source, expect, name, page, batch, form, saved)
    return _ingest_text(data, given) if keep == Keep.TEXT else _ingest_and_keep(data, given)


def _recognise(data: bytes, expect: Expect, page: int, form: FormTemplate | None) -> Recognised:
    if form is None:
        return picture_recognise(data=data, expect=expect, page=page)
    return picture_recognise_as_form(data=data, expect=expect, page=page, form=form)


def _image_read(
    image: DecodedImage, expect: Expect, readers: Readers, form: PreparedForm | None
) -> tuple[Reading, ReadAsForm | None]:
    if form is None:
        return image_read(image=image, expect=expect, readers=readers), None
    return image_read_as_form(image=image, expect=expect, readers=readers, form=form)


def pictures_ingest_unkept(
    *, files: Sequence[UploadedFile[bytes]], expect: Expect | None = None, form: FormTemplate | None = None
) -> list[Unkept]:
    """Read several pictures, one after the other, pages of PDF and TIFF files among them, and keep nothing.

    A bad one stops none of the others. Raises TooManyFiles, before any is read, where there are more than
    ``MAX_UNKEPT_FILES`` of them, and ModelUnavailable.
    """
    models_serving()
    read: list[tuple[bytes, Unkept]] = []
    for file in files[: settings.MAX_UNKEPT_FILES + 1]:
        read += _pages_of(file)
        if len(read) > settings.MAX_UNKEPT_FILES or len(files) > settings.MAX_UNKEPT_FILES:
            raise TooManyFiles(
                phrase(
                    "Where nothing is kept, at most {most} pictures can be read at once. Give fewer.",
                    most=settings.MAX_UNKEPT_FILES,
                )
            )
    return [_read_unkept(data, given, expect or Expect(), form) for data, given in read]


def _pages_of(file: UploadedFile[bytes]) -> list[tuple[bytes, Unkept]]:
    """Each page of a file, not read yet."""
    name = _plain_name(file.name or "")
    try:
        data = file_bytes(file)
        if is_zip(data):
            raise UnsupportedImage(phrase("A ZIP file is read in the background: for that, choose what is kept of it."))
        pages = decoder_pool().page_count(data)
    except NumeralError as error:
        return [(b"", Unkept(name=name, error=error))]
    if pages == 1:
        return [(data, Unkept(name=name))]
    most = min(pages, settings.MAX_UNKEPT_FILES + 1)
    return [(data, Unkept(name=name, page=page, pages=pages)) for page in range(1, most + 1)]


def _read_unkept(data: bytes, given: Unkept, expect: Expect, form: FormTemplate | None) -> Unkept:
    if given.error is not None:
        return given
    try:
        read = picture_ingest(data=data, expect=expect, page=given.page or 1, form=form)
        return replace(given, reading=read.reading)
    except NumeralError as error:
        return replace(given, error=error)


def _ingest_text(data: bytes, given: _Given) -> Ingested:
    recognised = _recognise(data, given.expect, given.page, given.form)
    upload = _new_upload(given, recognised.image)
    if given.batch is not None:  # there its owner has to know which of many it was
        upload.name = _plain_name(given.name)
    with transaction.atomic():
        _row_write(upload, given)
        reading_store(upload=upload, recognised=recognised)
    return Ingested(reading=recognised.reading, upload=upload, form=recognised.form)


def _ingest_and_keep(data: bytes, given: _Given) -> Ingested:
    serving = models_serving()  # first: without a model nothing is taken in
    prepared = None if given.form is None else form_prepare(given.form)
    image = decoder_pool().decode(data, copies=True, page=given.page)
    upload = _new_upload(given, image)
    upload.name = _plain_name(given.name)
    upload.sha256 = hashlib.sha256(data).hexdigest()
    # Reading keeps the processor busy and storing the disk: neither waits for the other.
    with ThreadPoolExecutor(2) as beside:
        being_read = beside.submit(_image_read, image, given.expect, serving.readers, prepared)
        _files_store(upload, image, beside)
        _row_write(upload, given)  # from here on the upload is accepted
        reading, as_form = being_read.result()
    recognised = Recognised(reading=reading, image=image, serving=serving, form=as_form)
    reading_store(upload=upload, recognised=recognised)
    return Ingested(reading=reading, upload=upload, form=as_form)


def _new_upload(given: _Given, image: DecodedImage) -> Upload:
    now = timezone.now()
    paged = image.pages > 1
    return Upload(
        id=uuid.uuid4(),
        owner=given.owner,
        created_at=now,
        source=given.source,
        keep=given.keep,
        expect=str(given.expect),
        width=image.width,
        height=image.height,
        state=Upload.State.READING,
        heartbeat_at=now,
        attempts=1,
        batch=given.batch,
        form=given.form,
        page=image.page if paged else None,
        pages=image.pages if paged else None,
    )


def _row_write(upload: Upload, given: _Given) -> None:
    if given.saved is None and given.form is None:
        upload.save(force_insert=True)
        return
    with transaction.atomic():
        if given.form is not None and not form_lock(given.form.id):
            upload.form = None  # it was deleted meanwhile
        upload.save(force_insert=True)
        if given.saved is not None:
            given.saved(upload)


def _plain_name(name: str) -> str:
    return PurePath(name.replace("\\", "/")).name[:200]


def _files_store(upload: Upload, image: DecodedImage, beside: Executor) -> None:
    """Write picture and thumbnail under generated names; the row that names them comes after."""
    storage = private_storage()
    folder = f"{upload.id.hex[:2]}/{upload.id.hex}"
    suffix = "png" if image.stored_type == "image/png" else "jpg"
    # Each waits for the disk, and two that wait at once wait little longer than one.
    thumbnail = beside.submit(storage.save, f"{folder}-small.jpg", ContentFile(image.thumbnail))
    upload.image.name = storage.save(f"{folder}.{suffix}", ContentFile(image.stored))
    upload.thumbnail.name = thumbnail.result()
