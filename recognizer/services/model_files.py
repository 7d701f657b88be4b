"""The folders of the models that were made or brought here: whole with their row, or not there at all."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db import transaction

from hdr_site.storage import TEMPORARY_PREFIX, sync_folder
from recognizer.domain.errors import BadModel
from recognizer.domain.phrases import phrase
from recognizer.models import ModelVersion

logger = logging.getLogger(__name__)

UNREGISTERED = ".not-yet-registered"
"""A file in a folder that has its name already, but whose row is not committed yet. Where a crash fell between the two,
it tells our leftover from a folder that somebody put there.
"""


STALE = 3600
"""Seconds after which what looks half done is a crash's: the longest trial takes a minute."""


def model_directory(name: str) -> Path:
    """Where a model's files lie on this machine: trained or brought here, or shipped with the program."""
    trained: Path = settings.TRAINED_MODELS_DIR / name
    shipped: Path = settings.SHIPPED_MODELS_DIR / name
    return trained if trained.is_dir() else shipped


@contextmanager
def folder_beside() -> Iterator[Path]:
    """A folder to fill, beside those of the models; removed in the end unless it was put in its place by then.

    Raises BadModel where the disk is full or not to be written to.
    """
    try:
        settings.TRAINED_MODELS_DIR.mkdir(parents=True, exist_ok=True)
        leftovers_remove()
        temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=settings.TRAINED_MODELS_DIR))
        try:
            yield temporary
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise BadModel(
            phrase("The model's files cannot be written: {reason}.", reason=error.strerror or error)
        ) from error


def leftovers_remove() -> None:
    """Remove what a crash left an hour ago or earlier: folders half filled, and whole ones that never got their row."""
    root: Path = settings.TRAINED_MODELS_DIR
    half = list(root.glob(f"{TEMPORARY_PREFIX}*"))
    rowless = [marker.parent for marker in root.glob(f"*/{UNREGISTERED}")]
    named = set(
        ModelVersion.objects.filter(name__in=[folder.name for folder in rowless]).values_list("name", flat=True)
    )
    for folder in half + [folder for folder in rowless if folder.name not in named]:
        with suppress(OSError):  # somebody else's to remove, or gone by now
            if time.time() - folder.stat().st_mtime > STALE:
                shutil.rmtree(folder)


def files_copy(directory: Path, target: Path) -> None:
    """Copy a model's files. Folders in it hold checkpoints, of no use once the model is done."""
    for file in directory.iterdir():
        if file.is_file():
            shutil.copy2(file, target)


def folder_place(folder: Path, name: str, make_row: Callable[[], ModelVersion]) -> ModelVersion:
    """Give a filled folder the model's name, together with the row that ``make_row`` makes, or do neither.

    The row's names are unique, so who made the row is alone with the folder's name until the transaction ends. Raises
    BadModel where somebody put a folder of this name there, and what ``make_row`` raises.
    """
    place: Path = settings.TRAINED_MODELS_DIR / name
    (folder / UNREGISTERED).touch()
    folder_sync(folder)
    placed = False
    try:
        with transaction.atomic():
            row = make_row()
            _clear_leftover(place)
            os.replace(folder, place)
            placed = True
            sync_folder(place.parent)
    except BaseException:
        if placed:
            shutil.rmtree(place, ignore_errors=True)
        raise
    transaction.on_commit(lambda: (place / UNREGISTERED).unlink(missing_ok=True), robust=True)
    return row


def _clear_leftover(place: Path) -> None:
    if not place.exists():
        return
    if not (place / UNREGISTERED).exists():
        raise BadModel(
            phrase("There is a folder for a model named {name} already; choose another name.", name=place.name)
        )
    shutil.rmtree(place)


def folder_remove(name: str) -> None:
    """Remove a deleted model's folder: first its name, so that no half of it can be taken for the model.

    What resists stays under a name that is nobody's; the log says so.
    """
    place: Path = settings.TRAINED_MODELS_DIR / name
    try:
        if place.is_dir():
            gone = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=place.parent))
            os.replace(place, gone / name)
            shutil.rmtree(gone)
    except OSError as error:
        logger.warning("Files of the deleted model %s stay behind: %s", name, error.strerror)


def folder_sync(folder: Path) -> None:
    """Have the disk hold every file of the folder before the folder gets its name."""
    for file in folder.iterdir():
        with file.open("rb+") as stream:
            os.fsync(stream.fileno())
    sync_folder(folder)
