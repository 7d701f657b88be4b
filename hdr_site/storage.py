"""File storage that is safe to kill at any moment, and static files that are never stale."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.core.files import File
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

TEMPORARY_PREFIX = ".half-written-"


def write_synced(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write ``data``, whole or in pieces, to ``path`` so that after a crash the file is whole or absent.

    Written beside, synced, renamed. Raises OSError (disk full, no permission); leaves nothing behind then.
    """
    handle, temporary = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Have the disk hold the names in a folder: a renamed file is there after a power cut, too."""
    if os.name == "posix":  # Windows opens no folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class SyncedFileSystemStorage(FileSystemStorage):
    """Django's file storage, but a name exists only once its bytes are on the disk."""

    def _save(self, name: str, content: File[bytes]) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True, mode=self.directory_permissions_mode or 0o777)
        write_synced(path, content.chunks())  # an archive must not be held in memory
        if self.file_permissions_mode is not None:
            path.chmod(self.file_permissions_mode)
        return name


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Static files under names that change with their content, modules that scripts import included.

    Without the latter a browser would go on with the old module beside the new script that imports it.
    """

    support_js_module_import_aggregation = True
