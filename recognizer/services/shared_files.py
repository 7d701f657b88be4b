"""Files that every machine of an installation needs, through the storage alias "shared".

On one machine nothing goes through it: what lies in ``DATA_DIR`` is all there is. On several, what one machine made is
published there, and the others fetch it once, check its sha256 and keep a copy of their own.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages

from recognizer.domain.errors import FileNotShared
from recognizer.domain.phrases import phrase
from recognizer.training.datasets import sha256_of

logger = logging.getLogger(__name__)


def files_are_shared() -> bool:
    """Whether other machines need what this one makes."""
    return bool(settings.SHARES_FILES)


def shared_storage() -> Storage:
    """Where all machines of an installation look."""
    return storages["shared"]


def file_publish(*, path: Path, name: str) -> None:
    """Give a file to all machines, once: under its name it never changes. Raises OSError where that fails."""
    storage = shared_storage()
    if storage.exists(name):
        return
    with path.open("rb") as stream:
        given = storage.save(name, File(stream))
    if given != name:  # another process published it meanwhile
        storage.delete(given)


def file_fetch(*, name: str, target: Path, sha256: str | None) -> None:
    """Copy a published file to ``target`` on this machine.

    Raises FileNotShared where it isn't there or has another sha256, OSError where it cannot be written.
    """
    storage = shared_storage()
    if not storage.exists(name):
        raise FileNotShared(phrase("The machine that made {name} has not shared it yet.", name=Path(name).name))
    with storage.open(name) as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy)
    if sha256 is not None and sha256_of(target) != sha256:
        raise FileNotShared(
            phrase("{name} was altered where machines share their files: the sha256 differs.", name=Path(name).name)
        )


def file_withdraw(name: str) -> None:
    """Remove a published file. One that resists is logged: no row names it any more."""
    try:
        shared_storage().delete(name)
    except OSError as error:
        logger.warning("A published file stays behind, %s: %s", name, error.strerror)


def files_withdraw(folder: str) -> None:
    """Remove a folder that was published, as ``file_withdraw``."""
    storage = shared_storage()
    try:
        for name in storage.listdir(folder)[1]:
            storage.delete(f"{folder}/{name}")
        storage.delete(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        logger.warning("Published files stay behind in %s: %s", folder, error.strerror)
