"""Models on several machines: the one that trained publishes the files, the others keep copies."""

from __future__ import annotations

import json
import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import transaction

from recognizer.domain.errors import BadModel, FileNotShared
from recognizer.domain.phrases import phrase
from recognizer.inference.card import CARD_FILE, NETWORK_FILE
from recognizer.models import ModelVersion
from recognizer.services.model_files import folder_beside, folder_sync, model_directory
from recognizer.services.shared_files import (
    file_fetch,
    file_publish,
    files_are_shared,
    files_withdraw,
    shared_storage,
)

logger = logging.getLogger(__name__)

COPY = ".copy-from-another-machine"
"""A file in a folder that can be fetched again, and may go when its row is gone."""
MOST_FILES = 64


def model_folder(row: ModelVersion) -> Path:
    """Where a registered model's files lie on this machine; fetched first where another machine has published them.

    Raises BadModel with a sentence where what is published is not what was registered. Files that nobody has published
    are no error here: whoever opens them says what is missing.
    """
    place = model_directory(row.name)
    if place.is_dir() or not files_are_shared():
        return place
    try:
        return _fetch(row)
    except FileNotShared as error:
        raise BadModel(
            phrase("The model {name} is not on this machine. {error}", name=row.name, error=error)
        ) from error


def model_publish(*, row: ModelVersion) -> None:
    """Give a model that was made or brought here to the other machines; its card last, it vouches for the rest."""
    folder: Path = settings.TRAINED_MODELS_DIR / row.name
    if not files_are_shared() or not folder.is_dir() or (folder / COPY).exists():
        return
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    try:
        for path in sorted(files, key=lambda path: path.name == CARD_FILE):
            file_publish(path=path, name=f"{shelf_of(row)}/{path.name}")
    except OSError as error:
        logger.error("The model %s could not be shared with other machines: %s", row.name, error)


def model_publish_soon(row: ModelVersion) -> None:
    """Publish once the row is committed; what fails then is made up for by the sweep."""
    transaction.on_commit(lambda: model_publish(row=row), robust=True)


def shelf_of(row: ModelVersion) -> str:
    """Where a model's files are shared: under its id, since the name of a deleted one may come back."""
    return f"models/{row.id}"


def shelf_clear(shelf: str) -> None:
    """Remove a deleted model from where machines share; the others drop their copies with the next sweep."""
    if files_are_shared():
        files_withdraw(shelf)


def models_share() -> int:
    """Publish what isn't yet, and drop copies whose model is gone. Returns how many copies went. Safe at any time."""
    if not files_are_shared():
        return 0
    storage = shared_storage()
    rows = {row.name: row for row in ModelVersion.objects.all()}
    for row in rows.values():
        if not storage.exists(f"{shelf_of(row)}/{CARD_FILE}"):
            model_publish(row=row)
    gone = [marker.parent for marker in settings.TRAINED_MODELS_DIR.glob(f"*/{COPY}") if marker.parent.name not in rows]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return len(gone)


def _fetch(row: ModelVersion) -> Path:
    """Copy the published files beside, check them, and give their folder the model's name."""
    place: Path = settings.TRAINED_MODELS_DIR / row.name
    try:
        names = shared_storage().listdir(shelf_of(row))[1]
    except FileNotFoundError:
        return model_directory(row.name)
    if CARD_FILE not in names or len(names) > MOST_FILES:
        raise FileNotShared(phrase("The machine that made it has not shared all of it yet."))
    promised = {**dict(row.card.get("files", {})), NETWORK_FILE: row.sha256}
    with folder_beside() as folder:
        for name in names:
            if name != CARD_FILE:
                file_fetch(name=f"{shelf_of(row)}/{name}", target=folder / name, sha256=promised.get(name))
        # The row keeps the whole card, and nobody but this program writes rows.
        (folder / CARD_FILE).write_text(json.dumps(row.card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (folder / COPY).touch()
        folder_sync(folder)
        with suppress(OSError):  # another process of this machine was quicker
            os.replace(folder, place)
    return place
