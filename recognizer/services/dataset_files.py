"""Where the files of registered data sets lie: as they were given, or uploaded and stored under their sha256."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import transaction

from hdr_site.storage import TEMPORARY_PREFIX
from recognizer.domain.errors import BadDataSet, FileNotShared
from recognizer.domain.phrases import phrase
from recognizer.models import DataSet
from recognizer.services.shared_files import file_fetch, file_publish, file_withdraw, files_are_shared

logger = logging.getLogger(__name__)


def dataset_path(row: DataSet) -> Path:
    """Where a registered set lies on this machine, or would lie."""
    return Path(row.path) if row.path else _folder() / f"{row.sha256}.npz"


def dataset_here(row: DataSet) -> Path:
    """The path of a registered set; an uploaded one is fetched where another machine took it in. Raises BadDataSet."""
    place = dataset_path(row)
    if row.path or place.is_file() or not files_are_shared():
        return place
    try:
        with file_beside() as temporary:
            file_fetch(name=_shared_name(row), target=temporary, sha256=row.sha256)
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(temporary, place)
    except FileNotShared as error:
        raise BadDataSet(
            phrase("The data set {name} is not on this machine. {error}", name=row.name, error=error)
        ) from error
    return place


@contextmanager
def file_beside() -> Iterator[Path]:
    """An empty file beside those that are stored; removed in the end unless it was put in its place by then."""
    temporary: Path | None = None
    try:
        _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=_folder())
        os.close(handle)
        temporary = Path(name)
        yield temporary
    except OSError as error:
        raise BadDataSet(phrase("The data set cannot be written: {reason}.", reason=error.strerror or error)) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_synced(path: Path, data: bytes) -> None:
    """Write to a ``file_beside`` and have the disk hold it."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _shared_name(row: DataSet) -> str:
    return f"datasets/{row.sha256}.npz"


def file_share(row: DataSet) -> None:
    """Give an uploaded set to the other machines. Where that fails, only this one has it, and the log says so."""
    if files_are_shared():
        try:
            file_publish(path=dataset_path(row), name=_shared_name(row))
        except OSError as error:
            logger.error("The data set %s could not be shared with other machines: %s", row.name, error)


def files_remove_soon(row: DataSet) -> None:
    """Remove an uploaded set's file, here and where machines share, once its row is gone for good."""
    place, name = dataset_path(row), _shared_name(row)
    transaction.on_commit(lambda: _unlink(place), robust=True)
    if files_are_shared():
        transaction.on_commit(lambda: file_withdraw(name), robust=True)


def _folder() -> Path:
    folder: Path = settings.DATA_DIR / "datasets"
    return folder


def _unlink(place: Path) -> None:
    try:
        place.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("The file of a removed data set stays behind, %s: %s", place.name, error.strerror)
