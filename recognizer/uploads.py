"""How uploaded bytes are taken in: bounded, and in memory, unless they are given to be read in the background."""

from __future__ import annotations

import tempfile
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

# A browser shows our answer only if we have read what it sends; past this we hang up.
PATIENCE = 10

FILES_HELD = 4
"""So many files of the largest size are held in memory for one request, or more that are smaller."""

SPOOL_FROM = 2 * 2**20


class BoundedMemoryUploadHandler(FileUploadHandler):
    """Keeps at most ``MAX_UPLOAD_MEGABYTES`` of a file, and of all files of a request four times as much; of what is
    beyond only the size.

    The rest of a larger file is read and thrown away, so that the visitor gets a sentence and not a broken connection.
    """

    held = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.limit = settings.MAX_UPLOAD_MEGABYTES * 2**20
        self.buffer = BytesIO()
        self.size = 0
        self.dropped = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.size += len(raw_data)
        if self.dropped or self.size > self.limit or self.held + len(raw_data) > FILES_HELD * self.limit:
            self.dropped = True
            self.held -= self.buffer.tell()
            self.buffer = BytesIO()
            if self.size > self.limit * PATIENCE:
                raise StopUpload(connection_reset=True)
            return
        self.held += len(raw_data)
        self.buffer.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[bytes]:
        self.buffer.seek(0)
        return KeptInMemory(
            file=self.buffer,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=self.size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
            dropped=self.dropped,
        )


class KeptInMemory(InMemoryUploadedFile):
    """A file of which, where it was ``dropped``, only the size is known."""

    def __init__(self, *args: Any, dropped: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dropped = dropped


class Spooled(UploadedFile[bytes]):
    """A file of which, where it was ``dropped``, only size and beginning are known."""

    def __init__(self, *args: Any, dropped: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dropped = dropped


class SpoolingUploadHandler(FileUploadHandler):
    """For files that are stored until the worker has read them: what is larger than a few megabytes waits in a
    temporary file that has no name, and so is gone with the request, however that ends.

    Of a file larger than anything that may be given only the beginning is kept, as of what comes beside one so large.
    """

    total = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        names = ("MAX_ARCHIVE_MEGABYTES", "MAX_DOCUMENT_MEGABYTES", "MAX_UPLOAD_MEGABYTES")
        self.limit = max(getattr(settings, name) for name in names) * 2**20
        self.spool = self._spool()
        self.size = 0
        self.dropped = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.size += len(raw_data)
        self.total += len(raw_data)
        if self.total <= self.limit:
            self.spool.write(raw_data)
        elif self.total > self.limit * 2:
            raise StopUpload(connection_reset=True)
        else:
            self.dropped = True

    def file_complete(self, file_size: int) -> UploadedFile[bytes]:
        self.spool.seek(0)
        return Spooled(
            file=self.spool,
            name=self.file_name,
            content_type=self.content_type,
            size=self.size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
            dropped=self.dropped,
        )

    def upload_interrupted(self) -> None:
        if hasattr(self, "spool"):
            self.spool.close()

    @staticmethod
    def _spool() -> Any:
        return tempfile.SpooledTemporaryFile(max_size=SPOOL_FROM, dir=settings.FILE_UPLOAD_TEMP_DIR)
