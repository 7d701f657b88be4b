"""How uploaded bytes are taken in: in memory, bounded, never in a temporary file."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

# A browser shows our answer only if we have read what it sends; past this we hang up.
PATIENCE = 10


class BoundedMemoryUploadHandler(FileUploadHandler):
    """Keeps at most ``MAX_UPLOAD_MEGABYTES`` of a file; of a larger one only its size.

    The rest of a larger file is read and thrown away, so that the visitor gets a sentence and not a broken connection.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.limit = settings.MAX_UPLOAD_MEGABYTES * 2**20
        self.buffer = BytesIO()
        self.size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.size += len(raw_data)
        if self.size <= self.limit:
            self.buffer.write(raw_data)
        elif self.size > self.limit * PATIENCE:
            raise StopUpload(connection_reset=True)
        else:
            self.buffer = BytesIO()

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.buffer.seek(0)
        return InMemoryUploadedFile(
            file=self.buffer,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=self.size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
