"""The one way in. Form, canvas, live reading, command (and later API, archives) all hand their bytes to here."""

from __future__ import annotations

import hashlib
import uuid
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePath

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from accounts.models import Keep, User
from recognizer.domain.errors import NoFile, TooLarge
from recognizer.domain.types import DecodedImage, Expect, Reading, Source
from recognizer.models import FormTemplate, Upload
from recognizer.models.upload import private_storage
from recognizer.services.decoding import decoder_pool
from recognizer.services.form_rows import PreparedForm, form_prepare, image_read_as_form, picture_recognise_as_form
from recognizer.services.readings import reading_store
from recognizer.services.recognise import ReadAsForm, Recognised, image_read, picture_recognise
from recognizer.services.serving import Readers, models_serving


@dataclass(frozen=True, slots=True)
class Ingested:
    """What an upload became: its reading, and its row where anything is kept; as a form where one was named."""

    reading: Reading
    upload: Upload | None
    form: ReadAsForm | None = None


def file_bytes(file: UploadedFile[bytes] | None) -> bytes:
    """The bytes of a form's file. Raises NoFile, and TooLarge where the upload handler kept only its size."""
    if file is None:
        raise NoFile
    size_check(file.size or 0)
    data: bytes = file.read()
    return data


def size_check(size: int) -> None:
    """Refuse a file by its size alone, before it is read. Raises TooLarge."""
    if size > settings.MAX_UPLOAD_MEGABYTES * 2**20:
        raise TooLarge(f"This file is too large; at most {settings.MAX_UPLOAD_MEGABYTES} MB can be read.")


def picture_ingest(
    *,
    data: bytes,
    owner: User | None = None,
    keep: Keep = Keep.NOTHING,
    source: Source = Source.FILE,
    expect: Expect | None = None,
    name: str = "",
    form: FormTemplate | None = None,
) -> Ingested:
    """Read one picture, as a form where one is named, and keep of it what its owner chose.

    ``Keep.NOTHING`` writes no row and no file. ``Keep.TEXT`` writes the rows once the reading is done.
    ``Keep.ALL`` first stores file and row, so that whatever happens during the reading, the picture is not lost:
    the sweep reads it again. Raises what ``picture_recognise`` raises; then nothing at all was stored.
    """
    expect = expect or Expect()
    if keep == Keep.NOTHING or owner is None:
        recognised = _recognise(data, expect, form)
        return Ingested(reading=recognised.reading, upload=None, form=recognised.form)
    if keep == Keep.TEXT:
        recognised = _recognise(data, expect, form)
        upload = _new_upload(owner=owner, keep=keep, source=source, expect=expect, image=recognised.image)
        upload.form = form
        with transaction.atomic():
            upload.save(force_insert=True)
            reading_store(upload=upload, recognised=recognised)
        return Ingested(reading=recognised.reading, upload=upload, form=recognised.form)
    return _ingest_and_keep(data=data, owner=owner, source=source, expect=expect, name=name, form=form)


def _recognise(data: bytes, expect: Expect, form: FormTemplate | None) -> Recognised:
    if form is None:
        return picture_recognise(data=data, expect=expect)
    return picture_recognise_as_form(data=data, expect=expect, form=form)


def _image_read(
    image: DecodedImage, expect: Expect, readers: Readers, form: PreparedForm | None
) -> tuple[Reading, ReadAsForm | None]:
    if form is None:
        return image_read(image=image, expect=expect, readers=readers), None
    return image_read_as_form(image=image, expect=expect, readers=readers, form=form)


def _ingest_and_keep(
    *, data: bytes, owner: User, source: Source, expect: Expect, name: str, form: FormTemplate | None
) -> Ingested:
    serving = models_serving()  # first: without a model nothing is taken in
    prepared = None if form is None else form_prepare(form)
    image = decoder_pool().decode(data, copies=True)
    upload = _new_upload(owner=owner, keep=Keep.ALL, source=source, expect=expect, image=image)
    upload.form = form
    upload.name = PurePath(name.replace("\\", "/")).name[:200]
    upload.sha256 = hashlib.sha256(data).hexdigest()
    # Reading keeps the processor busy and storing the disk: neither waits for the other.
    with ThreadPoolExecutor(2) as beside:
        being_read = beside.submit(_image_read, image, expect, serving.readers, prepared)
        _files_store(upload, image, beside)
        upload.save(force_insert=True)  # from here on the upload is accepted
        reading, as_form = being_read.result()
    recognised = Recognised(reading=reading, image=image, serving=serving, form=as_form)
    reading_store(upload=upload, recognised=recognised)
    return Ingested(reading=reading, upload=upload, form=as_form)


def _new_upload(*, owner: User, keep: Keep, source: Source, expect: Expect, image: DecodedImage) -> Upload:
    now = timezone.now()
    return Upload(
        id=uuid.uuid4(),
        owner=owner,
        created_at=now,
        source=source,
        keep=keep,
        expect=str(expect),
        width=image.width,
        height=image.height,
        state=Upload.State.READING,
        heartbeat_at=now,
        attempts=1,
    )


def _files_store(upload: Upload, image: DecodedImage, beside: Executor) -> None:
    """Write picture and thumbnail under generated names; the row that names them comes after."""
    storage = private_storage()
    folder = f"{upload.id.hex[:2]}/{upload.id.hex}"
    suffix = "png" if image.stored_type == "image/png" else "jpg"
    # Each waits for the disk, and two that wait at once wait little longer than one.
    thumbnail = beside.submit(storage.save, f"{folder}-small.jpg", ContentFile(image.thumbnail))
    upload.image.name = storage.save(f"{folder}.{suffix}", ContentFile(image.stored))
    upload.thumbnail.name = thumbnail.result()
