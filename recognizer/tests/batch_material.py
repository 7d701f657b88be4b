"""Archives, documents and batches for tests, made on the spot."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image

from recognizer.models import Batch
from recognizer.services.batch_files import Added, batch_file_add
from recognizer.services.batch_reading import batch_advance, batch_turn
from recognizer.tests.pictures import as_png, page

SEVEN = as_png(page("7"))


def zipped(members: Iterable[tuple[str | zipfile.ZipInfo, bytes]], **options: Any) -> bytes:
    """A ZIP file of these members, in their order; names may come twice."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **{"compression": zipfile.ZIP_DEFLATED, **options}) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def document(texts: Iterable[str], kind: str = "PDF") -> bytes:
    """A PDF or TIFF with a page for each number."""
    first, *others = [Image.fromarray(page(text)) for text in texts]
    stream = io.BytesIO()
    first.save(stream, kind, save_all=True, append_images=others)
    return stream.getvalue()


def add(batch: Batch, name: str, data: bytes, key: str = "", place: int | None = None) -> Added:
    """Give a file, by its name unless another key is said."""
    return batch_file_add(batch=batch, key=key or name, name=name, file=ContentFile(data), place=place)


def finish(batch: Batch) -> Batch:
    """Read what can be read at once, as the worker does."""
    turn = batch_turn(batch_id=batch.id)
    while turn is not None:
        turn = batch_advance(batch_id=batch.id, turn=turn)
    batch.refresh_from_db()
    return batch


def outcome(batch: Batch) -> list[tuple[str, int | None, str, str]]:
    """Of each picture of a batch: name, page, state, and its text or what is wrong with it."""
    return [
        (item.name, item.page, item.state, item.upload.final_text if item.upload else item.error_code)
        for item in batch.items.select_related("upload").order_by("order")
    ]
